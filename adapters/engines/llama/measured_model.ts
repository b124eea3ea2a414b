import { type Batch, createBatch } from "./batch.ts";
import type { Llama, Pointer } from "./binding.ts";
import { type Candidates, createCandidates } from "./candidates.ts";
import { type Context, createContext } from "./context.ts";
import { createControl, sharedNowMs } from "./control.ts";
import { findFreeCore } from "./free_core.ts";
import { planMemory } from "./memory_plan.ts";
import { readModelFile } from "./model_file.ts";
import { contextRefused, type LoadFailure, memoryAvailable, openModel, refused, threadsDefault } from "./open_model.ts";
import { createThreadPolicy } from "./threads.ts";
import { createVocabulary, type Vocabulary } from "./vocabulary.ts";

/** A model that is loaded to be measured: one sequence, and no batching around it. */
export interface MeasuredModel {
  readonly llama: Llama;
  readonly vocabulary: Vocabulary;
  readonly context: Context;
  readonly batch: Batch;
  readonly candidates: Candidates;
  readonly pointer: Pointer;
  /** Tokens that the sequence may have. */
  readonly contextTokens: number;
  /**
   * Computes tokens that stand from a position on, in one step.
   * @param outputs Whether each of them, or only the last, or none, gets its logits.
   * @throws {Error} When llama.cpp can't.
   */
  compute(tokens: readonly number[], from: number, outputs: "all" | "last" | "none"): void;
}

/** What it is loaded with. */
export interface MeasuredOptions {
  readonly librariesFolder: string;
  readonly modelPath: string;
  readonly memoryLimitBytes: number | undefined;
  /** Absent: as a conversation has. */
  readonly contextTokens?: number;
  readonly rowsMax: number;
  readonly outputsMax: number;
}

/** Loads a model as for one conversation: by the same plan, with the same threads. */
export function loadMeasuredModel(
  options: MeasuredOptions,
): { readonly kind: "loaded"; readonly model: MeasuredModel } | LoadFailure {
  const read = readModelFile(options.modelPath);
  if (read.kind === "failed") return read;
  const { file } = read;
  if (file.embedding !== undefined) {
    return refused(`cannot measure model ${file.path}: it turns texts into vectors`, "clawdbot model list");
  }
  const { rowsMax, outputsMax } = options;
  const planned = planMemory(file, {
    contextTokens: options.contextTokens,
    answersMax: 1,
    rowsMax,
    outputRows: 2 * outputsMax,
    availableBytes: memoryAvailable(),
    limitBytes: options.memoryLimitBytes,
    limitName: "what one process may take",
  });
  if (planned.kind === "failed") return planned;
  const { plan } = planned;
  const control = createControl();
  const { librariesFolder, modelPath, memoryLimitBytes } = options;
  const load = { librariesFolder, modelPath, memoryLimitBytes, control, sequencesMax: 1 };
  const opened = openModel(file, { ...load, contextTokens: undefined, threads: undefined }, plan);
  if (opened.kind === "failed") return opened;
  const { llama, model } = opened;
  const threadsMax = threadsDefault(navigator.hardwareConcurrency);
  const size = { cells: plan.cells, sequences: 1, rows: rowsMax, outputs: outputsMax, cacheType: plan.cacheType };
  const context = createContext(llama, model, size, {
    control,
    threadsMax,
    policy: createThreadPolicy(threadsMax, control.cores),
  });
  if (context === undefined) return contextRefused(file, plan.cells);
  const isCoreFree = () => findFreeCore(sharedNowMs);
  const vocabulary = createVocabulary(llama, model);
  const batch = createBatch(llama, rowsMax, outputsMax);
  return {
    kind: "loaded",
    model: {
      llama,
      vocabulary,
      context,
      batch,
      candidates: createCandidates(llama, vocabulary),
      pointer: context.pointer,
      contextTokens: plan.contextTokens,
      compute(tokens, from, outputs) {
        batch.clear();
        for (const [index, token] of tokens.entries()) {
          const wants = outputs === "all" || outputs === "last" && index === tokens.length - 1;
          batch.put(token, from + index, 0, wants);
        }
        // No second thread looks whether a step is late, or a core is free again: none is broken off, and this one looks.
        control.searchCore(isCoreFree);
        const result = context.decode(batch);
        if (result.kind !== "done") throw new Error(`A step of ${tokens.length} tokens came to ${result.kind}`);
      },
    },
  };
}
