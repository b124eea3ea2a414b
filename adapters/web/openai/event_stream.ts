/** One server-sent event: its name, if it has one, and its data without line breaks. */
export interface TextEvent {
  readonly name?: string;
  readonly data: string;
}

/**
 * Server-sent events as a body. A reader that is slow is waited for. `onEnd` is called
 * once: when the events end, or the reader leaves.
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export function eventBody(
  events: AsyncGenerator<TextEvent, void, void>,
  onEnd: () => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  let hasEnded = false;
  const end = () => {
    if (hasEnded) return;
    hasEnded = true;
    onEnd();
  };
  return new ReadableStream({
    async pull(controller) {
      const result = await events.next().catch((error) => {
        end();
        throw error;
      });
      if (hasEnded) return;
      if (result.done) {
        end();
        return controller.close();
      }
      const { name, data } = result.value;
      controller.enqueue(encoder.encode(`${name === undefined ? "" : `event: ${name}\n`}data: ${data}\n\n`));
    },
    cancel: end,
  }, { highWaterMark: 0 });
}
