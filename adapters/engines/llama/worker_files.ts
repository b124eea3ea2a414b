/**
 * The modules of the runner's worker, as paths below the program's folder. A worker's modules are read under the
 * rights of the process that starts it, each by itself, while those of the main thread need none: so a process that
 * runs from source is granted exactly these. `worker_files_test.ts` keeps the list true.
 */
export const workerFiles: readonly string[] = [
  "adapters/engines/llama/batch.ts",
  "adapters/engines/llama/batching.ts",
  "adapters/engines/llama/binding.ts",
  "adapters/engines/llama/chat_template.ts",
  "adapters/engines/llama/context.ts",
  "adapters/engines/llama/control.ts",
  "adapters/engines/llama/layout.ts",
  "adapters/engines/llama/layout_check.ts",
  "adapters/engines/llama/loaded_model.ts",
  "adapters/engines/llama/memory_plan.ts",
  "adapters/engines/llama/model_file.ts",
  "adapters/engines/llama/prefill.ts",
  "adapters/engines/llama/release.ts",
  "adapters/engines/llama/sampler.ts",
  "adapters/engines/llama/threads.ts",
  "adapters/engines/llama/vocabulary.ts",
  "adapters/engines/llama/worker.ts",
  "adapters/engines/stop_strings.ts",
  "core/errors.ts",
  "core/gguf.ts",
];
