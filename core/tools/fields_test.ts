import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { argumentsOf, fieldsOf } from "./fields.ts";

function shape(parameters: Record<string, unknown>) {
  const known = fieldsOf(parameters);
  ok(known.kind === "fields", JSON.stringify(known));
  return {
    fields: known.fields.map((
      { path, isRequired, many, of },
    ) => [path.join("."), of.kind, isRequired, ...many === undefined ? [] : [many]]),
    constants: known.constants,
  };
}

Deno.test("a schema is taken apart: objects, lists, references, constants", () => {
  const { fields, constants } = shape({
    type: "object",
    properties: {
      note: { type: "string" },
      target: {
        type: "object",
        properties: { room: { $ref: "#/$defs/room" }, level: { type: ["integer", "null"], minimum: 1 } },
        required: ["room"],
      },
      tags: { type: "array", items: { enum: ["a", "b"] }, maxItems: 3 },
      steps: { type: "array", items: { type: "object", properties: { wait: { type: "number" } }, required: ["wait"] } },
      version: { const: 2 },
      mode: { oneOf: [{ const: "eco", title: "thrifty" }, { const: "max" }] },
      quiet: { type: "boolean", default: false },
    },
    required: ["target", "steps", "version", "quiet"],
    $defs: { room: { enum: ["hall", "attic"] } },
  });
  deepStrictEqual(fields, [
    ["target.room", "choice", true],
    ["steps.0.wait", "number", true],
    ["note", "text", false],
    ["target.level", "number", false],
    ["tags", "choice", false, 3],
    ["mode", "choice", false],
    ["quiet", "flag", false],
  ]);
  deepStrictEqual(constants, [{ path: ["version"], value: 2 }]);
});

Deno.test("values are put back where they came from", () => {
  const given = argumentsOf([
    { path: ["target", "room"], value: "hall" },
    { path: ["steps", 0, "wait"], value: 3 },
    { path: ["__proto__"], value: "own" },
  ]);
  strictEqual(JSON.stringify(given), '{"target":{"room":"hall"},"steps":[{"wait":3}],"__proto__":"own"}');
  strictEqual(Object.getPrototypeOf(given), Object.prototype);
});

const unsupported: [what: string, parameters: Record<string, unknown>, reason: RegExp][] = [
  ["refers to itself", { properties: { a: { $ref: "#/properties/a" } }, required: ["a"] }, /refers to itself/],
  ["refers to nothing", { properties: { a: { $ref: "#/$defs/x" } }, required: ["a"] }, /isn't there/],
  ["requires what isn't described", { properties: {}, required: ["a"] }, /a is required/],
  ["says nothing of a required argument", { properties: { a: {} }, required: ["a"] }, /a is can't be told/],
  [
    "has too many arguments",
    { properties: Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`a${index}`, { type: "string" }])) },
    /more than 32/,
  ],
  ["chooses out of nothing", { properties: { a: { enum: [] } }, required: ["a"] }, /too many|nothing/],
  ["recurses without end", {
    properties: { a: { $ref: "#/$defs/a" } },
    required: ["a"],
    $defs: { a: { type: "object", properties: { a: { $ref: "#/$defs/a" } }, required: ["a"] } },
  }, /nested too deep/],
];
for (const [what, parameters, reason] of unsupported) {
  Deno.test(`no line is made for a schema that ${what}`, () => {
    const known = fieldsOf({ type: "object", ...parameters });
    ok(known.kind === "unsupported", JSON.stringify(known));
    match(known.reason, reason);
  });
}

Deno.test("names are one line, without a bar, and no two are alike", () => {
  const known = fieldsOf({
    type: "object",
    properties: { a: { enum: ["x|y", "x/y", "two\nlines", "\u202eback", ""], "x-words": { "x|y": ["| on |"] } } },
    required: ["a"],
  });
  ok(known.kind === "fields" && known.fields[0]!.of.kind === "choice");
  const names = known.fields[0]!.of.options.map(({ names }) => names[0]!);
  deepStrictEqual(names, ["x/y", "x/y (2)", "two lines", "back", "?"]);
});
