import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { type GgufTensor, tensorBytesOf } from "./gguf.ts";
import {
  isQuantised,
  parseQuantisation,
  type Quantisation,
  quantisationNames,
  quantisations,
  quantisedBytes,
} from "./quantisation.ts";

function tensor(name: string, dimensions: readonly number[], type = 1): GgufTensor {
  const elements = dimensions.reduce((product, size) => product * size, 1);
  return { name, dimensions, type, elements, bytes: tensorBytesOf(type, elements) };
}

/** A file of 1,000 bytes besides its tensors. */
function fileOf(tensors: readonly GgufTensor[]) {
  const tensorBytes = tensors.reduce((sum, { bytes }) => sum + bytes, 0);
  return [{ tensors, tensorBytes }, tensorBytes + 1_000] as const;
}

Deno.test("parseQuantisation() knows the names in small letters too, INT8, and no others", () => {
  strictEqual(parseQuantisation("q4_k_m"), "Q4_K_M");
  strictEqual(parseQuantisation("int8"), "Q8_0");
  for (const name of quantisationNames) strictEqual(parseQuantisation(name), name);
  for (const text of ["", "Q9", "F32", "constructor", "Q4_K_M "]) strictEqual(parseQuantisation(text), undefined);
});

// Source: enum llama_ftype in include/llama.h of llama.cpp v0.4.0.
Deno.test("the numbers of file types are llama.cpp's", () => {
  const numbers = Object.entries(quantisations).map(([name, { fileType }]) => [name, fileType]);
  deepStrictEqual(Object.fromEntries(numbers), { F16: 1, Q8_0: 7, Q6_K: 18, Q5_K_M: 17, Q4_K_M: 15, Q4_0: 2 });
});

Deno.test("isQuantised() is true when weights aren't floats, whatever the file says of itself", () => {
  const floats = [tensor("a", [4], 0), tensor("b", [4, 4], 1), tensor("c", [4, 4], 30), tensor("table", [4, 4], 26)];
  strictEqual(isQuantised({ tensors: floats }), false);
  strictEqual(isQuantised({ tensors: [...floats, tensor("d", [32, 4], 8)] }), true);
});

const matrix = (name: string, type: number) => tensor(name, [256, 10], type);
const [f16, q4_0, q5_0, q8_0, q4_k, q6_k] = [1, 2, 6, 8, 12, 14] as const;

const cases: [what: string, quantisation: Quantisation, before: GgufTensor[], after: GgufTensor[]][] = [
  ["makes every matrix what was asked for", "Q8_0", [matrix("blk.0.attn_q.weight", f16)], [
    matrix("blk.0.attn_q.weight", q8_0),
  ]],
  ["keeps norms, biases and small tables", "Q4_0", [
    tensor("blk.0.attn_norm.weight", [256], 0),
    matrix("blk.0.ffn_gate_inp.weight", f16),
    matrix("blk.0.attn_q.bias", f16),
    matrix("position_embd.weight", f16),
  ], [
    tensor("blk.0.attn_norm.weight", [256], 0),
    matrix("blk.0.ffn_gate_inp.weight", f16),
    matrix("blk.0.attn_q.bias", f16),
    matrix("position_embd.weight", f16),
  ]],
  ["keeps more of what the answer is computed from", "Q4_0", [matrix("output.weight", f16)], [
    matrix("output.weight", q6_k),
  ]],
  ["also where that is the table of words", "Q4_0", [matrix("token_embd.weight", f16)], [
    matrix("token_embd.weight", q6_k),
  ]],
  ["not where the table of words is only that", "Q4_0", [
    matrix("token_embd.weight", f16),
    matrix("output.weight", f16),
  ], [matrix("token_embd.weight", q4_0), matrix("output.weight", q6_k)]],
  ["takes more bits for half of some in a mix", "Q4_K_M", [
    matrix("blk.0.ffn_down.weight", f16),
    matrix("blk.1.ffn_down.weight", f16),
  ], [matrix("blk.0.ffn_down.weight", q4_k), matrix("blk.1.ffn_down.weight", q6_k)]],
  ["takes smaller blocks where rows don't divide into large ones", "Q4_K_M", [
    tensor("blk.0.attn_q.weight", [96, 10]),
  ], [tensor("blk.0.attn_q.weight", [96, 10], q5_0)]],
  ["keeps halves where rows don't divide into any", "Q4_0", [tensor("blk.0.attn_q.weight", [50, 10], 0)], [
    tensor("blk.0.attn_q.weight", [50, 10], f16),
  ]],
];
for (const [what, quantisation, before, after] of cases) {
  Deno.test(`quantisedBytes() ${what}`, () => {
    const [, wanted] = fileOf(after);
    strictEqual(quantisedBytes(...fileOf(before), quantisation), wanted);
  });
}
