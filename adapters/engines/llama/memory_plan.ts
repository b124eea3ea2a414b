import type { EngineFailure } from "../../../core/ports/engine.ts";
import type { CacheType } from "./context.ts";
import type { ModelFile } from "./model_file.ts";
import { sequencesInAll } from "./sequences.ts";

/** What a model is loaded with. */
export interface MemoryPlan {
  /** Tokens of one conversation, and positions of the whole cache. */
  readonly contextTokens: number;
  readonly cells: number;
  /** Whether weights are copied into the order that is fastest for this processor: some 15 % faster, twice as large. */
  readonly repack: boolean;
  /** What keys and values are kept as. */
  readonly cacheType: CacheType;
  /** What it will take, in bytes. */
  readonly needBytes: number;
}

/** What is asked for, and what there is. */
export interface MemoryWish {
  /** Absent: 4,096, or fewer where the model or the memory has not so many. */
  readonly contextTokens: number | undefined;
  readonly answersMax: number;
  readonly rowsMax: number;
  /** Rows of logits that are set aside. Absent: two for each answer. */
  readonly outputRows?: number;
  /** Bytes the system could give now; undefined when it doesn't tell. */
  readonly availableBytes: number | undefined;
  /** What the site lets models have; undefined: no limit. */
  readonly limitBytes: number | undefined;
  /** What sets the limit. Default `model.memory_limit`. */
  readonly limitName?: string;
}

/** A refusal says in numbers what is needed and what there is. */
export interface MemoryRefusal {
  readonly kind: "failed";
  readonly failure: EngineFailure;
  readonly needBytes: number;
  readonly haveBytes: number;
}

/** Rows for prompts in one step at most. */
export const promptRowsMax = 512;

/** Texts are put together up to so many rows, which computes as fast as more and lets nobody wait long. */
export const rowsTogether = 256;
/** A text can't be split over steps: a longer context would take its memory whether it is needed or not. */
export const contextTokensMax = 2_048;
/** What is taken for a model that doesn't say what it was trained with. */
const contextTokensUnknown = 512;

/** What a model that embeds is loaded with. */
export function embeddingWish(
  { contextTokensMax: trained }: ModelFile,
): Required<Pick<MemoryWish, "answersMax" | "rowsMax" | "outputRows">> & { readonly contextTokens: number } {
  const contextTokens = Math.min(trained || contextTokensUnknown, contextTokensMax);
  const rowsMax = Math.max(contextTokens, rowsTogether);
  // The outputs for a moment: see Context.giveBackLogits.
  return { contextTokens, answersMax: 1, rowsMax, outputRows: rowsMax };
}

/** The runtime, vocabulary and libraries themselves: measured 90 to 140 MB. */
const baseBytes = 150e6;
const contextTokensDefault = 4_096;
const contextTokensMin = 1_024;

/**
 * The best way to load a model into the memory that there is: fast weights and room for two full conversations, if
 * that fits; else less of both. An 8-bit cache comes after plain weights, as it makes long histories slower, and before
 * less room, as it costs no quality that can be measured: docs/performance.md. What was asked for by number is lessened to
 * what the model was trained with, and never for want of memory: then it is refused, before loading.
 */
export function planMemory(
  file: ModelFile,
  wish: MemoryWish,
): { readonly kind: "planned"; readonly plan: MemoryPlan } | MemoryRefusal {
  const { availableBytes = Infinity, limitBytes = Infinity, limitName = "model.memory_limit" } = wish;
  const { outputRows = 2 * (wish.answersMax + 1) } = wish;
  const trained = file.contextTokensMax || contextTokensDefault;
  const asked = Math.min(wish.contextTokens ?? contextTokensDefault, trained);
  const plan = (contextTokens: number, conversations: number, repack: boolean, cacheType: CacheType): MemoryPlan => {
    const cells = contextTokens * conversations;
    const cellBytes = cacheType === "f16" ? file.cellBytes : file.cellBytesQ8 ?? file.cellBytes;
    const needBytes = Math.ceil(
      file.weightsBytes * (repack ? 2 : 1) + cells * cellBytes + wish.rowsMax * file.rowBytes +
        outputRows * file.outputBytes + sequencesInAll(wish.answersMax) * file.stateBytes + baseBytes,
    );
    return { contextTokens, cells, repack, cacheType, needBytes };
  };
  const conversations = Math.min(2, wish.answersMax);
  const small: CacheType = file.cellBytesQ8 === undefined ? "f16" : "q8_0";
  const plans = [
    plan(asked, conversations, true, "f16"),
    plan(asked, conversations, false, "f16"),
    plan(asked, conversations, false, small),
    plan(asked, 1, false, "f16"),
    plan(asked, 1, false, small),
  ];
  if (wish.contextTokens === undefined) {
    for (let tokens = asked >> 1; tokens >= contextTokensMin; tokens >>= 1) plans.push(plan(tokens, 1, false, small));
  }
  const haveBytes = Math.min(availableBytes, limitBytes);
  const fitting = plans.find(({ needBytes }) => needBytes <= haveBytes);
  if (fitting !== undefined) return { kind: "planned", plan: fitting };
  const least = plans.at(-1) ?? plan(asked, 1, false, small);
  const limited = limitBytes <= availableBytes;
  const reason =
    `model ${file.name} needs ${megabytes(least.needBytes)} of memory with ${least.contextTokens} tokens ` +
    `of context, but ${limited ? `${limitName} leaves it` : "only this much is free:"} ${megabytes(haveBytes)}`;
  const mend = wish.contextTokens !== undefined && wish.contextTokens > contextTokensMin
    ? "clawdbot config check"
    : "clawdbot model list";
  return {
    kind: "failed",
    failure: { kind: "refused", reason, mend },
    needBytes: least.needBytes,
    haveBytes,
  };
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}
