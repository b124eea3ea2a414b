import { crc32, deflateSync, inflateSync } from "node:zlib";

/** A picture: three bytes a pixel, red, green, blue, line by line. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** The most colours that a palette has. */
const coloursMax = 256;
const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/**
 * Reads what a browser's screenshot is: 8 bits a channel, RGB or RGBA (which is dropped), not interlaced.
 * Source: Portable Network Graphics Specification, 3rd edition, sections 5, 9 and 10.
 * @throws {Error} On any other kind of PNG.
 */
export function readPng(bytes: Uint8Array): Picture {
  if (!signature.every((byte, at) => bytes[at] === byte)) throw new Error("Not a PNG");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data: Uint8Array[] = [];
  let [width, height, channels] = [0, 0, 0];
  for (let at = 8; at < bytes.length;) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (type === "IHDR") {
      [width, height] = [view.getUint32(at + 8), view.getUint32(at + 12)];
      const [depth, colour, , , interlace] = bytes.subarray(at + 16, at + 21);
      channels = colour === 2 ? 3 : colour === 6 ? 4 : 0;
      if (depth !== 8 || channels === 0 || interlace !== 0) {
        throw new Error(`Cannot read a PNG of ${depth} bits, colour type ${colour}, interlace ${interlace}`);
      }
    } else if (type === "IDAT") data.push(bytes.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const lines = unfiltered(inflateSync(joined(data)), { lineBytes: width * channels, height, channels });
  const rgb = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    rgb.set(lines.subarray(pixel * channels, pixel * channels + 3), pixel * 3);
  }
  return { width, height, rgb };
}

/** The picture as a PNG with a palette: a third of the bytes, and for a page's few colours the same to the eye. */
export function writePalettePng({ width, height, rgb }: Picture): Uint8Array {
  const counts = new Map<number, number>();
  for (let at = 0; at < rgb.length; at += 3) {
    const colour = rgb[at]! << 16 | rgb[at + 1]! << 8 | rgb[at + 2]!;
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const palette = paletteOf(counts);
  const indexes = new Map([...counts.keys()].map((colour) => [colour, nearest(colour, palette)]));
  const lines = new Uint8Array((width + 1) * height); // each line begins with its filter: 0, none
  for (let y = 0, from = 0; y < height; y++) {
    for (let x = 0; x < width; x++, from += 3) {
      lines[y * (width + 1) + 1 + x] = indexes.get(rgb[from]! << 16 | rgb[from + 1]! << 8 | rgb[from + 2]!)!;
    }
  }
  const head = new Uint8Array(13);
  const view = new DataView(head.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  head.set([8, 3, 0, 0, 0], 8);
  return joined([
    Uint8Array.from(signature),
    chunk("IHDR", head),
    chunk("PLTE", Uint8Array.from(palette.flatMap((colour) => channelsOf(colour)))),
    chunk("IDAT", deflateSync(lines, { level: 9, memLevel: 9 })),
    chunk("IEND", new Uint8Array()),
  ]);
}

/** At most 256 colours: boxes of colours are halved, the most spread and most used first (median cut). */
function paletteOf(counts: ReadonlyMap<number, number>): number[] {
  let boxes = [[...counts.keys()]];
  while (boxes.length < coloursMax) {
    const widest = boxes.filter((box) => box.length > 1).map((box) => ({ box, ...spreadOf(box, counts) }))
      .sort((a, b) => b.weight - a.weight)[0];
    if (widest === undefined) break;
    const { box, shift } = widest;
    const sorted = box.toSorted((a, b) => (a >> shift & 255) - (b >> shift & 255));
    const half = sorted.reduce((sum, colour) => sum + counts.get(colour)!, 0) / 2;
    let [at, seen] = [0, 0];
    while (at < sorted.length - 1 && seen + counts.get(sorted[at]!)! <= half) seen += counts.get(sorted[at++]!)!;
    const cut = Math.max(1, at);
    boxes = [...boxes.filter((other) => other !== box), sorted.slice(0, cut), sorted.slice(cut)];
  }
  // The most used colour of a box stands for it, so that large areas keep theirs exactly.
  return boxes.map((box) => box.reduce((most, colour) => counts.get(colour)! > counts.get(most)! ? colour : most));
}

function spreadOf(box: readonly number[], counts: ReadonlyMap<number, number>): { shift: number; weight: number } {
  const spreads = [16, 8, 0].map((shift) => {
    const values = box.map((colour) => colour >> shift & 255);
    return { shift, spread: values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b)) };
  });
  const { shift, spread } = spreads.reduce((most, one) => one.spread > most.spread ? one : most);
  const uses = box.reduce((sum, colour) => sum + counts.get(colour)!, 0);
  return { shift, weight: spread * Math.log2(1 + uses) };
}

function nearest(colour: number, palette: readonly number[]): number {
  const [red, green, blue] = channelsOf(colour);
  let [best, bestDistance] = [0, Infinity];
  for (const [index, other] of palette.entries()) {
    const [r, g, b] = channelsOf(other);
    const distance = 2 * (red - r) ** 2 + 4 * (green - g) ** 2 + 3 * (blue - b) ** 2;
    if (distance < bestDistance) [best, bestDistance] = [index, distance];
  }
  return best;
}

function channelsOf(colour: number): [red: number, green: number, blue: number] {
  return [colour >> 16, colour >> 8 & 255, colour & 255];
}

function unfiltered(
  bytes: Uint8Array,
  { lineBytes, height, channels }: { readonly lineBytes: number; readonly height: number; readonly channels: number },
): Uint8Array {
  const lines = new Uint8Array(lineBytes * height);
  for (let y = 0; y < height; y++) {
    const filter = bytes[y * (lineBytes + 1)]!;
    for (let x = 0; x < lineBytes; x++) {
      const left = x >= channels ? lines[y * lineBytes + x - channels]! : 0;
      const above = y > 0 ? lines[(y - 1) * lineBytes + x]! : 0;
      const corner = x >= channels && y > 0 ? lines[(y - 1) * lineBytes + x - channels]! : 0;
      const guess = [0, left, above, left + above >> 1, paeth(left, above, corner)][filter];
      if (guess === undefined) throw new Error(`Unknown PNG filter ${filter}`);
      lines[y * lineBytes + x] = bytes[y * (lineBytes + 1) + 1 + x]! + guess;
    }
  }
  return lines;
}

function paeth(left: number, above: number, corner: number): number {
  const guess = left + above - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - above), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? above : corner;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(data.length + 8, crc32(bytes.subarray(4, data.length + 8)));
  return bytes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
