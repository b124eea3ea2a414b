import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { cpuUsage } from "node:process";
import type { JsonSchema } from "../../../core/ports/engine.ts";
import { readGbnf } from "../../../tests/gbnf.ts";
import { seeded } from "../../../tests/seeded.ts";
import { callAt, type CallSyntax } from "./call_syntax.ts";
import { callsGrammarOf } from "./mod.ts";
import { canBeTagged, isTextArgument } from "./tagged_arguments.ts";

/** Qwen3-Coder's. */
const tagged: CallSyntax = {
  opening: "<tool_call>\n<function=",
  between: ">\n",
  closing: "</function>\n</tool_call>",
  next: undefined,
  end: "",
  tags: { key: "<parameter=", value: ">\n", closing: "\n</parameter>\n" },
};
const { tags: _, ...untagged } = tagged;

const grammarIn = (syntax: CallSyntax, parameters: unknown) =>
  callsGrammarOf([{ name: "write", parameters: parameters as JsonSchema }], { syntax, from: "start", once: true });
const withText = (text: unknown, more: object = {}) => ({
  type: "object",
  properties: { text },
  required: ["text"],
  ...more,
});
const written = (text: string) => {
  const { opening, between, closing, tags } = tagged;
  return `${opening}write${between}${tags!.key}text${tags!.value}${text}${tags!.closing}${closing}`;
};

const held: [what: string, text: object, allowed: string[], refused: string[]][] = [
  ["anything but the end of a tag", { type: "string" }, ["", "a <b> < c\n", '"{1}'], ["a</b>"]],
  ["lengths in code points", { type: "string", minLength: 2, maxLength: 3 }, ["é🙂", "abc"], ["🙂", "abcd", "a<b"]],
  ["a least length alone", { type: "string", minLength: 2 }, ["ab", "abcdef"], ["a", ""]],
  ["no character at all", { type: "string", maxLength: 0 }, [""], ["a"]],
  ["a bound beyond what is counted", { type: "string", maxLength: 1e300 }, ["", "abc"], ["a<b"]],
  ["one of several texts", { type: "string", enum: ["red", "", "a\n<b"] }, ["red", "", "a\n<b"], ["re", "blue"]],
  ["texts that have the length", { type: "string", enum: ["a", "🙂b", "abc"], minLength: 2, maxLength: 2 }, ["🙂b"], [
    "a",
    "abc",
  ]],
];
for (const [what, text, allowed, refused] of held) {
  Deno.test(`an argument in tags is held to ${what}`, () => {
    const result = grammarIn(tagged, withText(text));
    ok(result.kind === "grammar", JSON.stringify(result));
    const grammar = readGbnf(result.gbnf);
    for (const one of allowed) ok(grammar.accepts(written(one)), `refuses ${JSON.stringify(one)}`);
    for (const one of refused) ok(!grammar.accepts(written(one)), `allows ${JSON.stringify(one)}`);
  });
}

const notAWhole = /of tool write: #\/properties\/text\/m..Length: this isn't a whole number from 0$/;
const unsupported: [text: object, reason: RegExp][] = [
  ...["x", "5", -1, 1.5, null, true, [1], {}, 1e400].flatMap((value): [object, RegExp][] => [
    [{ type: "string", minLength: value }, notAWhole],
    [{ type: "string", maxLength: value }, notAWhole],
    [{ type: "string", enum: ["a"], maxLength: value }, notAWhole],
  ]),
  [{ type: "string", minLength: 1e9 }, /#\/properties\/text\/minLength: at most 65536 is supported$/],
  [{ type: "string", minLength: 3, maxLength: 2 }, /nothing can satisfy it$/],
  [{ type: "string", enum: [] }, /nothing can satisfy it$/],
  [{ type: "string", enum: ["abc"], maxLength: 2 }, /nothing can satisfy it$/],
  [{ type: "string", enum: ["a\ud800"] }, /half a character can't be written$/],
  [{ type: "string", enum: ["a\0b"] }, /U\+0000 can't be written$/],
  [{ type: "strnig" }, /#\/type: this isn't a type$/],
  [{ type: "array", minItems: "x" }, /#\/minItems: this isn't a whole number from 0$/],
  [{ type: "integer", minimum: "x" }, /#\/minimum: this isn't a number$/],
];
for (const [text, reason] of unsupported) {
  Deno.test(`an argument in tags is refused: ${Deno.inspect(text)}`, () => {
    ok(canBeTagged(withText(text) as JsonSchema));
    const result = grammarIn(tagged, withText(text));
    ok(result.kind === "failed" && result.failure.kind === "invalid", JSON.stringify(result).slice(0, 300));
    match(result.failure.reason, reason);
  });
}

const untaggable: [what: string, schema: unknown][] = [
  ["not an object", "text"],
  ["a list", []],
  ["of another type", { type: "array" }],
  ["without a list of its properties", { type: "object", properties: [] }],
  ["with a requirement that isn't there", { type: "object", properties: {}, required: ["toString"] }],
  ["with a requirement that isn't a name", withText({ type: "string" }, { required: [{ toString: 1, valueOf: 1 }] })],
  ["with requirements that aren't a list", withText({ type: "string" }, { required: "text" })],
  ["with a pattern", withText({ type: "string", pattern: "^(a+)+$" })],
  ["with a text or something else", withText({ type: ["string", "null"] })],
  ["with anything", withText({})],
  ["with a text that closes a tag", withText({ type: "string", enum: ["a</b"] })],
  ["with values that aren't texts", withText({ type: "string", enum: [{}] })],
  ["with a list that isn't one", withText({ type: "string", enum: "ab" })],
  ["with a name that closes a tag", { type: "object", properties: { "a>": { type: "string" } } }],
  ["with a reference", withText({ $ref: "#" })],
];
for (const [what, schema] of untaggable) {
  Deno.test(`canBeTagged() is false for a schema ${what}`, () => {
    strictEqual(canBeTagged(schema as JsonSchema), false);
    strictEqual(grammarIn(tagged, schema).kind, "failed");
  });
}

const many = (count: number, of: (index: number) => unknown) => ({
  type: "object",
  properties: Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, of(index)])),
});
// Goal: as of schemas in JSON: whatever is asked for, the runner's thread is soon free again.
const hostile: [what: string, schema: unknown][] = [
  ["a huge bound", withText({ type: "string", minLength: 65_536, maxLength: 1e308 })],
  ["a huge span", withText({ type: "string", minLength: 1, maxLength: 65_535 })],
  ["many huge bounds", many(2_000, (index) => ({ type: "string", minLength: 60_000 + index, maxLength: 65_536 }))],
  ["bounds of any type", many(2_000, () => ({ type: "string", minLength: "x", maxLength: [] }))],
  ["many arguments", many(6_000, () => ({ type: "string" }))],
  ["many texts", withText({ type: "string", enum: Array.from({ length: 15_000 }, (_, index) => `text ${index}`) })],
  ["long texts that begin alike", withText({ type: "string", enum: ["b", "c"].map((end) => "a".repeat(9e4) + end) })],
  ["lists in lists", many(90, () => ({ type: "array", minItems: 60_000, items: { type: "string", minLength: 6e4 } }))],
  ["patterns", many(50, (index) => ({ type: "array", items: { pattern: `(a|b){${index}}c.{1,${index + 1}}` } }))],
];
for (const [what, schema] of hostile) {
  Deno.test(`arguments in tags are refused or bounded where they are hostile: ${what}`, () => {
    // The processor's time: other programs may hold the cores.
    const before = cpuUsage();
    const result = grammarIn(tagged, schema);
    const { user, system } = cpuUsage(before);
    ok(user + system < 1_000_000, `took ${user + system} µs`);
    if (result.kind === "failed") strictEqual(result.failure.kind, "invalid");
    else {
      ok(result.gbnf.length < 2_000_000, `${result.gbnf.length} characters`);
      readGbnf(result.gbnf);
    }
  });
}

// Goal: no keyword's value ends anything but the request, and tags take what JSON takes.
// Method: keywords of any type; what the grammar allows is read back, and has the length that was asked for.
seeded("a text in tags is refused where it would be in JSON, and else has its length", (random) => {
  const whole = (below: number) => Math.floor(random() * below);
  const value = () =>
    [0, 1, 2, 3, 5, 40, 300, 65_536, 65_537, -1, 0.5, 1e21, "2", null, true, [], {}, 1e400][whole(18)];
  const keywords = Object.fromEntries(
    ["minLength", "maxLength"].filter(() => random() < 0.7).map((keyword) => [keyword, value()]),
  );
  const schema = withText({ type: "string", ...keywords }) as JsonSchema;
  const inTags = grammarIn(tagged, schema);
  const inJson = grammarIn(untagged, schema);
  strictEqual(inTags.kind, inJson.kind, JSON.stringify([keywords, inTags, inJson]).slice(0, 500));
  if (inTags.kind === "failed") return;
  const drawn = readGbnf(inTags.gbnf).draw(random).toWellFormed();
  const call = callAt(tagged, drawn, {
    from: 0,
    begin: tagged.opening,
    isPlainText: (_, name) => isTextArgument(schema, name),
  });
  ok(call !== undefined && call.end === drawn.length, drawn);
  const { text } = JSON.parse(call.arguments) as { text: string };
  const { minLength = 0, maxLength = Infinity } = keywords as { minLength?: number; maxLength?: number };
  ok([...text].length >= minLength && [...text].length <= maxLength, `${[...text].length} characters`);
  deepStrictEqual(call.name, "write");
}, { runs: 300, long: 10_000 });
