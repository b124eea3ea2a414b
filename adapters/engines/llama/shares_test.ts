import { strictEqual } from "node:assert/strict";
import type { Job } from "./job.ts";
import { createShares } from "./shares.ts";

function job(id: number, more: Partial<Job> = {}): Job {
  const prompt = { tokens: [1], stableCount: 0 };
  return { id, priority: "conversation", prompt, tokensMax: 1, sampling: {}, stop: [], ...more };
}

Deno.test("createShares() counts the jobs of one conversation together", () => {
  const shares = createShares();
  const [first, second] = [job(1, { conversation: "a" }), job(2, { conversation: "a" })];
  shares.enter(first);
  shares.enter(second);
  shares.serve(first, 30);
  shares.leave(first);
  strictEqual(shares.servedMs(second), 30);
});

Deno.test("createShares() lets who comes begin where the least served of its class stands", () => {
  const shares = createShares();
  for (const one of [job(1), job(2), job(3, { priority: "background" })]) shares.enter(one);
  shares.serve(job(1), 5_000);
  shares.serve(job(2), 900);
  shares.enter(job(4));
  strictEqual(shares.servedMs(job(4)), 900);
  shares.leave(job(2));
  shares.leave(job(4));
  shares.enter(job(5));
  strictEqual(shares.servedMs(job(5)), 5_000);
});
