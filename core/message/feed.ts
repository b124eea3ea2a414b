import type { FeedEvent } from "./types.ts";

/** Events that a slow reader may have waiting; beyond it, partials are left out, then the reader is ended. */
const waitingPartialsMax = 256;
const waitingMax = 4_096;

/** What happens in sessions, live, for whoever looks. Best effort: the record is in the store. */
export interface Feed {
  /** Tells everybody who looks at this session. */
  publish(sessionId: string, event: FeedEvent): void;
  /** Events from now on, after the answers so far of turns that are running. Ends when `signal` aborts. */
  subscribe(sessionId: string, signal: AbortSignal): AsyncIterable<FeedEvent>;
}

interface Reader {
  readonly waiting: FeedEvent[];
  wake: (() => void) | undefined;
  partials: number;
  ended: boolean;
}

/** Makes a feed that nobody looks at yet. */
export function createFeed(): Feed {
  const readers = new Map<string, Set<Reader>>();
  const partials = new Map<string, Map<string, string>>();

  function offer(reader: Reader, event: FeedEvent): void {
    if (event.kind === "partial" && event.offset > 0 && reader.partials >= waitingPartialsMax) return;
    if (reader.waiting.length >= waitingMax) reader.ended = true;
    else reader.waiting.push(event);
    if (event.kind === "partial") reader.partials++;
    reader.wake?.();
  }

  return {
    publish(sessionId, event) {
      remember(partials, sessionId, event);
      for (const reader of readers.get(sessionId) ?? []) offer(reader, event);
    },
    subscribe(sessionId, signal) {
      const reader: Reader = { waiting: [], wake: undefined, partials: 0, ended: signal.aborted };
      for (const [turnId, text] of partials.get(sessionId) ?? []) {
        offer(reader, { kind: "partial", turnId, offset: 0, text });
      }
      const group = readers.get(sessionId) ?? new Set();
      readers.set(sessionId, group.add(reader));
      const leave = () => {
        reader.ended = true;
        group.delete(reader);
        if (group.size === 0 && readers.get(sessionId) === group) readers.delete(sessionId);
        signal.removeEventListener("abort", leave);
        reader.wake?.();
      };
      signal.addEventListener("abort", leave, { once: true });
      return read(reader, leave);
    },
  };
}

async function* read(reader: Reader, leave: () => void): AsyncGenerator<FeedEvent> {
  try {
    while (!reader.ended || reader.waiting.length > 0) {
      const event = reader.waiting.shift();
      if (event === undefined) {
        await new Promise<void>((resolve) => reader.wake = resolve);
        reader.wake = undefined;
        continue;
      }
      if (event.kind === "partial") reader.partials--;
      yield event;
    }
  } finally {
    leave();
  }
}

/** Keeps the answer so far of each running turn, so that one who comes later sees it whole. */
function remember(partials: Map<string, Map<string, string>>, sessionId: string, event: FeedEvent): void {
  if (event.kind === "partial") {
    const turns = partials.get(sessionId) ?? new Map<string, string>();
    partials.set(sessionId, turns);
    turns.set(event.turnId, (turns.get(event.turnId) ?? "").slice(0, event.offset) + event.text);
  } else if (event.kind === "turn" && event.state !== "running") {
    const turns = partials.get(sessionId);
    turns?.delete(event.turnId);
    if (turns?.size === 0) partials.delete(sessionId);
  }
}
