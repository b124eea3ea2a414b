import { ok, strictEqual } from "node:assert/strict";
import { simulate } from "./scheduler_simulation.ts";

const isLong = Deno.env.get("CLAWDBOT_TEST_LONG") === "1";
const tasks = isLong ? 1_000_000 : 20_000;

// Goal: beside plain greedy-by-priority the scheduler keeps the pool as full, starts what needs most of the machine in a
// time that greedy doesn't come near, and lets alarms wait for what runs at most. Method: the same tasks for both,
// on a virtual clock; `deno run scripts/simulate_scheduler.ts` prints the figures.
Deno.test(`the scheduler beside greedy-by-priority, with ${tasks} tasks [seed 1]`, () => {
  const workload = { tasks, load: 0.8, seed: { seed: 1, run: 0 } };
  const scheduler = simulate("scheduler", workload);
  const greedy = simulate("greedy", workload);
  for (const { classes } of [scheduler, greedy]) {
    strictEqual(classes.reduce((sum, { count }) => sum + count, 0), tasks, "every task ran once");
  }
  const longest = (result: typeof greedy) => Math.max(...result.classes.map(({ maxMs }) => maxMs));
  ok(longest(scheduler) < longest(greedy) / 4, `${longest(scheduler)} ms beside ${longest(greedy)}`);
  ok(scheduler.leftBehind < greedy.leftBehind / 4, `${scheduler.leftBehind} beside ${greedy.leftBehind}`);
  ok(scheduler.utilisation.cpu >= greedy.utilisation.cpu);
  ok(scheduler.utilisation.tokens >= greedy.utilisation.tokens - 0.02);
  const [alarms] = scheduler.classes;
  ok(alarms!.p50Ms < 1_000 && alarms!.p99Ms < 10_000, JSON.stringify(alarms));
});
