import { refuse } from "./refusal.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads numbers and names from a piece of a module. Whatever isn't there, or is too long, refuses the module. */
export class ByteReader {
  at: number;

  constructor(readonly bytes: Uint8Array, readonly start = 0, readonly end = bytes.length) {
    this.at = start;
  }

  get isDone(): boolean {
    return this.at >= this.end;
  }

  byte(): number {
    if (this.at >= this.end) refuse("malformed", "the module ends early");
    return this.bytes[this.at++]!;
  }

  /** The next byte, which stays. */
  peek(): number {
    if (this.at >= this.end) refuse("malformed", "the module ends early");
    return this.bytes[this.at]!;
  }

  /** An unsigned LEB128 number of 32 bits. Source: WebAssembly core specification, 5.2.2. */
  u32(): number {
    const first = this.byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7;; shift += 7) {
      const byte = this.byte();
      if (shift === 28 && byte > 0x0f) refuse("malformed", "a number is longer than 32 bits");
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  /** Passes over a LEB128 number of at most so many bytes; returns its last byte. */
  skipNumber(bytesMax: number): number {
    for (let count = 0; count < bytesMax; count++) {
      const byte = this.byte();
      if (byte < 0x80) return byte;
    }
    return refuse("malformed", "a number is too long");
  }

  skip(count: number): void {
    if (count > this.end - this.at) refuse("malformed", "a length goes past the end");
    this.at += count;
  }

  /** A reader of the next bytes alone, which this one passes over. */
  piece(count: number): ByteReader {
    const from = this.at;
    this.skip(count);
    return new ByteReader(this.bytes, from, from + count);
  }

  name(): string {
    const length = this.u32();
    const from = this.at;
    this.skip(length);
    try {
      return utf8.decode(this.bytes.subarray(from, this.at));
    } catch {
      return refuse("malformed", "a name isn't UTF-8");
    }
  }

  /** How many of something follow. */
  count(max: number, what: string): number {
    const count = this.u32();
    if (count > max) refuse("limit", `${count} ${what}, at most ${max} are taken`);
    return count;
  }
}
