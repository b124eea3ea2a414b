import type { Engine } from "../../core/ports/engine.ts";
import { createModelRunners, createTestEngine } from "../contract/model_runner_stand.ts";
import { embeddingModel } from "../site.ts";
import { quantile, type Row, row } from "./row.ts";

/** Each figure is the median of so many measurements. */
const rounds = 5;
const never = new AbortController().signal;

/** So many texts of so many words; a word of this sentence is about a token. */
const sizes = [
  { name: "short", texts: 256, words: 8 },
  { name: "long", texts: 32, words: 396 },
] as const;
const words =
  "the pump pressure is low and the operator must check valve number seven before starting the machine again"
    .split(" ");

/** How fast texts become vectors, and what the process takes: the real one, with its planned rights. */
export async function* embeddingRows(): AsyncGenerator<Row> {
  const loadMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await using stand = await openEmbedder();
    loadMs.push(stand.loadMs);
  }
  await using stand = await openEmbedder();
  const { engine, pid, name } = stand;
  const machine = `${name}, ${navigator.hardwareConcurrency} cores`;
  yield row({
    name: "embedding.load",
    value: quantile(loadMs, 0.5),
    unit: "ms",
    detail: `process and model, until ready; median of ${rounds}; ${machine}`,
  });

  const oneMs: number[] = [];
  for (let round = 0; round < rounds * 4; round++) oneMs.push((await embed(engine, [textOf(8, round)])).tookMs);
  yield row({
    name: "embedding.one",
    value: quantile(oneMs, 0.5),
    unit: "ms",
    detail: `one text of 12 tokens at a time; median of ${oneMs.length}; ${machine}`,
  });

  for (const { name, texts, words } of sizes) {
    const rates: number[] = [];
    let tokens = 0;
    for (let round = 0; round < rounds; round++) {
      const all = Array.from({ length: texts }, (_, index) => textOf(words, round * texts + index));
      const { tookMs, promptTokens } = await embed(engine, all);
      rates.push(texts / tookMs * 1_000);
      tokens = promptTokens / texts;
    }
    const rate = quantile(rates, 0.5);
    yield row({
      name: `embedding.${name}`,
      value: rate,
      unit: "texts/s",
      detail: `${texts} texts of ${tokens} tokens in a request, ${(rate * tokens).toFixed(0)} tokens/s; ` +
        `median of ${rounds} (${rates.map((each) => each.toFixed(0)).join(", ")}); ${machine}`,
    });
  }
  const { now, peak } = memoryOf(pid);
  yield row({
    name: "embedding.memory",
    value: now,
    unit: "MB",
    detail: `resident after all that; ${peak.toFixed(0)} MB at the peak, while it loads; ${machine}`,
  });
}

async function openEmbedder(): Promise<
  AsyncDisposable & { readonly engine: Engine; readonly pid: number; readonly name: string; readonly loadMs: number }
> {
  const runners = createModelRunners(embeddingModel(), "embedding-runner");
  const engine = createTestEngine(runners, { role: "embedding-runner" });
  const beganMs = performance.now();
  const loaded = await engine.load(never);
  if (loaded.kind === "failed") throw new Error(`Cannot measure: ${loaded.failure.reason}`);
  return {
    engine,
    pid: runners.pids[0]!,
    name: loaded.info.name,
    loadMs: performance.now() - beganMs,
    async [Symbol.asyncDispose]() {
      await engine.close();
      await runners[Symbol.asyncDispose]();
    },
  };
}

/** Every text another one. */
function textOf(count: number, number: number): string {
  return Array.from({ length: count }, (_, at) => words[(at * 7 + at * at + number * 3) % words.length]).join(" ");
}

async function embed(engine: Engine, texts: readonly string[]): Promise<{ tookMs: number; promptTokens: number }> {
  const beganMs = performance.now();
  const result = await engine.embed({ texts, purpose: "passage" }, never);
  if (result.kind === "failed") throw new Error(`Cannot measure: ${result.failure.reason}`);
  return { tookMs: performance.now() - beganMs, promptTokens: result.promptTokens };
}

/** In MB. Source: proc(5), `status`. */
function memoryOf(pid: number): { readonly now: number; readonly peak: number } {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const of = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1_024 / 1e6;
  return { now: of("VmRSS"), peak: of("VmHWM") };
}
