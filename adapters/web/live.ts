import type { FeedEvent } from "../../core/message/types.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { GrowingMarkdown } from "./markdown/mod.ts";
import type { ServerSentEvent } from "./sse.ts";

/** Between two renderings of an answer that is being written, in milliseconds: about three words of a quick model. */
const renderEveryMs = 100;
/** A large block is rendered less often, so that rendering stays a small share of one core. */
const charactersPerMs = 40;
/** Between two looks at a model that is being loaded, in milliseconds. */
const lookEveryMs = 250;
/** What is longer isn't a word any more, and is shown as it comes. */
const wordLengthMax = 32;
/** Words end before white space; Chinese, Japanese and Korean signs stand for themselves. */
const boundary = /[\s\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]/;

/** An answer that is being written: its text so far, and what the page has of it. */
interface Answer {
  text: string;
  readonly growing: GrowingMarkdown;
}

/** What live events are made with. */
export interface LiveDeps {
  /** Begins the rendering of one answer. */
  readonly grow: () => GrowingMarkdown;
  /** Whether the model can answer now; a turn that runs before it can is waiting for it. */
  readonly isModelReady: () => boolean;
  readonly clock: Pick<Clock, "sleep">;
}

/**
 * The live events of a session as the page shows them: `turn` with whether the model is still being loaded; `partial`
 * is the end of the answer so far, in whole words, as far as it may still change, rendered here, so that the browser
 * never turns a model's words into markup itself; anything else only says that it happened, and is read from the
 * record. `events` end by the signal that they were subscribed with.
 */
export async function* liveEvents(
  events: AsyncIterable<FeedEvent>,
  { grow, isModelReady, clock }: LiveDeps,
): AsyncGenerator<ServerSentEvent> {
  const answers = new Map<string, Answer>();
  const changed = new Set<string>();
  /** Running turns that wait for the model, with their last event. */
  const loading = new Map<string, Extract<FeedEvent, { kind: "turn" }>>();
  const ended = new AbortController();
  const iterator = events[Symbol.asyncIterator]();
  let next = iterator.next();
  let pause: Promise<"rested"> | undefined;
  let look: Promise<"look"> | undefined;

  /** What has changed since the last time; the next ones wait for the pause that begins now. */
  async function changes(): Promise<readonly ServerSentEvent[]> {
    const shownEvents: ServerSentEvent[] = [];
    let characters = 0;
    for (const turnId of changed) {
      const { text, growing } = answers.get(turnId)!;
      const words = wholeWords(text);
      if (words === "") continue;
      const shown = await growing.show(words);
      characters += shown.html.length;
      shownEvents.push({ name: "partial", data: { kind: "partial", turn_id: turnId, ...shown } });
    }
    changed.clear();
    pause = rest(Math.max(renderEveryMs, characters / charactersPerMs), "rested");
    return shownEvents;
  }
  const rest = <Name extends string>(ms: number, name: Name) => clock.sleep(ms, ended.signal).then(() => name);
  const turnEvent = ({ turnId, messageId, state }: Extract<FeedEvent, { kind: "turn" }>): ServerSentEvent => ({
    name: "turn",
    data: { kind: "turn", turn_id: turnId, message_id: messageId, state, is_loading: loading.has(turnId) },
  });

  try {
    for (;;) {
      const waits = [next, pause, look].filter((wait) => wait !== undefined);
      const first = await (waits.length === 1 ? next : Promise.race(waits));
      if (first === "rested") {
        pause = undefined;
        if (changed.size > 0) yield* await changes();
        continue;
      }
      if (first === "look") {
        const waiting = isModelReady() ? [...loading.values()] : [];
        if (waiting.length > 0) loading.clear();
        yield* waiting.map(turnEvent);
        look = loading.size > 0 ? rest(lookEveryMs, "look") : undefined;
        continue;
      }
      if (first.done) return;
      next = iterator.next();
      const event = first.value;
      switch (event.kind) {
        case "turn":
          if (event.state === "running" && !isModelReady()) {
            loading.set(event.turnId, event);
            look ??= rest(lookEveryMs, "look");
          } else loading.delete(event.turnId);
          if (event.state !== "queued" && event.state !== "running") {
            answers.delete(event.turnId);
            changed.delete(event.turnId);
          }
          yield turnEvent(event);
          break;
        case "partial": {
          const answer = answers.get(event.turnId) ?? { text: "", growing: grow() };
          // A piece was missed by a slow reader: what is there stays, and the record will have the rest.
          if (event.offset > answer.text.length) break;
          loading.delete(event.turnId);
          answer.text = answer.text.slice(0, event.offset) + event.text;
          answers.set(event.turnId, answer);
          changed.add(event.turnId);
          if (pause === undefined) yield* await changes();
          break;
        }
        case "message":
        case "branch":
        case "sessions":
        case "approvals":
          yield { name: event.kind, data: { kind: event.kind } };
      }
    }
  } finally {
    ended.abort();
  }
}

function wholeWords(text: string): string {
  let end = text.length;
  while (end > 0 && !boundary.test(text[end - 1]!)) end--;
  return text.length - end > wordLengthMax ? text : text.slice(0, end);
}
