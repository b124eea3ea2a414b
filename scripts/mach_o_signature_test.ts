import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { createHash } from "node:crypto";
import { codeSignature } from "./mach_o_signature.ts";

const pageBytes = 4_096;

/** A Mach-O file of a header, an LC_CODE_SIGNATURE and two and a half pages, signed ad hoc. */
function signedFile({ hashType = 2 } = {}): Uint8Array {
  const codeBytes = pageBytes * 2.5;
  const code = new Uint8Array(codeBytes).map((_, index) => index * 7);
  const pages = Math.ceil(codeBytes / pageBytes);
  const [directory, hashesAt] = [20, 44];
  const size = directory + hashesAt + pages * 32;
  const header = Uint32Array.from([0xfeed_facf, 0x0100_000c, 0, 2, 1, 16, 0, 0, 0x1d, 16, codeBytes, size]);
  code.set(new Uint8Array(header.buffer));
  const signature = new Uint8Array(size);
  const view = new DataView(signature.buffer);
  [0xfade_0cc0, size, 1, 0, directory].forEach((value, index) => view.setUint32(index * 4, value));
  const fields = [0xfade_0c02, size - directory, 0x2_0400, 0x2_0002, hashesAt, 0, 0, pages, codeBytes];
  fields.forEach((value, index) => view.setUint32(directory + index * 4, value));
  signature.set([32, hashType, 0, 12], directory + 36);
  for (let page = 0; page < pages; page++) {
    const hash = createHash("sha256").update(code.subarray(page * pageBytes, (page + 1) * pageBytes)).digest();
    signature.set(hash, directory + hashesAt + page * 32);
  }
  return new Uint8Array([...code, ...signature]);
}

Deno.test("codeSignature() holds for the file that was signed, and names the page that was changed", () => {
  const file = signedFile();
  deepStrictEqual(codeSignature(file), { flags: 0x2_0002, codeBytes: 10_240, pages: 3, wrongPages: [] });
  file[pageBytes + 5]! ^= 1;
  deepStrictEqual(codeSignature(file)?.wrongPages, [1]);
});

Deno.test("codeSignature() is nothing in a file without one, and refuses what it can't check", () => {
  const unsigned = signedFile();
  unsigned[32] = 0x1b; // LC_UUID in place of LC_CODE_SIGNATURE
  strictEqual(codeSignature(unsigned), undefined);
  throws(() => codeSignature(signedFile({ hashType: 1 })), /isn't made with SHA-256/);
});
