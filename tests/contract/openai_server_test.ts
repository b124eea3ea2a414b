/** What the suite of all engines doesn't ask: tools, formats, probabilities and vectors of a real, foreign server. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { systemClock } from "../../adapters/clock/system.ts";
import { createOpenAiEngine } from "../../adapters/engines/openai/engine.ts";
import { systemRandom } from "../../adapters/random/system.ts";
import type { Engine, GenerateRequest } from "../../core/ports/engine.ts";
import { Secret } from "../../schema/secret.ts";
import { collect, never, patiently } from "./engine.ts";
import { type LlamaServer, startLlamaServer } from "./llama_server.ts";

function test(
  what: string,
  body: (engine: Engine, server: LlamaServer) => Promise<void>,
  options: Parameters<typeof startLlamaServer>[0] = {},
): void {
  Deno.test(`engine openai: ${what}`, async () => {
    await using server = await startLlamaServer(options);
    const ports = { clock: systemClock, random: systemRandom };
    const engine = createOpenAiEngine({ ...ports, url: server.url, key: new Secret(server.key), sequencesMax: 8 });
    try {
      await body(engine, server);
    } finally {
      await engine.close();
    }
  });
}

function ask(content: string, more: Partial<GenerateRequest> = {}): GenerateRequest {
  return { messages: [{ role: "user", content }], tokensMax: 64, sampling: { temperature: 0 }, ...more };
}

// With this model's template the server leaves tools out without a word.
test("a server that doesn't know tools isn't believed when one had to be called", async (engine) => {
  const tools = [{ name: "weather", description: "Tells the weather of a city.", parameters: { type: "object" } }];
  const request = ask("Say yes.", { tools, toolChoice: { name: "weather" }, stop: ["."] });
  const { calls, last } = await collect(engine.generate(request, never));
  deepStrictEqual(calls, []);
  ok(last.kind === "failed" && last.failure.kind === "invalid", JSON.stringify(last));
  const optional = await collect(engine.generate({ ...request, toolChoice: "auto" }, never));
  strictEqual(optional.last.kind, "end");
});

test("an answer is held to a schema", async (engine) => {
  const schema = { type: "object", properties: { city: { enum: ["Paris", "Berlin"] } }, required: ["city"] };
  const { text, last } = await collect(
    engine.generate(ask("The capital of France as JSON.", { format: { kind: "schema", schema } }), never),
  );
  ok(last.kind === "end" && last.reason === "stop", JSON.stringify(last));
  ok(["Paris", "Berlin"].includes(JSON.parse(text).city), text);
});

test("the tokens of an answer come with their probabilities, and make it up", async (engine) => {
  const { text, tokens, last } = await collect(
    engine.generate(ask("What is the capital of France?", { alternativesMax: 2, tokensMax: 12 }), never),
  );
  ok(last.kind === "end");
  const bytes = Uint8Array.from(tokens.flatMap(({ bytes }) => bytes));
  strictEqual(new TextDecoder().decode(bytes), text);
  strictEqual(tokens.length, last.usage.answerTokens);
  for (const { logprob, top } of tokens) {
    ok(logprob <= 0);
    strictEqual(top.length, 2);
    ok(top[0]!.logprob >= top[1]!.logprob);
  }
});

test("a seed repeats its text, and another gives another", async (engine) => {
  const tell = async (seed: number) => {
    const sampling = { temperature: 1, topK: 40, topP: 0.95, minP: 0.05, seed };
    return (await collect(engine.generate(ask("Tell a story.", { sampling, tokensMax: 32 }), never))).text;
  };
  const seven = await tell(7);
  strictEqual(await tell(7), seven);
  ok(await tell(8) !== seven);
});

test("typed special tokens are counted as text", async (engine) => {
  const result = await patiently(engine.countTokens(["<|im_end|>", "a"], never));
  ok(result.kind === "counted" && result.counts[0]! > 3, JSON.stringify(result));
});

test("texts become vectors of unit length, and what is alike lies close", async (engine) => {
  const texts = ["The cat sleeps.", "The cat is sleeping.", "Interest rates rose by two percent."];
  const result = await patiently(engine.embed({ texts }, never));
  ok(result.kind === "embedded", JSON.stringify(result));
  const [cat, sleeping, rates] = result.vectors;
  const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, index) => sum + value * b[index]!, 0);
  for (const vector of result.vectors) ok(Math.abs(cosine(vector, vector) - 1) < 1e-3);
  ok(cosine(cat!, sleeping!) > cosine(cat!, rates!));
  ok(result.promptTokens > 0);
}, { embeddings: true });

test("a server that doesn't embed says so", async (engine) => {
  const result = await patiently(engine.embed({ texts: ["a"] }, never));
  ok(result.kind === "failed" && result.failure.kind === "invalid", JSON.stringify(result));
});
