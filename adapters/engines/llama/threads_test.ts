import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { createThreadPolicy, threadLevels } from "./threads.ts";

/** Runs steps of one row on a virtual clock; `costMs` says what a step takes with so many threads. */
function simulate(threadsMax: number, forMs: number, costMs: (threads: number, nowMs: number) => number) {
  const policy = createThreadPolicy(threadsMax);
  let nowMs = 0;
  let steps = 0;
  let worstMs = 0;
  const used = new Map<number, number>();
  while (nowMs < forMs) {
    const { threads, breakOffMs } = policy.next(1, nowMs);
    const wholeMs = costMs(threads, nowMs);
    const isLate = breakOffMs > 0 && wholeMs > breakOffMs;
    const tookMs = isLate ? breakOffMs : wholeMs;
    nowMs += tookMs;
    worstMs = Math.max(worstMs, tookMs);
    policy.measured(1, threads, tookMs, nowMs, isLate);
    if (!isLate) steps++;
    used.set(threads, (used.get(threads) ?? 0) + 1);
  }
  return { steps, worstMs, used, last: policy.next(1, nowMs).threads };
}

Deno.test("threadLevels() halves down to one", () => {
  deepStrictEqual([1, 2, 3, 6, 16].map(threadLevels), [[1], [1, 2], [1, 3], [1, 3, 6], [1, 2, 4, 8, 16]]);
});

Deno.test("createThreadPolicy() stays with all threads while they are worth it", () => {
  const { used, last } = simulate(2, 20_000, (threads) => 10 / threads);
  strictEqual(last, 2);
  strictEqual(used.get(1), 1); // the one step that finds out what one costs
});

Deno.test("createThreadPolicy() goes down when other programs take the cores, and loses little by trying again", () => {
  const costMs = (threads: number) => threads === 1 ? 15 : 500;
  const { steps, worstMs, last } = simulate(2, 60_000, costMs);
  strictEqual(last, 1);
  ok(worstMs <= 25, `a step took ${worstMs} ms`);
  ok(steps > 0.95 * 60_000 / 15, `${steps} steps`);
});

Deno.test("createThreadPolicy() comes back when the cores are free again", () => {
  const { last } = simulate(2, 120_000, (threads, nowMs) => nowMs < 20_000 && threads > 1 ? 500 : 10 / threads);
  strictEqual(last, 2);
});

Deno.test("createThreadPolicy() finds the best of many counts", () => {
  // Two of eight cores are taken: with more than four threads, barriers wait.
  const { used } = simulate(8, 60_000, (threads) => threads <= 4 ? 40 / threads : 200);
  const [most] = [...used].toSorted((a, b) => b[1] - a[1])[0] ?? [];
  strictEqual(most, 4);
});

Deno.test("createThreadPolicy() with one thread has nothing to decide", () => {
  deepStrictEqual(createThreadPolicy(1).next(4, 0), { threads: 1, breakOffMs: 0 });
});
