import { match, ok, strictEqual } from "node:assert/strict";
import { randomSchema } from "../../tests/random_schema.ts";
import { validator } from "../../tests/schema_validator.ts";
import { seeded } from "../../tests/seeded.ts";
import { argumentProblem } from "./check_arguments.ts";

const schema = {
  type: "object",
  properties: {
    pump: { enum: ["pump-7", "pump-8"] },
    rpm: { type: "integer", minimum: 0, maximum: 3000 },
    code: { type: "string", pattern: "^[A-Z]\\d{3}$" },
    day: { type: "string", format: "date" },
    format: { type: "string" },
    where: { type: "object", properties: { room: { type: "string", maxLength: 3 } }, required: ["room"] },
    list: { type: "array", items: { type: "string", pattern: "^[a-z]+$" } },
  },
  required: ["pump"],
  additionalProperties: false,
};

Deno.test("arguments that fit have no problem", () => {
  const given = {
    pump: "pump-7",
    rpm: 3,
    code: "A204",
    day: "2026-11-27",
    format: "x",
    where: { room: "a" },
    list: ["b"],
  };
  strictEqual(argumentProblem(schema, given), undefined);
});

const bad: [given: Record<string, unknown>, reason: RegExp][] = [
  [{ pump: "pump-9" }, /^pump: /],
  [{}, /pump/],
  [{ pump: "pump-7", rpm: 3001 }, /^rpm: .*3000/],
  [{ pump: "pump-7", rpm: 2.5 }, /^rpm: /],
  [{ pump: "pump-7", code: "a204" }, /^code: .*pattern/],
  [{ pump: "pump-7", day: "27.11.2026" }, /^day: /],
  [{ pump: "pump-7", where: { room: "long" } }, /^where\.room: /],
  [{ pump: "pump-7", list: ["b", "C"] }, /^list\.1: /],
  [{ pump: "pump-7", other: 1 }, /other/],
  [{ pump: "pump-7", format: "x".repeat(300_000) }, /too long/],
];
for (const [given, reason] of bad) {
  Deno.test(`an argument that doesn't fit is named: ${JSON.stringify(given).slice(0, 60)}`, () => {
    const problem = argumentProblem(schema, given);
    match(problem ?? "none", reason);
    ok(problem!.length < 220 && !problem!.includes("\n"));
  });
}

const hostile: [what: string, schema: Record<string, unknown>][] = [
  ["refers to itself", { $ref: "#" }],
  ["is nested without end", Array.from({ length: 200 }).reduce<Record<string, unknown>>((items) => ({ items }), {})],
  ["has a pattern that is none", { properties: { a: { type: "string", pattern: "^(a" } } }],
  ["has a pattern that refers back", { properties: { a: { type: "string", pattern: "^(a+)\\1$" } } }],
  ["has a pattern in a list", { properties: { a: { type: "string", pattern: ["^(a+)+$"] } } }],
  ["has a pattern that may count or not", { properties: { a: { anyOf: [{ type: "string", pattern: "^a+$" }] } } }],
  ["has patterns for names", { patternProperties: { "^(a+)+$": {} } }],
];
for (const [what, schema] of hostile) {
  Deno.test(`nothing is taken by a schema that ${what}`, () => {
    match(argumentProblem(schema, { a: "a".repeat(50) + "!" }) ?? "none", /can't be judged|don't fit/);
  });
}

Deno.test("patterns take a bounded time of a call, however they are made", () => {
  const schema = (pattern: string) => ({
    type: "object",
    properties: { a: { type: "array", items: { type: "string", pattern } } },
  });
  const a = Array.from({ length: 500 }, () => `${"a".repeat(398)}!`);
  match(argumentProblem(schema("^[^](.+)+!$"), { a }) ?? "none", /can't be judged: its patterns take too long/);
  match(argumentProblem(schema("^(a+)+$"), { a }) ?? "none", /^a\.0: the text doesn't fit/);
  strictEqual(argumentProblem(schema("^(a+)+!$"), { a: a.slice(0, 50) }), undefined);
});

// Goal: what another validator refuses isn't taken here. It may be that more is refused: patterns and formats of doubt.
seeded("arguments that ajv refuses aren't taken", (random) => {
  const { $defs, ...a } = randomSchema(random);
  const schema = { type: "object", properties: { a }, ...$defs === undefined ? {} : { $defs } };
  const values: unknown[] = [1, -4, 0.5, "a", "yes", "", null, true, [], ["a", 1], {}, { a: 1 }, "2026-11-27"];
  const pick = () => values[Math.floor(random() * values.length)];
  const given = { a: pick() };
  const problem = validator(schema)(JSON.stringify(given));
  if (problem !== undefined) {
    ok(argumentProblem(schema, given) !== undefined, `${JSON.stringify([schema, given])}: ${problem}`);
  }
}, { runs: 60, long: 5_000 });
