import { ok, strictEqual } from "node:assert/strict";
import { findFreeCore } from "./free_core.ts";

/** A clock that advances a little at each look, and once by more. */
function clockWithGap(atMs: number, gapMs: number) {
  let ms = 1_000;
  return {
    ms: () => ms,
    read() {
      const before = ms;
      ms += 0.01;
      if (before - 1_000 < atMs && ms - 1_000 >= atMs) ms += gapMs;
      return ms;
    },
  };
}

Deno.test("findFreeCore() is true where nothing came between", () => {
  const clock = clockWithGap(3, 0.2);
  strictEqual(findFreeCore(clock.read), true);
  ok(clock.ms() - 1_000 < 7);
});

Deno.test("findFreeCore() is false where another program was let run, and looks no further", () => {
  const clock = clockWithGap(2.5, 3);
  strictEqual(findFreeCore(clock.read), false);
  ok(clock.ms() - 1_000 < 6);
});
