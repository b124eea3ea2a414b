import { testModel } from "../site.ts";
import { createModelRunners, createTestEngine } from "../contract/model_runner_stand.ts";
import type { Engine, GenerateRequest } from "../../core/ports/engine.ts";
import { quantile, type Row, row } from "./row.ts";

const sequencesMax = 8;
const greedy = { temperature: 0 } as const;
const never = new AbortController().signal;

/**
 * How long an alarm waits for its first token while every slot has a long answer and two more wait, beyond what its
 * prompt takes when nobody else is there. In turns, so that both see the same machine.
 */
export async function alarmRow(name: string, modelPath: string, rounds: number): Promise<Row> {
  await using runners = createModelRunners(modelPath);
  const engine = createTestEngine(runners, { sequencesMax, contextTokens: 4_096 });
  try {
    const loaded = await engine.load(never);
    if (loaded.kind === "failed") throw new Error(`Cannot measure ${modelPath}: ${loaded.failure.reason}`);
    const alone: number[] = [];
    const busy: number[] = [];
    await firstMs(engine, alarm(0));
    for (let round = 1; round <= rounds; round++) {
      alone.push(await firstMs(engine, alarm(2 * round)));
      busy.push(await beside(engine, () => firstMs(engine, alarm(2 * round + 1))));
    }
    const list = (times: readonly number[]) => times.map((ms) => ms.toFixed(0)).join(", ");
    return row({
      name: `alarm.first.${name}`,
      value: Math.max(0, quantile(busy, 0.5) - quantile(alone, 0.5)),
      unit: "ms",
      goal: { most: 500 },
      detail: `median of ${rounds} beside ${sequencesMax} long answers, less that of its prompt alone ` +
        `(${list(busy)}; alone ${list(alone)}); ${loaded.info.name}, ${navigator.hardwareConcurrency} cores`,
    });
  } finally {
    await engine.close();
  }
}

function alarm(number: number): GenerateRequest {
  const content = `Pump ${number} is at ${60 + number} degrees and its pressure falls. Nobody is there. What now?`;
  return { messages: [{ role: "user", content }], priority: "alarm", tokensMax: 8, sampling: greedy };
}

/** While every slot has an answer that has begun, and two more wait. */
async function beside(engine: Engine, measure: () => Promise<number>): Promise<number> {
  const stopping = new AbortController();
  const allBegan = Promise.withResolvers<void>();
  let began = 0;
  const long = Array.from({ length: sequencesMax + 2 }, async (_, index) => {
    const content = `Please tell me a very long and detailed story, number ${index}.`;
    const request = { messages: [{ role: "user", content }], tokensMax: 700, sampling: greedy } as const;
    let isFirst = true;
    for await (const event of engine.generate(request, stopping.signal)) {
      if (event.kind === "failed") allBegan.reject(new Error(`Cannot measure: ${event.failure.reason}`));
      if (event.kind === "text" && isFirst && ++began === sequencesMax) allBegan.resolve();
      isFirst = false;
    }
  });
  await allBegan.promise;
  const ms = await measure();
  stopping.abort();
  await Promise.all(long);
  return ms;
}

async function firstMs(engine: Engine, request: GenerateRequest): Promise<number> {
  const startMs = performance.now();
  let first: number | undefined;
  for await (const event of engine.generate(request, never)) {
    if (event.kind === "failed") throw new Error(`Cannot measure: ${event.failure.reason}`);
    if (event.kind === "text") first ??= performance.now() - startMs;
  }
  if (first === undefined) throw new Error("Cannot measure: the alarm's answer has no text");
  return first;
}

if (import.meta.main) {
  const [modelPath] = Deno.args;
  const { name, value, unit, detail } = await alarmRow(
    modelPath === undefined ? "small" : "main",
    modelPath ?? testModel(),
    5,
  );
  console.log(name, value, unit, detail);
}
