import { systemClock } from "../../adapters/clock/system.ts";
import type { Engine, GenerateRequest } from "../../core/ports/engine.ts";
import { createModelRunners, createTestEngine, testLibraries } from "../contract/model_runner_stand.ts";
import { testModel } from "../site.ts";
import { quantile, type Row, row } from "./row.ts";

/** What is measured. */
export interface InferenceOptions {
  /** The 135M model. */
  readonly smallModel?: string;
  /** The 1.5B model; without it its rows are left out. */
  readonly mainModel?: string | undefined;
}

/** Each figure is the median of so many measurements. */
const rounds = 5;
const never = new AbortController().signal;

/**
 * Time to first token, decode speed alone and beside two busy loops, and the longest gap of running answers while a
 * long prompt arrives: through the real runner process, with its planned rights. Texts are greedy, 1 or 8 at once.
 */
export async function* inferenceRows(options: InferenceOptions = {}): AsyncGenerator<Row> {
  const mainModel = options.mainModel ?? Deno.env.get("CLAWDBOT_BENCH_MAIN_MODEL");
  yield* modelRows("small", options.smallModel ?? testModel(), { ttftMs: 107, gapMs: 300, tokens: 64 });
  if (mainModel !== undefined) yield* modelRows("main", mainModel, { ttftMs: 450, gapMs: 900, tokens: 24 });
}

async function* modelRows(
  name: string,
  modelPath: string,
  goals: { readonly ttftMs: number; readonly gapMs: number; readonly tokens: number },
): AsyncGenerator<Row> {
  await using runners = createModelRunners(modelPath);
  const engine = createTestEngine(runners, { contextTokens: 4_096 });
  try {
    const loaded = await engine.load(never);
    if (loaded.kind === "failed") throw new Error(`Cannot measure ${modelPath}: ${loaded.failure.reason}`);
    const machine = `${loaded.info.name}, ${navigator.hardwareConcurrency} cores`;
    await answer(engine, question(0, 8)); // computes the shared beginning

    const firsts: number[] = [];
    let promptNew = 0;
    for (let round = 0; round < rounds * 2; round++) {
      const measured = await answer(engine, question(round, 4));
      firsts.push(measured.firstMs);
      promptNew = measured.promptNew;
    }
    const least = Math.min(...firsts).toFixed(0);
    yield row({
      name: `ttft.${name}`,
      value: quantile(firsts, 0.5),
      unit: "ms",
      goal: { most: goals.ttftMs },
      detail:
        `median of ${firsts.length}, least ${least}; ${promptNew} new tokens after a shared beginning; ${machine}`,
    });

    for (const count of [1, 8]) {
      yield decodeRow(`decode.${name}.${count}`, await decodeSpeeds(engine, count, goals.tokens), machine);
    }
    {
      await using _busy = await busyLoops(2);
      for (const count of [1, 8]) {
        const speeds = await decodeSpeeds(engine, count, goals.tokens);
        yield decodeRow(`decode.${name}.${count}.contended`, speeds, `beside 2 busy loops; ${machine}`);
      }
    }

    const gaps: number[] = [];
    for (let round = 0; round < rounds; round++) gaps.push(await longestGap(engine, round));
    yield row({
      name: `gap.worst.${name}`,
      value: quantile(gaps, 0.5),
      unit: "ms",
      goal: { most: goals.gapMs },
      detail: `longest gap of 3 answers while 1,000 tokens arrive, median of ${rounds} ` +
        `(${gaps.map((gap) => gap.toFixed(0)).join(", ")}); ${machine}`,
    });
  } finally {
    await engine.close();
  }
}

function decodeRow(name: string, speeds: readonly number[], detail: string): Row {
  const range = `${Math.min(...speeds).toFixed(1)} to ${Math.max(...speeds).toFixed(1)}`;
  return row({
    name,
    value: quantile(speeds, 0.5),
    unit: "tokens/s",
    detail: `median of ${speeds.length}, ${range}; all answers together; ${detail}`,
  });
}

const system = "You are a helpful assistant. Answer in the language of the question, plainly and briefly. " +
  "Say so when you don't know. Never invent sources, numbers or names.";

const topics = ["a lighthouse", "the sea", "bread", "an old clock", "a mountain", "rain", "a library", "trains"];

function question(index: number, tokensMax: number): GenerateRequest {
  const content = `Please tell me a long and detailed story about ${topics[index % topics.length]}, number ${index}.`;
  return { messages: [{ role: "system", content: system }, { role: "user", content }], tokensMax, sampling: greedy };
}

const greedy = { temperature: 0 } as const;

interface Measured {
  /** From the request to its first text. */
  readonly firstMs: number;
  /** When each text came. */
  readonly timesMs: readonly number[];
  readonly answerTokens: number;
  readonly promptNew: number;
}

async function answer(engine: Engine, request: GenerateRequest, signal: AbortSignal = never): Promise<Measured> {
  const startMs = performance.now();
  const timesMs: number[] = [];
  for await (const event of engine.generate(request, signal)) {
    if (event.kind === "text") timesMs.push(performance.now());
    else if (event.kind === "failed") throw new Error(`Cannot measure: ${event.failure.reason}`);
    else {
      if (event.kind === "tool_call") continue;
      const { promptTokens, promptReused, answerTokens } = event.usage;
      return { firstMs: (timesMs[0] ?? NaN) - startMs, timesMs, answerTokens, promptNew: promptTokens - promptReused };
    }
  }
  throw new Error("Cannot measure: the answer ended without saying why");
}

/** Tokens a second of all answers together, from when the last of them began until the first of them ended. */
async function decodeSpeeds(engine: Engine, count: number, tokens: number): Promise<number[]> {
  const speeds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const answers = await Promise.all(
      Array.from({ length: count }, (_, index) => answer(engine, question(index, tokens))),
    );
    const fromMs = Math.max(...answers.map(({ timesMs }) => timesMs[0] ?? Infinity));
    const untilMs = Math.min(...answers.map(({ timesMs }) => timesMs.at(-1) ?? 0));
    const texts = answers.flatMap(({ timesMs }) => timesMs).filter((ms) => ms > fromMs && ms <= untilMs).length;
    if (untilMs > fromMs) speeds.push(texts / (untilMs - fromMs) * 1_000);
  }
  return speeds;
}

/** The longest pause between two texts of three running answers, while a prompt of 1,000 tokens is computed. */
async function longestGap(engine: Engine, round: number): Promise<number> {
  const stopping = new AbortController();
  const running = [0, 1, 2].map((index) => answer(engine, question(index, 600), stopping.signal));
  await systemClock.sleep(600, never);
  const fact = "The quick brown fox jumps over the lazy dog while it rains. ";
  const content = `Round ${round}. ${fact.repeat(72)} What does the fox do?`;
  const fromMs = performance.now();
  const long = await answer(engine, {
    messages: [{ role: "system", content: system }, { role: "user", content }],
    tokensMax: 2,
    sampling: greedy,
  });
  const untilMs = fromMs + long.firstMs;
  stopping.abort();
  let gapMs = 0;
  for (const { timesMs } of await Promise.all(running)) {
    for (let index = 1; index < timesMs.length; index++) {
      const [before, after] = [timesMs[index - 1] ?? 0, timesMs[index] ?? 0];
      if (after > fromMs && before < untilMs) gapMs = Math.max(gapMs, after - before);
    }
  }
  return gapMs;
}

/** Processes that do nothing but compute, for as long as the block lasts. */
async function busyLoops(count: number): Promise<AsyncDisposable> {
  const children = Array.from({ length: count }, () =>
    new Deno.Command(Deno.execPath(), {
      args: ["eval", "const until = Date.now() + 120_000; while (Date.now() < until);"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn());
  await systemClock.sleep(500, never); // their start is over
  return {
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill("SIGKILL");
      await Promise.all(children.map(({ status }) => status));
    },
  };
}

if (import.meta.main) {
  console.error(`libraries ${testLibraries}`);
  for await (const { name, value, unit, detail } of inferenceRows()) console.log(name, value, unit, detail);
}
