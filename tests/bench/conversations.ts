import { systemClock } from "../../adapters/clock/system.ts";
import { createNodeCrypto } from "../../adapters/crypto/node.ts";
import { open as openObjects } from "../../adapters/objects/fs.ts";
import { systemRandom } from "../../adapters/random/system.ts";
import { createIds } from "../../core/ids.ts";
import { createModelStates } from "../../core/model_states.ts";
import type { ChatMessage, Engine, GenerateRequest } from "../../core/ports/engine.ts";
import { startScene } from "../clawdbot_scene.ts";
import { createModelRunners, createTestEngine, silent } from "../contract/model_runner_stand.ts";
import { testModel } from "../site.ts";
import { quantile, type Row, row } from "./row.ts";

const never = new AbortController().signal;
/** Words of a question that make a history of about so many tokens. */
const historyWords = 1_300;
/** Other conversations, with this many words each, that fill what may be kept. */
const others = { count: 8, words: 200 } as const;
const words = "the keeper of the light writes down each ship that passes and what the wind and the sea are like".split(
  " ",
);

/** What a conversation's next turn waits for, its history kept, put back from a sealed state, and computed again. */
export async function* conversationRows(): AsyncGenerator<Row> {
  yield* rowsOf("small", testModel(), 5);
  const main = Deno.env.get("CLAWDBOT_BENCH_MAIN_MODEL");
  if (main !== undefined) yield* rowsOf("main", main, 3);
}

async function* rowsOf(name: string, modelPath: string, rounds: number): AsyncGenerator<Row> {
  await using runners = createModelRunners(modelPath);
  const scene = await startScene(() => ({ pieces: ["yes"] }));
  const { sessionId } = await scene.ask("hello");
  const folder = await Deno.makeTempDir();
  const states = createModelStates({
    store: scene.store,
    vault: scene.vault,
    crypto: createNodeCrypto(),
    random: systemRandom,
    clock: systemClock,
    ids: createIds({ clock: systemClock, random: systemRandom }),
    log: silent,
    objects: await openObjects({ path: folder }),
    model: name,
  });
  const engine = createTestEngine(runners, { states });
  const computing = createTestEngine(runners);
  const machine = `${navigator.hardwareConcurrency} cores`;
  try {
    const ms = { kept: [] as number[], restored: [] as number[], computed: [] as number[], parked: [] as number[] };
    let tokens = 0;
    let reused = 0;
    for (let round = 0; round < rounds; round++) {
      const history: ChatMessage[] = [{ role: "user", content: textOf(historyWords, round) }];
      await turn(engine, sessionId, history);
      ms.kept.push((await turn(engine, sessionId, [...history, next(round)])).firstMs);
      const beganMs = performance.now();
      await engine.unload();
      ms.parked.push(performance.now() - beganMs);
      await engine.load(never);
      const restored = await turn(engine, sessionId, [...history, next(round + 1)]);
      ms.restored.push(restored.firstMs);
      reused = restored.reused;
      tokens = restored.tokens;
      await computing.unload();
      await computing.load(never);
      ms.computed.push((await turn(computing, sessionId, [...history, next(round + 1)])).firstMs);
    }
    const bytes = (await states.find(sessionId))?.bytes ?? 0;
    const of = (values: readonly number[]) => values.map((value) => value.toFixed(0)).join(", ");
    const what = `prompt of ${tokens} tokens; median of ${rounds}`;
    yield row({
      name: `turn.kept.${name}`,
      value: quantile(ms.kept, 0.5),
      unit: "ms",
      detail: `to the first token of the next turn, history in memory; ${what} (${of(ms.kept)}); ${machine}`,
    });
    yield row({
      name: `turn.restored.${name}`,
      value: quantile(ms.restored, 0.5),
      unit: "ms",
      detail: `the model was unloaded between; ${reused} tokens put back from a sealed state; ` +
        `${what} (${of(ms.restored)}); ${machine}`,
    });
    yield row({
      name: `turn.computed.${name}`,
      value: quantile(ms.computed, 0.5),
      unit: "ms",
      detail: `the same without a state; ${what} (${of(ms.computed)}); ${machine}`,
    });
    yield row({
      name: `state.unload.${name}`,
      value: quantile(ms.parked, 0.5),
      unit: "ms",
      detail: `to unload, with one state of ${
        (bytes / 1e6).toFixed(1)
      } MB sealed and on disk; median of ${rounds}; ${machine}`,
    });
    yield await decodeRow(name, { filled: engine, empty: computing }, rounds, machine);
  } finally {
    await engine.close();
    await computing.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** What answers lose while the cache holds histories of others. */
async function decodeRow(
  name: string,
  { filled, empty }: { readonly filled: Engine; readonly empty: Engine },
  rounds: number,
  machine: string,
): Promise<Row> {
  await empty.unload();
  for (let other = 0; other < others.count; other++) {
    await turn(filled, `other ${other}`, [{ role: "user", content: textOf(others.words, 100 + other) }]);
  }
  const ratios: number[] = [];
  for (let round = 0; round < 2 * rounds; round++) {
    const story: ChatMessage[] = [{ role: "user", content: `Tell me a long story about ${textOf(3, round)}.` }];
    const [first, second] = round % 2 === 0 ? [filled, empty] : [empty, filled];
    const rates = new Map<Engine, number>();
    for (const engine of [first!, second!]) rates.set(engine, (await turn(engine, undefined, story, 96)).rate);
    if (round > 0) ratios.push(rates.get(filled)! / rates.get(empty)!);
  }
  return row({
    name: `decode.kept.${name}`,
    value: quantile(ratios, 0.5),
    unit: "x",
    detail: `tokens/s with ${others.count} histories in the cache to those with none; ` +
      `median of ${ratios.length} (${ratios.map((ratio) => ratio.toFixed(2)).join(", ")}); ${machine}`,
  });
}

const next = (round: number): ChatMessage => ({
  role: "user",
  content: `In one word: how is ${textOf(8, 50 + round)}?`,
});

function textOf(count: number, run: number): string {
  return Array.from({ length: count }, (_, index) => words[(index * 7 + run * 3 + (index >> 4)) % words.length]).join(
    " ",
  );
}

async function turn(
  engine: Engine,
  conversation: string | undefined,
  messages: readonly ChatMessage[],
  tokensMax = 8,
): Promise<{ readonly firstMs: number; readonly rate: number; readonly tokens: number; readonly reused: number }> {
  const request: GenerateRequest = {
    messages: [{ role: "system", content: "You are a helpful assistant." }, ...messages],
    ...(conversation === undefined ? {} : { conversation }),
    tokensMax,
    sampling: { temperature: 0 },
  };
  const beganMs = performance.now();
  let firstMs: number | undefined;
  for await (const event of engine.generate(request, never)) {
    const nowMs = performance.now();
    if (event.kind === "failed") throw new Error(event.failure.reason);
    if (event.kind === "text") firstMs ??= nowMs;
    if (event.kind !== "end") continue;
    const { answerTokens, promptTokens, promptReused } = event.usage;
    const began = firstMs ?? nowMs;
    return {
      firstMs: began - beganMs,
      rate: (answerTokens - 1) / Math.max(1, nowMs - began) * 1_000,
      tokens: promptTokens,
      reused: promptReused,
    };
  }
  throw new Error("An answer without an end");
}
