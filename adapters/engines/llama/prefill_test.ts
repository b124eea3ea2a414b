import { ok, strictEqual } from "node:assert/strict";
import { createPrefillPace } from "./prefill.ts";

Deno.test("createPrefillPace() begins small, and takes larger chunks while nobody waits", () => {
  const pace = createPrefillPace(512);
  strictEqual(pace.rows(true), 32);
  for (let step = 0; step < 20; step++) pace.measured(32, 32); // 1 ms a row
  strictEqual(pace.rows(false), 512);
  strictEqual(pace.rows(true), 176);
});

Deno.test("createPrefillPace() keeps the pace of running answers on a slow machine", () => {
  const pace = createPrefillPace(512);
  for (let step = 0; step < 10; step++) pace.measured(32, 32 * 6);
  ok(pace.rows(true) * 6 <= 180);
  for (let step = 0; step < 10; step++) pace.measured(32, 32 * 100);
  strictEqual(pace.rows(true), 16); // never nothing
});

Deno.test("createPrefillPace() doesn't judge prompts by steps that hold hardly any", () => {
  const pace = createPrefillPace(512);
  pace.measured(1, 1_000);
  strictEqual(pace.rows(true), 32);
});

Deno.test("createPrefillPace() takes less after a step that was broken off, and believes bad news sooner than good", () => {
  const pace = createPrefillPace(512);
  pace.measured(32, 32);
  pace.brokenOff();
  strictEqual(pace.rows(true), 88);
  pace.measured(88, 880);
  ok(pace.rows(true) < 24);
  pace.measured(16, 16);
  ok(pace.rows(true) < 32);
});
