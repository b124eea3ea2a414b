import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { iconPng } from "./icon_png.ts";

const accent = [11, 101, 112, 255];
const white = [255, 255, 255, 255];

/** The pixels of a PNG that has one piece of data and no filters, as this one has. */
async function pixelsOf(png: Uint8Array<ArrayBuffer>): Promise<(x: number, y: number) => number[]> {
  deepStrictEqual([...png.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const view = new DataView(png.buffer);
  const size = view.getUint32(16);
  strictEqual(view.getUint32(20), size);
  const length = view.getUint32(33);
  const inflated = new Blob([png.slice(41, 41 + length)]).stream().pipeThrough(new DecompressionStream("deflate"));
  const rows = new Uint8Array(await new Response(inflated).arrayBuffer());
  strictEqual(rows.length, size * (1 + size * 4));
  return (x, y) => [...rows.subarray(y * (1 + size * 4) + 1 + x * 4).subarray(0, 4)];
}

Deno.test("the icon is white on the accent's colour, with corners that are left out", async () => {
  const pixel = await pixelsOf(await iconPng({ size: 192, isMaskable: false }));
  deepStrictEqual(pixel(96, 20), accent);
  deepStrictEqual(pixel(96, 54), white);
  strictEqual(pixel(0, 0)[3], 0);
  const edge = pixel(12, 12)[3]!;
  ok(edge > 0 && edge < 256);
});

Deno.test("an icon that a system cuts goes to the edges, and its sign stays in the middle", async () => {
  const pixel = await pixelsOf(await iconPng({ size: 128, isMaskable: true }));
  deepStrictEqual(pixel(0, 0), accent);
  deepStrictEqual(pixel(64, 31), accent);
  deepStrictEqual(pixel(64, 43), white);
});
