import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { seeded } from "../../tests/seeded.ts";
import { isShowable } from "./image_size.ts";
import { charsetOfType, sniff } from "./media_type.ts";

const latin = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const utf8 = (text: string) => new TextEncoder().encode(text);
const utf16 = (text: string, mark: boolean, bigEndian = false) => {
  const bytes = new Uint8Array(text.length * 2);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < text.length; at++) view.setUint16(at * 2, text.charCodeAt(at), !bigEndian);
  return mark ? Uint8Array.from([...bigEndian ? [0xfe, 0xff] : [0xff, 0xfe], ...bytes]) : bytes;
};
const u32 = (value: number) =>
  String.fromCharCode(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
const u16 = (value: number) => String.fromCharCode(value >>> 8, value & 255);
const le16 = (value: number) => String.fromCharCode(value & 255, value >>> 8);
const le24 = (value: number) => le16(value & 0xffff) + String.fromCharCode(value >>> 16);
/** A member of a ZIP file, stored. */
const member = (name: string, content = "") =>
  `PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0${le16(content.length)}\0\0${le16(content.length)}\0\0${
    le16(name.length)
  }\0\0${name}${content}`;
/** A member whose length stands behind its content. */
const streamed = (name: string) =>
  `PK\x03\x04\x14\0\x08\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0${le16(name.length)}\0\0${name}packed`;

const png = (width: number, height: number) =>
  latin(`\x89PNG\r\n\x1a\n${u32(13)}IHDR${u32(width)}${u32(height)}\x08\x06\0\0\0`);
const jpeg = (width: number, height: number, before = "") =>
  latin(
    `\xff\xd8\xff\xe0${u16(16)}JFIF\0\x01\x01\0\0\x01\0\x01\0\0${before}\xff\xc2${u16(17)}\x08${u16(height)}${
      u16(width)
    }\x03`,
  );
const gif = (width: number, height: number, frame: readonly [number, number] = [width, height]) =>
  latin(
    `GIF89a${le16(width)}${le16(height)}\x80\0\0${"\0".repeat(6)}!\xf9\x04\0\0\0\0\0,${le16(0)}${le16(0)}${
      le16(frame[0])
    }${le16(frame[1])}\0`,
  );
const webp = (chunk: string) => latin(`RIFF\0\0\0\0WEBP${chunk}`);

const cases:
  readonly (readonly [name: string, head: Uint8Array, mediaType: string, size?: readonly [number, number]])[] = [
    ["nothing", latin(""), "text/plain"],
    ["text", utf8("a,b\n1,2\n"), "text/plain"],
    ["text of every script", utf8("工厂 🏭 عربي\n"), "text/plain"],
    ["text with the mark of UTF-8", utf8("\ufeffa"), "text/plain"],
    ["text with one wrong byte of many", latin(`${"a".repeat(120)}\xe4${"b".repeat(120)}`), "text/plain"],
    ["a page, which is text here", utf8("<!doctype html><script>1</script>"), "text/plain"],
    [
      "a drawing that could run script, which is text here",
      utf8('<svg xmlns="http://www.w3.org/2000/svg"/>'),
      "text/plain",
    ],
    ["UTF-16, little end first", utf16("工厂 a\n", true), "text/plain; charset=utf-16le"],
    ["UTF-16, big end first", utf16("工厂 a\n", true, true), "text/plain; charset=utf-16be"],
    ["UTF-16 without its mark", utf16("a long enough text", false), "text/plain; charset=utf-16le"],
    [
      "UTF-16 without its mark, big end first",
      utf16("a long enough text", false, true),
      "text/plain; charset=utf-16be",
    ],
    ["bytes that only begin like UTF-16", latin("\xff\xfe\0\0\x01\0\0\0\0"), "application/octet-stream"],
    ["text in another encoding", latin("\xb9\xa4\xb3\xa7\xc9\xe8\xb1\xb8"), "application/octet-stream"],
    ["zeros", new Uint8Array(100), "application/octet-stream"],
    ["PNG", png(800, 600), "image/png", [800, 600]],
    ["PNG that ends early", png(800, 600).subarray(0, 20), "image/png"],
    ["PNG of gigapixels", png(0x7fffffff, 0x7fffffff), "image/png", [0x7fffffff, 0x7fffffff]],
    ["JPEG", jpeg(640, 480), "image/jpeg", [640, 480]],
    [
      "JPEG with a thumbnail before",
      jpeg(640, 480, `\xff\xe1${u16(60_000)}${"\xff\xc0".repeat(29_999)}`),
      "image/jpeg",
      [640, 480],
    ],
    ["JPEG that never says its size", latin("\xff\xd8\xff\xda\0\x02"), "image/jpeg"],
    ["JPEG with a segment of no length", latin("\xff\xd8\xff\xe0\0\0\xff\xe0\0\0"), "image/jpeg"],
    ["GIF", gif(10, 20), "image/gif", [10, 20]],
    ["GIF with a frame larger than its screen", gif(1, 1, [60_000, 60_000]), "image/gif", [60_000, 60_000]],
    ["WebP, extended", webp(`VP8X\x0a\0\0\0\0\0\0\0${le24(1_919)}${le24(1_079)}`), "image/webp", [1_920, 1_080]],
    ["WebP, lossless", webp(`VP8L\x0a\0\0\0\x2f\x3f\xc1\x12\0`), "image/webp", [320, 76]],
    ["WebP, lossy", webp(`VP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a${le16(320)}${le16(240)}`), "image/webp", [320, 240]],
    ["PDF", latin("%PDF-1.7\n"), "application/pdf"],
    ["ZIP", latin(member("a.txt", "hello")), "application/zip"],
    [
      "Word",
      latin(member("[Content_Types].xml", "<x/>") + member("word/document.xml")),
      "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ],
    [
      "Excel, streamed",
      latin(streamed("[Content_Types].xml") + streamed("xl/workbook.xml")),
      "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ],
    [
      "OpenDocument",
      latin(member("mimetype", "application/vnd.oasis.opendocument.text")),
      "application/vnd.oasis.opendocument.text",
    ],
    ["ZIP that says it is a page", latin(member("mimetype", "text/html")), "application/zip"],
    ["old Word", latin("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "application/msword"],
    ["a program", latin("\x7fELF\x02\x01"), "application/x-executable"],
    ["MP4", latin("\0\0\0\x18ftypisom"), "video/mp4"],
  ];

for (const [name, head, mediaType, size] of cases) {
  Deno.test(`sniff() knows ${name}`, () =>
    deepStrictEqual(sniff(head), {
      mediaType,
      ...(size === undefined ? {} : { size: { width: size[0], height: size[1] } }),
    }));
}

Deno.test("only text is given to a model", () => {
  strictEqual(charsetOfType("text/plain"), "utf-8");
  strictEqual(charsetOfType("text/plain; charset=utf-16be"), "utf-16be");
  for (const type of ["text/plain; charset=utf-7", "text/html", "application/pdf", ""]) {
    strictEqual(charsetOfType(type), undefined);
  }
});

Deno.test("isShowable() takes pictures of cameras and screens, and none that unpacks to more", () => {
  for (const [width, height] of [[1, 1], [6_000, 4_000], [7_680, 4_320], [16_384, 1]]) {
    strictEqual(isShowable({ width: width!, height: height! }), true);
  }
  for (const [width, height] of [[0, 10], [16_385, 1], [10_000, 10_000], [65_535, 65_535], [0xffffffff, 1]]) {
    strictEqual(isShowable({ width: width!, height: height! }), false);
  }
  strictEqual(isShowable(undefined), false);
});

// Goal: whatever stands in a file, looking at it ends, and throws nothing. Method: beginnings of real formats, with bytes
// changed and ends cut.
seeded("sniff() ends for anything", (random) => {
  const [, head] = cases[Math.floor(random() * cases.length)]!;
  const bytes = Uint8Array.from([
    ...head.subarray(0, Math.floor(random() * 200)),
    ...new Uint8Array(Math.floor(random() * 200)),
  ]);
  for (let change = 0; change < 5 && bytes.length > 0; change++) {
    bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
  }
  strictEqual(typeof sniff(bytes).mediaType, "string");
});
