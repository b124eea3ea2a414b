import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../tests/seeded.ts";
import {
  chooseHubFile,
  type HubChoice,
  type HubFile,
  isModelName,
  modelNameOf,
  parseHubReference,
  quantisationOf,
} from "./hub.ts";

const references: [text: string, repo: string | undefined, what?: string][] = [
  ["hf:Qwen/Qwen3-8B-GGUF", "Qwen/Qwen3-8B-GGUF"],
  ["hf:a/b:b-Q4_K_M.gguf", "a/b", "b-Q4_K_M.gguf"],
  ["hf:a/b:sub/b.gguf", "a/b", "sub/b.gguf"],
  ["hf:a/b:q8_0", "a/b", "q8_0"],
  ["hf:a", undefined],
  ["hf:a/b/c", undefined],
  ["hf:../b", undefined],
  ["hf:a/b:../../x.gguf", undefined],
  ["hf:a/b:x?y", undefined],
  ["hf:a/b:", undefined],
  ["qwen2.5-coder-1.5b", undefined],
];
for (const [text, repo, what] of references) {
  Deno.test(`parseHubReference() of ${text}`, () =>
    deepStrictEqual(
      parseHubReference(text),
      repo === undefined ? undefined : { repo, ...(what === undefined ? {} : { what }) },
    ));
}

const names: [path: string, name: string, quantisation: string | undefined][] = [
  ["Qwen3-8B-Q4_K_M.gguf", "qwen3-8b-q4_k_m", "Q4_K_M"],
  ["sub/SmolLM2 135M (v2).Q8_0.GGUF", "smollm2-135m-v2-.q8_0", "Q8_0"],
  ["/home/a/模型.gguf", "model", undefined],
  [`${"x".repeat(100)}.gguf`, "x".repeat(64), undefined],
  ["..gguf", "model", undefined],
  ["m.IQ3_XXS.gguf", "m.iq3_xxs", "IQ3_XXS"],
  ["m-bf16.gguf", "m-bf16", "BF16"],
  ["q2000.gguf", "q2000", undefined],
];
for (const [path, name, quantisation] of names) {
  Deno.test(`modelNameOf() and quantisationOf() ${path}`, () => {
    deepStrictEqual([modelNameOf(path), quantisationOf(path)], [name, quantisation]);
    ok(isModelName(name));
  });
}

const file = (path: string, gigabytes: number): HubFile => ({ path, bytes: gigabytes * 1e9, sha256: "0" });
const several = [
  file("README.md", 0),
  file("mmproj-model-f16.gguf", 1),
  file("m-F16.gguf", 16),
  file("m-Q8_0.gguf", 8),
  file("m-Q4_K_M.gguf", 4),
  file("m-Q3_K_M.gguf", 3),
  file("m-Q2_K.gguf", 2),
];
const split = [
  file("m-Q4_K_M-00001-of-00002.gguf", 20),
  file("m-Q4_K_M-00002-of-00002.gguf", 20),
  file("m-Q2_K.gguf", 9),
];
const choices: [
  name: string,
  files: readonly HubFile[],
  what: string | undefined,
  gigabytes: number,
  choice: HubChoice,
][] = [
  ["takes Q4_K_M where it fits", several, undefined, 8, { kind: "chosen", file: several[4]!, reason: "preferred" }],
  ["takes what fits, and says instead of what", several, undefined, 4, {
    kind: "chosen",
    file: several[5]!,
    reason: "fits",
    instead: several[4]!,
  }],
  ["refuses what fits nowhere", several, undefined, 1, { kind: "none", why: "too-large", file: several[6]! }],
  ["takes the file that is named, whatever it needs", several, "m-F16.gguf", 1, {
    kind: "chosen",
    file: several[2]!,
    reason: "named",
  }],
  ["takes the quantisation that is named", several, "q8_0", 1, { kind: "chosen", file: several[3]!, reason: "named" }],
  ["takes the only one", [several[0]!, several[1]!, several[3]!], undefined, 1, {
    kind: "chosen",
    file: several[3]!,
    reason: "only",
  }],
  ["names what there is", several, "Q5_K_M", 8, {
    kind: "none",
    why: "no-file",
    files: ["m-F16.gguf", "m-Q8_0.gguf", "m-Q4_K_M.gguf", "m-Q3_K_M.gguf", "m-Q2_K.gguf"],
  }],
  ["says that there is none", [several[0]!], undefined, 8, { kind: "none", why: "no-file", files: [] }],
  ["leaves parts of a split model", split, undefined, 99, { kind: "chosen", file: split[2]!, reason: "only" }],
  ["refuses a split model that is named", split, "Q4_K_M", 99, { kind: "none", why: "split", file: split[0]! }],
];
for (const [name, files, what, gigabytes, choice] of choices) {
  Deno.test(`chooseHubFile() ${name}`, () =>
    deepStrictEqual(chooseHubFile(files, { what, memoryBytes: gigabytes * 1e9 }), choice));
}

seeded("modelNameOf() gives every file a name that the configuration takes", (random) => {
  const pieces = ["A", "z", "-", ".", "_", "模", " ", "/", ".gguf", "9", "\n", "🙂", "x".repeat(40)];
  const path = Array.from({ length: 1 + Math.floor(random() * 8) }, () => pieces[Math.floor(random() * pieces.length)])
    .join("");
  strictEqual(isModelName(modelNameOf(path)), true, JSON.stringify(path));
});
