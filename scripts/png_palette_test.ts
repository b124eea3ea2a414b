import { deepStrictEqual, ok, throws } from "node:assert/strict";
import { crc32, deflateSync, inflateSync } from "node:zlib";
import { seededRandom } from "../tests/seeded.ts";
import { readPng, writePalettePng } from "./png_palette.ts";

/** The picture's palette and pixels, read by the specification's words: `filter 0, 8 bits, palette`. */
function readPalettePng(bytes: Uint8Array): { width: number; height: number; rgb: number[] } {
  const view = new DataView(bytes.buffer);
  const chunks = new Map<string, Uint8Array>();
  for (let at = 8; at < bytes.length; at += view.getUint32(at) + 12) {
    const end = at + 8 + view.getUint32(at);
    deepStrictEqual(view.getUint32(end), crc32(bytes.subarray(at + 4, end)));
    chunks.set(String.fromCharCode(...bytes.subarray(at + 4, at + 8)), bytes.subarray(at + 8, end));
  }
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const lines = inflateSync(chunks.get("IDAT")!);
  const palette = chunks.get("PLTE")!;
  const rgb: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 1; x <= width; x++) {
      const index = lines[y * (width + 1) + x]!;
      rgb.push(...palette.subarray(index * 3, index * 3 + 3));
    }
  }
  return { width, height, rgb };
}

/** A PNG as a browser writes it, each line with the filter that is asked for. */
function rgbPng(width: number, height: number, rgb: Uint8Array, filterOf: (line: number) => number): Uint8Array {
  const bytesOf = (x: number, y: number) => x < 0 || y < 0 ? 0 : rgb[y * width * 3 + x]!;
  const lines: number[] = [];
  for (let y = 0; y < height; y++) {
    const filter = filterOf(y);
    lines.push(filter);
    for (let x = 0; x < width * 3; x++) {
      const [a, b, c] = [bytesOf(x - 3, y), bytesOf(x, y - 1), x < 3 ? 0 : bytesOf(x - 3, y - 1)];
      const p = a + b - c;
      const near = [a, b, c].toSorted((m, n) => Math.abs(p - m) - Math.abs(p - n))[0]!;
      lines.push((bytesOf(x, y) - [0, a, b, Math.floor((a + b) / 2), near][filter]!) & 255);
    }
  }
  const head = new Uint8Array(13);
  new DataView(head.buffer).setUint32(0, width);
  new DataView(head.buffer).setUint32(4, height);
  head.set([8, 2, 0, 0, 0], 8);
  const chunk = (type: string, data: Uint8Array) => {
    const body = new Uint8Array([...new TextEncoder().encode(type), ...data]);
    const ends = new DataView(new ArrayBuffer(8));
    ends.setUint32(0, data.length);
    ends.setUint32(4, crc32(body));
    return [...new Uint8Array(ends.buffer, 0, 4), ...body, ...new Uint8Array(ends.buffer, 4, 4)];
  };
  const idat = deflateSync(Uint8Array.from(lines));
  return Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, ...chunk("IHDR", head), ...chunk("IDAT", idat)]);
}

Deno.test("a picture of few colours comes out as it went in, whatever filters its lines have", () => {
  const random = seededRandom({ seed: 1, run: 0 });
  const colours = Array.from({ length: 200 }, () => [random(), random(), random()].map((part) => part * 256 | 0));
  const [width, height] = [37, 25];
  const rgb = Uint8Array.from(Array.from({ length: width * height }, () => colours[random() * 200 | 0]!).flat());
  const picture = readPng(rgbPng(width, height, rgb, (line) => line % 5));
  deepStrictEqual([...picture.rgb], [...rgb]);
  deepStrictEqual(readPalettePng(writePalettePng(picture)), { width, height, rgb: [...rgb] });
});

Deno.test("of many colours the most used stay exactly, and none moves far", () => {
  const [width, height] = [64, 128];
  const rgb = new Uint8Array(width * height * 3).fill(0xfb); // half of it is paper,
  for (let at = 0; at < width * 64; at++) rgb.set([at % 64 * 4, at >> 4, (at * 7) % 256], at * 3); // half 4,096 colours
  const { rgb: shown } = readPalettePng(writePalettePng({ width, height, rgb }));
  deepStrictEqual(shown.slice(width * 64 * 3), [...rgb.subarray(width * 64 * 3)]);
  const distances = shown.map((byte, at) => Math.abs(byte - rgb[at]!));
  ok(distances.reduce((sum, distance) => sum + distance) / distances.length < 12);
});

Deno.test("what isn't such a PNG is refused", () => {
  throws(() => readPng(new Uint8Array(40)), /Not a PNG/);
});
