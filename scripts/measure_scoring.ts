/**
 * Measures whether tools are chosen better by log-probability than by generating: for each request of the measured set
 * whose lines can be counted, the real engine writes a line, and beside it every line is scored in one batch of the same
 * model; both go through the same checks. The two take turns.
 *
 *     ./scripts/deno run -A scripts/measure_scoring.ts --model FILE [--every N] [--lines N]
 *
 * `--every`: of each so many requests one (default 4). `--lines`: of more lines than this none is scored (default 32).
 */
import { parseArgs } from "node:util";
import { createBatch } from "../adapters/engines/llama/batch.ts";
import { cText, openLlama, type Pointer } from "../adapters/engines/llama/binding.ts";
import { buildPrompt, createChatTemplate } from "../adapters/engines/llama/chat_template.ts";
import { createContext } from "../adapters/engines/llama/context.ts";
import { createControl } from "../adapters/engines/llama/control.ts";
import { readModelFile } from "../adapters/engines/llama/model_file.ts";
import { createThreadPolicy } from "../adapters/engines/llama/threads.ts";
import { createVocabulary } from "../adapters/engines/llama/vocabulary.ts";
import { textsOf } from "../adapters/engines/grammar/neutral.ts";
import type { Engine, GenerateRequest } from "../core/ports/engine.ts";
import { createToolChooser } from "../core/tools/choose.ts";
import { createModelRunners, createTestEngine, silent, testLibraries } from "../tests/contract/model_runner_stand.ts";
import { testModel } from "../tests/site.ts";
import { isAsExpected, outcomeOf } from "../tests/tools/outcome.ts";
import { sites } from "../tests/tools/sites.ts";
import { todayMs, tuned } from "../tests/tools/tuned.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: testModel() },
    every: { type: "string", default: "4" },
    lines: { type: "string", default: "32" },
  },
});
const linesMax = Number(values.lines);
const rowsMax = 1_024;
const never = new AbortController().signal;

/** How the scores of a line's tokens are put together. */
type Measure = "sum" | "mean";

/** An engine that writes the most probable of all texts of a grammar, and nothing where they can't be counted. */
function createScoringEngine(path: string): { engineBy(measure: Measure): Pick<Engine, "generate">; rows(): number } {
  const read = readModelFile(path);
  if (read.kind === "failed") throw new Error(read.failure.reason);
  const llama = openLlama(testLibraries);
  const { symbols } = llama;
  const model = symbols.llama_model_load_from_file(cText(path), symbols.llama_model_default_params()) as Pointer;
  const vocabulary = createVocabulary(llama, model);
  const template = createChatTemplate(read.file.chatTemplate, {
    begin: vocabulary.beginText,
    end: vocabulary.endText,
  });
  const threads = navigator.hardwareConcurrency;
  const control = createControl();
  const size = { cells: 4_096, sequences: linesMax + 1, rows: rowsMax, outputs: 512 };
  const more = { control, threadsMax: threads, policy: createThreadPolicy(threads, control.cores) };
  const context = createContext(llama, model, size, more);
  if (context === undefined) throw new Error("Cannot measure: llama.cpp makes no context");
  const batch = createBatch(llama, rowsMax, 512);
  const logits = new Float32Array(new ArrayBuffer(vocabulary.size * 4));
  const end = Array.from({ length: vocabulary.size }, (_, token) => token).filter(vocabulary.isEnd);
  let kept: readonly number[] = [];
  let scoredRows = 0;

  function compute(): void {
    const result = context!.decode(batch);
    if (result.kind !== "done") throw new Error(`Cannot measure: ${result.kind}`);
  }

  /** Of each of these tokens after a row. */
  function logprobs(row: number, tokens: readonly number[]): number[] {
    symbols.copy_from(logits, symbols.llama_get_logits_ith(context!.pointer, row), BigInt(logits.byteLength));
    let most = -Infinity;
    for (const logit of logits) if (logit > most) most = logit;
    let sum = 0;
    for (const logit of logits) sum += Math.exp(logit - most);
    return tokens.map((token) => logits[token]! - most - Math.log(sum));
  }

  /** Leaves the prompt but its last token in sequence 0, sharing what was there. */
  function prefill(prompt: readonly number[]): void {
    let same = 0;
    while (same < kept.length && same < prompt.length - 1 && kept[same] === prompt[same]) same++;
    context!.cut(0, same);
    for (let at = same; at < prompt.length - 1;) {
      batch.clear();
      for (const until = Math.min(prompt.length - 1, at + 256); at < until; at++) {
        batch.put(prompt[at]!, at, 0, at === until - 1);
      }
      compute();
    }
    kept = prompt.slice(0, -1);
  }

  /** The whole of every text in one step: each in a sequence of its own, behind the shared prompt. */
  function score(prompt: readonly number[], texts: readonly string[]): number[][] {
    prefill(prompt);
    const choices = texts.map((text) => vocabulary.tokenize(text, false));
    batch.clear();
    const position = prompt.length - 1;
    const last = batch.put(prompt[position]!, position, 0, true);
    const rows = choices.map((tokens, index) => {
      context!.share(0, index + 1, position);
      return [prompt[position]!, ...tokens].map((token, offset) =>
        batch.put(token, position + offset, index + 1, offset > 0)
      );
    });
    scoredRows += batch.rows;
    compute();
    const scores = choices.map((tokens, index) => [
      ...tokens.map((token, offset) => logprobs(offset === 0 ? last : rows[index]![offset]!, [token])[0]!),
      Math.max(...logprobs(rows[index]!.at(-1)!, end)),
    ]);
    choices.forEach((_, index) => context!.cut(index + 1, 0));
    context!.cut(0, position);
    return scores;
  }

  return {
    rows: () => scoredRows,
    engineBy: (measure) => ({
      // deno-lint-ignore require-await
      async *generate({ messages, format }: GenerateRequest) {
        const texts = format?.kind === "grammar" ? textsOf(format.grammar, linesMax) : undefined;
        if (texts === undefined) return;
        const prompt = buildPrompt(template, vocabulary, messages).tokens;
        const values = score(prompt, texts).map((scores) => {
          const sum = scores.reduce((sum, one) => sum + one, 0);
          return measure === "sum" ? sum : sum / scores.length;
        });
        yield { kind: "text", text: texts[values.indexOf(Math.max(...values))]! };
        yield { kind: "end", reason: "stop", usage: { promptTokens: 0, promptReused: 0, answerTokens: 0 } };
      },
    }),
  };
}

const scoring = createScoringEngine(values.model);
await using runners = createModelRunners(values.model);
const real = createTestEngine(runners, { contextTokens: 4_096, sequencesMax: 2 });
let lines: number | undefined;
/** Notes how many lines were asked about, before the engine is. */
const counted = (engine: Pick<Engine, "generate">): Pick<Engine, "generate"> => ({
  generate(request, signal) {
    lines = request.format?.kind === "grammar" ? textsOf(request.format.grammar, linesMax)?.length : undefined;
    return engine.generate(request, signal);
  },
});
const ways = {
  "generating": counted(real),
  "scoring, sum": counted(scoring.engineBy("sum")),
  "scoring, mean": counted(scoring.engineBy("mean")),
};
const results = Object.keys(ways).map((way) => ({ way, right: 0, wrongSure: 0, tookMs: [] as number[] }));
let scored = 0;
let linesAll = 0;
let site = "";
try {
  for (const request of tuned.filter((_, index) => index % Number(values.every) === 0)) {
    const asked = {
      text: request.say,
      locale: /\p{Script=Han}/u.test(request.say) ? "zh-CN" : "en",
      tools: sites[request.site]!,
    } as const;
    const choose = async (way: keyof typeof ways) => {
      const chooser = createToolChooser({
        engine: ways[way],
        clock: { nowMs: () => todayMs },
        log: silent,
        timeZone: "UTC",
      });
      const startMs = performance.now();
      const chosen = await chooser.choose(asked, never);
      return { chosen, tookMs: performance.now() - startMs };
    };
    lines = undefined;
    // The front part of a site is computed once and kept, in both: it isn't part of a request's time.
    const first = await choose("generating");
    if (lines === undefined) continue; // no model was asked, or its lines can't be counted
    if (site !== request.site) await choose("scoring, sum");
    const fresh = site !== request.site ? await choose("generating") : first;
    site = request.site;
    scored++;
    linesAll += lines;
    for (const result of results) {
      const { chosen, tookMs } = result.way === "generating" ? fresh : await choose(result.way as keyof typeof ways);
      result.tookMs.push(tookMs);
      if (isAsExpected(request.expected, chosen)) result.right++;
      if (outcomeOf(request.expected, chosen) === "wrong-sure") result.wrongSure++;
    }
  }
} finally {
  await real.close();
}
console.log(
  `${scored} requests with ${(linesAll / scored).toFixed(1)} lines each, load ${Deno.loadavg()[0]!.toFixed(1)}`,
);
for (const { way, right, wrongSure, tookMs } of results) {
  const median = tookMs.sort((a, b) => a - b)[tookMs.length >> 1] ?? 0;
  console.log(`${way}: ${right} right, ${wrongSure} wrong and sure, ${(median / 1_000).toFixed(2)} s median`);
}
