import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { catalogue, chatModels, chooseModel, modelByName, modelsThatFit } from "./catalogue.ts";

const [, small] = catalogue;

Deno.test("catalogue: each model has a digest, a licence, a source, and parts that add up to the file", () => {
  for (const model of catalogue) {
    match(model.sha256, /^[0-9a-f]{64}$/);
    ok(model.licence !== "" && model.languages.length > 0 && model.sources.length > 0);
    for (const source of model.sources) {
      if (source.kind === "converted") match(source.sha256, /^[0-9a-f]{64}$/);
      if (source.kind !== "wheel" && source.kind !== "wheels") continue;
      const wheels = source.kind === "wheel" ? [source.wheel] : source.wheels;
      strictEqual(wheels.reduce((bytes, wheel) => bytes + wheel.memberBytes, 0), model.fileBytes);
    }
  }
});

Deno.test("modelByName() finds a model, or names the nearest", () => {
  deepStrictEqual(modelByName("smollm2-135m"), { kind: "found", model: small });
  deepStrictEqual(modelByName("smolm2-135m"), { kind: "unknown", nearest: "smollm2-135m" });
  deepStrictEqual(modelByName("qwen2.5-code-1.5b"), { kind: "unknown", nearest: "qwen2.5-coder-1.5b" });
  deepStrictEqual(modelByName("qwen2.5"), { kind: "unknown", nearest: "qwen2.5-coder-1.5b" });
  deepStrictEqual(modelByName("gpt"), { kind: "unknown" });
});

Deno.test("modelsThatFit() lists the best first", () => {
  deepStrictEqual(modelsThatFit(8e9).map((model) => model.name), ["qwen2.5-coder-1.5b", "smollm2-135m"]);
  deepStrictEqual(modelsThatFit(1e9).map((model) => model.name), ["smollm2-135m"]);
  deepStrictEqual(modelsThatFit(1e8), []);
});

Deno.test("catalogue: a model that embeds is never one to answer", () => {
  const [embedding] = catalogue.filter(({ kind }) => kind === "embedding");
  deepStrictEqual(modelByName("multilingual-e5-smal"), { kind: "unknown", nearest: embedding?.name });
  for (const models of [chatModels, modelsThatFit(Infinity)]) ok(models.every(({ kind }) => kind === "chat"));
});

const gb = 1e9;
const choices: [memory: number, disk: number, wantsSmall: boolean, name: string, reason: string][] = [
  [4 * gb, 3 * gb, false, "qwen2.5-coder-1.5b", "room"],
  [4 * gb - 1, 3 * gb, false, "smollm2-135m", "memory-short"],
  [4 * gb, 3 * gb - 1, false, "smollm2-135m", "disk-short"],
  [64 * gb, 500 * gb, true, "smollm2-135m", "asked"],
];
for (const [memoryBytes, diskBytes, wantsSmall, name, reason] of choices) {
  Deno.test(`chooseModel() takes ${name} (${reason})`, () => {
    const choice = chooseModel({ memoryBytes, diskBytes }, "zh-CN", { small: wantsSmall });
    deepStrictEqual([choice.model.name, choice.reason], [name, reason]);
    strictEqual(choice.speaks, name !== "smollm2-135m");
  });
}
