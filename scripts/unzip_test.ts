import { deepStrictEqual, throws } from "node:assert/strict";
import { deflateRawSync } from "node:zlib";
import { moduleDigest } from "./package_go.ts";
import { zipEntries } from "./unzip.ts";

/** An archive of these files, written from the specification: local headers, data, the directory, its end. */
function zip(files: Readonly<Record<string, string>>, comment = ""): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  const numbers = (...pairs: readonly (readonly [bytes: 2 | 4, value: number])[]) =>
    new Uint8Array(
      pairs.flatMap(([bytes, value]) => Array.from({ length: bytes }, (_, index) => (value >>> (8 * index)) & 0xff)),
    );
  for (const [name, text] of Object.entries(files)) {
    const path = new TextEncoder().encode(name);
    const plain = new TextEncoder().encode(text);
    const method = text.length > 20 ? 8 : 0;
    const packed = method === 8 ? new Uint8Array(deflateRawSync(plain)) : plain;
    const sizes = [[4, 0], [4, packed.length], [4, plain.length], [2, path.length]] as const;
    const local = numbers([4, 0x0403_4b50], [2, 20], [2, 0], [2, method], [4, 0], ...sizes, [2, 3]);
    parts.push(local, path, new Uint8Array(3), packed);
    directory.push(
      numbers(
        [4, 0x0201_4b50],
        [4, 0x0014_0014],
        [2, 0],
        [2, method],
        [4, 0],
        ...sizes,
        [2, 0],
        [2, 0],
        [2, 0],
        [2, 0],
        [4, 0],
        [4, offset],
      ),
      path,
    );
    offset += local.length + path.length + 3 + packed.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const count = Object.keys(files).length;
  const end = numbers([4, 0x0605_4b50], [4, 0], [2, count], [2, count], [4, size], [4, offset], [2, comment.length]);
  return new Uint8Array([...parts, ...directory, end, new TextEncoder().encode(comment)].flatMap((part) => [...part]));
}

const files = { "m@v1/b.txt": "b".repeat(1_000), "m@v1/a.txt": "stored" };

Deno.test("zipEntries() reads stored and deflated files, with a comment after the end", () => {
  const entries = zipEntries(zip(files, "a comment"));
  const found = entries.map(({ name, read }) => [name, new TextDecoder().decode(read())]);
  deepStrictEqual(Object.fromEntries(found), files);
});

Deno.test("zipEntries() refuses what isn't a whole archive", () => {
  const whole = zip(files);
  throws(() => zipEntries(whole.subarray(0, whole.length - 30)), /isn't a whole one/);
  throws(() => zipEntries(new TextEncoder().encode("<html>not found</html>")), /isn't a whole one/);
  throws(() => zipEntries(new Uint8Array()), /isn't a whole one/);
});

// `printf 'stored' | sha256sum`, and so on: two spaces, sorted by name, as golang.org/x/mod/sumdb/dirhash says.
Deno.test("moduleDigest() is what go.sum would have", () => {
  deepStrictEqual(moduleDigest(zipEntries(zip(files))), "h1:5u1QBvUVng6zX/n+0JTKYzmLWk8RvJsd8IZfCf+ZFQg=");
});
