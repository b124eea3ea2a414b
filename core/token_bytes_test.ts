import { strictEqual } from "node:assert/strict";
import type { GgufTensor } from "./gguf.ts";
import { tokenBytes } from "./token_bytes.ts";

const tensor = (name: string, bytes: number, dimensions: readonly number[] = [4, 100]): GgufTensor => {
  return { name, bytes, dimensions, type: 0, elements: bytes / 4 };
};
const metadata = (more: Record<string, number> = {}) =>
  new Map<string, string | number>([
    ["general.architecture", "llama"],
    ...Object.entries(more).map(([key, value]) => [`llama.${key}`, value] as const),
  ]);

Deno.test("tokenBytes() is all weights where the answer is computed from the table of words", () => {
  const tensors = [tensor("token_embd.weight", 1_000), tensor("blk.0.attn_q.weight", 500)];
  strictEqual(tokenBytes({ metadata: metadata(), tensors }), 1_500);
});

Deno.test("tokenBytes() counts one row of a table that is only looked up", () => {
  const tensors = [tensor("token_embd.weight", 1_000), tensor("output.weight", 1_000)];
  strictEqual(tokenBytes({ metadata: metadata(), tensors }), 1_010);
});

Deno.test("tokenBytes() counts the experts that a token goes through", () => {
  const tensors = [tensor("blk.0.ffn_up_exps.weight", 800), tensor("blk.0.attn_q.weight", 100)];
  strictEqual(tokenBytes({ metadata: metadata({ expert_count: 8, expert_used_count: 2 }), tensors }), 300);
  strictEqual(tokenBytes({ metadata: metadata({ expert_count: 8 }), tensors }), 900, "all, when it doesn't say");
});
