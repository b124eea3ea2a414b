const utf8 = new TextEncoder();

/** Writes numbers, names and sections of a module. It grows as needed: who writes bounds what is written. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  byte(value: number): this {
    this.#room(1);
    this.#bytes[this.#length++] = value;
    return this;
  }

  raw(bytes: Uint8Array, from = 0, to = bytes.length): this {
    this.#room(to - from);
    if (to - from < 32) { for (let at = from; at < to; at++) this.#bytes[this.#length++] = bytes[at]!; }
    else {
      this.#bytes.set(bytes.subarray(from, to), this.#length);
      this.#length += to - from;
    }
    return this;
  }

  u32(value: number): this {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    return this.byte(rest);
  }

  /** A signed LEB128 number, of a value that isn't negative. */
  signed(value: number): this {
    let rest = value;
    while (rest >= 0x40) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    return this.byte(rest);
  }

  name(text: string): this {
    const bytes = utf8.encode(text);
    return this.u32(bytes.length).raw(bytes);
  }

  /** All that the other has written, behind its length. */
  sized(content: ByteWriter): this {
    return this.u32(content.#length).raw(content.#bytes, 0, content.#length);
  }

  /** Forgets what was written, and keeps the room. */
  clear(): this {
    this.#length = 0;
    return this;
  }

  /** A copy of what was written. */
  done(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #room(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
