/**
 * Measures what a KV cache of 8-bit numbers costs beside one of 16-bit floats: the same text's perplexity under both,
 * how far the probabilities of its tokens are apart, and the speed of decoding behind a short and a long history, in
 * turns. One process, nothing of the host.
 *
 *   deno run -A scripts/measure_cache.ts MODEL.gguf TEXT_FILE [TOKENS]
 */
import { createBatch } from "../adapters/engines/llama/batch.ts";
import { cText, openLlama } from "../adapters/engines/llama/binding.ts";
import { type CacheType, type Context, createContext } from "../adapters/engines/llama/context.ts";
import { createControl } from "../adapters/engines/llama/control.ts";
import { createCandidates } from "../adapters/engines/llama/candidates.ts";
import { llamaLibrariesFolder, llamaPlatform } from "../adapters/engines/llama/release.ts";
import { createVocabulary } from "../adapters/engines/llama/vocabulary.ts";

const [modelPath, textPath, tokensMax = "3072"] = Deno.args;
if (modelPath === undefined || textPath === undefined) throw new Error("MODEL.gguf TEXT_FILE [TOKENS]");
const platform = llamaPlatform(Deno.build.os, Deno.build.arch) ?? "linux-x64";
const llama = openLlama(new URL(`../${llamaLibrariesFolder(platform)}`, import.meta.url).pathname);
const model = llama.symbols.llama_model_load_from_file(cText(modelPath), llama.symbols.llama_model_default_params());
if (model === null) throw new Error("llama.cpp doesn't understand the model");
const vocabulary = createVocabulary(llama, model);
const candidates = createCandidates(llama, vocabulary);
const tokens = vocabulary.tokenize(await Deno.readTextFile(textPath), false).slice(0, Number(tokensMax));
const threads = navigator.hardwareConcurrency;
const rows = 64;
const batch = createBatch(llama, rows, rows);
const contextOf = (cacheType: CacheType) => {
  const size = { cells: 4_096, sequences: 1, rows, outputs: rows, cacheType };
  const context = createContext(llama, model, size, {
    control: createControl(),
    threadsMax: threads,
    policy: { next: () => ({ threads, breakOffMs: 0 }), measured: () => {} },
  });
  if (context === undefined) throw new Error(`no context with a cache of ${cacheType}`);
  return context;
};

/** Probabilities' logarithms of each token after the first, in its place. */
function logprobsOf(context: Context): Float64Array {
  const logprobs = new Float64Array(tokens.length - 1);
  for (let from = 0; from < tokens.length; from += rows) {
    batch.clear();
    const chunk = tokens.slice(from, from + rows);
    chunk.forEach((token, index) => batch.put(token, from + index, 0, true));
    if (context.decode(batch).kind !== "done") throw new Error("a step failed");
    for (let index = 0; index < chunk.length && from + index + 1 < tokens.length; index++) {
      const logits = candidates.logits(context.pointer, index);
      let max = -Infinity;
      for (const logit of logits) max = Math.max(max, logit);
      let sum = 0;
      for (const logit of logits) sum += Math.exp(logit - max);
      logprobs[from + index] = logits[tokens[from + index + 1]!]! - max - Math.log(sum);
    }
  }
  return logprobs;
}

/** Milliseconds of each of 32 steps of one token behind so much history, the median. */
function stepMs(context: Context, history: number): number {
  context.cut(0, history);
  const times = Array.from({ length: 32 }, (_, index) => {
    batch.clear();
    batch.put(tokens[0]!, history + index, 0, true);
    const result = context.decode(batch);
    if (result.kind !== "done") throw new Error("a step failed");
    return result.tookMs;
  });
  return times.sort((a, b) => a - b)[16]!;
}

const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
const contexts = { f16: contextOf("f16"), q8_0: contextOf("q8_0") };
const logprobs = { f16: logprobsOf(contexts.f16), q8_0: logprobsOf(contexts.q8_0) };
const apart = logprobs.f16.map((value, index) => Math.abs(value - logprobs.q8_0[index]!)).sort();
console.log(`${tokens.length} tokens of ${textPath}, ${threads} threads`);
for (const type of ["f16", "q8_0"] as const) {
  console.log(`${type}: perplexity ${Math.exp(-mean(logprobs[type])).toFixed(4)}`);
}
console.log(
  `apart in log-probability: mean ${mean(apart).toFixed(4)}, p99 ${apart[Math.floor(apart.length * 0.99)]!.toFixed(3)}`,
);
const depths = [128, tokens.length - 64];
for (const depth of depths.toReversed()) {
  const rounds = { f16: [] as number[], q8_0: [] as number[] };
  for (let round = 0; round < 7; round++) {
    for (const type of ["f16", "q8_0"] as const) rounds[type].push(stepMs(contexts[type], depth));
  }
  const median = (values: number[]) => values.sort((a, b) => a - b)[3]!;
  const [f16, q8] = [median(rounds.f16), median(rounds.q8_0)];
  console.log(
    `behind ${depth} tokens: f16 ${f16.toFixed(2)} ms, q8_0 ${q8.toFixed(2)} ms a token (${
      (f16 / q8).toFixed(2)
    } times as fast)`,
  );
}
