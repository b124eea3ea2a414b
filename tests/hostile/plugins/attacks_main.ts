/**
 * Plays a host with two plugins: one tries every attack, the other answers calls meanwhile. Prints what came of it as JSON.
 * It is a process of its own, so that its memory is nobody else's: `deno run --v8-flags=--expose-gc`.
 */
import { quantile } from "../../bench/row.ts";
import { createPluginRunners, createTestPlugins } from "../../contract/plugin_runner_stand.ts";
import { plentyOfLimits } from "../../contract/plugins.ts";
import { manyThings } from "../../plugin_modules.ts";
import { attacks } from "./attacks.ts";

/** What came of all of it. */
export interface Report {
  /** What each attack came to, in their order; several calls behind each other. */
  readonly outcomes: readonly string[];
  /** Of the neighbour: how many calls, how many went wrong, and how long 99 of 100 took at most, before and meanwhile. */
  readonly neighbour: {
    readonly calls: number;
    readonly wrong: number;
    readonly quietMs: number;
    readonly p99Ms: number;
  };
  /** What this process holds, before and after, collected. */
  readonly heapBytes: readonly [before: number, after: number];
}

const never = new AbortController().signal;

async function main(): Promise<Report> {
  await using runners = createPluginRunners();
  const plugins = createTestPlugins(runners);
  const neighbour = await plugins.prepare(manyThings(), never);
  if (neighbour.kind !== "prepared") throw new Error(JSON.stringify(neighbour));
  const input = new TextEncoder().encode("e are you there?");
  const answer = async (): Promise<{ readonly isRight: boolean; readonly tookMs: number }> => {
    const start = performance.now();
    const outcome = await plugins.call(
      {
        digest: "f".repeat(64),
        module: () => Promise.resolve(neighbour.bytes),
        entry: "execute",
        input,
        limits: plentyOfLimits,
      },
      nobody,
      never,
    );
    const isRight = outcome.kind === "done" && outcome.output.every((byte, at) => byte === input[at]);
    return { isRight, tookMs: performance.now() - start };
  };
  for (let count = 0; count < 200; count++) await answer();
  const quiet: number[] = [];
  for (let count = 0; count < 500; count++) quiet.push((await answer()).tookMs);

  const times: number[] = [];
  let wrong = 0;
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      const { isRight, tookMs } = await answer();
      times.push(tookMs);
      if (!isRight) wrong++;
      await new Promise((resolve) => setTimeout(resolve, 2)); // Somebody who asks, and not a flood.
    }
  })();

  const attackAll = async (): Promise<string[]> => {
    const outcomes: string[] = [];
    for (const [index, { wasm, entry = "execute", limits, calls = 1 }] of attacks.entries()) {
      const prepared = await plugins.prepare(wasm(), never);
      if (prepared.kind !== "prepared") {
        outcomes.push(prepared.kind === "refused" ? `refused ${prepared.code}` : prepared.kind);
        continue;
      }
      const digest = index.toString(16).padStart(64, "0");
      const came: string[] = [];
      for (let count = 0; count < calls; count++) {
        const outcome = await plugins.call(
          {
            digest,
            module: () => Promise.resolve(prepared.bytes),
            entry,
            input: new TextEncoder().encode("attack"),
            limits: { ...plentyOfLimits, fuel: 5e7, ...limits },
          },
          nobody,
          never,
        );
        came.push(outcome.kind === "failed" ? outcome.code : outcome.kind);
      }
      outcomes.push([...new Set(came)].join(" "));
      plugins.end(digest);
    }
    return outcomes;
  };
  await plugins.prepare(attacks[0]!.wasm(), never); // What is loaded once is there before.
  const before = await heldBytes();
  const outcomes = await attackAll();
  isOver = true;
  await asking;
  const after = await heldBytes();
  await plugins.close();
  return {
    outcomes,
    neighbour: { calls: times.length, wrong, quietMs: quantile(quiet, 0.99), p99Ms: quantile(times, 0.99) },
    heapBytes: [before, after],
  };
}

function nobody(): Promise<Uint8Array> {
  return Promise.resolve(new TextEncoder().encode('{"error":{"code":"denied","message":"no"}}'));
}

/** What is held once all that can be collected is: what a collection finalizes, the next one frees. */
async function heldBytes(): Promise<number> {
  for (let round = 0; round < 5; round++) {
    (globalThis as unknown as { gc(): void }).gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

if (import.meta.main) {
  console.log(JSON.stringify(await main()));
  Deno.exit(0);
}
