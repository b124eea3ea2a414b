/** Models of a few thousand random numbers, one for each way in which llama.cpp remembers a sequence. */
import { encodeGguf, type GgufTensor, type GgufValue } from "../adapters/models/gguf_writer.ts";
import { seededRandom } from "./seeded.ts";

/**
 * How a model remembers: every position; of some layers only the last `windowTokens`; one state that each token
 * changes; or positions in some layers and a state in the others.
 */
export type TinyKind = "attention" | "window" | "recurrent" | "hybrid";

/** Tokens that a tiny model knows. They have no text. */
export const tinyVocabulary = 64;
/** Positions that a layer with a window looks at. */
export const windowTokens = 16;

const width = 64;
const heads = 2;
const headWidth = width / heads;
const inner = 128;

/** Writes a tiny model into a folder and gives its path. The same kind is always the same file. */
export function writeTinyModel(folder: string, kind: TinyKind): string {
  const path = `${folder}/tiny_${kind}.gguf`;
  using file = Deno.openSync(path, { create: true, write: true, truncate: true });
  const { architecture, layers, metadata, tensors } = shapes[kind];
  const u32 = (value: number): GgufValue => ({ kind: "u32", value });
  const own = (entries: Readonly<Record<string, GgufValue>>) =>
    Object.entries(entries).map(([key, value]) => [`${architecture}.${key}`, value] as const);
  const all = encodeGguf([
    ["general.architecture", { kind: "text", value: architecture }],
    ["tokenizer.ggml.model", { kind: "text", value: "none" }],
    ...own({
      vocab_size: u32(tinyVocabulary),
      context_length: u32(1_024),
      embedding_length: u32(width),
      feed_forward_length: u32(inner),
      block_count: u32(layers),
      "attention.head_count": u32(heads),
      "attention.layer_norm_rms_epsilon": { kind: "f32", value: 1e-5 },
    }),
    ...own(metadata),
  ], tensors.map(random));
  for (const piece of all) for (let at = 0; at < piece.length;) at += file.writeSync(piece.subarray(at));
  return path;
}

/** A tensor's name and dimensions; norms are near 1, and what decays is below 0. */
type Shape = readonly [name: string, ...dimensions: number[]];

const ends: readonly Shape[] = [["token_embd.weight", width, tinyVocabulary], ["output_norm.weight", width]];
const feedForward = (block: string): Shape[] => [
  [`${block}.ffn_norm.weight`, width],
  [`${block}.ffn_gate.weight`, width, inner],
  [`${block}.ffn_up.weight`, width, inner],
  [`${block}.ffn_down.weight`, inner, width],
];
const attention = (block: string): Shape[] => [
  [`${block}.attn_norm.weight`, width],
  ...["q", "k", "v", "output"].map((of): Shape => [`${block}.attn_${of}.weight`, width, width]),
];
const headNorms = (block: string): Shape[] => [
  [`${block}.attn_q_norm.weight`, headWidth],
  [`${block}.attn_k_norm.weight`, headWidth],
];
const repeat = (layers: number, of: (block: string, layer: number) => readonly Shape[]) =>
  Array.from({ length: layers }, (_, layer) => of(`blk.${layer}`, layer)).flat();

/** Source of names and sizes: src/models/{qwen2,gemma3,mamba,lfm2}.cpp of llama.cpp v0.4.0. */
const shapes: Readonly<
  Record<TinyKind, {
    readonly architecture: string;
    readonly layers: number;
    readonly metadata: Readonly<Record<string, GgufValue>>;
    readonly tensors: readonly Shape[];
  }>
> = {
  attention: {
    architecture: "qwen2",
    layers: 2,
    metadata: {},
    tensors: [...ends, ...repeat(2, (block) => [...attention(block), ...feedForward(block)])],
  },
  window: {
    architecture: "gemma3",
    layers: 6, // of which the last looks at all
    metadata: { "attention.sliding_window": { kind: "u32", value: windowTokens } },
    tensors: [
      ...ends,
      ...repeat(6, (block) => [
        ...attention(block),
        ...headNorms(block),
        [`${block}.post_attention_norm.weight`, width],
        ...feedForward(block),
        [`${block}.post_ffw_norm.weight`, width],
      ]),
    ],
  },
  recurrent: {
    architecture: "mamba",
    layers: 2,
    metadata: Object.fromEntries(
      Object.entries({ conv_kernel: 4, inner_size: 2 * width, state_size: 16, time_step_rank: 8 })
        .map(([key, value]) => [`ssm.${key}`, { kind: "u32", value } as const]),
    ),
    tensors: [
      ...ends,
      ...repeat(2, (block) => [
        [`${block}.attn_norm.weight`, width],
        [`${block}.ssm_in.weight`, width, 4 * width],
        [`${block}.ssm_conv1d.weight`, 4, 2 * width],
        [`${block}.ssm_conv1d.bias`, 2 * width],
        [`${block}.ssm_x.weight`, 2 * width, 8 + 2 * 16],
        [`${block}.ssm_dt.weight`, 8, 2 * width],
        [`${block}.ssm_dt.bias`, 2 * width],
        [`${block}.ssm_a`, 16, 2 * width],
        [`${block}.ssm_d`, 2 * width],
        [`${block}.ssm_out.weight`, 2 * width, width],
      ]),
    ],
  },
  hybrid: {
    architecture: "lfm2",
    layers: 2,
    metadata: {
      "shortconv.l_cache": { kind: "u32", value: 3 },
      "attention.head_count_kv": { kind: "i32s", values: Int32Array.of(0, heads) },
    },
    tensors: [
      ["token_embd.weight", width, tinyVocabulary],
      ["token_embd_norm.weight", width],
      ...repeat(2, (block, layer) => [
        ...(layer === 1 ? [...attention(block), ...headNorms(block)] : [
          [`${block}.attn_norm.weight`, width],
          [`${block}.shortconv.conv.weight`, 3, width],
          [`${block}.shortconv.in_proj.weight`, width, 3 * width],
          [`${block}.shortconv.out_proj.weight`, width, width],
        ] satisfies Shape[]),
        ...feedForward(block),
      ]),
    ],
  },
};

function random([name, ...dimensions]: Shape, run: number): GgufTensor {
  return {
    name,
    dimensions,
    type: "f32",
    *data() {
      const next = seededRandom({ seed: 1, run });
      const around = name.endsWith("norm.weight") ? 1 : name.endsWith("ssm_a") ? -2 : 0;
      const spread = around === 0 ? 4 / Math.sqrt(dimensions[0] ?? 1) : 0.2;
      const count = dimensions.reduce((product, size) => product * size, 1);
      yield new Uint8Array(Float32Array.from({ length: count }, () => around + (next() - 0.5) * spread).buffer);
    },
  };
}
