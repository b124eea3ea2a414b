import type { FeedEvent } from "../../core/message/types.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Render } from "./html/messages.ts";
import type { ServerSentEvent } from "./sse.ts";

/** Between two renderings of an answer that is being written, in milliseconds: about three words of a quick model. */
const renderEveryMs = 100;
/** A long answer is rendered less often, so that rendering stays a small share of one core. */
const charactersPerMs = 40;
/** What is longer isn't a word any more, and is shown as it comes. */
const wordLengthMax = 32;
/** Words end before white space; Chinese, Japanese and Korean signs stand for themselves. */
const boundary = /[\s\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]/;

/**
 * The live events of a session as the page shows them: `turn`, `branch` and `sessions` as they are; `message` only says that the record has grown;
 * `partial` is the whole answer so far in whole words, rendered here, so that the browser never turns a model's words
 * into markup itself. `events` end by the signal that they were subscribed with.
 */
export async function* liveEvents(
  events: AsyncIterable<FeedEvent>,
  { render, clock }: { readonly render: Render; readonly clock: Pick<Clock, "sleep"> },
): AsyncGenerator<ServerSentEvent> {
  const answers = new Map<string, string>();
  const changed = new Set<string>();
  const ended = new AbortController();
  const iterator = events[Symbol.asyncIterator]();
  let next = iterator.next();
  let pause: Promise<"rested"> | undefined;

  /** What has changed since the last time; the next ones wait for the pause that begins now. */
  function changes(): readonly ServerSentEvent[] {
    const shown = [...changed].map((turnId) => ({ turnId, answer: wholeWords(answers.get(turnId) ?? "") }));
    changed.clear();
    const characters = shown.reduce((sum, { answer }) => sum + answer.length, 0);
    const pauseMs = Math.max(renderEveryMs, characters / charactersPerMs);
    pause = clock.sleep(pauseMs, ended.signal).then(() => "rested");
    return shown.filter(({ answer }) => answer !== "").map(({ turnId, answer }) => ({
      name: "partial",
      data: { kind: "partial", turn_id: turnId, html: render(answer) },
    }));
  }

  try {
    for (;;) {
      const first = await (pause === undefined ? next : Promise.race([next, pause]));
      if (first === "rested") {
        pause = undefined;
        if (changed.size > 0) yield* changes();
        continue;
      }
      if (first.done) return;
      next = iterator.next();
      const event = first.value;
      switch (event.kind) {
        case "message":
          yield { name: "message", data: { kind: "message" } };
          break;
        case "turn":
          if (event.state !== "queued" && event.state !== "running") {
            answers.delete(event.turnId);
            changed.delete(event.turnId);
          }
          yield { name: "turn", data: { kind: "turn", turn_id: event.turnId, state: event.state } };
          break;
        case "branch":
        case "sessions":
          yield { name: event.kind, data: { kind: event.kind } };
          break;
        case "partial": {
          const answer = answers.get(event.turnId) ?? "";
          // A piece was missed by a slow reader: what is there stays, and the record will have the rest.
          if (event.offset > answer.length) break;
          answers.set(event.turnId, answer.slice(0, event.offset) + event.text);
          changed.add(event.turnId);
          if (pause === undefined) yield* changes();
        }
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
