import { strictEqual } from "node:assert/strict";
import { createCollector } from "./collect.ts";

Deno.test("rest() collects once much was left, of whatever kind, and not before", () => {
  let collected = 0;
  const collector = createCollector(() => collected++);
  for (let count = 0; count < 127; count++) collector.dropped(65_536);
  collector.rest(1);
  strictEqual(collected, 0);
  collector.dropped(65_536);
  strictEqual(collected, 0, "not in the middle of a call");
  collector.rest(1);
  collector.rest(1);
  strictEqual(collected, 1);
  collector.dropped(48 * 1024 * 1024);
  collector.rest(1);
  strictEqual(collected, 2);
  for (let count = 0; count < 4; count++) collector.rest(1024 * 1024);
  strictEqual(collected, 3);
});
