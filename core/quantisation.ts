import { type GgufHeader, type GgufTensor, tensorBytesOf } from "./gguf.ts";

/** Numbers of `ggml_type`. Source: ggml/include/ggml.h of llama.cpp v0.4.0. */
const ggml = { f32: 0, f16: 1, q4_0: 2, q5_0: 6, q5_1: 7, q8_0: 8, q4_k: 12, q5_k: 13, q6_k: 14, bf16: 30 } as const;
/** Whole numbers: tables, which are nobody's weights. */
const integerTypes: readonly number[] = [24, 25, 26, 27, 28];

/** What weights can be made into. */
export type Quantisation = "F16" | "Q8_0" | "Q6_K" | "Q5_K_M" | "Q4_K_M" | "Q4_0";

/**
 * What becomes of a file's weights. `fileType`: its `llama_ftype`. `most`: what most matrices become;
 * `some`: what half of the layers' values and down projections become in a mix.
 */
interface QuantisationPlan {
  readonly fileType: number;
  readonly most: number;
  readonly some?: number;
}

/** All that there are, the largest first. */
export const quantisations: Readonly<Record<Quantisation, QuantisationPlan>> = {
  "F16": { fileType: 1, most: ggml.f16 },
  "Q8_0": { fileType: 7, most: ggml.q8_0 },
  "Q6_K": { fileType: 18, most: ggml.q6_k },
  "Q5_K_M": { fileType: 17, most: ggml.q5_k, some: ggml.q6_k },
  "Q4_K_M": { fileType: 15, most: ggml.q4_k, some: ggml.q6_k },
  "Q4_0": { fileType: 2, most: ggml.q4_0 },
};

/** The names of all, the largest first. */
export const quantisationNames = Object.keys(quantisations) as Quantisation[];

/** A quantisation as people write it: in small letters too, and `INT8` for `Q8_0`. */
export function parseQuantisation(text: string): Quantisation | undefined {
  const name = text.toUpperCase();
  if (name === "INT8") return "Q8_0";
  return quantisationNames.find((known) => known === name);
}

/** Whether the file's weights were made smaller already: what was lost then doesn't come back. */
export function isQuantised({ tensors }: Pick<GgufHeader, "tensors">): boolean {
  const floats: readonly number[] = [ggml.f32, ggml.f16, ggml.bf16];
  return tensors.some(({ type }) => !floats.includes(type) && !integerTypes.includes(type));
}

/**
 * What the file will have about, in bytes: of which type each matrix will be, as llama.cpp decides it for nearly every
 * architecture. Source: `llama_tensor_get_type_impl` and `tensor_type_fallback` in src/llama-quant.cpp of v0.4.0.
 *
 * @param fileBytes The source's length: what isn't tensors stays as it is.
 */
export function quantisedBytes(
  { tensors, tensorBytes }: Pick<GgufHeader, "tensors" | "tensorBytes">,
  fileBytes: number,
  quantisation: Quantisation,
): number {
  const tied = !tensors.some(({ name }) => name === "output.weight");
  return tensors.reduce(
    (sum, tensor) => sum + bytesAfter(tensor, quantisation, tied) - tensor.bytes,
    Math.max(fileBytes, tensorBytes),
  );
}

function bytesAfter(tensor: GgufTensor, quantisation: Quantisation, tied: boolean): number {
  const { name, dimensions: [columns = 0], elements } = tensor;
  if (!isMatrix(tensor)) return tensor.bytes;
  const { most, some } = quantisations[quantisation];
  const bytes = (type: number) => tensorBytesOf(fitting(type, columns), elements);
  if (most === ggml.f16) return bytes(most);
  const isOutput = name === "output.weight" || tied && name === "token_embd.weight";
  if (isOutput) return bytes(most === ggml.q8_0 ? most : ggml.q6_k);
  const isMixed = some !== undefined && /\.(?:attn_v|attn_kv_b|ffn_down|ffn_down_exps)\.weight$/.test(name);
  return isMixed ? (bytes(most) + bytes(some)) / 2 : bytes(most);
}

/** Norms, biases and small tables stay as they are. */
function isMatrix({ name, dimensions }: GgufTensor): boolean {
  return dimensions.filter((size) => size > 1).length >= 2 && name.endsWith("weight") &&
    !/_norm\.weight$|ffn_gate_inp\.weight$|ssm_conv1d|^(?:position_embd|token_types)\.weight$/.test(name);
}

/** The type that takes the place of one whose blocks are longer than a row can be divided into. */
function fitting(type: number, columns: number): number {
  const smaller: Readonly<Record<number, number>> = {
    [ggml.q4_k]: ggml.q5_0,
    [ggml.q5_k]: ggml.q5_1,
    [ggml.q6_k]: ggml.q8_0,
  };
  const fits = columns % 256 === 0 ? type : smaller[type] ?? type;
  return columns % 32 === 0 || fits === ggml.f16 ? fits : ggml.f16;
}
