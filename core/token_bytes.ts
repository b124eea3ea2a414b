import type { GgufHeader } from "./gguf.ts";

/**
 * How many bytes of weights are read to compute one token alone: all, but for the table of words, of which a token is
 * one row where the answer isn't computed from the same table, and the experts that a token doesn't go through.
 */
export function tokenBytes({ metadata, tensors }: Pick<GgufHeader, "metadata" | "tensors">): number {
  const number = (key: string) => {
    const value = metadata.get(`${metadata.get("general.architecture")}.${key}`);
    return typeof value === "number" && value > 0 ? value : undefined;
  };
  const experts = number("expert_count");
  const expertsShare = experts === undefined ? 1 : Math.min(1, (number("expert_used_count") ?? experts) / experts);
  const hasOutput = tensors.some(({ name }) => name === "output.weight");
  return Math.round(tensors.reduce((sum, { name, bytes, dimensions }) => {
    if (/_exps\.(?:weight|bias)$/.test(name)) return sum + bytes * expertsShare;
    if (name === "per_layer_token_embd.weight" || hasOutput && name === "token_embd.weight") {
      return sum + bytes / Math.max(1, dimensions[1] ?? 1);
    }
    return sum + bytes;
  }, 0));
}
