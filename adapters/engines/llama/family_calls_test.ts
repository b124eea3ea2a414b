import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Tool } from "../../../core/ports/engine.ts";
import { readGbnf } from "../../../tests/gbnf.ts";
import { looseBeginning, triggerOf } from "../grammar/call_syntax.ts";
import { createAnswerReader } from "./answer_reader.ts";
import { createChatTemplate } from "./chat_template.ts";
import { heldTo } from "./held_to.ts";
import { plainCallSyntax } from "./template_calls.ts";

const tools: readonly Tool[] = [
  {
    name: "get_weather",
    parameters: {
      type: "object",
      properties: { city: { type: "string" }, days: { type: "integer" } },
      required: ["city"],
      additionalProperties: false,
    },
  },
  { name: "now", parameters: { type: "object", properties: {}, additionalProperties: false } },
];
const ulm = { name: "get_weather", arguments: '{"city":"Ulm <3"}' };
const two = { name: "get_weather", arguments: '{"city":"Ulm","days":2}' };
const now = { name: "now", arguments: "{}" };

type Calls = readonly { readonly name: string; readonly arguments: string }[];

/** What models of each family write, of their templates, model cards and llama.cpp's `tests/test-chat.cpp`. */
const families: Readonly<Record<string, readonly (readonly [text: string, calls: Calls, before?: string])[]>> = {
  "qwen2.5": [
    ['<tool_call>\n{"name": "get_weather", "arguments": {"city": "Ulm <3"}}\n</tool_call>', [ulm]],
    [
      'Let me see.\n<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call>\n<tool_call>\n' +
      '{"name": "get_weather", "arguments": {"city": "Ulm", "days": 2}}\n</tool_call>',
      [now, two],
      "Let me see.",
    ],
  ],
  "qwen2.5_coder": [
    ['{"name": "get_weather", "arguments": {"city": "Ulm <3"}}', [ulm]],
    ['```json\n{"name": "get_weather", "arguments": {"city": "Ulm", "days": 2}}', [two]],
    ['[{"name": "now", "arguments": {}}, {"name": "get_weather", "arguments": {"city": "Ulm <3"}}]', [now, ulm]],
  ],
  "qwen3": [['<tool_call>\n{"name": "get_weather", "arguments": {"city": "Ulm <3"}}\n</tool_call>', [ulm]]],
  "qwen3_coder": [
    [
      "<tool_call>\n<function=get_weather>\n<parameter=city>\nUlm <3\n</parameter>\n</function>\n</tool_call>",
      [ulm],
    ],
    [
      "<tool_call>\n<function=now>\n</function>\n</tool_call>\n<tool_call>\n<function=get_weather>\n<parameter=city>\n" +
      "Ulm\n</parameter>\n<parameter=days>\n2\n</parameter>\n</function>\n</tool_call>",
      [now, two],
    ],
  ],
  "llama3.1": [
    ['{"name": "get_weather", "parameters": {"city": "Ulm <3"}}', [ulm]],
    ['{"name": "now", "parameters": {}}', [now]],
  ],
  "mistral_nemo": [
    [
      '[TOOL_CALLS][{"name": "get_weather", "arguments": {"city": "Ulm", "days": 2}, "id": "a1B2c3D4e"}]',
      [two],
    ],
    [
      '[TOOL_CALLS][{"name": "now", "arguments": {}, "id": "123456789"}, ' +
      '{"name": "get_weather", "arguments": {"city": "Ulm <3"}, "id": "123456780"}]',
      [now, ulm],
    ],
  ],
  "mistral_small_3.2": [
    ['[TOOL_CALLS]get_weather[CALL_ID]a1B2c3D4e[ARGS]{"city": "Ulm <3"}', [ulm]],
    [
      "Both.[TOOL_CALLS]now[CALL_ID]123456789[ARGS]{}[TOOL_CALLS]get_weather[CALL_ID]123456780[ARGS]" +
      '{"city": "Ulm", "days": 2}',
      [now, two],
      "Both.",
    ],
  ],
  "deepseek_r1": [
    [
      "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>now\n```json\n{}\n```<｜tool▁call▁end｜>\n" +
      '<｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{"city": "Ulm <3"}\n```<｜tool▁call▁end｜>' +
      "<｜tool▁calls▁end｜>",
      [now, ulm],
    ],
  ],
  "deepseek_v3.1": [
    [
      '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{"city": "Ulm", "days": 2}<｜tool▁call▁end｜>' +
      "<｜tool▁calls▁end｜>",
      [two],
    ],
    [
      "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>now<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁call▁begin｜>get_weather" +
      '<｜tool▁sep｜>{"city": "Ulm <3"}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
      [now, ulm],
    ],
  ],
  "glm4.6": [
    ["<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Ulm <3</arg_value>\n</tool_call>", [ulm]],
    [
      "Well.\n<tool_call>now\n</tool_call>\n<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Ulm</arg_value>\n" +
      "<arg_key>days</arg_key>\n<arg_value>2</arg_value>\n</tool_call>",
      [now, two],
      "Well.",
    ],
  ],
  // Without a syntax of their own: they are told the plain one, and write others too.
  "phi4": [
    ['<tool_call>\n{"name": "get_weather", "arguments": {"city": "Ulm <3"}}\n</tool_call>', [ulm]],
    ['functools[{"name": "get_weather", "arguments": {"city": "Ulm", "days": 2}}]', [two]],
    ['[{"name": "now", "arguments": {}}]', [now]],
  ],
  "gemma3": [['```json\n[{"name": "get_weather", "arguments": {"city": "Ulm <3"}}]', [ulm]]],
};

for (const [family, answers] of Object.entries(families)) {
  const source = Deno.readTextFileSync(
    new URL(`../../../tests/golden/chat_templates/${family}.jinja`, import.meta.url),
  );
  const syntax = createChatTemplate(source, { begin: "<BEGIN>", end: "<END>" }).calls?.syntax ?? plainCallSyntax;
  for (const [text, expected, before = ""] of answers) {
    Deno.test(`of ${family}, calls are read and held to: ${text.slice(0, 60).replaceAll("\n", "⏎")}`, () => {
      const held = heldTo(syntax, { messages: [], tokensMax: 1, tools });
      ok(held.kind === "held", JSON.stringify(held));
      const { calls } = held.job;
      ok(calls !== undefined);
      for (const pieceLength of [1, 1_000]) {
        const holds: { begun: string; how: "own" | "loose" | "looseList"; at: number }[] = [];
        let at = 0;
        const reader = createAnswerReader([], {
          ...calls,
          hold: (begun, how) => holds.push({ begun, how, at }) > 0,
        });
        const parts = [];
        for (; at < text.length; at += pieceLength) parts.push(...reader.push(text.slice(at, at + pieceLength)).parts);
        parts.push(...reader.flush());
        const found = parts.flatMap((part) =>
          part.kind === "call" ? [{ name: part.name, arguments: part.arguments }] : []
        );
        deepStrictEqual(found, expected);
        strictEqual(parts.map((part) => part.kind === "text" ? part.text : "").join(""), before);
        // Whoever writes it is held to it from its trigger on.
        const [{ how } = { how: undefined }, ...more] = holds;
        strictEqual(more.length, 0);
        const grammar = readGbnf(calls.gbnfOf(how!)!);
        const loose = looseBeginning(text, calls.names);
        const held = how === "own"
          ? text.slice(text.indexOf(triggerOf(syntax)) + triggerOf(syntax).length)
          : text.slice(text.search(/(?<="name": ")/));
        ok(how === "own" || typeof loose === "object");
        ok(grammar.accepts(held), held);
        ok(!grammar.accepts(held.replace(/get_weather|now/, "other")));
      }
    });
  }
}
