import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { zstdDecompressSync } from "node:zlib";
import { parseTar } from "nanotar";
import { archive, compress, compressPayload, manifest } from "./package_payload.ts";

const files = [
  { path: "app/main.js", bytes: new TextEncoder().encode("main") },
  { path: "deno", bytes: new Uint8Array(1_000).fill(7) },
];

Deno.test("archive() holds the files with their modes, and nothing of machine, person or time", () => {
  const entries = parseTar(archive(files, { last: true }));
  deepStrictEqual(entries.map(({ name, attrs }) => [name, attrs?.mode, attrs?.mtime, attrs?.uid, attrs?.gid]), [
    ["app/", "0000755", 0, 0, 0],
    ["app/main.js", "0000444", 0, 0, 0],
    ["deno", "0000555", 0, 0, 0],
  ]);
  strictEqual(entries[1]!.text, "main");
  deepStrictEqual(archive(files, { last: true }), archive(files, { last: true }));
});

Deno.test("archive() refuses a path that the format would cut", () => {
  throws(() => archive([{ path: "a".repeat(101), bytes: new Uint8Array() }], { last: true }), /longer than 100 bytes/);
});

Deno.test("compress() gives one frame with a checksum, the same each time", async () => {
  const [one, other] = await Promise.all([
    compress(archive(files, { last: true }), 19),
    compress(archive(files, { last: true }), 19),
  ]);
  deepStrictEqual(one, other);
  deepStrictEqual(new Uint8Array(zstdDecompressSync(one)), archive(files, { last: true }));
  // RFC 8878, 3.1.1.1.1: bit 2 of the frame header's descriptor says that a checksum follows.
  strictEqual(one[4]! & 0b100, 0b100);
});

Deno.test("manifest() has a line for each file: digest, size, path", () => {
  deepStrictEqual(manifest(files).split("\n"), [
    "0d6e4079e36703ebd37c00722f5891d28b0e2811dc114b129215123adcce3605 4 app/main.js",
    "df1329c8b6c7cf3740bbe2f8bab34d253a8d9534a79dceea18177081fdf9f0e9 1000 deno",
    "",
  ]);
});

Deno.test("compressPayload() makes one archive of all parts, which says how large each is", async () => {
  const all = [...files, { path: "llama/a.so", bytes: new Uint8Array(5_000) }];
  const { bytes, bytesOf } = await compressPayload(all, 3);
  strictEqual(bytesOf.deno + bytesOf.llama + bytesOf.app, bytes.length);
  const names: string[] = [];
  let whole = new Uint8Array();
  let at = 0;
  for (const size of [bytesOf.deno, bytesOf.llama, bytesOf.app]) {
    whole = new Uint8Array([...whole, ...zstdDecompressSync(bytes.subarray(at, at + size))]);
    at += size;
  }
  for (const { name, size } of parseTar(whole)) names.push(`${name} ${size}`);
  deepStrictEqual(names, ["deno 1000", "llama/ 0", "llama/a.so 5000", "app/ 0", "app/main.js 4"]);
});
