import { deepStrictEqual, throws } from "node:assert/strict";
import { parseHostMessage, parseRunnerMessage } from "./protocol.ts";

const hostMessages: unknown[] = [
  { kind: "load", sequencesMax: 8 },
  { kind: "load", sequencesMax: 8, contextTokens: 4_096, threads: 2, memoryLimitBytes: 1e9 },
  { kind: "generate", id: 1, messages: [{ role: "user", content: "" }], tokensMax: 1, sampling: { topK: 0 }, stop: [] },
  {
    kind: "generate",
    id: 1,
    messages: [
      { role: "assistant", content: "", toolCalls: [{ id: "call_1", name: "get", arguments: "{}" }] },
      { role: "tool", content: "x", toolCallId: "call_1" },
    ],
    tokensMax: 1,
    tools: [{ name: "get", description: "Gets.", parameters: { type: "object" } }],
    toolChoice: { name: "get" },
    alternativesMax: 20,
  },
  {
    kind: "generate",
    id: 1,
    messages: [{ role: "user", content: "" }],
    tokensMax: 1,
    format: { kind: "schema", schema: { type: "null" } },
  },
  {
    kind: "generate",
    id: 1,
    messages: [{ role: "user", content: "" }],
    tokensMax: 1,
    format: {
      kind: "grammar",
      grammar: {
        kind: "sequence",
        parts: [
          { kind: "choice", options: [{ kind: "text", text: "a" }] },
          { kind: "repeat", of: { kind: "line", min: 1, max: 2, without: "" }, min: 0, max: 3 },
        ],
      },
    },
  },
  { kind: "cancel", id: 1 },
  { kind: "count", id: 2, texts: ["a"] },
  { kind: "embed", id: 3, texts: ["a"], purpose: "query" },
  { kind: "embed", id: 3, texts: new Array(256).fill("a") },
];
const runnerMessages: unknown[] = [
  { kind: "ready", info: { name: "m", contextTokens: 1, sequencesMax: 1 } },
  { kind: "not_ready", failure: { kind: "refused", reason: "x", mend: "y" }, needBytes: 2, haveBytes: 1 },
  { kind: "progress" },
  { kind: "started", id: 1, promptTokens: 2, promptReused: 0 },
  { kind: "text", id: 1, text: "x", answerTokens: 1 },
  {
    kind: "text",
    id: 1,
    text: "x",
    answerTokens: 1,
    tokens: [{ text: "x", bytes: [120], logprob: -1, top: [{ text: "y", bytes: [121], logprob: 0 }] }],
  },
  { kind: "tool_call", id: 1, name: "get", arguments: "{}", answerTokens: 1 },
  { kind: "end", id: 1, reason: "length", usage: { promptTokens: 1, promptReused: 0, answerTokens: 1 } },
  { kind: "failed", id: 1, failure: { kind: "overflow", reason: "x" } },
  { kind: "counted", id: 1, counts: [1] },
  { kind: "ready", info: { name: "m", contextTokens: 1, sequencesMax: 1, dimensions: 384 } },
  { kind: "vectors", id: 3, at: 0, base64: "AACAPw==" },
  { kind: "embedded", id: 3, promptTokens: 2 },
];

Deno.test("the runner's protocol reads every message as it was sent", () => {
  for (const message of hostMessages) deepStrictEqual(parseHostMessage(message), message);
  for (const message of runnerMessages) deepStrictEqual(parseRunnerMessage(message), message);
});

function nested(depth: number): unknown {
  let schema: unknown = {};
  for (let level = 0; level < depth; level++) schema = { items: schema };
  return schema;
}

function deepGrammar(depth: number): unknown {
  let grammar: unknown = { kind: "text", text: "a" };
  for (let level = 0; level < depth; level++) grammar = { kind: "repeat", of: grammar, min: 1, max: 2 };
  return grammar;
}

const hostile: [what: string, message: unknown][] = [
  ["an unknown kind", { kind: "shell" }],
  ["an unknown key", { kind: "cancel", id: 1, more: true }],
  ["an id that isn't a whole number", { kind: "cancel", id: 1.5 }],
  ["more sequences than there may be", { kind: "load", sequencesMax: 1_000 }],
  ["no messages", { kind: "generate", id: 1, messages: [], tokensMax: 1 }],
  ["a role that isn't one", { kind: "generate", id: 1, messages: [{ role: "root", content: "" }], tokensMax: 1 }],
  ["nine stop texts", {
    kind: "generate",
    id: 1,
    messages: [{ role: "user", content: "" }],
    tokensMax: 1,
    stop: new Array(9).fill(""),
  }],
  ["a number of bits that no seed has", {
    kind: "generate",
    id: 1,
    messages: [{ role: "user", content: "" }],
    tokensMax: 1,
    sampling: { seed: 2 ** 32 },
  }],
  ["nothing to embed", { kind: "embed", id: 1, texts: [] }],
  ["too much to embed", { kind: "embed", id: 1, texts: new Array(257).fill("a") }],
  ["a purpose that isn't one", { kind: "embed", id: 1, texts: ["a"], purpose: "storage" }],
  ...([
    ["a schema that is too deep", { format: { kind: "schema", schema: nested(1_000) } }],
    ["a grammar that is too deep", { format: { kind: "grammar", grammar: deepGrammar(1_000) } }],
    ["a grammar that is none", { format: { kind: "grammar", grammar: { kind: "rule", name: "root" } } }],
    ["a schema that is none", { format: { kind: "schema", schema: "text" } }],
    ["a tool whose name is a sentence", { tools: [{ name: "get it", parameters: {} }] }],
    ["a tool whose schema is too deep", { tools: [{ name: "get", parameters: nested(1_000) }] }],
    ["more tools than there may be", {
      tools: Array.from({ length: 129 }, (_, index) => ({ name: `t${index}`, parameters: {} })),
    }],
    ["more alternatives than there may be", { alternativesMax: 21 }],
  ] as const).map(([what, more]): [string, unknown] => [what, {
    kind: "generate",
    id: 1,
    messages: [{ role: "user", content: "" }],
    tokensMax: 1,
    ...more,
  }]),
  ["nothing", undefined],
];
for (const [what, message] of hostile) {
  Deno.test(`the runner's protocol refuses ${what}`, () => void throws(() => parseHostMessage(message)));
}
