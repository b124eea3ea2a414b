import type { Clock } from "../../core/ports/clock.ts";

/** Between two signs of life, in milliseconds: proxies and radios drop what is silent for longer. */
const beatMs = 15_000;

/** One server-sent event. `data` is JSON, so it has no line break of its own. */
export interface ServerSentEvent {
  readonly name: string;
  readonly data: unknown;
}

/**
 * Events as `text/event-stream`. A reader that is slow is waited for, so nothing piles up here; `onEnd` is called once,
 * when the events end or the reader leaves.
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export function eventStream(
  events: AsyncIterable<ServerSentEvent>,
  { clock, onEnd }: { readonly clock: Pick<Clock, "sleep">; readonly onEnd: () => void },
): Response {
  const encoder = new TextEncoder();
  const iterator = events[Symbol.asyncIterator]();
  const ended = new AbortController();
  const end = () => {
    if (ended.signal.aborted) return;
    ended.abort();
    onEnd();
  };
  /** Beside the events, so that none of them pays for a timer. A reader with something unread needs no sign. */
  const beat = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    for (;;) {
      await clock.sleep(beatMs, ended.signal);
      if (ended.signal.aborted) return;
      if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(": beat\n\n"));
    }
  };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      // Sent at once, so that the reader knows that it is heard.
      controller.enqueue(encoder.encode(": open\n\n"));
      void beat(controller);
    },
    async pull(controller) {
      const result = await iterator.next().catch((error) => {
        end();
        throw error;
      });
      if (ended.signal.aborted) return;
      if (result.done) {
        end();
        return controller.close();
      }
      const { name, data } = result.value;
      controller.enqueue(encoder.encode(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`));
    },
    cancel: end,
  });
  return new Response(body, {
    headers: { "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" },
  });
}
