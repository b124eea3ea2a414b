import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { zstdDecompressSync } from "node:zlib";
import { parseTar } from "nanotar";
import { archive, compress } from "./package_payload.ts";

const files = [
  { path: "app/main.js", bytes: new TextEncoder().encode("main") },
  { path: "deno", bytes: new Uint8Array(1_000).fill(7) },
];

Deno.test("archive() holds the files with their modes, and nothing of machine, person or time", () => {
  const entries = parseTar(archive(files));
  deepStrictEqual(entries.map(({ name, attrs }) => [name, attrs?.mode, attrs?.mtime, attrs?.uid, attrs?.gid]), [
    ["app/main.js", "0000444", 0, 0, 0],
    ["deno", "0000555", 0, 0, 0],
  ]);
  strictEqual(entries[0]!.text, "main");
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
