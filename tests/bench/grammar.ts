import type { Pointer } from "../../adapters/engines/llama/binding.ts";
import { grammarOf } from "../../adapters/engines/grammar/mod.ts";
import type { AnswerFormat, Engine, Sampling } from "../../core/ports/engine.ts";
import { createModelRunners, createTestEngine } from "../contract/model_runner_stand.ts";
import { createCandidates as createToolCandidates } from "../../core/tools/candidates.ts";
import { formOf } from "../../core/tools/gate.ts";
import { linesGrammar } from "../../core/tools/lines.ts";
import { readSentence } from "../../core/tools/sentence.ts";
import { wordsOf } from "../../core/tools/words.ts";
import { sites } from "../tools/sites.ts";
import { todayMs, tuned } from "../tools/tuned.ts";
import { createLogitsStand } from "../logits_stand.ts";
import { quantile, type Row, row } from "./row.ts";

const rounds = 5;
const tokensMax = 64;
const never = new AbortController().signal;

/** Something like what programs ask for, that goes on as long as it is measured. */
const format: AnswerFormat = {
  kind: "schema",
  schema: {
    type: "array",
    minItems: 100,
    items: {
      type: "object",
      properties: { name: { type: "string", maxLength: 40 }, age: { type: "integer", minimum: 0, maximum: 120 } },
      required: ["name", "age"],
    },
  },
};

/**
 * What it costs that answers are held to a schema: decode speed as a share of what the same model does freely, round
 * by round in turns; and one question to the grammar, and one choice among what it allows, in a process of their own.
 */
export async function* grammarRows(): AsyncGenerator<Row> {
  await using runners = createModelRunners();
  const engine = createTestEngine(runners, { contextTokens: 4_096 });
  try {
    const loaded = await engine.load(never);
    if (loaded.kind === "failed") throw new Error(`Cannot measure: ${loaded.failure.reason}`);
    for (const [how, sampling] of [["", { temperature: 0 }], [".hot", { temperature: 1.5 }]] as const) {
      for (const count of [1, 8]) {
        const ratios: number[] = [];
        for (let round = 0; round < rounds; round++) {
          const free = await speed(engine, count, { sampling });
          ratios.push(await speed(engine, count, { sampling, format }) / free);
        }
        yield row({
          name: `decode.grammar.ratio.small.${count}${how}`,
          value: quantile(ratios, 0.5),
          unit: "×",
          detail: `held to a schema / free, temperature ${sampling.temperature}, median of ${rounds} ` +
            `(${ratios.map((ratio) => ratio.toFixed(2)).join(", ")})`,
        });
      }
    }
  } finally {
    await engine.close();
  }
  yield* choiceRows();
  yield* compileRows();
}

/** Tokens a second of all answers together, prompts not counted. */
async function speed(
  engine: Engine,
  count: number,
  more: { readonly sampling: Sampling; readonly format?: AnswerFormat },
): Promise<number> {
  const answers = await Promise.all(Array.from({ length: count }, async (_, index) => {
    const content = `Please list as many people and their ages as you can in JSON. List ${index}.`;
    const timesMs: number[] = [];
    const sampling = { ...more.sampling, seed: index };
    for await (
      const event of engine.generate({ messages: [{ role: "user", content }], tokensMax, ...more, sampling }, never)
    ) {
      if (event.kind === "failed") throw new Error(`Cannot measure: ${event.failure.reason}`);
      if (event.kind !== "text") continue;
      for (const atMs = performance.now(); timesMs.length < (event.answerTokens ?? 0);) timesMs.push(atMs);
    }
    return timesMs;
  }));
  const fromMs = Math.max(...answers.map(([first]) => first ?? Infinity));
  const untilMs = Math.min(...answers.map((timesMs) => timesMs.at(-1) ?? 0));
  return answers.flat().filter((ms) => ms > fromMs && ms <= untilMs).length / (untilMs - fromMs);
}

/** One token asked about, and choices where the allowed ones are near the top, or anything matters. */
function* choiceRows(): Generator<Row> {
  const { llama: { symbols }, vocabulary, at, candidates, quiet, newGrammar } = createLogitsStand();
  const told = newGrammar(gbnfOf(format));
  const grammar = quiet.of(told);
  for (const token of vocabulary.tokenize('[{"name": "A', false)) symbols.llama_sampler_accept(told, token);
  const chain = symbols.llama_sampler_init_greedy() as Pointer;
  const choose = (reach: number) => void candidates.chooseAllowed(grammar, { chain, reach }, at, new Set());
  const word = vocabulary.tokenize("b", false)[0] ?? 0;
  const detail = `of ${vocabulary.size} words, inside a text, the model's own logits`;
  yield timed("grammar.check", 2_000, () => void candidates.allows(grammar, word), `one word asked about, ${detail}`);
  yield timed("grammar.choose.best", 50, () => choose(0), `the best allowed, ${detail}`);
  yield timed("grammar.choose.near", 50, () => choose(4 - Math.log(0.05)), `with min_p 0.05, ${detail}`);
  yield timed("grammar.choose.any", 20, () => choose(Infinity), `every word weighed, ${detail}`);
}

/** From a sentence's lines to a grammar that holds, and the walk along one of thousands of texts. */
function* compileRows(): Generator<Row> {
  const { llama: { symbols }, vocabulary, candidates, newGrammar } = createLogitsStand();
  const chooser = createToolCandidates(() => {});
  const madeMs: number[] = [];
  const readMs: number[] = [];
  for (const { say, site } of [...tuned, ...tuned]) {
    const sentence = readSentence(say, wordsOf(say, "en"));
    const now = { nowMs: todayMs, timeZone: "UTC" };
    const tools = chooser.of(sentence, sites[site]!, { form: formOf(sentence), now });
    if (tools.length === 0) continue;
    const grammar = linesGrammar(tools, 2);
    const startMs = performance.now();
    const gbnf = gbnfOf({ kind: "grammar", grammar });
    const writtenMs = performance.now();
    const made = newGrammar(gbnf);
    madeMs.push(writtenMs - startMs);
    readMs.push(performance.now() - writtenMs);
    symbols.llama_sampler_free(made);
  }
  const sentences = `${madeMs.length} grammars of sentences`;
  const us = (ms: readonly number[], share: number) => Math.round(1_000 * quantile(ms, share));
  for (const [name, ms, what] of [["made", madeMs, "from lines to GBNF"], ["read", readMs, "by llama.cpp"]] as const) {
    const detail = `${what}, median of ${sentences}, 95 of 100 within ${us(ms, 0.95)} µs`;
    yield row({ name: `grammar.${name}`, value: us(ms, 0.5), unit: "µs", detail });
  }
  const texts = Array.from({ length: 3_000 }, (_, index) => `device ${index * 7919 % 3_000} of room ${index % 37}`);
  const options = texts.map((text) => ({ kind: "text", text }) as const);
  const many = newGrammar(gbnfOf({ kind: "grammar", grammar: { kind: "choice", options } }));
  const words = vocabulary.tokenize(texts[1_500]!, false);
  const startMs = performance.now();
  for (const word of words) {
    if (!candidates.allows(many, word)) throw new Error("Cannot measure: the grammar refuses its own text");
    symbols.llama_sampler_accept(many, word);
  }
  yield row({
    name: "grammar.walk.3000",
    value: 1_000 * (performance.now() - startMs) / words.length,
    unit: "µs",
    detail: `a token of one of ${texts.length} texts, asked about and taken`,
  });
}

function gbnfOf(format: AnswerFormat): string {
  const result = grammarOf(format);
  if (result.kind === "failed") throw new Error(`Cannot measure: ${result.failure.reason}`);
  return result.gbnf;
}

function timed(name: string, times: number, run: () => void, detail: string): Row {
  for (let count = 0; count < 5; count++) run();
  const tookMs = Array.from({ length: times }, () => {
    const startMs = performance.now();
    run();
    return performance.now() - startMs;
  });
  return row({ name, value: quantile(tookMs, 0.5) * 1_000, unit: "µs", detail: `median of ${times}; ${detail}` });
}
