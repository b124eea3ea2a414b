import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../tests/seeded.ts";
import { VirtualClock } from "../tests/simulator/virtual_clock.ts";
import { createModelMemory, type ModelMemory, type ModelPlace, type Resident, roomWaitMsMax } from "./model_memory.ts";
import type { EngineState } from "./ports/engine.ts";

const never = new AbortController().signal;

/** A model that takes what it needs, or what it is given, and computes until it is told to stop. */
function createModel(memory: ModelMemory, needBytes: number, isKnown = true) {
  const place: ModelPlace = memory.place({ limitBytes: 1_000, ...(isKnown ? { needBytes } : {}) });
  let state: EngineState = { kind: "idle" };
  let loading: Promise<void> | undefined;
  let loads = 0;
  let work = Promise.withResolvers<void>();
  let users = 0;
  const given: number[] = [];

  async function load(): Promise<void> {
    if (state.kind === "ready") return;
    state = { kind: "loading" };
    loads++;
    const bytes = await place.room(never);
    given.push(bytes);
    state = bytes < needBytes
      ? { kind: "failed", failure: { kind: "refused", reason: `${bytes}` } }
      : { kind: "ready", info: { name: "m", contextTokens: 1, sequencesMax: 1, memoryBytes: needBytes } };
  }
  const inner: Resident = {
    async load() {
      await (loading ??= load().finally(() => loading = undefined));
      return state.kind === "ready" ? state : { kind: "failed", failure: { kind: "refused", reason: "no room" } };
    },
    async countTokens() {
      await inner.load(never);
      users++;
      await work.promise;
      users--;
      return { kind: "counted", counts: [] };
    },
    embed: () => Promise.reject(new Error("not asked for")),
    async *generate() {},
    state: () => state,
    async unload() {
      if (users > 0 || state.kind === "loading") return { kind: "busy" };
      state = { kind: "idle" };
      return { kind: "unloaded" };
    },
    async close() {},
  };
  return {
    engine: place.keep(inner),
    given,
    state: () => state.kind,
    bytes: () => state.kind === "ready" ? needBytes : 0,
    loads: () => loads,
    finish() {
      work.resolve();
      work = Promise.withResolvers();
    },
  };
}

Deno.test("model memory keeps models that fit together", async () => {
  const memory = createModelMemory({ limitBytes: 1_000, clock: new VirtualClock(0) });
  const [a, b] = [createModel(memory, 600), createModel(memory, 400)];
  await a.engine.load(never);
  await b.engine.load(never);
  deepStrictEqual([a.state(), b.state()], ["ready", "ready"]);
  deepStrictEqual(b.given, [400], "it may take what the other leaves");
});

Deno.test("model memory unloads what was used longest ago, and no more than it must", async () => {
  const clock = new VirtualClock(0);
  const memory = createModelMemory({ limitBytes: 1_000, clock });
  const [a, b, c] = [createModel(memory, 400), createModel(memory, 400), createModel(memory, 500)];
  await a.engine.load(never);
  await clock.run(10);
  await b.engine.load(never);
  await clock.run(20);
  await a.engine.load(never); // used again: b is the older one now
  await clock.run(30);
  await c.engine.load(never);
  deepStrictEqual([a.state(), b.state(), c.state()], ["ready", "idle", "ready"]);
});

Deno.test("model memory waits for a model that somebody needs, and doesn't unload it", async () => {
  const clock = new VirtualClock(0);
  const memory = createModelMemory({ limitBytes: 1_000, clock });
  const [a, b] = [createModel(memory, 600), createModel(memory, 600)];
  const counting = a.engine.countTokens([], never);
  await clock.run(10);
  const loading = b.engine.load(never);
  await clock.run(1_000);
  deepStrictEqual([a.state(), b.state()], ["ready", "loading"]);
  a.finish();
  await counting;
  strictEqual((await loading).kind, "ready");
  deepStrictEqual([a.state(), b.state()], ["idle", "ready"]);
});

Deno.test("model memory makes do with what there is after a while", async () => {
  const clock = new VirtualClock(0);
  const memory = createModelMemory({ limitBytes: 1_000, clock });
  const [a, b] = [createModel(memory, 700), createModel(memory, 600)];
  const counting = a.engine.countTokens([], never);
  await clock.run(10);
  const loading = b.engine.load(never);
  await clock.run(roomWaitMsMax + 1_000);
  strictEqual((await loading).kind, "failed");
  deepStrictEqual(b.given, [300]);
  strictEqual(a.state(), "ready");
  a.finish();
  await counting;
});

Deno.test("model memory gives one that nobody knows all there can be, and knows it the next time", async () => {
  const clock = new VirtualClock(0);
  const memory = createModelMemory({ limitBytes: 1_000, clock });
  const [a, b] = [createModel(memory, 300), createModel(memory, 300, false)];
  await a.engine.load(never);
  await b.engine.load(never);
  deepStrictEqual([a.state(), b.given], ["idle", [1_000]]);
  await b.engine.unload();
  await a.engine.load(never);
  await b.engine.load(never);
  deepStrictEqual([a.state(), b.given], ["ready", [1_000, 700]]);
});

// Goal: models together never take more than their limit, whoever is needed when. Method: seeded walks.
seeded("model memory never gives more than there is", async (random) => {
  const clock = new VirtualClock(0);
  const memory = createModelMemory({ limitBytes: 1_000, clock });
  const models = Array.from({ length: 4 }, () => createModel(memory, 100 + Math.floor(random() * 900), random() < 0.5));
  const running = new Set<Promise<unknown>>();
  for (let step = 0; step < 30; step++) {
    const model = models[Math.floor(random() * models.length)]!;
    const draw = random();
    if (draw < 0.4) running.add(model.engine.load(never));
    else if (draw < 0.7) running.add(model.engine.countTokens([], never));
    else model.finish();
    await clock.run(clock.nowMs() + Math.floor(random() * 5_000));
    const taken = models.reduce((sum, { bytes }) => sum + bytes(), 0);
    ok(taken <= 1_000, `${taken} bytes are taken`);
  }
  for (let round = 0; round < 20; round++) {
    models.forEach((model) => model.finish());
    await clock.run(clock.nowMs() + roomWaitMsMax);
  }
  await Promise.all(running);
}, { runs: 50, long: 2_000 });
