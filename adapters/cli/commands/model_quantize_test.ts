import { ok, strictEqual } from "node:assert/strict";
import { isModelName } from "../../../core/hub.ts";
import { quantisedNameOf } from "./model_quantize.ts";

for (
  const [file, name] of [
    ["/a/Qwen3-8B-F16.gguf", "qwen3-8b-q4_k_m"],
    ["/a/qwen3.gguf", "qwen3-q4_k_m"],
    ["/a/model.f32.gguf", "model-q4_k_m"],
    ["/a/tiny-bf16-v2.gguf", "tiny-v2-q4_k_m"],
    ["/a/f16.gguf", "model-q4_k_m"],
    [`/a/${"x".repeat(80)}.gguf`, `${"x".repeat(57)}-q4_k_m`],
  ] as const
) {
  Deno.test(`quantisedNameOf() calls what is made of ${file.slice(0, 30)} ${name.slice(0, 20)}`, () => {
    strictEqual(quantisedNameOf(file, "Q4_K_M"), name);
    ok(isModelName(name));
  });
}
