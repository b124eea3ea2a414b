import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { type CoreSearch, createThreadPolicy, threadLevels } from "./threads.ts";

/** What a step takes with so many threads, and which share of it they wait for a core. */
interface Machine {
  step(threads: number, nowMs: number): { readonly ms: number; readonly waited: number };
  hasFreeCore(nowMs: number): boolean;
}

const quiet: Machine = { step: (threads) => ({ ms: 10 / threads, waited: 0.01 }), hasFreeCore: () => true };
/** Another program has as many cores as there are. */
const taken: Machine = {
  step: (threads) => threads === 1 ? { ms: 20, waited: 0.5 } : { ms: 400, waited: 0.5 },
  hasFreeCore: () => false,
};

/** Runs steps on a virtual clock; `whenMs` tells which machine it is at a time. */
function simulate(
  threadsMax: number,
  forMs: number,
  machineAt: (nowMs: number) => Machine,
  rowsAt = (_step: number) => 1,
) {
  let nowMs = 0;
  let askedOfCores = 0;
  let found: ReturnType<CoreSearch["answer"]> = "none";
  const policy = createThreadPolicy(threadsMax, {
    ask() {
      askedOfCores++;
      found = machineAt(nowMs).hasFreeCore(nowMs) ? "free" : "taken";
    },
    answer: () => found,
  });
  const steps: { readonly atMs: number; readonly threads: number; readonly tookMs: number; readonly lost: boolean }[] =
    [];
  for (let count = 0; nowMs < forMs; count++) {
    const rows = rowsAt(count);
    const { threads, breakOffMs } = policy.next(rows, nowMs);
    const { ms, waited } = machineAt(nowMs).step(threads, nowMs);
    const wholeMs = ms * rows;
    const lost = breakOffMs > 0 && wholeMs > breakOffMs;
    const tookMs = lost ? breakOffMs : wholeMs;
    steps.push({ atMs: nowMs, threads, tookMs, lost });
    nowMs += tookMs;
    policy.measured({ rows, threads, tookMs, waited, brokenOff: lost }, nowMs);
  }
  return {
    steps,
    askedOfCores,
    worstMs: Math.max(...steps.map(({ tookMs }) => tookMs)),
    threadsAfter: (fromMs: number) => steps.filter(({ atMs }) => atMs >= fromMs).map(({ threads }) => threads),
  };
}

Deno.test("threadLevels() halves down to one", () => {
  deepStrictEqual([1, 2, 3, 6, 16].map(threadLevels), [[1], [1, 2], [1, 3], [1, 3, 6], [1, 2, 4, 8, 16]]);
});

Deno.test("createThreadPolicy() stays with all threads while there are cores for them, and looks for none", () => {
  const { steps, askedOfCores } = simulate(2, 20_000, () => quiet);
  strictEqual(steps.filter(({ threads }) => threads === 1).length, 1); // the one that finds out what one costs
  strictEqual(askedOfCores, 0);
});

Deno.test("createThreadPolicy() loses one step when other programs take the cores, and stays with one thread", () => {
  const { steps, worstMs } = simulate(2, 60_000, (nowMs) => nowMs < 5_000 ? quiet : taken);
  deepStrictEqual(steps.filter(({ lost }) => lost).map(({ tookMs }) => tookMs), [16]);
  strictEqual(worstMs, 20);
});

Deno.test("createThreadPolicy() loses hardly more time with a prompt than fewer threads would have needed for it", () => {
  const { steps } = simulate(2, 60_000, (nowMs) => nowMs < 5_000 ? quiet : taken, () => 32);
  deepStrictEqual(steps.filter(({ lost }) => lost).map(({ tookMs }) => Math.round(tookMs)), [352]); // 320 with one
});

Deno.test("createThreadPolicy() goes down by itself after a step that waited and was slower, before one is late", () => {
  const disturbed: Machine = { ...taken, step: (threads) => ({ ms: threads === 1 ? 12 : 14, waited: 0.3 }) };
  const { steps } = simulate(2, 10_000, (nowMs) => nowMs < 5_000 ? quiet : disturbed);
  strictEqual(steps.filter(({ atMs, threads }) => atMs >= 5_000 && threads === 2).length, 1);
});

Deno.test("createThreadPolicy() keeps all threads where they are faster in spite of another program", () => {
  const disturbed: Machine = { ...taken, step: (threads) => ({ ms: threads === 1 ? 12 : 8, waited: 0.3 }) };
  const { threadsAfter } = simulate(2, 10_000, (nowMs) => nowMs < 5_000 ? quiet : disturbed);
  deepStrictEqual([...new Set(threadsAfter(5_000))], [2]);
});

Deno.test("createThreadPolicy() has all threads back a fifth of a second after a short disturbance", () => {
  const { threadsAfter, steps } = simulate(2, 10_000, (nowMs) => nowMs >= 5_000 && nowMs < 5_040 ? taken : quiet);
  ok(steps.some(({ atMs, threads }) => atMs > 5_000 && threads === 1));
  deepStrictEqual([...new Set(threadsAfter(5_200))], [2]);
});

Deno.test("createThreadPolicy() is back soon after the hundredth disturbance too", () => {
  const everySecond = (nowMs: number) => nowMs % 1_000 < 40 ? taken : quiet;
  const { steps } = simulate(2, 100_000, everySecond);
  const one = steps.filter(({ threads }) => threads === 1).reduce((sum, { tookMs }) => sum + tookMs, 0);
  ok(one < 0.25 * 100_000, `${one} ms with one thread`);
});

Deno.test("createThreadPolicy() is back within two seconds after minutes of contention", () => {
  const { threadsAfter } = simulate(2, 130_000, (nowMs) => nowMs < 120_000 ? taken : quiet);
  deepStrictEqual([...new Set(threadsAfter(122_100))], [2]);
});

Deno.test("createThreadPolicy() loses little where a core seems free and isn't", () => {
  const deceiving: Machine = { ...taken, hasFreeCore: () => true };
  const { steps, worstMs } = simulate(2, 60_000, () => deceiving);
  ok(worstMs <= 30, `a step took ${worstMs} ms`);
  const lostMs = steps.filter(({ lost }) => lost).reduce((sum, { tookMs }) => sum + tookMs, 0);
  ok(lostMs < 0.02 * 60_000, `${lostMs} ms lost`);
});

Deno.test("createThreadPolicy() gives prompts all threads where single rows aren't worth them", () => {
  const small: Machine = { ...quiet, step: () => ({ ms: 10, waited: 0.01 }) };
  let rows = 1;
  const { steps } = simulate(
    2,
    20_000,
    () => rows === 1 ? small : quiet,
    (step) => rows = step % 20 === 19 ? 64 : 1,
  );
  const wide = steps.filter((_, index) => index % 20 === 19).slice(2);
  ok(wide.every(({ threads }) => threads === 2));
  const single = steps.filter((_, index) => index % 20 !== 19);
  ok(single.filter(({ threads }) => threads === 2).length < 0.05 * single.length);
});

Deno.test("createThreadPolicy() neither breaks off nor goes down because a conversation has become long", () => {
  const growing: Machine = {
    ...quiet,
    step: (threads, nowMs) => ({ ms: (10 + nowMs / 1_000) / threads, waited: 0.01 }),
  };
  const { steps } = simulate(2, 100_000, () => growing);
  strictEqual(steps.filter(({ lost }) => lost).length, 0);
  strictEqual(steps.filter(({ threads }) => threads === 1).length, 1);
});

Deno.test("createThreadPolicy() finds the best of many counts", () => {
  // Two of eight cores are taken: with more than four threads, barriers wait.
  const busy: Machine = {
    step: (threads) => threads <= 4 ? { ms: 40 / threads, waited: 0.01 } : { ms: 200, waited: 0.3 },
    hasFreeCore: () => true,
  };
  const { steps, threadsAfter } = simulate(8, 60_000, () => busy);
  const four = threadsAfter(0).filter((threads) => threads === 4).length;
  ok(four > 0.9 * steps.length, `${four} of ${steps.length} steps`);
});

Deno.test("createThreadPolicy() with one thread has nothing to decide", () => {
  const policy = createThreadPolicy(1, { ask: () => {}, answer: () => "none" });
  deepStrictEqual(policy.next(4, 0), { threads: 1, breakOffMs: 0 });
});
