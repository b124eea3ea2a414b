/**
 * A message between the host and a process of plugins: `u32 length of the JSON | u32 length of the body | JSON | body`,
 * in one frame of bytes where it fits, so that a call is one write and one read. What doesn't fit follows in frames that
 * hold nothing but more of the body. Numbers are big endian.
 */
import type { Frame } from "../../../core/frames.ts";

/** What is said, and what it is about. */
export interface Message {
  /** Parsed JSON that nobody has checked. */
  readonly header: unknown;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** The longest JSON. */
const headerBytesMax = 1024 * 1024;
/** The most that one frame holds; core's frames hold twice that. */
const partBytesMax = 8 * 1024 * 1024;
const lengthsBytes = 8;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });
const nothing = new Uint8Array(0);

/** The other side sent what isn't a message, or a longer one than it may. */
export class MessageError extends Error {}

/** A message as frames. */
export function encodeMessage(header: unknown, body: Uint8Array = nothing): Frame[] {
  const json = encoder.encode(JSON.stringify(header));
  const start = lengthsBytes + json.length;
  const first = new Uint8Array(start + Math.min(body.length, partBytesMax));
  const lengths = new DataView(first.buffer);
  lengths.setUint32(0, json.length);
  lengths.setUint32(4, body.length);
  first.set(json, lengthsBytes);
  first.set(body.subarray(0, partBytesMax), start);
  const frames: Frame[] = [{ kind: "bytes", bytes: first }];
  for (let at = partBytesMax; at < body.length; at += partBytesMax) {
    frames.push({ kind: "bytes", bytes: body.subarray(at, at + partBytesMax) });
  }
  return frames;
}

/** Puts messages together out of the payloads of frames, in the order they came. */
export interface MessageReader {
  /**
   * The message that ends with this frame, or undefined where more of it is to come.
   * @throws {MessageError} When it isn't one, or has a longer body than is accepted.
   */
  take(frame: Frame): Message | undefined;
}

/** Makes a reader. @param bodyBytesMax The longest body that is accepted. */
export function createMessageReader(bodyBytesMax: number): MessageReader {
  let begun: { readonly header: unknown; readonly body: Uint8Array<ArrayBuffer>; have: number } | undefined;
  return {
    take(frame) {
      if (frame.kind !== "bytes") throw new MessageError("A message in a frame of JSON");
      const { bytes } = frame;
      if (begun !== undefined) {
        if (begun.have + bytes.length > begun.body.length) throw new MessageError("A body longer than was said");
        begun.body.set(bytes, begun.have);
        begun.have += bytes.length;
      } else {
        const { header, bodyLength, start } = headOf(bytes);
        if (bodyLength > bodyBytesMax) {
          throw new MessageError(`A body of ${bodyLength} bytes: at most ${bodyBytesMax} are accepted`);
        }
        const part = bytes.subarray(start);
        if (part.length > bodyLength) throw new MessageError("A body longer than was said");
        if (part.length === bodyLength) return { header, body: part.slice() };
        const body = new Uint8Array(bodyLength);
        body.set(part);
        begun = { header, body, have: part.length };
      }
      if (begun.have < begun.body.length) return undefined;
      const { header, body } = begun;
      begun = undefined;
      return { header, body };
    },
  };
}

function headOf(bytes: Uint8Array): { readonly header: unknown; readonly bodyLength: number; readonly start: number } {
  if (bytes.length < lengthsBytes) throw new MessageError("A message without its lengths");
  const lengths = new DataView(bytes.buffer, bytes.byteOffset, lengthsBytes);
  const start = lengthsBytes + lengths.getUint32(0);
  if (start > bytes.length || start > headerBytesMax) throw new MessageError("A message without its header");
  try {
    const header: unknown = JSON.parse(decoder.decode(bytes.subarray(lengthsBytes, start)));
    return { header, bodyLength: lengths.getUint32(4), start };
  } catch (cause) {
    throw new MessageError("A header that isn't JSON in UTF-8", { cause });
  }
}
