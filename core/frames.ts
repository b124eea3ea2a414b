/**
 * Frames between host and runner, and from the launcher to the host: `u32 length | u8 kind | payload`, length big
 * endian and counting the payload only. Kind 0 is JSON in UTF-8, kind 1 raw bytes.
 */
export type Frame =
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array };

/** The longest payload that either side accepts, in bytes, unless a caller asks for less. */
export const framePayloadBytesMax = 16 * 1024 * 1024;

const headerBytes = 5;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The other side sent what isn't a frame: too long, an unknown kind, not JSON, or cut off in the middle. */
export class FrameError extends Error {}

/**
 * One frame as bytes.
 * @throws {FrameError} When the payload is longer than {@link framePayloadBytesMax}.
 */
export function encodeFrame(frame: Frame): Uint8Array<ArrayBuffer> {
  const payload = frame.kind === "json" ? encoder.encode(JSON.stringify(frame.value)) : frame.bytes;
  if (payload.length > framePayloadBytesMax) {
    throw new FrameError(
      `Cannot send a frame of ${payload.length} bytes: at most ${framePayloadBytesMax} are accepted`,
    );
  }
  const bytes = new Uint8Array(headerBytes + payload.length);
  new DataView(bytes.buffer).setUint32(0, payload.length);
  bytes[4] = frame.kind === "json" ? 0 : 1;
  bytes.set(payload, headerBytes);
  return bytes;
}

/** Frames one after the other, for a single write. @throws {FrameError} As {@link encodeFrame}. */
export function encodeFrames(frames: readonly Frame[]): Uint8Array<ArrayBuffer> {
  const encoded = frames.map(encodeFrame);
  const [only] = encoded;
  if (encoded.length === 1 && only !== undefined) return only;
  return concat(encoded, encoded.reduce((sum, { length }) => sum + length, 0));
}

/**
 * The frames in a stream of bytes, however they were cut. Ends with the stream.
 * @throws {FrameError} On a length over `payloadBytesMax`, an unknown kind, bad JSON, or an end inside a frame.
 */
export async function* decodeFrames(
  source: AsyncIterable<Uint8Array>,
  payloadBytesMax: number = framePayloadBytesMax,
): AsyncGenerator<Frame> {
  const chunks: Uint8Array[] = [];
  let have = 0;
  let need = headerBytes;
  for await (const chunk of source) {
    chunks.push(chunk);
    have += chunk.length;
    if (have < need) continue;
    let bytes = chunks.length === 1 ? chunk : concat(chunks, have);
    for (;;) {
      need = headerBytes;
      if (bytes.length < need) break;
      const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
      if (length > payloadBytesMax) {
        throw new FrameError(`A frame of ${length} bytes: at most ${payloadBytesMax} are accepted`);
      }
      need += length;
      if (bytes.length < need) break;
      yield decode(bytes[4], bytes.subarray(headerBytes, need));
      bytes = bytes.subarray(need);
    }
    chunks.length = 0;
    chunks.push(bytes);
    have = bytes.length;
  }
  if (have > 0) throw new FrameError(`The stream ended inside a frame, after ${have} of its bytes`);
}

function decode(kind: number | undefined, payload: Uint8Array): Frame {
  if (kind === 1) return { kind: "bytes", bytes: payload.slice() };
  if (kind !== 0) throw new FrameError(`A frame of unknown kind ${kind}`);
  try {
    return { kind: "json", value: JSON.parse(decoder.decode(payload)) };
  } catch (cause) {
    throw new FrameError("A frame that isn't JSON in UTF-8", { cause });
  }
}

function concat(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
