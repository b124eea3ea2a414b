import { match, ok, strictEqual } from "node:assert/strict";
import { cpuUsage } from "node:process";
import type { JsonSchema } from "../../../core/ports/engine.ts";
import { readGbnf } from "../../../tests/gbnf.ts";
import { grammarOf } from "./mod.ts";

function read(schema: JsonSchema) {
  const result = grammarOf({ kind: "schema", schema });
  ok(result.kind === "grammar", JSON.stringify(result));
  return readGbnf(result.gbnf);
}

function reasonOf(schema: unknown): string {
  const result = grammarOf({ kind: "schema", schema: schema as JsonSchema });
  ok(result.kind === "failed", `it is held: ${JSON.stringify(schema).slice(0, 200)}`);
  strictEqual(result.failure.kind, "invalid");
  ok(!result.failure.reason.includes("\n") && result.failure.reason.length < 500, result.failure.reason);
  return result.failure.reason;
}

const person = {
  type: "object",
  properties: {
    name: { type: "string" },
    age: { type: "integer", minimum: 0, maximum: 130 },
    nick: { type: "string" },
  },
  required: ["name", "age"],
};
const list = {
  $ref: "#/$defs/list",
  $defs: {
    list: {
      anyOf: [{ type: "null" }, { type: "object", properties: { next: { $ref: "#/$defs/list" } }, required: ["next"] }],
    },
  },
};
const shapes = {
  oneOf: ["circle", "square"].map((kind) => ({
    type: "object",
    properties: { kind: { const: kind } },
    required: ["kind"],
  })),
};

const cases: [what: string, schema: JsonSchema, allowed: string[], refused: string[]][] = [
  ["anything", true, ["{}", '[1,"a"]', "-1.5e3", '"\\u00e9\\n"'], [
    "",
    "01",
    "[1,]",
    '"\\ud800"',
    "{ }",
    '"\\x"',
    "1.",
  ]],
  ["an object in its order", person, ['{"name":"", "age": 7}', '{"name": "n","age":130,"nick":"k"}'], [
    '{"age":7,"name":""}',
    '{"name":""}',
    '{"name":"","age":131}',
    '{"name":"","age":1,"more":1}',
  ]],
  ["other properties", {
    type: "object",
    properties: { a: { type: "null" } },
    additionalProperties: { type: "boolean" },
  }, [
    "{}",
    '{"b":true}',
    '{"a":null,"aa":false,"":true}',
  ], ['{"a":true}', '{"\\u0061":true}', '{"b":null}']],
  ["optional properties only", { properties: { a: true, b: true, c: true } }, ['{"a":1,"c":2}', '{"b":[]}', "{}"], [
    '{"c":1,"a":2}',
    '{"a":1,}',
    "1",
  ]],
  ["a list that holds itself", list, ["null", '{"next":{"next":null}}'], ['{"next":{}}', "{}"]],
  ["one of two that differ", shapes, ['{"kind":"circle"}', '{"kind":"square"}'], ['{"kind":"round"}', "{}"]],
  ["tuples", { type: "array", prefixItems: [{ type: "integer" }, { type: "null" }], items: false, minItems: 1 }, [
    "[1]",
    "[-10, null]",
  ], [
    "[]",
    "[null]",
    "[1,null,1]",
  ]],
  [
    "counts",
    { type: "array", items: { const: 1 }, minItems: 300, maxItems: 700 },
    [list1(300), list1(457), list1(700)],
    [
      list1(299),
      list1(701),
    ],
  ],
  ["lengths in code points", { type: "string", minLength: 2, maxLength: 3 }, ['"é🙂"', '"\\n\\"a"'], [
    '"🙂"',
    '"abcd"',
  ]],
  ["all of", { allOf: [person, { properties: { nick: { maxLength: 1 } }, required: ["nick"] }] }, [
    '{"name":"","age":1,"nick":"k"}',
  ], ['{"name":"","age":1}', '{"name":"","age":1,"nick":"kk"}']],
  ["null by two ways", { anyOf: [{ type: ["integer", "null"] }, { type: "string", nullable: true }] }, [
    "null",
    "1",
    '""',
  ], ["true"]],
  ["enum beside a type", { type: "string", enum: ["a", 1, "é"] }, ['"a"', '"é"'], ["1"]],
  ["patterns that stand anywhere", { type: "string", pattern: "a[0-9]" }, ['"xa1y"', '"aa1"'], ['"a"', '"1a"']],
  ["patterns that are tied", { type: "string", pattern: '^("|\\\\)+$' }, ['"\\"\\\\"'], ['""', '"a"']],
  [
    "patterns with a length",
    { type: "string", pattern: "^(ab)*$", minLength: 3, maxLength: 6 },
    ['"abab"', '"ababab"'],
    ['"ab"', '"abababab"'],
  ],
  ["numbers between", { type: "number", minimum: -0.25, exclusiveMaximum: 1.5 }, [
    "-0.25",
    "-0.1",
    "0",
    "1.49999",
    "1.0",
  ], [
    "-0.26",
    "1.5",
    "-0",
    "1e0",
    "01",
  ]],
  ["whole numbers beyond", { type: "integer", exclusiveMinimum: 98 }, ["99", "100", "999999999999999"], [
    "98",
    "9",
    "1000000000000000",
  ]],
  ["dates", { type: "string", format: "date" }, ['"2024-02-29"', '"1999-12-31"'], [
    '"2023-02-29"',
    '"1999-04-31"',
    '"99-1-1"',
  ]],
];
for (const [what, schema, allowed, refused] of cases) {
  Deno.test(`grammarOf() holds ${what}`, () => {
    const grammar = read(schema);
    for (const text of allowed) ok(grammar.accepts(text), `refuses ${text.slice(0, 100)}`);
    for (const text of refused) ok(!grammar.accepts(text), `allows ${text.slice(0, 100)}`);
  });
}

function list1(count: number): string {
  return `[${new Array(count).fill(1).join()}]`;
}

Deno.test("grammarOf() of plain JSON is any object", () => {
  const result = grammarOf({ kind: "json" });
  ok(result.kind === "grammar");
  const grammar = readGbnf(result.gbnf);
  ok(grammar.accepts('{"a": [1, {"b": null}]}') && grammar.accepts("{}"));
  ok(!grammar.accepts("[]") && !grammar.accepts('{"a":1}\n'));
});

const unsupported: [schema: unknown, reason: RegExp][] = [
  [{ properties: { "a/b": { not: {} } } }, /#\/properties\/a~1b\/not: "not" isn't supported$/],
  [{ type: "strnig" }, /#\/type: this isn't a type/],
  [{ type: "array", uniqueItems: true }, /"uniqueItems" can't be held/],
  [{ type: "string", format: "hostname" }, /#\/format: "hostname" can't be held; these can: date/],
  [{ type: "string", pattern: "(?=a)" }, /#\/pattern: .* looks around/],
  [{ type: "string", pattern: "a(" }, /isn't a regular expression/],
  [{ type: "string", pattern: "(a)\\1" }, /"\\1", which isn't supported/],
  [{ type: "integer", multipleOf: 5 }, /multipleOf/],
  [{ $ref: "https://example.com/schema" }, /#\/\$ref: only references inside/],
  [{ $ref: "#/$defs/none" }, /nothing at this reference/],
  [{ $ref: "#" }, /refers to itself/],
  [{ anyOf: [{ $ref: "#/anyOf/0" }] }, /refers to itself/],
  [{ type: "object", properties: { a: { $ref: "#" } }, required: ["a"] }, /nothing can satisfy it/],
  [{ allOf: [{ type: "string" }, { type: "null" }] }, /nothing can satisfy it/],
  [{ type: "integer", minimum: 5, maximum: 4 }, /nothing can satisfy it/],
  [{ oneOf: [{ type: "integer" }, { type: "number" }] }, /might satisfy 0 and 1/],
  [{ enum: ["\ud800"] }, /half a character/],
  [{ type: "string", minLength: 1e9 }, /#\/minLength: at most/],
  [{ type: "string", minLength: -1 }, /whole number/],
  ["text", /this isn't a schema/],
];
for (const [schema, reason] of unsupported) {
  Deno.test(`grammarOf() refuses ${JSON.stringify(schema)}`, () => match(reasonOf(schema), reason));
}

Deno.test("grammarOf() says why on one short line, whatever the names are", () => {
  const reason = reasonOf({ properties: { [`${"long ".repeat(9_000)}\n\u0085`]: { not: {} } } });
  match(reason, /"not" isn't supported$/);
});

function nested(depth: number, around: (inner: unknown) => unknown): unknown {
  let schema: unknown = { type: "null" };
  for (let level = 0; level < depth; level++) schema = around(schema);
  return schema;
}
const chain = (length: number, of: (next: string) => unknown) =>
  Object.fromEntries(Array.from({ length }, (_, index) => [`d${index}`, of(`#/$defs/d${index + 1}`)]));

// Goal: whatever is asked for, the runner's thread is soon free again, and llama.cpp gets nothing that it can choke on.
const hostile: [what: string, schema: unknown][] = [
  ["deep", nested(100_000, (inner) => ({ type: "array", items: inner }))],
  ["deep by references", {
    $ref: "#/$defs/d0",
    $defs: { ...chain(5_000, ($ref) => ({ type: "array", items: { $ref } })), d5000: {} },
  }],
  ["references in a row", { $ref: "#/$defs/d0", $defs: { ...chain(5_000, ($ref) => ({ $ref })), d5000: {} } }],
  ["wide", { properties: Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`p${index}`, true])) }],
  ["wide and open", {
    properties: Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`${index}`.repeat(60), true])),
    additionalProperties: true,
  }],
  ["long names", { enum: Array.from({ length: 4_000 }, (_, index) => `${index}`.padStart(65, "x")) }],
  ["doubling", {
    $ref: "#/$defs/d0",
    $defs: { ...chain(40, ($ref) => ({ anyOf: [{ $ref }, { $ref, minLength: 1 }] })), d40: {} },
  }],
  ["doubling together", { allOf: Array.from({ length: 30 }, () => ({ anyOf: [{ minLength: 1 }, { maxLength: 9 }] })) }],
  ["doubling branches", {
    $ref: "#/$defs/d0",
    $defs: {
      ...chain(
        30,
        ($ref) => ({
          oneOf: [{ properties: { a: { $ref } }, required: ["a"] }, { properties: { a: { $ref } }, required: ["a"] }],
        }),
      ),
      d30: {},
    },
  }],
  ["many branches", { oneOf: Array.from({ length: 3_000 }, (_, index) => ({ const: index })) }],
  ["catastrophic patterns", { items: { pattern: "^(((a+)+)+|(a|a)*|(.*)*)*b$" } }],
  ["patterns that count in each other", { pattern: "^(((a{1,50}){1,50}){1,50}){1,50}$" }],
  ["patterns that need all subsets", { pattern: "a.{200}$" }],
  ["patterns of many maybes", { pattern: `^${"(a?b?c?)?".repeat(200)}$` }],
  ["patterns of many classes", {
    pattern: `^([${
      Array.from({ length: 300 }, (_, index) => `\\u${(0x4e00 + 2 * index).toString(16)}`).join("")
    }]\\w?\\S?)+$`,
  }],
  ["a long pattern", { pattern: "(".repeat(500) + ")".repeat(500) }],
  ["patterns against what is listed", { enum: ["a".repeat(50_000) + "b"], pattern: "^(a+)+$" }],
  ["huge counts", {
    type: "array",
    items: { type: "array", items: { minLength: 60_000 }, maxItems: 1e9 },
    minItems: 60_000,
  }],
  ["huge numbers", { type: "integer", minimum: -1e308, maximum: 1e308 }],
  ["two long lists of which one is to hold", {
    oneOf: ["a", "b"].map((letter) => ({ enum: Array.from({ length: 9_000 }, (_, index) => `${letter}${index}`) })),
  }],
  ["a large object demanded again and again", {
    allOf: new Array(9_000).fill({ $ref: "#/$defs/d" }),
    $defs: { d: { properties: Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`p${index}`, true])) } },
  }],
  ["many numbers with bounds", {
    prefixItems: Array.from({ length: 99 }, (_, index) => ({
      prefixItems: Array.from(
        { length: 60 },
        (_, inner) => ({ type: "number", minimum: -index / 7, maximum: inner * 1e7 / 3 }),
      ),
    })),
  }],
  ["many patterns", {
    prefixItems: Array.from({ length: 99 }, (_, index) => ({ pattern: `(a|b){${index}}c.{1,${index + 1}}` })),
  }],
  ["many tuples", { prefixItems: Array.from({ length: 5_000 }, () => ({})) }],
];
for (const [what, schema] of hostile) {
  Deno.test(`grammarOf() refuses or bounds what is hostile: ${what}`, () => {
    // The processor's time: other programs may hold the cores.
    const before = cpuUsage();
    const result = grammarOf({ kind: "schema", schema: schema as JsonSchema });
    const { user, system } = cpuUsage(before);
    ok(user + system < 1_000_000, `took ${user + system} µs`);
    if (result.kind === "failed") strictEqual(result.failure.kind, "invalid");
    else {
      ok(result.gbnf.length < 2_000_000, `${result.gbnf.length} characters`);
      readGbnf(result.gbnf);
    }
  });
}
