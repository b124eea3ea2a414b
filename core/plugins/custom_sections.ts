import type { PluginRefusal } from "../ports/plugins.ts";

/** The largest file of a plugin. */
export const pluginBytesMax = 16 * 1024 * 1024;

/** A custom section of a WebAssembly file: its name, its content, and where all of it stands in the file. */
export interface CustomSection {
  readonly name: string;
  readonly content: Uint8Array;
  readonly from: number;
  readonly to: number;
}

/** More sections than any module has: of the others, each can occur once. */
const sectionsMax = 256;

/** The longest name that is looked at; longer ones are none of ours. */
const nameBytesMax = 64;

/**
 * The custom sections of a file, in their order. Reads the lengths of sections and short names, and nothing else: it
 * is used before it is known whether the file is to be trusted.
 */
export function readCustomSections(
  bytes: Uint8Array,
): { readonly kind: "read"; readonly sections: readonly CustomSection[] } | PluginRefusal {
  if (bytes.length > pluginBytesMax) {
    return refused("limit", `${bytes.length} bytes, at most ${pluginBytesMax} are taken`);
  }
  const preamble = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  if (preamble.some((byte, at) => bytes[at] !== byte)) return refused("malformed", "it isn't a WebAssembly file");
  const sections: CustomSection[] = [];
  let at = preamble.length;
  for (let count = 1; at < bytes.length; count++) {
    if (count > sectionsMax) return refused("limit", `more than ${sectionsMax} sections`);
    const from = at;
    const code = bytes[at]!;
    const length = readLength(bytes, at + 1, bytes.length);
    if (length === undefined) return refused("malformed", "the module ends early");
    const to = length.to;
    if (code === 0) {
      const name = readLength(bytes, length.from, to);
      if (name === undefined) return refused("malformed", "a custom section has no name");
      if (name.to - name.from <= nameBytesMax) {
        sections.push({
          name: new TextDecoder().decode(bytes.subarray(name.from, name.to)),
          content: bytes.subarray(name.to, to),
          from,
          to,
        });
      }
    }
    at = to;
  }
  return { kind: "read", sections };
}

/** The bytes of a file with one custom section more, the last. */
export function withCustomSection(
  bytes: Uint8Array,
  { name, content }: Pick<CustomSection, "name" | "content">,
): Uint8Array<ArrayBuffer> {
  const nameBytes = new TextEncoder().encode(name);
  const head = [...lengthBytes(nameBytes.length), ...nameBytes];
  const start = [0, ...lengthBytes(head.length + content.length), ...head];
  const whole = new Uint8Array(bytes.length + start.length + content.length);
  whole.set(bytes);
  whole.set(start, bytes.length);
  whole.set(content, bytes.length + start.length);
  return whole;
}

/** What a length at `at` spans: `from` behind it, and `to`, which isn't past `end`. Source: WebAssembly core, 5.2.2. */
function readLength(
  bytes: Uint8Array,
  at: number,
  end: number,
): { readonly from: number; readonly to: number } | undefined {
  let length = 0;
  for (let index = 0; index < 5 && at + index < end; index++) {
    const byte = bytes[at + index]!;
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte >= 0x80) continue;
    const from = at + index + 1;
    return length > end - from ? undefined : { from, to: from + length };
  }
  return undefined;
}

function lengthBytes(length: number): number[] {
  const bytes: number[] = [];
  let rest = length;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

function refused(code: string, reason: string): PluginRefusal {
  return { kind: "refused", code, reason };
}
