/** What came wasn't a stream of server-sent events within its bounds. The message is for people. */
export class StreamProblem extends Error {}

/** Bounds of one answer's stream. */
export interface StreamBounds {
  /** Of one event, in UTF-16 code units. */
  readonly eventLengthMax: number;
  /** Of everything, in bytes. */
  readonly bytesMax: number;
}

/**
 * The data of each event in a stream of server-sent events; names, ids and comments are left out. Unlike what a
 * browser does, nothing is repaired and everything is bounded: the sender is a stranger.
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 *
 * @throws {StreamProblem} For what isn't UTF-8, and for what is too long.
 */
export async function* eventData(
  stream: AsyncIterable<Uint8Array>,
  { eventLengthMax, bytesMax }: StreamBounds,
): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let bytes = 0;
  /** Pieces of the line that hasn't ended, and what its event has so far. */
  let line: string[] = [];
  let data: string[] = [];
  let length = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new StreamProblem(`its answer has more than ${bytesMax} bytes`);
    const [first = "", ...rest] = decode(decoder, chunk).split("\n");
    line.push(first);
    length += first.length;
    for (const next of rest) {
      const whole = line.join("").replace(/\r$/, "");
      line = [next];
      length += next.length;
      if (whole.startsWith("data:")) data.push(whole.slice(whole[5] === " " ? 6 : 5));
      else if (whole === "") {
        length = next.length;
        if (data.length > 0) yield data.join("\n");
        data = [];
      }
    }
    if (length > eventLengthMax) throw new StreamProblem(`one event has more than ${eventLengthMax} characters`);
  }
}

function decode(decoder: TextDecoder, chunk: Uint8Array): string {
  try {
    return decoder.decode(chunk, { stream: true });
  } catch {
    throw new StreamProblem("its answer isn't UTF-8");
  }
}
