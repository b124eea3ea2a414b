import type { FeedEvent } from "./types.ts";

/** Events that a slow reader may have waiting; beyond it, partials are left out, then the reader is ended. */
const waitingPartialsMax = 256;
const waitingMax = 4_096;

/** What happens in sessions, live, for whoever looks. Best effort: the record is in the store. */
export interface Feed {
  /** Tells everybody who looks at this session. */
  publish(sessionId: string, event: FeedEvent): void;
  /** Tells one person, whichever of their sessions they look at. */
  publishTo(identityId: string, event: FeedEvent): void;
  /** Ends every view of one person: they are nobody any more. */
  endViews(identityId: string): void;
  /**
   * Events of a session and of the person who looks, from now on, after the answers so far of turns that are running.
   * Ends when `signal` aborts.
   */
  subscribe(
    at: { readonly sessionId: string; readonly identityId: string },
    signal: AbortSignal,
  ): AsyncIterable<FeedEvent>;
}

interface Reader {
  readonly waiting: FeedEvent[];
  wake: (() => void) | undefined;
  partials: number;
  ended: boolean;
}

/** Makes a feed that nobody looks at yet. */
export function createFeed(): Feed {
  const readers = createGroups();
  const readersOf = createGroups();
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
      for (const reader of readers.members(sessionId)) offer(reader, event);
    },
    publishTo(identityId, event) {
      for (const reader of readersOf.members(identityId)) offer(reader, event);
    },
    endViews(identityId) {
      for (const reader of readersOf.members(identityId)) {
        reader.ended = true;
        reader.waiting.length = 0;
        reader.wake?.();
      }
    },
    subscribe({ sessionId, identityId }, signal) {
      const reader: Reader = { waiting: [], wake: undefined, partials: 0, ended: signal.aborted };
      for (const [turnId, text] of partials.get(sessionId) ?? []) {
        offer(reader, { kind: "partial", turnId, offset: 0, text });
      }
      readers.add(sessionId, reader);
      readersOf.add(identityId, reader);
      const leave = () => {
        reader.ended = true;
        readers.remove(sessionId, reader);
        readersOf.remove(identityId, reader);
        signal.removeEventListener("abort", leave);
        reader.wake?.();
      };
      signal.addEventListener("abort", leave, { once: true });
      return read(reader, leave);
    },
  };
}

/** Readers by what they look at; a group without any isn't kept. */
function createGroups(): {
  members(key: string): Iterable<Reader>;
  add(key: string, reader: Reader): void;
  remove(key: string, reader: Reader): void;
} {
  const groups = new Map<string, Set<Reader>>();
  return {
    members: (key) => groups.get(key) ?? [],
    add: (key, reader) => void groups.set(key, (groups.get(key) ?? new Set()).add(reader)),
    remove(key, reader) {
      const group = groups.get(key);
      if (group?.delete(reader) && group.size === 0) groups.delete(key);
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
