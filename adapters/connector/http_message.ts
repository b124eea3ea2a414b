/** Bounds of an answer's head. */
const headBytesMax = 64 * 1024;
const headersMax = 128;
/** Lines that a chunked body has besides its content. */
const chunkLineBytesMax = 1_024;
/** Interim answers before the one that counts. */
const interimMax = 8;

/** What the server said isn't HTTP/1.1 as this program understands it, or it ended in the middle. */
export class HttpMessageError extends Error {}

/** The answer's body is longer than who asked wants it. */
export class HttpTooLargeError extends Error {}

/** Reads some bytes; null at the end. */
export type ReadSome = (into: Uint8Array) => Promise<number | null>;

/** A head as bytes. Names and values must be ones that {@link headerProblem} has nothing against. */
export function requestHead({ method, url, headers, bodyLength }: {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent: it has none. */
  readonly bodyLength?: number;
}): Uint8Array {
  const lines = [
    `${method} ${url.pathname}${url.search} HTTP/1.1`,
    `host: ${url.host}`,
    "connection: close",
    // Packed content would hide its length, and secrets in it.
    "accept-encoding: identity",
    "user-agent: clawdbot",
    ...(bodyLength === undefined ? [] : [`content-length: ${bodyLength}`]),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`);
}

/**
 * Headers that say how a message is carried, or that belong to this program alone. With some of them a request could have
 * its answer packed, cut, or written in signs of two bytes, and secrets wouldn't be found in it.
 */
const ownHeaders: readonly string[] = [
  "a-im",
  "accept-charset",
  "accept-encoding",
  "connection",
  "content-length",
  "cookie",
  "expect",
  "host",
  "if-range",
  "keep-alive",
  "range",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
];

/** Why a request can't have a header: one line, which doesn't quote the value. `undefined` where it can. */
export function headerProblem(name: string, value: string): string | undefined {
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/.test(name)) return "a header's name has characters that it can't have";
  const small = name.toLowerCase();
  if (ownHeaders.includes(small) || small.startsWith("proxy-")) return `the header "${small}" isn't for plugins`;
  if (value.length > 8_192) return `the header "${small}" is longer than 8,192 characters`;
  if (!/^[\x20-\x7e\t]*$/.test(value)) return `the header "${small}" has characters that it can't have`;
  return undefined;
}

/** One answer, whole. Interim ones are passed over, cookies dropped, headers of one name joined. */
export async function readAnswer(
  readSome: ReadSome,
  { method, bodyBytesMax }: { readonly method: string; readonly bodyBytesMax: number },
): Promise<
  { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array }
> {
  const input = new Input(readSome);
  for (let interim = 0; interim <= interimMax; interim++) {
    const { status, headers } = await readHead(input);
    if (status === 101) throw new HttpMessageError("the server wants another protocol");
    if (status < 200) continue;
    const hasBody = method !== "HEAD" && status !== 204 && status !== 304;
    if (hasBody) mustBeWhole(status, headers);
    const body = hasBody ? await readBody(input, headers, bodyBytesMax) : new Uint8Array();
    const { "transfer-encoding": _, "set-cookie": __, connection: ___, ...rest } = headers;
    return { status, headers: rest, body };
  }
  throw new HttpMessageError("the server sends interim answers without an end");
}

/** Secrets are looked for in bodies: what isn't all of one, as it is, isn't taken. It can't be asked for. */
function mustBeWhole(status: number, { "content-encoding": encoding }: Readonly<Record<string, string>>): void {
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
    throw new HttpMessageError("the answer is packed, though it was asked for plain: no secret could be found in it");
  }
  // Parts of a text, and differences from another one: RFC 9110, section 15.3.7, and RFC 3229, section 10.4.1.
  if (status === 206 || status === 226) {
    throw new HttpMessageError("the answer is a part, though all was asked for: half a secret couldn't be found in it");
  }
}

async function readHead(
  input: Input,
): Promise<{ readonly status: number; readonly headers: Readonly<Record<string, string>> }> {
  let left = headBytesMax;
  const line = async () => {
    const text = await input.line(left);
    left -= text.length + 2;
    return text;
  };
  const first = /^HTTP\/1\.[01] ([1-9]\d\d)(?: [^\r\n]*)?$/.exec(await line());
  if (first === null) throw new HttpMessageError("the server doesn't speak HTTP/1.1");
  const headers: Record<string, string> = Object.create(null);
  for (let count = 0;; count++) {
    const text = await line();
    if (text === "") return { status: Number(first[1]), headers };
    if (count === headersMax) throw new HttpMessageError(`the answer has more than ${headersMax} headers`);
    // Without folded lines, and without a space before the colon: RFC 9112, sections 5.1 and 5.2.
    const name = text.slice(0, Math.max(0, text.indexOf(":")));
    const value = text.slice(name.length + 1).replace(/^[ \t]+/, "").trimEnd();
    // deno-lint-ignore no-control-regex
    if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name) || /[\x00-\x08\x0a-\x1f\x7f]/.test(value)) {
      throw new HttpMessageError("the answer has a header that is none");
    }
    const key = name.toLowerCase();
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`;
  }
}

async function readBody(
  input: Input,
  headers: Readonly<Record<string, string>>,
  bytesMax: number,
): Promise<Uint8Array> {
  const { "transfer-encoding": encoding, "content-length": length } = headers;
  const body = new Body(bytesMax);
  if (encoding !== undefined) {
    // Who believes one and who the other would read two different answers: RFC 9112, section 6.3.
    if (length !== undefined) throw new HttpMessageError("the answer has two lengths");
    if (encoding.toLowerCase() !== "chunked") {
      throw new HttpMessageError("the answer is packed in a way that isn't known");
    }
    await readChunks(input, body);
  } else if (length !== undefined) {
    const lengths = new Set(length.split(",").map((one) => one.trim()));
    const [one = ""] = lengths;
    if (lengths.size !== 1 || !/^\d{1,15}$/.test(one)) throw new HttpMessageError("the answer's length is none");
    body.room(Number(one));
    await input.exactly(Number(one), body);
  } else await input.rest(body);
  return body.bytes();
}

async function readChunks(input: Input, body: Body): Promise<void> {
  for (;;) {
    const [, digits] = /^([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?$/.exec(await input.line(chunkLineBytesMax)) ?? [];
    if (digits === undefined) throw new HttpMessageError("the answer has a chunk without a length");
    const size = Number.parseInt(digits, 16);
    if (size === 0) break;
    body.room(size);
    await input.exactly(size, body);
    if (await input.line(chunkLineBytesMax) !== "") throw new HttpMessageError("a chunk is longer than it says");
  }
  for (let left = headBytesMax;;) {
    const line = await input.line(left);
    if (line === "") return;
    left -= line.length + 2;
  }
}

/** A body that is being read, within its bound. */
class Body {
  readonly #bytesMax: number;
  readonly #parts: Uint8Array[] = [];
  #length = 0;
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }
  /** Refuses what won't fit before it is read. */
  room(length: number): void {
    if (this.#length + length > this.#bytesMax) {
      throw new HttpTooLargeError(`the answer has more than ${this.#bytesMax} bytes`);
    }
  }
  add(part: Uint8Array): void {
    this.room(part.length);
    this.#parts.push(part.slice());
    this.#length += part.length;
  }
  bytes(): Uint8Array {
    const whole = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }
}

/** Bytes as they arrive. */
class Input {
  readonly #readSome: ReadSome;
  readonly #buffer = new Uint8Array(16 * 1024);
  #start = 0;
  #end = 0;
  constructor(readSome: ReadSome) {
    this.#readSome = readSome;
  }

  /** A line without its CR LF, as Latin-1. A bare CR or LF is none. */
  async line(bytesMax: number): Promise<string> {
    let text = "";
    for (;;) {
      while (this.#start < this.#end) {
        const byte = this.#buffer[this.#start++]!;
        if (byte === 10) {
          if (!text.endsWith("\r")) throw new HttpMessageError("the answer has a line that ends oddly");
          return text.slice(0, -1);
        }
        if (text.length > bytesMax) throw new HttpMessageError("the answer's head is too long");
        text += String.fromCharCode(byte);
      }
      if (!await this.#fill()) throw new HttpMessageError("the answer ended in the middle");
    }
  }

  async exactly(length: number, body: Body): Promise<void> {
    for (let left = length; left > 0;) {
      if (this.#start === this.#end && !await this.#fill()) {
        throw new HttpMessageError("the answer ended in the middle");
      }
      const count = Math.min(left, this.#end - this.#start);
      body.add(this.#buffer.subarray(this.#start, this.#start + count));
      this.#start += count;
      left -= count;
    }
  }

  async rest(body: Body): Promise<void> {
    do {
      body.add(this.#buffer.subarray(this.#start, this.#end));
      this.#start = this.#end;
    } while (await this.#fill());
  }

  async #fill(): Promise<boolean> {
    const count = await this.#readSome(this.#buffer);
    this.#start = 0;
    this.#end = count ?? 0;
    return count !== null;
  }
}
