/** How a text is written. */
export type Charset = "utf-8" | "utf-16le" | "utf-16be";

/**
 * How the beginning of a file is written, if it is a text: none of its characters is one that texts don't have, and what
 * can't be read is so little that it can be a mistake of the text's own (1 of 100 bytes). UTF-16 has its mark, or shows by
 * the zeros of its Latin letters. Nothing at all is text.
 *
 * @param goesOn More follows, so that a character may be cut at the end.
 */
export function charsetOf(bytes: Uint8Array, goesOn: boolean): Charset | undefined {
  const marked = bytes[0] === 0xff && bytes[1] === 0xfe
    ? "utf-16le"
    : bytes[0] === 0xfe && bytes[1] === 0xff
    ? "utf-16be"
    : undefined;
  return [marked ?? zeroesOf(bytes) ?? "utf-8"].find((charset) => {
    const text = new TextDecoder(charset).decode(bytes, { stream: goesOn });
    // deno-lint-ignore no-control-regex
    if (/[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]/.test(text)) return false; // Left: tab, line ends, colours of a log.
    return (text.match(/\ufffd/g)?.length ?? 0) * 100 <= bytes.length;
  });
}

/** Where every second byte is zero more often than not, and none of the others is. */
function zeroesOf(bytes: Uint8Array): Charset | undefined {
  const counts: [even: number, odd: number] = [0, 0];
  bytes.forEach((byte, at) => {
    if (byte === 0) counts[at % 2]!++;
  });
  const [even, odd] = counts;
  if (even === 0 && odd * 4 > bytes.length) return "utf-16le";
  return odd === 0 && even * 4 > bytes.length ? "utf-16be" : undefined;
}

/** The beginning of a text file. */
export interface Beginning {
  /** At most what was asked for; where the file goes on, whole lines if there are any. */
  readonly text: string;
  /** Bytes of the file that aren't in `text`. */
  readonly leftOut: number;
}

/**
 * Reads the beginning of a text file: what isn't valid becomes U+FFFD, line ends become line feeds, control characters
 * and the mark of byte order go.
 *
 * @param lengthMax Of what is read, in UTF-16 code units.
 * @param bytes Of the whole file.
 */
export async function readBeginning(
  content: AsyncIterable<Uint8Array>,
  { charset, bytes, lengthMax }: { readonly charset: Charset; readonly bytes: number; readonly lengthMax: number },
): Promise<Beginning> {
  const decoder = new TextDecoder(charset);
  let text = "";
  let read = 0;
  for await (const piece of content) {
    read += piece.length;
    text += decoder.decode(piece, { stream: true });
    if (text.length > lengthMax) break;
  }
  if (read >= bytes) text += decoder.decode();
  if (read >= bytes && text.length <= lengthMax) return { text: clean(text), leftOut: 0 };
  return cutAt(text, { lengthMax, bytes, charset });
}

/** The same beginning, shorter. */
export function shorten({ text, leftOut }: Beginning, lengthMax: number, charset: Charset): Beginning {
  if (text.length <= lengthMax) return { text, leftOut };
  return cutAt(text, { lengthMax, bytes: leftOut + bytesIn(text, charset), charset });
}

/** Cut behind the last line that fits; a line that is longer than all that fits is cut in its middle, not in a character. */
function cutAt(
  text: string,
  { lengthMax, bytes, charset }: { readonly lengthMax: number; readonly bytes: number; readonly charset: Charset },
): Beginning {
  const start = text.slice(0, lengthMax);
  const line = start.lastIndexOf("\n") + 1;
  const kept = line > lengthMax / 2 ? start.slice(0, line) : start.toWellFormed().replace(/\ufffd$/, "");
  return { text: clean(kept), leftOut: Math.max(0, bytes - bytesIn(kept, charset)) };
}

function bytesIn(text: string, charset: Charset): number {
  return charset === "utf-8" ? new TextEncoder().encode(text).length : text.length * 2;
}

function clean(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/\r\n?/g, "\n").replace(/\x1b\[[\d;]*m/g, "").replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "");
}
