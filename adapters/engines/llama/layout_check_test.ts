import { deepStrictEqual, match } from "node:assert/strict";
import type { Llama } from "./binding.ts";
import { layout } from "./layout.ts";
import { layoutDifferences } from "./layout_check.ts";
import { llamaVersion } from "./release.ts";

/** Symbols that give what the release gives, and what `change` makes of it. */
function symbolsWith(change: (context: DataView) => void): Llama["symbols"] {
  const view = (bytes: number) => new DataView(new ArrayBuffer(bytes));
  const model = view(layout.llama_model_params.$size);
  model.setInt32(layout.llama_model_params.n_gpu_layers, -1, true);
  model.setInt32(layout.llama_model_params.split_mode, 1, true);
  model.setInt32(layout.llama_model_params.load_mode, -1, true);
  model.setUint8(layout.llama_model_params.use_extra_bufts, 1);
  const context = view(layout.llama_context_params.$size);
  const at = layout.llama_context_params;
  context.setUint32(at.n_ctx, 512, true);
  context.setUint32(at.n_batch, 2_048, true);
  context.setUint32(at.n_ubatch, 512, true);
  context.setUint32(at.n_seq_max, 1, true);
  for (const field of [at.n_threads, at.n_threads_batch]) context.setInt32(field, 4, true);
  for (const field of [at.pooling_type, at.flash_attn_type]) context.setInt32(field, -1, true);
  context.setFloat32(at.defrag_thold, -1, true);
  for (const field of [at.type_k, at.type_v]) context.setInt32(field, 1, true);
  for (const field of [at.no_perf, at.swa_full]) context.setUint8(field, 1);
  change(context);
  const sampler = view(layout.llama_sampler.$size);
  const table = view(layout.llama_sampler_i.$size);
  const { apply, clone, free } = layout.llama_sampler_i;
  for (const at of [apply, clone, free]) table.setBigUint64(at, 1n, true);
  const copy = (from: DataView) => (to: Uint8Array) => void to.set(new Uint8Array(from.buffer));
  const quantize = view(layout.llama_model_quantize_params.$size);
  const quantizeAt = layout.llama_model_quantize_params;
  quantize.setInt32(quantizeAt.ftype, 7, true);
  for (const field of [quantizeAt.output_tensor_type, quantizeAt.token_embedding_type]) {
    quantize.setInt32(field, 43, true);
  }
  quantize.setUint8(quantizeAt.quantize_output_tensor, 1);
  quantize.setBigUint64(quantizeAt.max_buf_size, 8n * 1_024n ** 3n, true);
  return {
    llama_sampler_init_temp: () => null,
    llama_sampler_free: () => {},
    copy_from: copy(sampler),
    copy_from_address: copy(table),
    llama_model_default_params: () => new Uint8Array(model.buffer),
    llama_context_default_params: () => new Uint8Array(context.buffer),
    llama_model_quantize_default_params: () => new Uint8Array(quantize.buffer),
    ggml_threadpool_params_init: (params: Uint8Array<ArrayBuffer>, threads: number) => {
      const view = new DataView(params.buffer);
      view.setInt32(layout.ggml_threadpool_params.n_threads, threads, true);
      view.setUint32(layout.ggml_threadpool_params.poll, 50, true);
    },
  } as unknown as Llama["symbols"];
}

Deno.test("layoutDifferences() finds none in the release's own defaults", () => {
  deepStrictEqual(layoutDifferences({ symbols: symbolsWith(() => {}), version: llamaVersion }), []);
});

Deno.test("layoutDifferences() finds a field that a later release has inserted", () => {
  const shift = (context: DataView) => {
    const bytes = new Uint8Array(context.buffer);
    bytes.copyWithin(layout.llama_context_params.n_threads + 4, layout.llama_context_params.n_threads);
  };
  const differences = layoutDifferences({ symbols: symbolsWith(shift), version: llamaVersion });
  match(differences.join("; "), /defrag_thold is .*, expected -1/);
});

Deno.test("layoutDifferences() finds another version", () => {
  const differences = layoutDifferences({ symbols: symbolsWith(() => {}), version: "0.5.0" });
  deepStrictEqual(differences, [`the version is 0.5.0, expected ${llamaVersion}`]);
});
