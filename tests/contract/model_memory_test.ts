import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { systemClock } from "../../adapters/clock/system.ts";
import { createModelMemory } from "../../core/model_memory.ts";
import { createModelRunners, createTestEngine } from "./model_runner_stand.ts";

const never = new AbortController().signal;

Deno.test("engine llama: of two models that don't fit together the one used longest ago makes room", async () => {
  await using runners = createModelRunners();
  const memory = createModelMemory({ limitBytes: 450e6, clock: systemClock });
  const create = () => {
    const place = memory.place({ limitBytes: 450e6, needBytes: 280e6 });
    return place.keep(createTestEngine(runners, { sequencesMax: 1, contextTokens: 512, room: place.room }));
  };
  const [one, other] = [create(), create()];
  const count = async (engine: typeof one) => {
    const result = await engine.countTokens(["a b"], never);
    ok(result.kind === "counted", JSON.stringify(result));
  };
  await count(one);
  const state = one.state();
  ok(state.kind === "ready" && state.info.memoryBytes! <= 450e6);
  await count(other);
  deepStrictEqual([one.state().kind, other.state().kind], ["idle", "ready"]);
  await count(one);
  deepStrictEqual([one.state().kind, other.state().kind], ["ready", "idle"]);
  strictEqual(runners.pids.length, 3);
  await Promise.all([one.close(), other.close()]);
});
