import { deepStrictEqual } from "node:assert/strict";
import { splitLines } from "./lines.ts";

async function lines(text: string | Uint8Array, size: number, bytesMax = 100): Promise<string[]> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
  }
  return await Array.fromAsync(splitLines(chunks(), bytesMax));
}

Deno.test("splitLines() gives each line, however the bytes were cut, with or without a last line end", async () => {
  for (let size = 1; size < 12; size++) {
    deepStrictEqual(await lines("一\r\ntwo\n\nthree", size), ["一", "two", "", "three"]);
    deepStrictEqual(await lines("one\n", size), ["one"]);
  }
});

Deno.test("splitLines() marks bytes that aren't UTF-8", async () => {
  deepStrictEqual(await lines(new Uint8Array([0x61, 0xff, 0x0a]), 10), ["a\ufffd"]);
});

Deno.test("splitLines() doesn't hold a line that is too long to be used", async () => {
  const [line = "", next] = await lines(`${"x".repeat(10_000)}\nnext\n`, 60);
  deepStrictEqual([line.length > 100 && line.length < 300, next], [true, "next"]);
});
