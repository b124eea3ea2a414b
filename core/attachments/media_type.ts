import { type ImageSize, imageSizeOf } from "./image_size.ts";
import { type Charset, charsetOf } from "./text.ts";

/** What a file is, as its content says; what it is called, and what whoever sent it says, counts for nothing. */
export interface Sniffed {
  readonly mediaType: string;
  /** Of pictures that a browser shows, where the size that they unpack to is told at their beginning. */
  readonly size?: ImageSize;
}

/** How much of a file's beginning is looked at, in bytes: metadata of a camera stand before the size of its picture. */
export const headBytesMax = 256 * 1024;
/** How much of it is looked at to tell text. */
const textBytesMax = 4_096;

/** Text in UTF-8. What else it is (a table, a program, a page) makes no difference here, and runs nowhere. */
export const plainText = "text/plain";
/** What nothing is known of. */
export const unknownType = "application/octet-stream";

/** @param head The beginning of a file: all of it, or {@link headBytesMax}. */
export function sniff(head: Uint8Array): Sniffed {
  for (const [mediaType, ...signatures] of types) {
    if (!signatures.some((signature) => matches(head, signature))) continue;
    const exact = mediaType === zip ? zipKind(head) : mediaType;
    const size = imageSizeOf(exact, head);
    return { mediaType: exact, ...(size === undefined ? {} : { size }) };
  }
  const charset = charsetOf(head.subarray(0, textBytesMax), head.length > textBytesMax);
  if (charset === undefined) return { mediaType: unknownType };
  return { mediaType: charset === "utf-8" ? plainText : `${plainText}; charset=${charset}` };
}

/** How a text is written; `undefined` of what isn't text, which no model can be given. */
export function charsetOfType(mediaType: string): Charset | undefined {
  if (mediaType === plainText) return "utf-8";
  return (["utf-16le", "utf-16be"] as const).find((charset) => mediaType === `${plainText}; charset=${charset}`);
}

/** Whether browsers show it as a picture that can do nothing but be looked at. */
export function isPicture(mediaType: string): boolean {
  return ["image/png", "image/jpeg", "image/gif", "image/webp"].includes(mediaType);
}

/** Bytes at a place of a file: text, of which each character is a byte. */
type Signature = readonly (readonly [at: number, bytes: string])[];

const zip = "application/zip";

/** The first that matches. Source: the formats' own specifications, and file(1)'s magic. */
const types: readonly (readonly [mediaType: string, ...signatures: Signature[]])[] = [
  ["image/png", [[0, "\x89PNG\r\n\x1a\n"]]],
  ["image/jpeg", [[0, "\xff\xd8\xff"]]],
  ["image/gif", [[0, "GIF87a"]], [[0, "GIF89a"]]],
  ["image/webp", [[0, "RIFF"], [8, "WEBP"]]],
  ["image/bmp", [[0, "BM"], [6, "\0\0\0\0"]]],
  ["image/tiff", [[0, "II*\0"]], [[0, "MM\0*"]]],
  ["image/avif", [[4, "ftypavif"]]],
  ["image/heic", [[4, "ftyphei"]], [[4, "ftypmif1"]], [[4, "ftypmsf1"]]],
  ["application/pdf", [[0, "%PDF-"]], [[0, "\xef\xbb\xbf%PDF-"]]],
  [zip, [[0, "PK\x03\x04"]], [[0, "PK\x05\x06"]]],
  ["application/msword", [[0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]]],
  ["application/rtf", [[0, "{\\rtf"]]],
  ["application/gzip", [[0, "\x1f\x8b"]]],
  ["application/x-7z-compressed", [[0, "7z\xbc\xaf\x27\x1c"]]],
  ["application/x-xz", [[0, "\xfd7zXZ\0"]]],
  ["application/zstd", [[0, "\x28\xb5\x2f\xfd"]]],
  ["application/x-bzip2", [[0, "BZh"], [4, "1AY&SY"]]],
  ["application/vnd.rar", [[0, "Rar!\x1a\x07"]]],
  ["application/x-tar", [[257, "ustar"]]],
  ["application/x-sqlite3", [[0, "SQLite format 3\0"]]],
  ["application/x-executable", [[0, "\x7fELF"]], [[0, "MZ"]], [[0, "\xcf\xfa\xed\xfe"]], [[0, "\xca\xfe\xba\xbe"]]],
  ["application/wasm", [[0, "\0asm"]]],
  ["audio/mpeg", [[0, "ID3"]], [[0, "\xff\xfb"]], [[0, "\xff\xf3"]], [[0, "\xff\xf2"]]],
  ["audio/ogg", [[0, "OggS"]]],
  ["audio/flac", [[0, "fLaC"]]],
  ["audio/wav", [[0, "RIFF"], [8, "WAVE"]]],
  ["audio/mp4", [[4, "ftypM4A"]]],
  ["video/mp4", [[4, "ftyp"]]],
  ["video/webm", [[0, "\x1a\x45\xdf\xa3"]]],
  ["video/x-msvideo", [[0, "RIFF"], [8, "AVI "]]],
];

function matches(head: Uint8Array, signature: Signature): boolean {
  return signature.every(([at, bytes]) => {
    for (let offset = 0; offset < bytes.length; offset++) {
      if (head[at + offset] !== bytes.charCodeAt(offset)) return false;
    }
    return true;
  });
}

/** Office documents are ZIP files: the names of their first members tell which. Source: ECMA-376 part 2; ODF 1.3 part 2, 3.3. */
function zipKind(head: Uint8Array): string {
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const ascii = (from: number, length: number) =>
    String.fromCharCode(...head.subarray(from, from + Math.min(length, 200)));
  let at = 0;
  for (let member = 0; member < 50 && at + 30 <= head.length && view.getUint32(at, true) === 0x04034b50; member++) {
    const [packedBytes, nameBytes, extraBytes] = [
      view.getUint32(at + 18, true),
      view.getUint16(at + 26, true),
      view.getUint16(at + 28, true),
    ];
    const name = ascii(at + 30, nameBytes);
    const contentAt = at + 30 + nameBytes + extraBytes;
    if (name === "mimetype") {
      const said = ascii(contentAt, packedBytes);
      const known = ["application/vnd.oasis.opendocument.", "application/epub+zip"].some((start) =>
        said.startsWith(start)
      );
      return known && /^[\w.+/-]+$/.test(said) ? said : zip;
    }
    if (name.startsWith("word/")) return "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    if (name.startsWith("xl/")) return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    if (name.startsWith("ppt/")) return "application/vnd.openxmlformats-officedocument.presentationml.presentation";
    const isStreamed = (view.getUint16(at + 6, true) & 8) !== 0 && packedBytes === 0;
    if (isStreamed) { // Its length stands behind it: the next member is sought.
      at = nextMember(head, contentAt);
      if (at < 0) return zip;
    } else at = contentAt + packedBytes;
  }
  return zip;
}

function nextMember(head: Uint8Array, from: number): number {
  for (let at = from; at + 4 <= head.length; at++) {
    if (head[at] === 0x50 && head[at + 1] === 0x4b && head[at + 2] === 3 && head[at + 3] === 4) return at;
  }
  return -1;
}
