import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Tool } from "../../../core/ports/engine.ts";
import { readGbnf } from "../../../tests/gbnf.ts";
import { callAt, type CallSyntax, triggerOf } from "./call_syntax.ts";
import { callsGrammarOf } from "./mod.ts";

const tagged: CallSyntax = {
  opening: '<tool_call>\n{"name": "',
  between: '", "arguments": ',
  closing: "}\n</tool_call>",
  next: '\n<tool_call>\n{"name": "',
  end: "",
};
const bare: CallSyntax = {
  opening: '{"name": "',
  between: '", "parameters": ',
  closing: "}",
  next: undefined,
  end: "",
};
const add: Tool = {
  name: "add",
  parameters: { type: "object", properties: { a: { type: "integer" } }, required: ["a"], additionalProperties: false },
};
const any: Tool = { name: "any", parameters: true };
const one = '<tool_call>\n{"name": "add", "arguments": {"a": 1}}\n</tool_call>';

const at = (syntax: CallSyntax, text: string, from: number) =>
  callAt(syntax, text, { from, begin: syntax.opening, isPlainText: () => false });

Deno.test("triggerOf() is what no ordinary text begins with", () => {
  strictEqual(triggerOf(tagged), "<tool_call>");
  strictEqual(triggerOf(bare), '{"name": "');
});

Deno.test("callAt() reads a call, whatever its arguments hold", () => {
  const hostile = JSON.stringify({ a: '}\n</tool_call> \\" {', b: [{ c: "]" }] });
  const text = `x<tool_call>\n{"name": "add", "arguments": ${hostile}}\n</tool_call>more`;
  deepStrictEqual(at(tagged, text, 1), { name: "add", arguments: hostile, end: text.length - "more".length });
  deepStrictEqual(at(bare, '{"name": "n", "parameters": { "a" : 1.0 }}', 0), {
    name: "n",
    arguments: '{"a":1}',
    end: 42,
  });
});

const noCalls = [
  one.slice(0, -1),
  one.replace("{", "["),
  one.replace('"a"', "a"),
  one.replace('{"a": 1}', "[1]"),
  one.replace('{"a": 1}', '{"a": 1'),
  "",
];
for (const text of noCalls) {
  Deno.test(`callAt() finds no call in ${JSON.stringify(text)}`, () => strictEqual(at(tagged, text, 0), undefined));
}

function read(tools: readonly Tool[], options: Parameters<typeof callsGrammarOf>[1]) {
  const result = callsGrammarOf(tools, options);
  ok(result.kind === "grammar", JSON.stringify(result));
  return readGbnf(result.gbnf);
}

Deno.test("callsGrammarOf() holds names and arguments, and several calls where there may be", () => {
  const several = read([add, any], { syntax: tagged, from: "start", once: false });
  const once = read([add, any], { syntax: tagged, from: "start", once: true });
  for (const grammar of [several, once]) {
    ok(grammar.accepts(one));
    ok(grammar.accepts('<tool_call>\n{"name": "any", "arguments": {"x": [null]}}\n</tool_call>'));
    ok(!grammar.accepts(one.replace("add", "sub")) && !grammar.accepts(one.replace("1", '"1"')));
    ok(
      !grammar.accepts(`${one} `) && !grammar.accepts("") &&
        !grammar.accepts('<tool_call>\n{"name": "any", "arguments": 1}\n</tool_call>'),
    );
  }
  ok(several.accepts(`${one}\n${one}`) && !once.accepts(`${one}\n${one}`));
});

Deno.test("callsGrammarOf() goes on after the trigger", () => {
  const grammar = read([add], { syntax: tagged, from: "trigger", once: false });
  ok(grammar.accepts(one.slice("<tool_call>".length)) && !grammar.accepts(one));
});

Deno.test("callsGrammarOf() names the tool whose schema can't be held", () => {
  const result = callsGrammarOf([add, { name: "sub", parameters: { not: {} } }], {
    syntax: tagged,
    from: "start",
    once: false,
  });
  ok(result.kind === "failed" && result.failure.kind === "invalid");
  strictEqual(result.failure.reason, "this schema can't be held: of tool sub: #/not: \"not\" isn't supported");
});
