import { ok, strictEqual } from "node:assert/strict";
import { createRestorePace } from "./restore_pace.ts";

Deno.test("createRestorePace() follows what was measured", () => {
  const pace = createRestorePace();
  const before = pace.estimateMs(10_000_000);
  for (let count = 0; count < 10; count++) pace.measured(10_000_000, 20);
  const fast = pace.estimateMs(10_000_000);
  ok(fast < 30 && fast < before, `${before} ${fast}`);
  for (let count = 0; count < 10; count++) pace.measured(10_000_000, 2_000);
  ok(pace.estimateMs(10_000_000) > 1_900);
  strictEqual(pace.estimateMs(0) > 0, true);
});
