import { deepStrictEqual, match, ok, strictEqual, throws } from "node:assert/strict";
import { readGguf } from "../../core/gguf.ts";
import { makeE5, type TinyE5, tinyE5 } from "../../tests/e5_container.ts";
import { seeded } from "../../tests/seeded.ts";
import { convertE5 } from "./e5_gguf.ts";
import { PullError } from "./pull_error.ts";

/** Fails for a read beyond the end, which the real file would answer with too few bytes. */
function convert(bytes: Uint8Array): Uint8Array {
  const read = (at: number, length: number) => {
    ok(at >= 0 && length >= 0 && at + length <= bytes.length, `read of ${length} bytes at ${at}`);
    return bytes.slice(at, at + length);
  };
  return Uint8Array.from([...convertE5({ bytes: bytes.length, read }, "tiny")].flatMap((chunk) => [...chunk]));
}

function reasonFor(bytes: Uint8Array): string {
  try {
    convert(bytes);
  } catch (error) {
    ok(error instanceof PullError && error.failure.kind === "damaged", String(error));
    return error.failure.reason;
  }
  return "";
}

const whole = makeE5(tinyE5);

Deno.test("convertE5() gives a GGUF file that says what the container said, and has its tensors", () => {
  const bytes = convert(whole);
  const result = readGguf({ bytes: bytes.length, read: (at, length) => bytes.slice(at, at + length) });
  ok(result.kind === "read", JSON.stringify(result));
  const { metadata, ...header } = result.header;
  const wanted = {
    "general.architecture": "bert",
    "general.name": "tiny",
    "bert.context_length": 16,
    "bert.embedding_length": 32,
    "bert.block_count": 1,
    "bert.feed_forward_length": 64,
    "bert.attention.head_count": 2,
    "bert.attention.causal": false,
    "bert.pooling_type": 1,
    "clawdbot.embedding.query_prefix": "query: ",
    "clawdbot.embedding.passage_prefix": "passage: ",
    "tokenizer.ggml.model": "t5",
    "tokenizer.ggml.tokens": { length: 8 },
    "tokenizer.ggml.scores": { length: 8 },
    "tokenizer.ggml.token_type": { length: 8 },
    "tokenizer.ggml.bos_token_id": 0,
    "tokenizer.ggml.eos_token_id": 2,
  };
  for (const [key, value] of Object.entries(wanted)) deepStrictEqual(metadata.get(key), value, key);
  // 8 × 32 + 16 × 32 + 2 × 32 + 2 × 32, four matrices of 32 × 32 and two of 32 × 64, their biases, four norms
  strictEqual(header.parametersCount, 896 + 4 * 1_024 + 2 * 2_048 + 5 * 32 + 64 + 4 * 32);
  // Each tensor of the container has bytes of its own number: where its run begins, and how long it is.
  const data = bytes.subarray(bytes.findLastIndex((byte) => byte === 1) - 143);
  const order = [...data].filter((byte, at) => byte !== 0 && byte !== data[at - 1]);
  deepStrictEqual(order, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 18, 19, 14, 15, 16, 17, 20, 21]);
  strictEqual(data.filter((byte) => byte === 1).length, 144);
  strictEqual(data.filter((byte) => byte === 14).length, 32 * 64 / 32 * 18);
});

Deno.test("convertE5() gives the same bytes each time", () => {
  deepStrictEqual(convert(whole), convert(whole));
});

const wrong: [what: string, change: Partial<TinyE5>, reason: RegExp][] = [
  ["another version", { version: 2 }, /version 2/],
  ["no layers", { layers: 0 }, /0 layers/],
  ["a width that the heads don't divide", { heads: 5 }, /5 heads/],
  ["a width that isn't made of blocks", { width: 48 }, /48/],
  ["more pieces than its vocabulary has places", { vocabulary: 5 }, /6 pieces/],
  ["too few pieces for its special tokens", { pieces: ["<s>", "<pad>", "</s>"] }, /special tokens/],
  ["an empty piece", { pieces: [...tinyE5.pieces, ""] }, /piece 6/],
  ["an endless piece", { pieces: [...tinyE5.pieces, "a".repeat(2_000)] }, /piece 6/],
];
for (const [what, change, reason] of wrong) {
  Deno.test(`convertE5() refuses ${what}`, () => match(reasonFor(makeE5({ ...tinyE5, ...change })), reason));
}

Deno.test("convertE5() refuses a file that isn't one", () => {
  match(reasonFor(new TextEncoder().encode("hello world, this is a text")), /E5S1/);
  match(reasonFor(new Uint8Array(0)), /ends inside its header/);
});

Deno.test("convertE5() sees every truncation", () => {
  for (let length = 0; length < whole.length; length++) ok(reasonFor(whole.subarray(0, length)) !== "", `${length}`);
});

Deno.test("convertE5() refuses before the first byte comes out", () => {
  throws(() => convertE5({ bytes: 100, read: (at, length) => whole.slice(at, at + length) }, "tiny"), PullError);
});

// Goal: whatever stands in the header, there is a file with the right sizes or a stated reason; never a read beyond
// the end, never memory by the gigabyte. Method: single bytes and whole numbers of the header replaced.
seeded("convertE5() gives a file or a reason for whatever stands in its header", (random) => {
  const bytes = whole.slice();
  const headerBytes = 1_000;
  for (let count = 1 + Math.floor(random() * 3); count > 0; count--) {
    const at = 4 + Math.floor(random() * (headerBytes - 4));
    const value = [random() * 256, 0, 255, 128][Math.floor(random() * 4)]!;
    bytes.fill(value, at, at + (random() < 0.5 ? 1 : 4));
  }
  reasonFor(bytes);
});
