import { ok, strictEqual } from "node:assert/strict";
import { readGbnf } from "../../../tests/gbnf.ts";
import { randomSchema } from "../../../tests/random_schema.ts";
import { validator } from "../../../tests/schema_validator.ts";
import { seeded } from "../../../tests/seeded.ts";
import { grammarOf } from "./mod.ts";

const counts = { held: 0, refused: 0, texts: 0 };

// Goal: what an answer is held to, it satisfies, whatever the schema and whatever the model would rather say.
// Method: random schemas; a reader of the notation that shares nothing with its writer draws texts; ajv judges them.
seeded("what a schema's grammar allows, the schema allows", (random) => {
  const schema = randomSchema(random);
  const result = grammarOf({ kind: "schema", schema });
  if (result.kind === "failed") {
    strictEqual(result.failure.kind, "invalid");
    counts.refused++;
    return;
  }
  counts.held++;
  const judge = validator(schema);
  const grammar = readGbnf(result.gbnf);
  for (let draw = 0; draw < 8; draw++) {
    const text = grammar.draw(random, draw < 4 ? 60 : 400);
    const problem = judge(text);
    ok(problem === undefined, `${problem}\n${text}\n${JSON.stringify(schema)}`);
    counts.texts++;
  }
}, { runs: 1_000, long: 20_000 });

Deno.test("most random schemas are held, so that the test above says something", () => {
  ok(counts.held > 9 * counts.refused, JSON.stringify(counts));
  ok(counts.texts >= counts.held * 8);
});
