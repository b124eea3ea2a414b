import { deepStrictEqual, ok } from "node:assert/strict";
import { never } from "../../../tests/contract/engine.ts";
import { createModelRunners, createTestEngine } from "../../../tests/contract/model_runner_stand.ts";
import { estimateTokens } from "./token_estimate.ts";

Deno.test("estimateTokens() is nothing for nothing", () => deepStrictEqual(estimateTokens(""), 0));

Deno.test("estimateTokens() is over the real model's tokens, and not by much, for prose, code and Chinese", async () => {
  await using runners = createModelRunners();
  const engine = createTestEngine(runners);
  const paths = [
    "README.md",
    "README.zh-CN.md",
    "LICENSE",
    "core/agent.ts",
    "deno.json",
    "schema/config.schema.json",
  ];
  const texts = await Promise.all(paths.map((path) => Deno.readTextFile(new URL(`../../../${path}`, import.meta.url))));
  const result = await engine.countTokens(texts, never);
  ok(result.kind === "counted", JSON.stringify(result));
  texts.forEach((text, index) => {
    const share = estimateTokens(text) / result.counts[index]!;
    ok(share >= 1 && share < 2.2, `${paths[index]}: ${share.toFixed(2)} of the real count`);
  });
  await engine.close();
});
