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
  let next: Promise<IteratorResult<ServerSentEvent>> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      // Sent at once, so that the reader knows that it is heard.
      controller.enqueue(encoder.encode(": open\n\n"));
    },
    async pull(controller) {
      next ??= iterator.next();
      const waited = new AbortController();
      const result = await Promise.race([next, clock.sleep(beatMs, waited.signal)]).catch((error) => {
        onEnd();
        throw error;
      }).finally(() => waited.abort());
      if (result === undefined) return controller.enqueue(encoder.encode(": beat\n\n"));
      next = undefined;
      if (result.done) {
        onEnd();
        return controller.close();
      }
      const { name, data } = result.value;
      controller.enqueue(encoder.encode(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`));
    },
    cancel: onEnd,
  });
  return new Response(body, {
    headers: { "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" },
  });
}
