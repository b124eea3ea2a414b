/**
 * The engine beside node-llama-cpp with the very same libraries: what it computes is what llama.cpp computes. The main
 * model is asked where it was pulled to, and the run is a long one.
 */
import { deepStrictEqual, ok } from "node:assert/strict";
import { checkout } from "../../scripts/checkout.ts";
import { modelsFolder } from "../../scripts/test_tools.ts";
import type { ChosenToken, Engine } from "../../core/ports/engine.ts";
import { quantile } from "../bench/row.ts";
import type { Question } from "../peers/contestant.ts";
import { fiftyQuestions } from "../peers/fifty_questions.ts";
import { startNodeLlamaCpp } from "../peers/node_llama_cpp.ts";
import { questionsFor } from "../peers/questions.ts";
import { tokenNumbers } from "../peers/token_numbers.ts";
import { testModel } from "../site.ts";
import { never } from "./engine.ts";
import { createModelRunners, createTestEngine } from "./model_runner_stand.ts";

const isLong = Deno.env.get("CLAWDBOT_TEST_LONG") === "1";
const mainModel = Deno.env.get("CLAWDBOT_BENCH_MAIN_MODEL") ?? `${checkout}${modelsFolder}/qwen2.5-coder-1.5b.gguf`;

/** Everyday runs take one question of five, and the beginnings of the answers. */
const questions = fiftyQuestions.filter((_, index) => isLong || index % 5 === 0);

/**
 * How far the natural logarithms of probabilities may be apart, for tokens with at least one in a thousand. One conversation
 * alone: 0.0003 at most was seen. Eight in one batch: their cells lie among each other, so sums are taken in another order, and
 * from some 500 cells on by another way altogether; weights of 4 bits make 0.07 of that in the middle, and 1.2 at most.
 */
const tolerance = { alone: 0.005, middle: 0.15, ofHundred99: 1 } as const;
const probabilityMin = 0.001;

const models = [
  { name: "the small model", path: testModel(), tokensMax: isLong ? 48 : 8 },
  ...isLong ? [{ name: "the main model", path: mainModel, tokensMax: 16 }] : [],
];

for (const { name, path, tokensMax } of models) {
  Deno.test(`engine llama beside node-llama-cpp, ${name}: alone and greedy, every token is the same`, async () => {
    await using stand = await createStand(path);
    const different: string[] = [];
    for (const text of questions) {
      const question = stand.asks("You are a helpful assistant.", text);
      const own = await answer(stand.engine, question, tokensMax);
      const { tokens } = await stand.peer.answerTokens(question, { tokensMax });
      // What is cut off in the middle of a character of up to four bytes isn't told.
      const same = own.every((token, index) => stand.numberOf(token) === tokens[index]);
      if (!same || own.length < tokens.length - 3) {
        different.push(`${text}: ${own.map(stand.numberOf)} instead of ${tokens}`);
      }
    }
    deepStrictEqual(different, []);
  });

  Deno.test(`engine llama beside node-llama-cpp, ${name}: probabilities agree, alone and eight at once`, async () => {
    await using stand = await createStand(path);
    const eight = fiftyQuestions.slice(-8).map((text) => stand.asks("You are a helpful assistant.", text));
    const first = await answer(stand.engine, eight[0]!, tokensMax);
    const alone = await differences(stand, eight[0]!, first);
    ok(alone.at(-1)! <= tolerance.alone, `alone, the logarithms differ by ${alone.at(-1)}`);
    const answers = await Promise.all(eight.map((question) => answer(stand.engine, question, tokensMax)));
    const found: number[] = [];
    for (const [index, chosen] of answers.entries()) found.push(...await differences(stand, eight[index]!, chosen));
    const [middle, most, worst] = [0.5, 0.99, 1].map((share) => quantile(found, share)) as [number, number, number];
    console.log(`${found.length} logarithms differ by ${middle.toFixed(3)} in the middle, ${worst.toFixed(3)} at most`);
    ok(found.length >= 8 * tokensMax, `only ${found.length} were compared`);
    ok(middle <= tolerance.middle && most <= tolerance.ofHundred99, `eight at once, they differ by ${middle}, ${most}`);
  });
}

/** How far the engine's probabilities are from the peer's, which is made to choose the same tokens; the least first. */
async function differences(
  { peer, numberOf, isUnique }: Awaited<ReturnType<typeof createStand>>,
  question: Question,
  chosen: readonly ChosenToken[],
): Promise<number[]> {
  const expected = await peer.probabilities(question, chosen.map((token) => numberOf(token) ?? NaN));
  return chosen.flatMap(({ top }, place) => {
    const own = new Map(top.map((token) => [numberOf(token), token.logprob]));
    const least = top.at(-1)!.logprob; // what isn't among the likeliest has less than this
    const comparable = expected[place]!.filter(([number, probability]) =>
      isUnique(number) && probability >= probabilityMin
    );
    return comparable.map(([number, probability]) => {
      const logprob = own.get(number) ?? Math.min(least, Math.log(probability));
      return Math.abs(logprob - Math.log(probability));
    });
  }).sort((a, b) => a - b);
}

async function createStand(modelPath: string) {
  await using starting = new AsyncDisposableStack();
  const runners = starting.use(createModelRunners(modelPath));
  const engine = createTestEngine(runners);
  starting.defer(() => engine.close());
  // One thread: with several it stands nearly still as soon as another program takes a core.
  const peer = starting.use(await startNodeLlamaCpp(modelPath, 1));
  await peer.room(1, 1_024);
  const started = starting.move();
  return {
    engine,
    peer,
    asks: questionsFor(modelPath),
    ...tokenNumbers(modelPath),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

/** The tokens of an answer, each with what else was likely. */
async function answer(engine: Engine, { messages }: Question, tokensMax: number): Promise<readonly ChosenToken[]> {
  const chosen: ChosenToken[] = [];
  const request = { messages, tokensMax, sampling: { temperature: 0 }, alternativesMax: 20 };
  for await (const event of engine.generate(request, never)) {
    if (event.kind === "text") chosen.push(...event.tokens ?? []);
    if (event.kind === "failed") throw new Error(event.failure.reason);
  }
  return chosen;
}
