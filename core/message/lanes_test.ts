import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../../tests/seeded.ts";
import { VirtualClock } from "../../tests/simulator/virtual_clock.ts";
import { createLanes, type LaneResult } from "./lanes.ts";

const never = new AbortController().signal;

seeded("lanes keep the order of each lane and the bound on all of them", async (random) => {
  const clock = new VirtualClock(0);
  const done: Record<string, number[]> = {};
  let running = 0;
  const busy = new Set<string>();
  const lanes = createLanes<number>({
    clock,
    concurrency: 3,
    signal: never,
    failed: () => {},
    run: async (item, lane): Promise<LaneResult> => {
      ok(++running <= 3);
      ok(!busy.has(lane));
      busy.add(lane);
      await clock.sleep(random() * 100, never);
      busy.delete(lane);
      running--;
      if (random() < 0.3) return { kind: "again", afterMs: random() * 1_000 };
      (done[lane] ??= []).push(item);
      if (random() < 0.1) throw new Error("a bug drops the item, not the lane");
      return { kind: "done" };
    },
  });
  const pushed: Record<string, number[]> = {};
  for (let item = 0; item < 30; item++) {
    const lane = `${Math.floor(random() * 5)}`;
    clock.at(random() * 2_000, () => {
      (pushed[lane] ??= []).push(item);
      lanes.push(lane, item);
    });
  }
  await clock.run(1e9);
  deepStrictEqual(done, pushed);
  strictEqual(lanes.count(), 0);
}, { runs: 100 });

Deno.test("lanes begin nothing after the signal, and quiet() waits for what runs", async () => {
  const clock = new VirtualClock(0);
  const controller = new AbortController();
  const begun: number[] = [];
  const lanes = createLanes<number>({
    clock,
    concurrency: 1,
    signal: controller.signal,
    failed: () => {},
    run: async (item) => {
      begun.push(item);
      await clock.sleep(50, never);
      return { kind: "done" };
    },
  });
  lanes.push("a", 1);
  lanes.push("a", 2);
  controller.abort();
  lanes.push("b", 3);
  let quiet = false;
  void lanes.quiet().then(() => quiet = true);
  await clock.run(49);
  strictEqual(quiet, false);
  await clock.run(1_000);
  strictEqual(quiet, true);
  deepStrictEqual(begun, [1]);
});

Deno.test("an item that turns out to be several is followed by them, before what was pushed meanwhile", async () => {
  const clock = new VirtualClock(0);
  const done: string[] = [];
  const lanes = createLanes<string>({
    clock,
    concurrency: 3,
    signal: never,
    failed: () => {},
    run: async (item): Promise<LaneResult> => {
      await clock.sleep(10, never);
      if (item === "one" && !done.includes("split")) {
        lanes.follow("lane", ["two", "three"]);
        done.push("split");
        return { kind: "again", afterMs: 10 };
      }
      done.push(item);
      return { kind: "done" };
    },
  });
  for (const item of ["one", "last"]) lanes.push("lane", item);
  strictEqual(lanes.isIdle("lane"), false);
  await clock.run(1_000);
  deepStrictEqual(done, ["split", "one", "two", "three", "last"]);
  deepStrictEqual([lanes.count(), lanes.isIdle("lane")], [0, true]);
});

Deno.test("only what waits to be woken is", async () => {
  const clock = new VirtualClock(0);
  const done: string[] = [];
  const lanes = createLanes<string>({
    clock,
    concurrency: 3,
    signal: never,
    failed: () => {},
    run: async (item): Promise<LaneResult> => {
      done.push(`${item} ${clock.nowMs()}`);
      if (clock.nowMs() > 0) return { kind: "done" };
      return { kind: "again", afterMs: 1_000, orWoken: item === "sleeper" };
    },
  });
  lanes.push("a", "sleeper");
  lanes.push("b", "patient");
  await clock.run(100);
  lanes.wake();
  await clock.run(2_000);
  deepStrictEqual(done, ["sleeper 0", "patient 0", "sleeper 100", "patient 1000"]);
});
