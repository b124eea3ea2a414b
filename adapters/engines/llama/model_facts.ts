import type { ModelFacts } from "../../../core/ports/models.ts";
import { embeddingWish, planMemory, promptRowsMax } from "./memory_plan.ts";
import { type ModelFile, readHeader, readModelFile } from "./model_file.ts";

/** What the facts are computed for: as the engine of a host loads a model. */
export interface FactsWish {
  readonly answersMax: number;
  readonly availableBytes: number;
  /** What its process may take. */
  readonly limitBytes: number;
  /** The same for a model that embeds. */
  readonly embeddingLimitBytes: number;
}

/** `llama_ftype`: what most of a file's matrices are. Source: include/llama.h of llama.cpp v0.4.0. */
const fileTypes: Readonly<Record<number, string>> = {
  0: "F32",
  1: "F16",
  2: "Q4_0",
  3: "Q4_1",
  7: "Q8_0",
  8: "Q5_0",
  9: "Q5_1",
  10: "Q2_K",
  11: "Q3_K_S",
  12: "Q3_K_M",
  13: "Q3_K_L",
  14: "Q4_K_S",
  15: "Q4_K_M",
  16: "Q5_K_S",
  17: "Q5_K_M",
  18: "Q6_K",
  19: "IQ2_XXS",
  20: "IQ2_XS",
  21: "Q2_K_S",
  22: "IQ3_XS",
  23: "IQ3_XXS",
  24: "IQ1_S",
  25: "IQ4_NL",
  26: "IQ3_S",
  27: "IQ3_M",
  28: "IQ2_S",
  29: "IQ2_M",
  30: "IQ4_XS",
  31: "IQ1_M",
  32: "BF16",
  36: "TQ1_0",
  37: "TQ2_0",
  38: "MXFP4",
};

/** Conversations are told from this length on, doubling up to what the model was trained for. */
const contextTokensFirst = 1_024;
const contextTokensDefault = 4_096;

/** What a model file's header says, and what it would take of memory by the same plan that it is loaded with. */
export function readModelFacts(
  path: string,
  wish: FactsWish,
):
  | { readonly kind: "read"; readonly facts: ModelFacts }
  | Extract<ReturnType<typeof readModelFile>, { kind: "failed" }> {
  const read = readModelFile(path);
  if (read.kind === "failed") return read;
  const { file } = read;
  const metadata = readHeader(path)?.metadata ?? new Map<string, unknown>();
  const text = (key: string) => {
    const value = metadata.get(key);
    return typeof value === "string" ? value.slice(0, 200) : undefined;
  };
  const splits = metadata.get("split.count");
  if (typeof splits === "number" && splits > 1) {
    const reason = `cannot use model ${path}: it is one of ${splits} parts; join them by \`llama-gguf-split --merge\``;
    return { kind: "failed", failure: { kind: "refused", reason } };
  }
  const type = metadata.get("general.file_type");
  const quantisation = typeof type === "number" ? fileTypes[type] : undefined;
  const licence = text("general.license");
  const { contextTokensMax } = file;
  return {
    kind: "read",
    facts: {
      kind: file.embedding === undefined ? "chat" : "embedding",
      name: file.name,
      architecture: text("general.architecture") ?? "",
      ...(quantisation === undefined ? {} : { quantisation }),
      parametersCount: file.parametersCount,
      fileBytes: file.fileBytes,
      ...(contextTokensMax === 0 ? {} : { contextTokensMax }),
      isBase: file.isBase,
      tools: /\btools\b/.test(file.chatTemplate),
      ...(licence === undefined ? {} : { licence }),
      memory: contextsOf(file).map((contextTokens) => ({ contextTokens, ...memoryOf(file, contextTokens, wish) })),
      fit: fitOf(file, wish),
    },
  };
}

function contextsOf(file: ModelFile): number[] {
  if (file.embedding !== undefined) return [embeddingWish(file).contextTokens];
  const most = file.contextTokensMax || contextTokensDefault;
  const lengths: number[] = [];
  for (let length = Math.min(contextTokensFirst, most); length < most; length *= 2) lengths.push(length);
  return [...lengths, most];
}

/** What the engine asks for: of a model that answers, conversations of this length, or of the one that it chooses. */
function askedOf(file: ModelFile, contextTokens: number | undefined, { answersMax }: FactsWish) {
  if (file.embedding !== undefined) return embeddingWish(file);
  return { contextTokens, answersMax, rowsMax: promptRowsMax + answersMax };
}

/** The least that a model loads with, and what it takes where there is room for fast weights and two conversations. */
function memoryOf(
  file: ModelFile,
  contextTokens: number,
  wish: FactsWish,
): { readonly leastBytes: number; readonly bestBytes: number } {
  const asked = { ...askedOf(file, contextTokens, wish), limitBytes: undefined };
  const least = planMemory(file, { ...asked, availableBytes: 0 });
  const best = planMemory(file, { ...asked, availableBytes: undefined });
  return {
    leastBytes: least.kind === "failed" ? least.needBytes : least.plan.needBytes,
    bestBytes: best.kind === "failed" ? best.needBytes : best.plan.needBytes,
  };
}

function fitOf(file: ModelFile, wish: FactsWish): ModelFacts["fit"] {
  const { availableBytes } = wish;
  const limitBytes = file.embedding === undefined ? wish.limitBytes : wish.embeddingLimitBytes;
  const planned = planMemory(file, { ...askedOf(file, undefined, wish), availableBytes, limitBytes });
  const haveBytes = Math.min(availableBytes, limitBytes);
  if (planned.kind === "failed") return { kind: "too-large", needBytes: planned.needBytes, haveBytes };
  const { contextTokens, needBytes } = planned.plan;
  return { kind: "fits", contextTokens, needBytes, haveBytes };
}
