import type { ChatMessage, ModelInfo, Tool } from "../../../core/ports/engine.ts";
import { type CallSyntax, textOfSyntax } from "../grammar/call_syntax.ts";
import { canBeTagged } from "../grammar/tagged_arguments.ts";
import { createBatch } from "./batch.ts";
import { type Batching, createBatching } from "./batching.ts";
import { buildPrompt, type ChatTemplate, createChatTemplate, type Prompt } from "./chat_template.ts";
import { createCandidates } from "./candidates.ts";
import { createContext } from "./context.ts";
import { sharedNowMs } from "./control.ts";
import { type EmbeddingModel, loadEmbeddingModel } from "./embedding_model.ts";
import { plainStop } from "./plain_template.ts";
import { planMemory, promptRowsMax } from "./memory_plan.ts";
import { readModelFile } from "./model_file.ts";
import { createParkedStates } from "./parked_states.ts";
import { createPrefillPace } from "./prefill.ts";
import { createPrefixMemory } from "./prefix_memory.ts";
import {
  contextRefused,
  type LoadFailure,
  type LoadOptions,
  memoryAvailable,
  openModel,
  refused,
  threadsDefault,
} from "./open_model.ts";
import { chosenToken } from "./probabilities.ts";
import { createQuietSamplers } from "./quiet_samplers.ts";
import { createRestorePace } from "./restore_pace.ts";
import { createSampler } from "./sampler.ts";
import { createSavedStates, type SavedStates } from "./saved_states.ts";
import { sequencesInAll, sequencesOf } from "./sequences.ts";
import { stateBinding } from "./state_binding.ts";
import { stateBytesMax } from "./state_limits.ts";
import { plainCallSyntax, withPlainTools, withToolsTold } from "./template_calls.ts";
import { createThreadPolicy } from "./threads.ts";
import { createVocabulary, type Vocabulary } from "./vocabulary.ts";

/** A model that answers. */
export interface ChatModel {
  readonly kind: "chat";
  readonly info: ModelInfo;
  readonly batching: Batching;
  /** Jobs go to the batching through these. */
  readonly states: SavedStates;
  /** @throws {Error} With the chat template's own words, when it doesn't accept these messages. */
  prompt(messages: readonly ChatMessage[], tools: readonly Tool[]): Prompt;
  /** How this model writes that it calls one of these tools. */
  callSyntax(tools: readonly Tool[]): CallSyntax;
  countTokens(text: string): number;
  /** What ends every answer, besides what its request names. */
  readonly stop: readonly string[];
}

/** A model that computes. */
export type LoadedModel = ChatModel | EmbeddingModel;

/** How much of the cache may hold what nobody computes: every step reads over it. */
const keptShare = 0.5;

/** Checks, opens, loads and warms up, in this order; whatever fails is said and nothing after it is tried. */
export function loadModel(
  options: LoadOptions,
): { readonly kind: "loaded"; readonly model: LoadedModel } | LoadFailure {
  const read = readModelFile(options.modelPath);
  if (read.kind === "failed") return read;
  const { file } = read;
  if (file.embedding !== undefined) return loadEmbeddingModel(file, file.embedding, options);
  const rowsMax = promptRowsMax + options.sequencesMax;
  const availableBytes = memoryAvailable();
  const planned = planMemory(file, {
    contextTokens: options.contextTokens,
    answersMax: options.sequencesMax,
    rowsMax,
    availableBytes,
    limitBytes: options.memoryLimitBytes,
  });
  if (planned.kind === "failed") return planned;
  const { plan } = planned;

  const opened = openModel(file, options, plan);
  if (opened.kind === "failed") return opened;
  const { llama, model } = opened;
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
  const own = template.calls;
  // What the template writes calls with is text from here on: grammars and readers go by it.
  if (own !== undefined) vocabulary.voice(textOfSyntax(own.syntax));
  const ownFor = (tools: readonly Tool[]) =>
    own?.syntax.tags === undefined || tools.every(({ parameters }) => canBeTagged(parameters)) ? own : undefined;
  const threadsMax = options.threads ?? threadsDefault(navigator.hardwareConcurrency);
  const context = createContext(llama, model, {
    cells: plan.cells,
    sequences: sequencesInAll(options.sequencesMax),
    rows: rowsMax,
    outputs: options.sequencesMax,
    cacheType: plan.cacheType,
  }, { control: options.control, threadsMax, policy: createThreadPolicy(threadsMax, options.control.cores) });
  if (context === undefined) return contextRefused(file, plan.cells);
  const pace = createPrefillPace(promptRowsMax);
  const batch = createBatch(llama, rowsMax, options.sequencesMax);
  const samplerParts = {
    llama,
    vocabulary,
    candidates: createCandidates(llama, vocabulary),
    quiet: createQuietSamplers(llama),
  };
  const prefixes = createPrefixMemory({
    context,
    sequenceFirst: sequencesOf(options.sequencesMax),
    cellsMax: Math.floor(plan.cells * keptShare),
    dropping: (history) => states.dropping(history),
  });
  // What the plan leaves is for states: one half for those of parked answers, one for those on their way.
  const haveBytes = Math.min(availableBytes, options.memoryLimitBytes ?? Infinity);
  const spareBytes = Math.max(0, Math.floor((haveBytes - plan.needBytes) / 2));
  const parked = createParkedStates(context, {
    bytesMax: Math.min(spareBytes, plan.contextTokens * file.cellBytes),
    cellBytes: file.cellBytes,
  });
  const batching = createBatching({
    context,
    prefixes,
    states: parked,
    batch,
    pace,
    vocabulary,
    createSampler(sampling) {
      const seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
      return createSampler(samplerParts, sampling, seed);
    },
    describe: (row, token, alternativesMax) =>
      chosenToken(samplerParts.candidates.logits(context.pointer, row), token, alternativesMax, vocabulary.pieceOf),
    answersMax: options.sequencesMax,
    cells: plan.cells,
    nowMs: sharedNowMs,
  });
  const states: SavedStates = createSavedStates({
    context,
    prefixes,
    batching,
    prefill: pace,
    restoring: createRestorePace(),
    binding: stateBinding(options.modelPath, llama.version),
    cellBytes: file.cellBytes,
    // On its way a state lies in this process's memory beside the cache.
    bytesMax: Math.min(stateBytesMax, spareBytes),
    nowMs: sharedNowMs,
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
    memoryBytes: plan.needBytes,
    ...file.isBase ? { isBase: true } : {},
  };
  return {
    kind: "loaded",
    model: {
      kind: "chat",
      info,
      batching,
      states,
      callSyntax: (tools) => ownFor(tools)?.syntax ?? plainCallSyntax,
      prompt(messages, tools) {
        const isAbout = tools.length > 0 || messages.some(({ role, toolCalls }) => role === "tool" || toolCalls);
        if (!isAbout) return buildPrompt(template, vocabulary, messages);
        const found = ownFor(tools);
        if (found === undefined) return buildPrompt(template, vocabulary, withPlainTools(messages, tools));
        if (found.listsTools || tools.length === 0) return buildPrompt(template, vocabulary, messages, tools);
        return buildPrompt(template, vocabulary, withToolsTold(messages, tools, found.syntax));
      },
      stop: file.isBase ? [plainStop] : [],
      countTokens: (text) => countTokens(vocabulary, text),
    },
  };
}

function countTokens(vocabulary: Vocabulary, text: string): number {
  return vocabulary.tokenize(text, false).length;
}
