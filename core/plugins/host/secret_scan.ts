/** Shorter secrets aren't sent at all: taken out of answers, they would tear them, and tell themselves by the gaps. */
export const secretLengthMin = 8;
/** Longer ones neither: looking for one takes time with its length. */
export const secretLengthMax = 512;

/** What stands where a secret was. */
const gap = "***";

/**
 * Takes secrets out of what a server says: as they are, with characters escaped as in URLs or JSON, in base64 at any of
 * its three alignments and also broken into lines, and in hex; and all that also in signs of two or four bytes. It stops
 * accidents: a server that echoes what it was sent. A server that means to give a secret away can write it in a thousand
 * other ways.
 */
export interface SecretScan {
  text(text: string): string;
  /** The same bytes where there is none in them. */
  bytes(bytes: Uint8Array): Uint8Array;
}

/** @param secrets ASCII, within the bounds of their length. */
export function createSecretScan(secrets: readonly string[]): SecretScan {
  const wanted = secrets.map((secret) => {
    const bytes = new TextEncoder().encode(secret);
    return {
      // Forms write a space as a plus sign.
      plain: [...new Set([secret, secret.replaceAll(" ", "+")])],
      hex: [bytes.toHex()],
      base64: [0, 1, 2].map((shift) => base64Core(bytes, shift)),
    };
  });

  /** Where secrets stand, from their first character to behind their last, in order and without overlaps. */
  function found(written: string): (readonly [from: number, to: number])[] {
    // A secret has no zeros; in signs of two or four bytes they are between its own.
    const narrow = without(written, /\0+/g);
    const { text } = narrow;
    const ranges: (readonly [number, number])[] = [];
    const look = ({ text, startOf }: View, kind: "plain" | "hex" | "base64") => {
      for (const form of wanted.flatMap((one) => one[kind])) {
        for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + form.length)) {
          ranges.push([narrow.startOf(startOf(at)), narrow.startOf(startOf(at + form.length))]);
        }
      }
    };
    look({ text, startOf: (at) => at }, "plain");
    // A secret may itself have what looks like an escape of the other kind.
    for (const escapes of [inUrls, inJson, inBoth]) look(unescaped(text, escapes), "plain");
    look({ text: text.replace(/[A-F]/g, (digit) => digit.toLowerCase()), startOf: (at) => at }, "hex");
    const joined = without(text, /\s+/g);
    look({ ...joined, text: joined.text.replaceAll("-", "+").replaceAll("_", "/") }, "base64"); // also base64url
    ranges.sort(([a], [b]) => a - b);
    const merged: (readonly [number, number])[] = [];
    for (const [from, to] of ranges) {
      const last = merged.at(-1);
      if (last !== undefined && from <= last[1]) merged[merged.length - 1] = [last[0], Math.max(last[1], to)];
      else merged.push([from, to]);
    }
    return merged;
  }

  function cleaned(text: string): string {
    if (wanted.length === 0) return text;
    const parts: string[] = [];
    let at = 0;
    for (const [from, to] of found(text)) {
      parts.push(text.slice(at, from), gap);
      at = to;
    }
    return at === 0 ? text : parts.join("") + text.slice(at);
  }

  return {
    text: cleaned,
    bytes(bytes) {
      if (wanted.length === 0) return bytes;
      const text = latin1(bytes);
      const clean = cleaned(text);
      return clean === text ? bytes : Uint8Array.from(clean, (character) => character.charCodeAt(0));
    },
  };
}

/** A text as something that reads it would understand it, and where each character of that begins in the text itself. */
interface View {
  readonly text: string;
  /** Also of the place behind the last character. */
  startOf(at: number): number;
}

/** `%2F`; `\u002f` and a sign behind a backslash; and one within the other. Each gives two digits or the sign itself. */
const inUrls = /%([0-9A-Fa-f]{2})/g;
const inJson = /\\u00([0-9A-Fa-f]{2})|\\([\\"/])/g;
const inBoth = /(?:%|\\u00)([0-9A-Fa-f]{2})|\\([\\"/])/g;

/** What stands in a text escaped, plain. */
function unescaped(text: string, escapes: RegExp): View {
  const pieces: string[] = [];
  // After which of the characters of the plain text how many of the written one more were passed.
  const ends: number[] = [];
  const passed: number[] = [];
  let [at, length, more] = [0, 0, 0];
  for (const match of text.matchAll(escapes)) {
    const [written, digits, itself] = match;
    const before = text.slice(at, match.index);
    pieces.push(before, itself ?? String.fromCharCode(Number.parseInt(digits!, 16)));
    length += before.length + 1;
    more += written.length - 1;
    ends.push(length);
    passed.push(more);
    at = match.index + written.length;
  }
  pieces.push(text.slice(at));
  return { text: pieces.join(""), startOf: (index) => index + passedBefore(ends, passed, index) };
}

/** A text without what a pattern finds in it. */
function without(text: string, pattern: RegExp): View {
  const pieces: string[] = [];
  const ends: number[] = [];
  const passed: number[] = [];
  let [at, length, more] = [0, 0, 0];
  for (const { 0: found, index } of text.matchAll(pattern)) {
    pieces.push(text.slice(at, index));
    length += index - at;
    more += found.length;
    // The character behind it is the first that is moved.
    ends.push(length);
    passed.push(more);
    at = index + found.length;
  }
  pieces.push(text.slice(at));
  return { text: pieces.join(""), startOf: (index) => index + passedBefore(ends, passed, index) };
}

/** How much was passed up to a character: by halves, since there may be as many steps as characters. */
function passedBefore(ends: readonly number[], passed: readonly number[], index: number): number {
  let [low, high] = [0, ends.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle]! <= index) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0 : passed[low - 1]!;
}

/** What stands in base64 for certain when `shift` bytes are before the secret: characters of its own bits alone. */
function base64Core(bytes: Uint8Array, shift: number): string {
  const shifted = new Uint8Array(shift + bytes.length);
  shifted.set(bytes, shift);
  return shifted.toBase64().slice(Math.ceil(shift * 8 / 6), Math.floor(shifted.length * 8 / 6));
}

function latin1(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 8_192) parts.push(String.fromCharCode(...bytes.subarray(at, at + 8_192)));
  return parts.join("");
}
