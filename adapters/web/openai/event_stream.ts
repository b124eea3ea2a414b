/**
 * Texts without line breaks as server-sent events without names. A reader that is slow is waited for. `onEnd` is called
 * once: when the texts end, or the reader leaves.
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export function eventTexts(
  texts: AsyncGenerator<string, void, void>,
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
      const result = await texts.next().catch((error) => {
        end();
        throw error;
      });
      if (hasEnded) return;
      if (!result.done) return controller.enqueue(encoder.encode(`data: ${result.value}\n\n`));
      end();
      controller.close();
    },
    cancel: end,
  }, { highWaterMark: 0 });
}
