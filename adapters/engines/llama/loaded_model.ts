import type { ChatMessage, EngineFailure, ModelInfo } from "../../../core/ports/engine.ts";
import { createBatch } from "./batch.ts";
import { type Batching, createBatching, prefixesMax } from "./batching.ts";
import { cText, type Llama, openLlama } from "./binding.ts";
import { buildPrompt, type ChatTemplate, createChatTemplate, type Prompt } from "./chat_template.ts";
import { createCandidates } from "./candidates.ts";
import { createContext } from "./context.ts";
import type { Control } from "./control.ts";
import { layout } from "./layout.ts";
import { planMemory } from "./memory_plan.ts";
import { readModelFile } from "./model_file.ts";
import { createPrefillPace } from "./prefill.ts";
import { createSampler } from "./sampler.ts";
import { layoutDifferences } from "./layout_check.ts";
import { createThreadPolicy } from "./threads.ts";
import { createVocabulary, type Vocabulary } from "./vocabulary.ts";

/** What the runner is started for, and with. */
export interface LoadOptions {
  readonly librariesFolder: string;
  readonly modelPath: string;
  readonly contextTokens: number | undefined;
  readonly sequencesMax: number;
  readonly threads: number | undefined;
  readonly memoryLimitBytes: number | undefined;
  readonly control: Control;
}

/** A model that computes. */
export interface LoadedModel {
  readonly info: ModelInfo;
  readonly batching: Batching;
  /** @throws {Error} With the chat template's own words, when it doesn't accept these messages. */
  prompt(messages: readonly ChatMessage[]): Prompt;
  countTokens(text: string): number;
}

/** Why a model isn't loaded; for want of memory also in numbers. */
export interface LoadFailure {
  readonly kind: "failed";
  readonly failure: EngineFailure;
  readonly needBytes?: number;
  readonly haveBytes?: number;
}

/** Rows for prompts in one step at most. */
const promptRowsMax = 512;

/** Checks, opens, loads and warms up, in this order; whatever fails is said and nothing after it is tried. */
export function loadModel(
  options: LoadOptions,
): { readonly kind: "loaded"; readonly model: LoadedModel } | LoadFailure {
  const read = readModelFile(options.modelPath);
  if (read.kind === "failed") return read;
  const { file } = read;
  const rowsMax = promptRowsMax + options.sequencesMax;
  const planned = planMemory(file, {
    contextTokens: options.contextTokens,
    answersMax: options.sequencesMax,
    rowsMax,
    availableBytes: memoryAvailable(),
    limitBytes: options.memoryLimitBytes,
  });
  if (planned.kind === "failed") return planned;
  const { plan } = planned;

  let llama: Llama;
  try {
    llama = openLlama(options.librariesFolder);
  } catch (error) {
    return refused(
      `cannot load llama.cpp: ${error instanceof Error ? error.message : error}`,
      "deno run -A scripts/fetch_llama.ts",
    );
  }
  const differences = layoutDifferences(llama);
  if (differences.length > 0) {
    return refused(
      `cannot use llama.cpp ${llama.version}: it isn't the release that this program was made for ` +
        `(${differences.join("; ")})`,
      "deno run -A scripts/fetch_llama.ts",
    );
  }

  const params = llama.symbols.llama_model_default_params();
  params[layout.llama_model_params.use_extra_bufts] = plan.repack ? 1 : 0;
  const model = llama.symbols.llama_model_load_from_file(cText(options.modelPath), params);
  if (model === null) {
    return refused(`cannot use model ${file.path}: llama.cpp doesn't understand it`, "clawdbot model list");
  }
  const vocabulary = createVocabulary(llama, model);
  let template: ChatTemplate;
  try {
    template = createChatTemplate(file.chatTemplate, { begin: vocabulary.beginText, end: vocabulary.endText });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return refused(
      `cannot use model ${file.path}: its chat template isn't understood: ${why.slice(0, 200)}`,
      "clawdbot model list",
    );
  }
  const threadsMax = options.threads ?? threadsDefault(navigator.hardwareConcurrency);
  const context = createContext(llama, model, {
    cells: plan.cells,
    sequences: options.sequencesMax + prefixesMax,
    rows: rowsMax,
    outputs: options.sequencesMax,
  }, { control: options.control, threadsMax, policy: createThreadPolicy(threadsMax) });
  if (context === undefined) {
    return refused(
      `cannot use model ${file.path}: llama.cpp can't make a context of ${plan.cells} positions`,
      "clawdbot model list",
    );
  }
  const pace = createPrefillPace(promptRowsMax);
  const batch = createBatch(llama, rowsMax, options.sequencesMax);
  const candidates = createCandidates(llama, vocabulary);
  const batching = createBatching({
    context,
    batch,
    pace,
    vocabulary,
    createSampler({ sampling, gbnf }) {
      const seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
      return createSampler({ llama, vocabulary, candidates }, { sampling, seed, gbnf });
    },
    answersMax: options.sequencesMax,
    cells: plan.cells,
  });
  // The first steps page the weights in, and teach the policies what steps cost here.
  for (const rows of [1, 16, 1, 16]) {
    batch.clear();
    const token = vocabulary.tokenize("a", false)[0] ?? 0;
    for (let row = 0; row < rows; row++) batch.put(token, row, 0, row === rows - 1);
    const result = context.decode(batch);
    if (result.kind === "done") pace.measured(rows, result.tookMs);
    context.cut(0, 0);
  }
  const info: ModelInfo = {
    name: file.name,
    contextTokens: plan.contextTokens,
    sequencesMax: options.sequencesMax,
    parametersCount: file.parametersCount,
    fileBytes: file.fileBytes,
  };
  return {
    kind: "loaded",
    model: {
      info,
      batching,
      prompt: (messages) => buildPrompt(template, vocabulary, messages),
      countTokens: (text) => countTokens(vocabulary, text),
    },
  };
}

/** Two hardware threads share one core's arithmetic: beyond four, half of them compute as fast as all. */
export function threadsDefault(hardwareThreads: number): number {
  return hardwareThreads <= 4 ? Math.max(1, hardwareThreads) : Math.max(4, Math.floor(hardwareThreads / 2));
}

function countTokens(vocabulary: Vocabulary, text: string): number {
  return vocabulary.tokenize(text, false).length;
}

/** What the system could give now, in bytes. Needs the right `sys=systemMemoryInfo`. */
function memoryAvailable(): number {
  return Deno.systemMemoryInfo().available;
}

function refused(reason: string, mend: string): LoadFailure {
  return { kind: "failed", failure: { kind: "refused", reason, mend } };
}
