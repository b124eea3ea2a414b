import { strictEqual } from "node:assert/strict";
import { createCollector } from "./collect.ts";

function counting() {
  let collected = 0;
  const collector = createCollector(() => collected++);
  return { collector, collected: () => collected };
}

Deno.test("rest() collects once many instances were dropped, or large ones, and not before", () => {
  const { collector, collected } = counting();
  for (let count = 0; count < 63; count++) collector.dropped(65_536);
  collector.rest();
  strictEqual(collected(), 0);
  collector.dropped(65_536);
  strictEqual(collected(), 0, "not in the middle of a call");
  collector.rest();
  collector.rest();
  strictEqual(collected(), 1);
  collector.dropped(32 * 1024 * 1024);
  collector.rest();
  strictEqual(collected(), 2);
});
