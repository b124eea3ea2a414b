import type { Llama } from "./binding.ts";
import { layout } from "./layout.ts";
import { llamaVersion } from "./release.ts";

/**
 * Compares the libraries' own defaults with what the release sets, at the offsets that {@link layout} names. llama.cpp
 * inserts fields in the middle of its structs: with another release these are wrong with near certainty, and to stop
 * is far better than to write into the wrong bytes. Values from `src/llama-model.cpp`, `src/llama-context.cpp`,
 * `src/llama-quant.cpp` and `ggml/src/ggml.c` of v0.4.0.
 *
 * @returns Each difference in words; none when all is well.
 */
export function layoutDifferences({ symbols, version }: Pick<Llama, "symbols" | "version">): string[] {
  const differences: string[] = [];
  const expect = (what: string, found: unknown, wanted: unknown) => {
    if (found !== wanted) differences.push(`${what} is ${found}, expected ${wanted}`);
  };
  const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  expect("the version", version, llamaVersion);

  const model = view(symbols.llama_model_default_params());
  const modelAt = layout.llama_model_params;
  expect("n_gpu_layers", model.getInt32(modelAt.n_gpu_layers, true), -1);
  expect("split_mode", model.getInt32(modelAt.split_mode, true), 1);
  expect("load_mode", model.getInt32(modelAt.load_mode, true), -1);
  expect("main_gpu", model.getInt32(modelAt.main_gpu, true), 0);
  expect("vocab_only", model.getUint8(modelAt.vocab_only), 0);
  expect("use_extra_bufts", model.getUint8(modelAt.use_extra_bufts), 1);

  const context = view(symbols.llama_context_default_params());
  const contextAt = layout.llama_context_params;
  expect("n_ctx", context.getUint32(contextAt.n_ctx, true), 512);
  expect("n_batch", context.getUint32(contextAt.n_batch, true), 2048);
  expect("n_ubatch", context.getUint32(contextAt.n_ubatch, true), 512);
  expect("n_seq_max", context.getUint32(contextAt.n_seq_max, true), 1);
  expect("n_outputs_max", context.getUint32(contextAt.n_outputs_max, true), 0);
  expect("n_threads", context.getInt32(contextAt.n_threads, true), 4);
  expect("n_threads_batch", context.getInt32(contextAt.n_threads_batch, true), 4);
  expect("pooling_type", context.getInt32(contextAt.pooling_type, true), -1);
  expect("flash_attn_type", context.getInt32(contextAt.flash_attn_type, true), -1);
  expect("defrag_thold", context.getFloat32(contextAt.defrag_thold, true), -1);
  expect("type_k", context.getInt32(contextAt.type_k, true), 1);
  expect("type_v", context.getInt32(contextAt.type_v, true), 1);
  expect("abort_callback", context.getBigUint64(contextAt.abort_callback, true), 0n);
  expect("abort_callback_data", context.getBigUint64(contextAt.abort_callback_data, true), 0n);
  expect("embeddings", context.getUint8(contextAt.embeddings), 0);
  expect("no_perf", context.getUint8(contextAt.no_perf), 1);
  expect("swa_full", context.getUint8(contextAt.swa_full), 1);
  expect("kv_unified", context.getUint8(contextAt.kv_unified), 0);

  // Of samplers there are no defaults; that of a temperature is told of tokens by nobody, and can be copied and freed.
  const sampler = symbols.llama_sampler_init_temp(2);
  const samplerBytes = new Uint8Array(new ArrayBuffer(layout.llama_sampler.$size));
  symbols.copy_from(samplerBytes, sampler, BigInt(samplerBytes.length));
  const table = new Uint8Array(new ArrayBuffer(layout.llama_sampler_i.$size));
  const tableAddress = view(samplerBytes).getBigUint64(layout.llama_sampler.iface, true);
  symbols.copy_from_address(table, tableAddress, BigInt(table.length));
  const { accept, apply, clone, free } = layout.llama_sampler_i;
  for (
    const [name, at, isThere] of [["accept", accept, false], ["apply", apply, true], ["clone", clone, true], [
      "free",
      free,
      true,
    ]] as const
  ) {
    expect(`sampler ${name} is there`, view(table).getBigUint64(at, true) !== 0n, isThere);
  }
  symbols.llama_sampler_free(sampler);

  const quantize = view(symbols.llama_model_quantize_default_params());
  const quantizeAt = layout.llama_model_quantize_params;
  expect("quantize nthread", quantize.getInt32(quantizeAt.nthread, true), 0);
  expect("quantize ftype", quantize.getInt32(quantizeAt.ftype, true), 7);
  expect("output_tensor_type", quantize.getInt32(quantizeAt.output_tensor_type, true), 43);
  expect("token_embedding_type", quantize.getInt32(quantizeAt.token_embedding_type, true), 43);
  expect("allow_requantize", quantize.getUint8(quantizeAt.allow_requantize), 0);
  expect("quantize_output_tensor", quantize.getUint8(quantizeAt.quantize_output_tensor), 1);
  expect("only_copy", quantize.getUint8(quantizeAt.only_copy), 0);
  expect("pure", quantize.getUint8(quantizeAt.pure), 0);
  expect("keep_split", quantize.getUint8(quantizeAt.keep_split), 0);
  expect("dry_run", quantize.getUint8(quantizeAt.dry_run), 0);
  expect("imatrix", quantize.getBigUint64(quantizeAt.imatrix, true), 0n);
  expect("max_buf_size", quantize.getBigUint64(quantizeAt.max_buf_size, true), 8_589_934_592n);

  const pool = new Uint8Array(new ArrayBuffer(layout.ggml_threadpool_params.$size));
  symbols.ggml_threadpool_params_init(pool, 3);
  expect("threadpool n_threads", view(pool).getInt32(layout.ggml_threadpool_params.n_threads, true), 3);
  expect("threadpool poll", view(pool).getUint32(layout.ggml_threadpool_params.poll, true), 50);
  return differences;
}
