import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../tests/seeded.ts";
import { type RateState, takeOne } from "./rate_limit.ts";

Deno.test("takeOne() allows a minute's worth at once, then one for each share of a minute", () => {
  let state: RateState | undefined;
  const at = (nowMs: number) => {
    const taken = takeOne(state, { perMinute: 3, nowMs });
    state = taken.state;
    return taken.view;
  };
  deepStrictEqual([at(0), at(0), at(0)].map(({ allowed, left }) => [allowed, left]), [[true, 2], [true, 1], [true, 0]]);
  deepStrictEqual(at(0), { allowed: false, perMinute: 3, left: 0, retryAfterMs: 20_000, fullAfterMs: 60_000 });
  deepStrictEqual(at(15_000), { allowed: false, perMinute: 3, left: 0, retryAfterMs: 5_000, fullAfterMs: 45_000 });
  strictEqual(at(20_000).allowed, true);
  strictEqual(at(20_000).allowed, false);
});

Deno.test("takeOne() gives nothing for a clock that was set back", () => {
  const { state } = takeOne({ left: 0, atMs: 100_000 }, { perMinute: 60, nowMs: 40_000 });
  strictEqual(state.left, 0);
  strictEqual(takeOne(state, { perMinute: 60, nowMs: 41_000 }).view.allowed, true);
});

// Goal: whenever tries come, no window of a minute sees more than twice the rate, and waiting as told always helps.
// Method: seeded walks over waiting times.
seeded("takeOne() keeps the rate, and its advice", (random) => {
  const perMinute = 1 + Math.floor(random() * 100);
  const allowedMs: number[] = [];
  let state: RateState | undefined;
  for (let nowMs = 0, index = 0; index < 200; index++) {
    const { state: after, view } = takeOne(state, { perMinute, nowMs });
    state = after;
    if (view.allowed) allowedMs.push(nowMs);
    else ok(takeOne(state, { perMinute, nowMs: nowMs + view.retryAfterMs }).view.allowed);
    ok(allowedMs.filter((atMs) => atMs > nowMs - 60_000).length <= 2 * perMinute);
    nowMs += Math.floor(random() * 120_000 / perMinute);
  }
}, { runs: 200 });
