import { strictEqual } from "node:assert/strict";
import { readGguf } from "../../../core/gguf.ts";
import { encodeTiny, type MetadataValue, tinyModel, type TinyTensor } from "../../../tests/tiny_model.ts";
import { testModel } from "../../../tests/site.ts";
import { headerProblem } from "./header_problem.ts";
import { readAt } from "./model_file.ts";

/** The problem of the tiny model with these entries and tensors in place of its own. */
function problemWith(
  changed: Readonly<Record<string, MetadataValue>>,
  tensor?: TinyTensor,
): string | undefined {
  const { metadata, tensors } = tinyModel();
  const { bytes } = encodeTiny({
    metadata: [...metadata.filter(([key]) => !(key in changed)), ...Object.entries(changed)],
    tensors: tensors.map((one) => one.name === tensor?.name ? tensor : one),
  });
  const result = readGguf({ bytes: bytes.length, read: (at, length) => bytes.slice(at, at + length) });
  if (result.kind !== "read") throw new Error(result.reason);
  return headerProblem(result.header);
}

const u32 = (value: number): MetadataValue => ({ type: "u32", value });
const text = (value: string): MetadataValue => ({ type: "text", value });

Deno.test("headerProblem() finds none in models as they are", () => {
  strictEqual(problemWith({}), undefined);
  using file = Deno.openSync(testModel());
  const result = readGguf({ bytes: file.statSync().size, read: (at, length) => readAt(file, at, length) });
  if (result.kind !== "read") throw new Error(result.reason);
  strictEqual(headerProblem(result.header), undefined);
});

Deno.test("headerProblem() lets experts be that make sense, also where each layer has its own number of them", () => {
  strictEqual(problemWith({ "llama.expert_count": u32(8), "llama.expert_used_count": u32(2) }), undefined);
  const byLayer: MetadataValue = { type: "u32s", values: Array.from({ length: 94 }, () => 2) };
  strictEqual(problemWith({ "llama.expert_count": u32(8), "llama.expert_used_count": byLayer }), undefined);
});

const hostile: readonly [what: string, changed: Readonly<Record<string, MetadataValue>>, problem: string][] = [
  ["no layers", { "llama.block_count": u32(0) }, "llama.block_count is 0"],
  ["more layers than there is room for", { "llama.block_count": u32(513) }, "llama.block_count is 513"],
  ["a context too short to warm up", { "llama.context_length": u32(3) }, "llama.context_length is 3"],
  [
    "a negative epsilon",
    { "llama.attention.layer_norm_rms_epsilon": { type: "f32", value: -1 } },
    "llama.attention.layer_norm_rms_epsilon is -1",
  ],
  [
    "an epsilon that is no number",
    { "llama.attention.layer_norm_rms_epsilon": { type: "f32", value: NaN } },
    "llama.attention.layer_norm_rms_epsilon is NaN",
  ],
  ["too many experts", { "llama.expert_count": u32(2_000) }, "llama.expert_count is 2000"],
  [
    "experts that nobody asks",
    { "llama.expert_count": u32(8) },
    "llama.expert_used_count is 0, and llama.expert_count is 8",
  ],
  [
    "more experts used than there are",
    { "llama.expert_used_count": u32(3) },
    "llama.expert_used_count is 3, and llama.expert_count is 0",
  ],
  [
    "groups that don't divide the experts",
    {
      "llama.expert_count": u32(8),
      "llama.expert_used_count": u32(2),
      "llama.expert_group_count": u32(3),
      "llama.expert_group_used_count": u32(1),
    },
    "llama.expert_group_used_count is 1 of 3 groups for 8 experts",
  ],
  ["no vocabulary", { "tokenizer.ggml.model": text("no_vocab") }, "it has no vocabulary"],
  [
    "the vocabulary of a model that embeds",
    { "tokenizer.ggml.model": text("bert") },
    "its vocabulary is of a kind that only models which embed have",
  ],
];
for (const [what, changed, problem] of hostile) {
  Deno.test(`headerProblem() refuses ${what}`, () => strictEqual(problemWith(changed), problem));
}

Deno.test("headerProblem() says little of a name of an architecture that goes on and on", () => {
  const architecture = "x\n".repeat(100_000);
  const metadata = new Map<string, unknown>([["general.architecture", architecture], [
    `${architecture}.block_count`,
    0,
  ]]);
  strictEqual(headerProblem({ metadata, tensors: [] } as never), "general.architecture is no name");
});

Deno.test("headerProblem() refuses tensors that can't be computed with", () => {
  const norm = { name: "output_norm.weight", dimensions: [32], type: 1 };
  strictEqual(problemWith({}, norm), "tensor output_norm.weight isn't F32");
  const query = { name: "blk.0.attn_q.weight", dimensions: [32, 32], type: 26 };
  strictEqual(problemWith({}, query), "tensor blk.0.attn_q.weight holds no weights");
});
