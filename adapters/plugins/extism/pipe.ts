import { encodeFrame, type Frame, FrameError, framePayloadBytesMax } from "../../../core/frames.ts";
import { createMessageReader, encodeMessage, type Message } from "./message.ts";
import type { Answer } from "./answer.ts";

/** A stream of bytes that blocks. */
export interface BlockingStream {
  /** How many bytes came into `buffer`; null at the end. */
  read(buffer: Uint8Array): number | null;
  /** How many of the bytes were taken. */
  write(bytes: Uint8Array): number;
}

/**
 * Messages on a stream that blocks: while a plugin asks the host, nothing else can run in its process, not even a
 * promise.
 */
export interface Pipe {
  /** Waits for the next message; undefined at the end. */
  receive(): Message | undefined;
  send(answer: Answer, body?: Uint8Array): void;
}

const headerBytes = 5;

/** Makes a pipe. @param bodyBytesMax The longest body that is accepted. */
export function createPipe(stream: BlockingStream, bodyBytesMax: number): Pipe {
  const messages = createMessageReader(bodyBytesMax);
  const buffer = new Uint8Array(64 * 1024);
  let start = 0;
  let end = 0;

  /** Bytes that are in the buffer or, if there are more than it holds, read beside it. */
  function exactly(count: number): Uint8Array | undefined {
    if (count <= buffer.length) {
      if (start + count > buffer.length) {
        buffer.copyWithin(0, start, end);
        end -= start;
        start = 0;
      }
      while (end - start < count) {
        const got = stream.read(buffer.subarray(end));
        if (got === null) return undefined;
        end += got;
      }
      start += count;
      return buffer.subarray(start - count, start);
    }
    const bytes = new Uint8Array(count);
    bytes.set(buffer.subarray(start, end));
    let have = end - start;
    start = end = 0;
    while (have < count) {
      const got = stream.read(bytes.subarray(have));
      if (got === null) return undefined;
      have += got;
    }
    return bytes;
  }

  function frame(): Frame | undefined {
    if (start === end) start = end = 0;
    const header = exactly(headerBytes);
    if (header === undefined) return undefined;
    const length = new DataView(header.buffer, header.byteOffset).getUint32(0);
    if (length > framePayloadBytesMax || header[4] !== 1) throw new FrameError(`A frame of ${length} bytes`);
    const bytes = exactly(length);
    return bytes === undefined ? undefined : { kind: "bytes", bytes };
  }

  return {
    receive() {
      for (;;) {
        const next = frame();
        if (next === undefined) return undefined;
        const message = messages.take(next);
        if (message !== undefined) return message;
      }
    },
    send(answer, body) {
      for (const frame of encodeMessage(answer, body)) {
        const bytes = encodeFrame(frame);
        for (let at = 0; at < bytes.length;) at += stream.write(bytes.subarray(at));
      }
    },
  };
}
