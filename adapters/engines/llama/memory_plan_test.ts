import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { planMemory } from "./memory_plan.ts";
import type { ModelFile } from "./model_file.ts";

const file: ModelFile = {
  path: "/models/m.gguf",
  name: "M",
  fileBytes: 1_117e6,
  parametersCount: 1_777e6,
  chatTemplate: "x",
  isBase: false,
  contextTokensMax: 32_768,
  weightsBytes: 1_111e6,
  cellBytes: 28_672,
  cellBytesQ8: 15_232,
  stateBytes: 0,
  rowBytes: 132_096,
  outputBytes: 607_744,
};
const wish = {
  contextTokens: undefined,
  answersMax: 8,
  rowsMax: 520,
  availableBytes: undefined,
  limitBytes: undefined,
};

Deno.test("planMemory() takes fast weights and two conversations where memory is plenty or unknown", () => {
  const result = planMemory(file, wish);
  ok(result.kind === "planned");
  strictEqual(result.plan.repack, true);
  strictEqual(result.plan.contextTokens, 4_096);
  strictEqual(result.plan.cells, 8_192);
});

Deno.test("planMemory() gives up speed before it gives up context", () => {
  const result = planMemory(file, { ...wish, limitBytes: 2e9 });
  ok(result.kind === "planned");
  strictEqual(result.plan.repack, false);
  strictEqual(result.plan.cells, 8_192);
  ok(result.plan.needBytes <= 2e9);
});

Deno.test("planMemory() keeps keys and values as 8-bit numbers before it gives up room, and where they can be", () => {
  const tight = { ...wish, limitBytes: 1.5e9 };
  const result = planMemory(file, tight);
  ok(result.kind === "planned");
  deepStrictEqual([result.plan.cacheType, result.plan.repack, result.plan.cells], ["q8_0", false, 8_192]);
  const { cellBytesQ8: _, ...odd } = file;
  const without = planMemory(odd, tight);
  ok(without.kind === "planned");
  deepStrictEqual([without.plan.cacheType, without.plan.cells], ["f16", 4_096]);
});

Deno.test("planMemory() lessens the context only when nobody asked for a number", () => {
  const tight = { ...wish, availableBytes: 1.38e9 };
  const result = planMemory(file, tight);
  ok(result.kind === "planned");
  ok(result.plan.contextTokens < 4_096);
  const asked = planMemory(file, { ...tight, contextTokens: 4_096 });
  ok(asked.kind === "failed");
});

Deno.test("planMemory() gives a context a whole number of tokens, however the model was trained", () => {
  const odd = { ...file, contextTokensMax: 4_095 };
  const least = planMemory(odd, { ...wish, availableBytes: 0 });
  ok(least.kind === "failed");
  const result = planMemory(odd, { ...wish, availableBytes: least.needBytes });
  ok(result.kind === "planned");
  strictEqual(result.plan.contextTokens, 2_047);
});

Deno.test("planMemory() sets the states of all sequences aside, where a model remembers a state", () => {
  const plain = planMemory(file, wish);
  const recurrent = planMemory({ ...file, stateBytes: 1_000_000 }, wish);
  ok(plain.kind === "planned" && recurrent.kind === "planned");
  // Eight answers, eight that are parked, twelve beginnings.
  strictEqual(recurrent.plan.needBytes - plain.plan.needBytes, 28_000_000);
});

Deno.test("planMemory() refuses with what is needed, what there is, and why, on one line", () => {
  const result = planMemory(file, { ...wish, availableBytes: 900e6, limitBytes: 3e9 });
  ok(result.kind === "failed");
  strictEqual(result.haveBytes, 900e6);
  ok(result.needBytes > 1_111e6);
  match(
    result.failure.reason,
    /^model M needs \d+ MB of memory with 1024 tokens .* free: 900 MB$/,
  );
});

Deno.test("planMemory() never goes over what the model was trained with", () => {
  const result = planMemory({ ...file, contextTokensMax: 2_048 }, { ...wish, contextTokens: 100_000 });
  ok(result.kind === "planned");
  strictEqual(result.plan.contextTokens, 2_048);
});

Deno.test("planMemory() counts the rows of logits that are set aside, and calls the limit by its name", () => {
  const embeds = { ...wish, contextTokens: 512, answersMax: 1, rowsMax: 512, outputRows: 512 };
  const small = { ...file, weightsBytes: 70e6, contextTokensMax: 512, outputBytes: 1e6 };
  const result = planMemory(small, { ...embeds, limitBytes: 500e6, limitName: "the limit" });
  ok(result.kind === "failed");
  match(result.failure.reason, /but the limit leaves it 500 MB$/);
  ok(result.needBytes > 512e6 + 70e6, `${result.needBytes}`);
  strictEqual(planMemory(small, { ...embeds, limitBytes: 1e9 }).kind, "planned");
});
