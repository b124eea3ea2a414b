/**
 * Prints how full the pool is and how long each kind of work waits, under `core/scheduler.ts` and under plain
 * greedy-by-priority, for the same tasks.
 *
 *   deno run scripts/simulate_scheduler.ts [TASKS] [LOAD]    1,000,000 tasks at a load of 0.8 by default
 */
import { type Policy, simulate, type Waits } from "../tests/simulator/scheduler_simulation.ts";

const [tasks = 1_000_000, load = 0.8] = Deno.args.map(Number);
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const line = ({ name, count, p50Ms, p99Ms, maxMs }: Waits) =>
  [name.padEnd(14), `${count}`.padStart(8), ...[p50Ms, p99Ms, maxMs].map((ms) => (ms / 1_000).toFixed(1).padStart(10))]
    .join(" ");

for (const policy of ["scheduler", "greedy"] satisfies Policy[]) {
  const startMs = performance.now();
  const { utilisation, classes, kinds, leftBehind } = simulate(policy, { tasks, load, seed: { seed: 1, run: 0 } });
  const { cpu, gpu, memory, tokens } = utilisation;
  console.log(`${policy}: ${tasks} tasks, load ${load}, computed in ${Math.round(performance.now() - startMs)} ms`);
  console.log(
    `in use: cpu ${percent(cpu)}, tokens ${percent(tokens)}, memory ${percent(memory)}, gpu ${percent(gpu)}; ` +
      `${leftBehind} not started at the last arrival`,
  );
  console.log(
    `${"waited, s".padEnd(14)} ${"tasks".padStart(8)} ${
      ["p50", "p99", "longest"].map((name) => name.padStart(10)).join(" ")
    }`,
  );
  for (const waits of [...classes, ...kinds]) console.log(line(waits));
  console.log();
}
