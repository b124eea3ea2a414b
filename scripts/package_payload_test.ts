import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { zstdDecompressSync } from "node:zlib";
import { parseTar } from "nanotar";
import { archive, compress, manifest } from "./package_payload.ts";

const files = [
  { path: "app/main.js", bytes: new TextEncoder().encode("main") },
  { path: "deno", bytes: new Uint8Array(1_000).fill(7) },
];

Deno.test("archive() holds the files with their modes, and nothing of machine, person or time", () => {
  const entries = parseTar(archive(files));
  deepStrictEqual(entries.map(({ name, attrs }) => [name, attrs?.mode, attrs?.mtime, attrs?.uid, attrs?.gid]), [
    ["app/", "0000755", 0, 0, 0],
    ["app/main.js", "0000444", 0, 0, 0],
    ["deno", "0000555", 0, 0, 0],
  ]);
  strictEqual(entries[1]!.text, "main");
  deepStrictEqual(archive(files), archive(files));
});

Deno.test("archive() refuses a path that the format would cut", () => {
  throws(() => archive([{ path: "a".repeat(101), bytes: new Uint8Array() }]), /longer than 100 bytes/);
});

Deno.test("compress() gives one frame with a checksum, the same each time", async () => {
  const [one, other] = await Promise.all([compress(archive(files), 19), compress(archive(files), 19)]);
  deepStrictEqual(one, other);
  deepStrictEqual(new Uint8Array(zstdDecompressSync(one)), archive(files));
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
