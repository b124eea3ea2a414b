import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../tests/seeded.ts";
import { type GgufSource, readGguf } from "./gguf.ts";

const sourceOf = (bytes: Uint8Array, claimed = bytes.length): GgufSource => ({
  bytes: claimed,
  read: (at, length) => bytes.slice(at, at + length),
});

/** A GGUF file as bytes: metadata of texts, one array, one F32 tensor of 4 by 2. */
function gguf(metadata: Record<string, string>): Uint8Array {
  const parts: number[] = [];
  const u32 = (value: number) => parts.push(...new Uint8Array(new Uint32Array([value]).buffer));
  const u64 = (value: number) => parts.push(...new Uint8Array(new BigUint64Array([BigInt(value)]).buffer));
  const text = (value: string) => {
    const bytes = new TextEncoder().encode(value);
    u64(bytes.length);
    parts.push(...bytes);
  };
  parts.push(...new TextEncoder().encode("GGUF"));
  u32(3);
  u64(1);
  u64(Object.keys(metadata).length + 1);
  for (const [key, value] of Object.entries(metadata)) {
    text(key);
    u32(8);
    text(value);
  }
  text("tokens");
  u32(9);
  u32(8);
  u64(2);
  text("a");
  text("bc");
  text("weights");
  u32(2);
  u64(4);
  u64(2);
  u32(0);
  u64(0);
  while (parts.length % 32 !== 0) parts.push(0);
  parts.push(...new Array(32).fill(0));
  return Uint8Array.from(parts);
}

const whole = gguf({ "general.architecture": "llama", "general.name": "Tiny" });

Deno.test("readGguf() reads metadata, the lengths of arrays, and how large the file must be", () => {
  const result = readGguf(sourceOf(whole));
  ok(result.kind === "read");
  const { metadata, ...rest } = result.header;
  deepStrictEqual([...metadata], [["general.architecture", "llama"], ["general.name", "Tiny"], ["tokens", {
    length: 2,
  }]]);
  const tensors = [{ name: "weights", dimensions: [4, 2], type: 0, elements: 8, bytes: 32 }];
  deepStrictEqual(rest, { version: 3, tensors, parametersCount: 8, tensorBytes: 32, fileBytesMin: whole.length });
});

Deno.test("readGguf() says that a file is no GGUF, and why", () => {
  for (const text of ["", "GG", "hello world, this is a text"]) {
    const result = readGguf(sourceOf(new TextEncoder().encode(text)));
    ok(result.kind === "not_gguf");
    match(result.reason, /GGUF/);
  }
});

Deno.test("readGguf() sees every truncation", () => {
  for (let length = 4; length < whole.length; length++) {
    const result = readGguf(sourceOf(whole.subarray(0, length)));
    strictEqual(result.kind, "truncated", `cut after ${length}`);
  }
});

seeded("readGguf() gives a result for whatever stands in a file", (random) => {
  const bytes = whole.slice();
  for (let count = 1 + Math.floor(random() * 4); count > 0; count--) {
    bytes[4 + Math.floor(random() * (bytes.length - 4))] = Math.floor(random() * 256);
  }
  ok(["read", "not_gguf", "truncated"].includes(readGguf(sourceOf(bytes)).kind));
});
