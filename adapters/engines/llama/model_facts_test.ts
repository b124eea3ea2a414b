import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { testModel } from "../../../tests/site.ts";
import { encodeGguf, type GgufValue } from "../../models/gguf_writer.ts";
import { type FactsWish, readModelFacts } from "./model_facts.ts";

const roomy: FactsWish = { answersMax: 8, availableBytes: 8e9, limitBytes: 6e9, embeddingLimitBytes: 1e9 };

const text = (value: string): GgufValue => ({ kind: "text", value });
const count = (value: number): GgufValue => ({ kind: "u32", value });

/** A file of this metadata and one small tensor. */
async function withFile(metadata: Readonly<Record<string, GgufValue>>, body: (path: string) => void): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".gguf" });
  const tensor = { name: "t", dimensions: [32], type: "f32", data: () => [new Uint8Array(128)] } as const;
  const chunks = [...encodeGguf(Object.entries(metadata), [tensor])] as BlobPart[];
  await Deno.writeFile(path, new Uint8Array(await new Blob(chunks).arrayBuffer()));
  try {
    body(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("readModelFacts() reads the test model, and plans it as the engine does", () => {
  const read = readModelFacts(testModel(), roomy);
  ok(read.kind === "read");
  const { memory, fit, ...rest } = read.facts;
  deepStrictEqual({ ...rest, name: "" }, {
    isBase: false,
    kind: "chat",
    name: "",
    architecture: "llama",
    quantisation: "Q4_1",
    parametersCount: 134_515_008,
    fileBytes: 98_362_432,
    contextTokensMax: 8_192,
    tools: false,
    licence: "apache-2.0",
  });
  deepStrictEqual(memory.map(({ contextTokens }) => contextTokens), [1_024, 2_048, 4_096, 8_192]);
  for (const [index, { leastBytes, bestBytes }] of memory.entries()) {
    ok(leastBytes < bestBytes);
    ok(index === 0 || leastBytes > memory[index - 1]!.leastBytes);
  }
  // What it loads with where there is room is what is told of that length.
  ok(fit.kind === "fits");
  strictEqual(fit.needBytes, memory.find(({ contextTokens }) => contextTokens === fit.contextTokens)!.bestBytes);
});

Deno.test("readModelFacts() says how much a model wants that doesn't fit", () => {
  const read = readModelFacts(testModel(), { ...roomy, availableBytes: 2e8 });
  ok(read.kind === "read");
  strictEqual(read.facts.fit.kind, "too-large");
  strictEqual(read.facts.fit.haveBytes, 2e8);
  strictEqual(read.facts.fit.needBytes, read.facts.memory[0]!.leastBytes);
});

const chat = { "general.architecture": text("llama"), "tokenizer.chat_template": text("{% if tools %}{% endif %}") };

Deno.test("readModelFacts() knows tools by the template, and says nothing of what the file doesn't", () =>
  withFile(chat, (path) => {
    const read = readModelFacts(path, roomy);
    ok(read.kind === "read");
    const { tools, quantisation, contextTokensMax, licence } = read.facts;
    deepStrictEqual([tools, quantisation, contextTokensMax, licence], [true, undefined, undefined, undefined]);
  }));

Deno.test("readModelFacts() plans a model that embeds with one length, in its own bounds", () =>
  withFile({
    "general.architecture": text("bert"),
    "bert.pooling_type": count(1),
    "bert.context_length": count(512),
    "general.file_type": count(2),
  }, (path) => {
    const read = readModelFacts(path, roomy);
    ok(read.kind === "read", JSON.stringify(read));
    const { kind, quantisation, memory, fit } = read.facts;
    deepStrictEqual([kind, quantisation], ["embedding", "Q4_0"]);
    deepStrictEqual(memory.map(({ contextTokens }) => contextTokens), [512]);
    strictEqual(fit.haveBytes, roomy.embeddingLimitBytes);
  }));

Deno.test("readModelFacts() refuses a part of a split model", () =>
  withFile({ ...chat, "split.count": count(3) }, (path) => {
    const read = readModelFacts(path, roomy);
    ok(read.kind === "failed");
    match(read.failure.reason, /one of 3 parts; join them/);
  }));

Deno.test("readModelFacts() refuses what isn't a model in the words of the engine", () => {
  const read = readModelFacts(new URL(import.meta.url).pathname, roomy);
  ok(read.kind === "failed");
  match(read.failure.reason, /isn't a GGUF model/);
});
