import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { readGguf } from "../../core/gguf.ts";
import { encodeGguf, type GgufTensor, type GgufValue, tensorBytes } from "./gguf_writer.ts";

const text = new TextEncoder();

const metadata: [key: string, value: GgufValue][] = [
  ["general.architecture", { kind: "text", value: "bert" }],
  ["general.name", { kind: "text", value: "模型" }],
  ["bert.context_length", { kind: "u32", value: 512 }],
  ["bert.attention.layer_norm_epsilon", { kind: "f32", value: 0.5 }],
  ["bert.attention.causal", { kind: "bool", value: false }],
  ["tokens", {
    kind: "texts",
    count: 60_000,
    values: function* () {
      for (let index = 0; index < 60_000; index++) yield text.encode(`piece ${index}`);
    },
  }],
  ["scores", { kind: "f32s", values: new Float32Array(60_000).fill(-1.5) }],
  ["types", { kind: "i32s", values: new Int32Array(60_000).fill(-3) }],
];
const tensors: GgufTensor[] = [
  { name: "odd", dimensions: [3], type: "f32", data: () => [new Uint8Array(12).fill(1)] },
  { name: "weights", dimensions: [32, 3], type: "q4_0", data: () => [new Uint8Array(30).fill(2), new Uint8Array(24)] },
];

function join(chunks: Iterable<Uint8Array>): Uint8Array {
  return Uint8Array.from([...chunks].flatMap((chunk) => [...chunk]));
}

Deno.test("encodeGguf() writes what readGguf() reads", () => {
  const bytes = join(encodeGguf(metadata, tensors));
  const result = readGguf({ bytes: bytes.length, read: (at, length) => bytes.slice(at, at + length) });
  ok(result.kind === "read", JSON.stringify(result));
  const { metadata: read, ...header } = result.header;
  deepStrictEqual(Object.fromEntries(read), {
    "general.architecture": "bert",
    "general.name": "模型",
    "bert.context_length": 512,
    "bert.attention.layer_norm_epsilon": 0.5,
    "bert.attention.causal": false,
    "tokens": { length: 60_000 },
    "scores": { length: 60_000 },
    "types": { length: 60_000 },
  });
  // The last tensor is filled up to the alignment, which a reader may want there and need not.
  deepStrictEqual(header.tensors.map(({ name, dimensions }) => [name, ...dimensions]), [["odd", 3], [
    "weights",
    32,
    3,
  ]]);
  const { tensors: _, ...sizes } = header;
  deepStrictEqual(sizes, { version: 3, parametersCount: 99, tensorBytes: 66, fileBytesMin: bytes.length - 10 });
});

Deno.test("encodeGguf() puts each tensor where the header says", () => {
  const bytes = join(encodeGguf(metadata.slice(0, 1), tensors));
  const data = bytes.subarray(bytes.length - 96);
  deepStrictEqual([...data.subarray(0, 13)], [...new Array(12).fill(1), 0]);
  deepStrictEqual([...data.subarray(32, 63)], [...new Array(30).fill(2), 0]);
  strictEqual(bytes.length % 32, 0);
});

Deno.test("encodeGguf() gives the header in chunks, and holds no more than one", () => {
  for (const chunk of encodeGguf(metadata, [])) ok(chunk.length < 600_000, `${chunk.length} bytes`);
});

Deno.test("encodeGguf() refuses a tensor whose data have another length than its dimensions say", () => {
  const short: GgufTensor = { name: "short", dimensions: [4], type: "f32", data: () => [new Uint8Array(12)] };
  throws(() => join(encodeGguf([], [short])), /short has 12 bytes instead of 16/);
});

Deno.test("tensorBytes() counts blocks", () => {
  strictEqual(tensorBytes({ dimensions: [384, 1536], type: "q4_0" }), 331_776);
  strictEqual(tensorBytes({ dimensions: [384], type: "f32" }), 1_536);
});
