import type { GgufHeader } from "../../../core/gguf.ts";

/** Source: `LLAMA_MAX_LAYERS` and `LLAMA_MAX_EXPERTS` in `src/llama-hparams.h` of v0.4.0. */
const layersMax = 512;
const expertsMax = 1_024;
/** Shorter than the steps that a model is warmed up with. Nobody trains so. */
const contextTokensMin = 64;

/** The longest that llama.cpp knows has 17 characters. */
const architectureLengthMax = 64;

/** `ggml_type`: 32-bit floats, whole numbers and 64-bit floats. Source: ggml.h. */
const f32 = 0;
const notWeights: readonly number[] = [24, 25, 26, 27, 28];

/**
 * What in a well-formed header llama.cpp would meet with an assertion, and so with the end of the process, instead of
 * an error; undefined where there is nothing. Only what costs nothing to see: the texts of a vocabulary aren't looked
 * at. Each of these was found by changing headers at random (`tests/hostile/model_fuzz_test.ts`).
 */
export function headerProblem({ metadata, tensors }: GgufHeader): string | undefined {
  const architecture = `${metadata.get("general.architecture")}`;
  if (architecture.length > architectureLengthMax) return "general.architecture is no name";
  const keyOf = (name: string) => `${architecture}.${name}`;
  /** Absent where it is no number, or an array of them. */
  const size = (name: string) => {
    const value = metadata.get(keyOf(name));
    return typeof value === "number" ? value : undefined;
  };
  const out = (name: string, value: number) => `${keyOf(name)} is ${value}`;

  const layers = size("block_count") ?? 1;
  if (layers < 1 || layers > layersMax) return out("block_count", layers);
  const nextLayers = size("nextn_predict_layers") ?? 0;
  if (nextLayers > layers) return out("nextn_predict_layers", nextLayers);
  const pools = metadata.has(keyOf("pooling_type"));
  const contextTokens = size("context_length") ?? contextTokensMin;
  if (contextTokens < contextTokensMin && !pools) return out("context_length", contextTokens);
  for (const name of ["attention.layer_norm_rms_epsilon", "attention.layer_norm_epsilon"]) {
    const epsilon = size(name) ?? 0;
    if (!(epsilon >= 0 && epsilon < 1)) return out(name, epsilon);
  }

  const experts = size("expert_count") ?? 0;
  const used = size("expert_used_count") ?? (metadata.has(keyOf("expert_used_count")) ? 1 : 0);
  const groups = size("expert_group_count") ?? 0;
  const groupsUsed = size("expert_group_used_count") ?? 0;
  if (experts > expertsMax) return out("expert_count", experts);
  if (used > experts || (experts > 0 && used === 0)) {
    return `${out("expert_used_count", used)}, and ${out("expert_count", experts)}`;
  }
  if (experts === 0 ? groups > 0 : groups >= experts) return out("expert_group_count", groups);
  if (groups > 1 && (experts % groups !== 0 || groupsUsed === 0 || groupsUsed >= groups)) {
    return `${out("expert_group_used_count", groupsUsed)} of ${groups} groups for ${experts} experts`;
  }

  const tokenizer = metadata.get("tokenizer.ggml.model");
  if (tokenizer === "none" || tokenizer === "no_vocab") return "it has no vocabulary";
  if (tokenizer === "bert" && !pools) {
    return "its vocabulary is of a kind that only models which embed have";
  }

  for (const { name, type } of tensors) {
    // Sums and products with these are computed in 32-bit floats only.
    if ((name.endsWith("_norm.weight") || name.endsWith(".bias")) && type !== f32) return `tensor ${name} isn't F32`;
    // The one table of whole numbers says which expert a token goes to.
    if (notWeights.includes(type) && !name.endsWith("tid2eid.weight")) return `tensor ${name} holds no weights`;
  }
  return undefined;
}
