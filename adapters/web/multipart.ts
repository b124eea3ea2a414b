import { Problem } from "./problem.ts";

/** Longest head of a part, in bytes, and most parts of a form. */
const headBytesMax = 8_192;
const partsMax = 64;

/** One field of a form, or one file. Its content must be read before the next is asked for; what is left is skipped. */
export interface Part {
  readonly name: string;
  /** As whoever sent it calls it; absent of a field. */
  readonly fileName?: string;
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * A form with files as a browser sends it, streamed: no more of it is in memory than a piece and a boundary.
 * Source: RFC 7578; RFC 2046, section 5.1.1.
 * @throws {Problem} 400 when it isn't one.
 */
export async function* partsOf(request: Request): AsyncGenerator<Part> {
  const boundary = boundaryOf(request.headers.get("content-type"));
  if (boundary === undefined) throw malformed();
  const reader = createReader(request.body ?? new ReadableStream<Uint8Array>({ start: (c) => c.close() }));
  const delimiter = latin(`\r\n--${boundary}`);
  reader.push(latin("\r\n")); // The first boundary stands at the beginning of a line, too.
  await skip(reader.until(delimiter));
  for (let count = 0; !await reader.isLast(); count++) {
    if (count >= partsMax) throw malformed();
    const head = await textOf(reader.until(latin("\r\n\r\n")), headBytesMax);
    const disposition = /(?:^|\r\n)content-disposition: *form-data *;([^\r\n]*)/i.exec(`\r\n${head}`)?.[1];
    const name = parameterOf(disposition, "name");
    if (name === undefined) throw malformed();
    const fileName = parameterOf(disposition, "filename");
    const pieces = reader.until(delimiter);
    // Who stops reading doesn't end it: the rest must be skipped.
    const content = { [Symbol.asyncIterator]: () => ({ next: () => pieces.next() }) };
    yield { name, ...(fileName === undefined ? {} : { fileName }), content };
    await skip(content);
  }
}

/**
 * The text of a field.
 * @throws {Problem} 413 when it has more than so many bytes, 400 when it isn't UTF-8.
 */
export async function textOf(content: AsyncIterable<Uint8Array>, bytesMax: number): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let text = "";
  let bytes = 0;
  try {
    for await (const piece of content) {
      bytes += piece.length;
      if (bytes > bytesMax) throw new Problem(413, (say) => say.tooLarge(bytesMax), { connection: "close" });
      text += decoder.decode(piece, { stream: true });
    }
    return text + decoder.decode();
  } catch (error) {
    if (error instanceof TypeError) throw new Problem(400, (say) => say.notUtf8);
    throw error;
  }
}

/** Whether this is such a form. */
export function isMultipart(contentType: string | undefined): boolean {
  return contentType?.toLowerCase().startsWith("multipart/form-data") === true;
}

function boundaryOf(contentType: string | null): string | undefined {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType ?? "") ?? [];
  const boundary = quoted ?? plain;
  return boundary !== undefined && boundary.length <= 200 ? boundary : undefined;
}

/** Browsers write a quotation mark as `%22`, and the rest in UTF-8. Source: HTML, multipart/form-data encoding algorithm. */
function parameterOf(disposition: string | undefined, name: string): string | undefined {
  const value = new RegExp(`(?:^|;)\\s*${name}="([^"]*)"`, "i").exec(disposition ?? "")?.[1];
  return value?.replace(/%0d|%0a/gi, " ").replaceAll("%22", '"');
}

interface Reader {
  push(bytes: Uint8Array): void;
  /** What comes before these bytes, which are taken as well. */
  until(delimiter: Uint8Array): AsyncIterableIterator<Uint8Array>;
  /** After a boundary: whether it was the last. */
  isLast(): Promise<boolean>;
}

function createReader(body: ReadableStream<Uint8Array>): Reader {
  const pieces = body[Symbol.asyncIterator]();
  let held = new Uint8Array(0);

  function push(bytes: Uint8Array): void {
    const joined = new Uint8Array(held.length + bytes.length);
    joined.set(held);
    joined.set(bytes, held.length);
    held = joined;
  }
  async function more(): Promise<void> {
    const next = await pieces.next();
    if (next.done) throw malformed();
    push(next.value);
  }
  async function* until(delimiter: Uint8Array): AsyncGenerator<Uint8Array> {
    for (;;) {
      const at = indexOf(held, delimiter);
      if (at >= 0) {
        const before = held.subarray(0, at);
        held = held.slice(at + delimiter.length);
        if (before.length > 0) yield before;
        return;
      }
      // The delimiter may begin in the last bytes.
      const sure = held.length - delimiter.length + 1;
      if (sure > 0) {
        const piece = held.slice(0, sure);
        held = held.slice(sure);
        yield piece;
      }
      await more();
    }
  }
  return {
    push,
    until,
    async isLast() {
      while (held.length < 2) await more();
      const [first, second] = held;
      held = held.slice(2);
      if (first === 0x2d && second === 0x2d) return true;
      if (first === 0x0d && second === 0x0a) return false;
      throw malformed();
    },
  };
}

async function skip(content: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of content) { /* nobody wants it */ }
}

function indexOf(bytes: Uint8Array, sought: Uint8Array): number {
  for (let at = bytes.indexOf(sought[0]!); at >= 0; at = bytes.indexOf(sought[0]!, at + 1)) {
    if (at + sought.length > bytes.length) return -1;
    if (sought.every((byte, offset) => bytes[at + offset] === byte)) return at;
  }
  return -1;
}

function latin(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function malformed(): Problem {
  return new Problem(400, (say) => say.stale);
}
