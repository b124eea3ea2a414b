/** What is promised of formats, with a real model at high temperature and with schemas that are hostile. */
import { match, ok, strictEqual } from "node:assert/strict";
import type { Engine, JsonSchema } from "../../core/ports/engine.ts";
import { randomSchema } from "../random_schema.ts";
import { validator } from "../schema_validator.ts";
import { seededRandom } from "../seeded.ts";
import { collect, never } from "./engine.ts";
import { createModelRunners, createTestEngine } from "./model_runner_stand.ts";

const isLong = Deno.env.get("CLAWDBOT_TEST_LONG") === "1";
const wantedCount = isLong ? 1_000 : 100;
/** Enough that half of the answers end by themselves. */
const tokensMax = 64;
const atOnce = 8;

function answer(engine: Engine, schema: JsonSchema, more: { readonly seed: number; readonly tokensMax?: number }) {
  return collect(engine.generate({
    messages: [{ role: "user", content: "Give me an example in JSON." }],
    tokensMax: more.tokensMax ?? tokensMax,
    // So hot that the model says anything that it is let; a quarter without any limit, where every word is weighed.
    sampling: { temperature: 2, topK: 0, topP: 1, minP: more.seed % 4 === 0 ? 0 : 0.002, seed: more.seed },
    format: { kind: "schema", schema },
  }, never));
}

// Goal: an answer that ends by itself satisfies its schema, whatever the model would rather say.
// Method: random schemas, eight answers at once, judged by ajv. One that is cut off by its length proves nothing.
Deno.test(`a hot model's answers satisfy ${wantedCount} random schemas [seed 1]`, async () => {
  await using runners = createModelRunners();
  const engine = createTestEngine(runners);
  const counts = { stop: 0, length: 0, refused: 0 };
  let run = 0;
  const judgeNext = async () => {
    while (counts.stop + counts.length < wantedCount) {
      const seed = run++;
      const schema = randomSchema(seededRandom({ seed: 1, run: seed }));
      const { text, last } = await answer(engine, schema, { seed });
      if (last.kind === "failed") {
        strictEqual(last.failure.kind, "invalid", last.failure.reason);
        counts.refused++;
        continue;
      }
      ok(last.reason !== "cancelled");
      counts[last.reason]++;
      if (last.reason === "length") continue;
      const problem = validator(schema)(text);
      ok(problem === undefined, `run ${seed}: ${problem}\n${text}\n${JSON.stringify(schema)}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, judgeNext));
  console.log(`${counts.stop} ended by themselves, ${counts.length} were cut off, ${counts.refused} were refused`);
  ok(counts.stop > wantedCount / 3, JSON.stringify(counts));
  strictEqual(runners.pids.length, 1);
  await engine.close();
});

// Goal: texts are counted in characters, though tokens may be parts of them, and names of what isn't text.
Deno.test("texts of the hottest model have the characters that their schema counts", async () => {
  await using runners = createModelRunners();
  const engine = createTestEngine(runners);
  const schema = { type: "string", minLength: 12, maxLength: 12 };
  const sampling = { temperature: 5, topK: 0, topP: 1, minP: 0 };
  const answers = await Promise.all(Array.from({ length: 24 }, (_, seed) =>
    collect(engine.generate({
      messages: [{ role: "user", content: "Say anything." }],
      tokensMax,
      sampling: { ...sampling, seed },
      format: { kind: "schema", schema },
    }, never))));
  for (const { text, last } of answers) {
    ok(last.kind === "end" && last.reason === "stop", JSON.stringify(last));
    strictEqual([...JSON.parse(text)].length, 12, text);
  }
  await engine.close();
});

const properties = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, { type: "boolean" }]));
const hostile: [what: string, schema: JsonSchema][] = [
  ["hundreds of properties that may all be left out", { properties: properties(400), additionalProperties: true }],
  ["a very long text", { type: "string", minLength: 60_000 }],
  ["very many items", { type: "array", items: { type: "string", pattern: "^(a|b|ab)*$" }, minItems: 60_000 }],
  ["a pattern of a thousand states", { type: "string", pattern: "^(?:[a-z]{1,20}-){40}$" }],
  ["a pattern that any text ends", { type: "string", pattern: "a.{8}$" }],
  ["lists in lists in lists", {
    $ref: "#/$defs/list",
    $defs: { list: { type: "array", items: { $ref: "#/$defs/list" } } },
  }],
  ["numbers between far apart bounds", { type: "number", minimum: -123456789.123456, maximum: 1e14 }],
  ["hundreds of words", { enum: Array.from({ length: 3_000 }, (_, index) => `word number ${index}`) }],
  ["alternatives in alternatives", {
    anyOf: Array.from({ length: 12 }, (_, one) => ({
      anyOf: Array.from(
        { length: 12 },
        (_, two) => ({ properties: { [`p${one}`]: { const: two } }, required: [`p${one}`] }),
      ),
    })),
  }],
];

// Goal: no schema that is taken stops or kills the runner, or slows it so that others wait.
Deno.test("hostile schemas that are held neither stop the runner nor end it", async () => {
  await using runners = createModelRunners();
  const engine = createTestEngine(runners);
  const results = await Promise.all(hostile.map(([, schema], seed) => answer(engine, schema, { seed, tokensMax: 24 })));
  results.forEach(({ last }, index) => ok(last.kind === "end", `${hostile[index]![0]}: ${JSON.stringify(last)}`));
  const next = await collect(engine.generate({
    messages: [
      { role: "system", content: "You are a helpful assistant who answers in short and plain words." },
      { role: "user", content: "What is the capital of France?" },
    ],
    tokensMax: 32,
    sampling: { temperature: 0 },
  }, never));
  match(next.text, /Paris/);
  strictEqual(runners.pids.length, 1);
  await engine.close();
});
