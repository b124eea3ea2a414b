import type { EmbedPurpose, ModelInfo } from "../../../core/ports/engine.ts";
import { createBatch } from "./batch.ts";
import { createContext } from "./context.ts";
import { createEmbeddingBatching, type EmbeddingBatching } from "./embedding_batching.ts";
import { embeddingText, type EmbeddingTextRules } from "./embedding_text.ts";
import { embeddingWish, planMemory, rowsTogether } from "./memory_plan.ts";
import type { ModelFile } from "./model_file.ts";
import {
  contextRefused,
  type LoadFailure,
  type LoadOptions,
  memoryAvailable,
  openModel,
  threadsDefault,
} from "./open_model.ts";
import { createThreadPolicy } from "./threads.ts";
import { createVocabulary } from "./vocabulary.ts";

/** A model that turns texts into vectors. */
export interface EmbeddingModel {
  readonly kind: "embedding";
  readonly info: ModelInfo;
  readonly batching: EmbeddingBatching;
  /** The tokens of a text with all that the model wants around it. */
  tokenize(text: string, purpose: EmbedPurpose | undefined): readonly number[];
  countTokens(text: string): number;
}

/** Texts in one step at most. */
const textsMax = 64;

/** Loads a model whose file says how a text becomes a vector. */
export function loadEmbeddingModel(
  file: ModelFile,
  rules: EmbeddingTextRules,
  options: LoadOptions,
): { readonly kind: "loaded"; readonly model: EmbeddingModel } | LoadFailure {
  const wish = embeddingWish(file);
  const { contextTokens, rowsMax } = wish;
  const planned = planMemory(file, {
    ...wish,
    availableBytes: memoryAvailable(),
    limitBytes: options.memoryLimitBytes,
    limitName: "the limit of a model that embeds",
  });
  if (planned.kind === "failed") return planned;
  const opened = openModel(file, options, planned.plan);
  if (opened.kind === "failed") return opened;
  const { llama, model } = opened;
  const threadsMax = options.threads ?? threadsDefault(navigator.hardwareConcurrency);
  const context = createContext(
    llama,
    model,
    { cells: rowsMax, sequences: textsMax, rows: rowsMax, outputs: rowsMax, vectors: true },
    { control: options.control, threadsMax, policy: createThreadPolicy(threadsMax, options.control.cores) },
  );
  if (context === undefined) return contextRefused(file, rowsMax);
  const dimensions = llama.symbols.llama_model_n_embd_out(model);
  const vocabulary = createVocabulary(llama, model);
  const batch = createBatch(llama, rowsMax, rowsMax);
  const tokenize = (text: string, purpose: EmbedPurpose | undefined) =>
    vocabulary.tokenizeWhole(embeddingText(rules, text, purpose));
  // The first steps page the weights in, teach the threads' policy what steps cost here, and have llama.cpp set aside
  // all that it ever will.
  const token = tokenize("a", undefined)[0] ?? 0;
  for (const rows of [1, rowsTogether, rowsMax]) {
    batch.clear();
    for (let row = 0; row < rows; row++) batch.put(token, row % contextTokens, Math.floor(row / contextTokens), true);
    context.decode(batch);
    context.forgetAll();
  }
  context.giveBackLogits(rowsMax);
  return {
    kind: "loaded",
    model: {
      kind: "embedding",
      info: {
        name: file.name,
        contextTokens,
        sequencesMax: textsMax,
        parametersCount: file.parametersCount,
        fileBytes: file.fileBytes,
        memoryBytes: planned.plan.needBytes,
        dimensions,
      },
      batching: createEmbeddingBatching({ context, batch, rowsTogether, textsMax, dimensions }),
      tokenize,
      countTokens: (text) => text === "" ? 0 : vocabulary.tokenize(embeddingText(rules, text, undefined), false).length,
    },
  };
}
