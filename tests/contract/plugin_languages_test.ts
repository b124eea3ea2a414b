/** Holds the conformance plugin of each language, built by its own toolchain, to plugins-wasm/conformance/SPEC.md. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import * as v from "valibot";
import type { PluginLanguage } from "../../core/plugins/languages.ts";
import { pluginLanguages } from "../../core/plugins/languages.ts";
import type { CallLimits, CallOutcome, HostFunction, Plugins } from "../../core/ports/plugins.ts";
import { registration } from "../../schema/plugin.ts";
import { buildPlugins } from "../../scripts/plugin_build.ts";
import { expectedAsks } from "../../scripts/plugin_sdk/asks.ts";
import { seededRandom } from "../seeded.ts";
import { createPluginRunners, createTestPlugins } from "./plugin_runner_stand.ts";

/** Rust's toolchain is 844 MB. */
const isLong = Deno.env.get("CLAWDBOT_TEST_LONG") === "1";
const languages = pluginLanguages.filter((language) => isLong || language !== "rust");

/** The host's own, for a message of 1 MB and what a small machine needs for it. */
const limits: CallLimits = {
  fuel: 20_000_000_000,
  memory_bytes: 64 * 1024 * 1024,
  deadline_ms: 60_000,
  output_bytes: 1024 * 1024,
  host_calls: 64,
  log_bytes: 16 * 1024,
};

const nobody: HostFunction = () => Promise.reject(new Error("the host wasn't to be asked"));
const { signal } = new AbortController();

interface Conformance {
  readonly plugins: Plugins;
  call(
    tool: string,
    given: Readonly<Record<string, unknown>>,
    options?: { readonly host?: HostFunction; readonly locale?: string; readonly nowMs?: number },
  ): Promise<unknown>;
  outcome(input: string): Promise<CallOutcome>;
  register(): Promise<unknown>;
}

function conform(language: PluginLanguage, body: (plugin: Conformance) => Promise<void>): Promise<void> {
  return inSandbox(`conformance-${language}`, body);
}

async function inSandbox(name: string, body: (plugin: Conformance) => Promise<void>): Promise<void> {
  const [built] = await buildPlugins({ names: [name], note() {} });
  await using runners = createPluginRunners();
  const plugins = createTestPlugins(runners);
  try {
    const prepared = await plugins.prepare(await Deno.readFile(built!.path), signal);
    if (prepared.kind !== "prepared") throw new Error(JSON.stringify(prepared));
    const call = (entry: "register" | "execute", input: string, host: HostFunction) =>
      plugins.call(
        {
          digest: built!.sha256,
          module: () => Promise.resolve(prepared.bytes),
          entry,
          input: new TextEncoder().encode(input),
          limits,
        },
        host,
        signal,
      );
    await body({
      plugins,
      async call(tool, given, { host = nobody, locale = "en", nowMs = 0 } = {}) {
        const input = JSON.stringify({ tool, arguments: given, context: { locale, now_ms: nowMs } });
        return parsed(await call("execute", input, host));
      },
      outcome: (input) => call("execute", input, nobody),
      register: async () => parsed(await call("register", "", nobody)),
    });
  } finally {
    await plugins.close();
  }
}

function parsed(outcome: CallOutcome): unknown {
  if (outcome.kind !== "done") throw new Error(JSON.stringify(outcome));
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(outcome.output));
}

/** How a call failed; `done` where it didn't. */
function codeOf(outcome: CallOutcome): string {
  return outcome.kind === "failed" ? outcome.code : outcome.kind;
}

/** Values that a reader or a writer of JSON may get wrong; numbers are such as every language writes the same. */
const values: readonly unknown[] = [
  null,
  true,
  0,
  -17,
  0.5,
  123456789,
  "",
  'quote " backslash \\ slash / tab \t newline \n return \r zero \u0000 bell \u0007 delete \u007f',
  "é ß 泵 7号泵 👩‍🔧 𝄞 \u2028 \ufeff \ud7ff \uffff",
  [],
  {},
  [[[[1, [2]]]], { a: { b: { c: [null, false, ""] } } }],
  { "": 1, "键": "值", 'a"b': [] },
  Array.from({ length: 500 }, (_, index) => ({ index, name: `n${index}` })),
];

/** Escapes that JSON.stringify never writes, and numbers as people write them. */
const escaped = String
  .raw`{"tool":"echo","arguments":{"value":"\u0041\u6cf5\uD83D\uDE00\/\b\f"},"context":{"locale":"en","now_ms":1e3}} `;

const notJson = [
  "",
  "{",
  "nul",
  '{"tool":"echo",}',
  '{"tool":"echo" "arguments":{}}',
  '{"tool":"ec\u0001ho","arguments":{},"context":{"locale":"en","now_ms":0}}',
  '{"tool":"\\ud800","arguments":{},"context":{"locale":"en","now_ms":0}} x',
  '{"tool":"now","arguments":{"value":01},"context":{"locale":"en","now_ms":0}}',
  '{"tool":"now","arguments":{"value":1.},"context":{"locale":"en","now_ms":0}}',
];

for (const language of languages) {
  Deno.test(`conformance: ${language} does what the specification says`, () =>
    conform(language, async ({ call, register, outcome }) => {
      const described = v.parse(registration, await register());
      deepStrictEqual(described.tools.map(({ name }) => name), ["echo", "greet", "count", "fail", "now", "log", "ask"]);
      ok(described.tools.every(({ parameters }) => parameters.type === "object"));
      deepStrictEqual(described.tools[0]?.examples, [{ say: "echo 1", arguments: { value: 1 } }]);
      deepStrictEqual(described.tools.map(({ read_only }) => read_only), [true, ...Array(6).fill(false)]);

      for (const value of values) deepStrictEqual(await call("echo", { value }), { text: "echo", data: value });
      deepStrictEqual(parsed(await outcome(escaped)), { text: "echo", data: "A泵😀/\b\f" });
      for (const text of notJson) deepStrictEqual(codeOf(await outcome(text)), "error", text);

      deepStrictEqual(await call("greet", { name: "Ada" }), { text: "Hello, Ada!" });
      deepStrictEqual(await call("greet", { name: "小明 👋" }, { locale: "zh-CN" }), { text: "你好，小明 👋！" });
      deepStrictEqual(await call("fail", { why: 'because "泵"\n' }), { error: 'because "泵"\n' });
      deepStrictEqual(await call("now", {}, { nowMs: 1767225600123 }), { text: "now", data: 1767225600123 });
      const logged = await outcome(
        '{"tool":"log","arguments":{"line":"泵 started"},"context":{"locale":"en","now_ms":0}}',
      );
      deepStrictEqual(parsed(logged), { text: "logged" });
      ok(logged.kind === "done" && logged.logs.some((line) => line.includes("泵 started")), JSON.stringify(logged));
    }));

  Deno.test(`conformance: ${language} takes and gives a megabyte`, () =>
    conform(language, async ({ call }) => {
      // Of three bytes each, so that none of them fits the words that are copied.
      const text = "泵".repeat(333_000);
      deepStrictEqual(await call("count", { text }), { text: "999000", data: { bytes: 999_000 } });
      deepStrictEqual(await call("echo", { value: text }), { text: "echo", data: text });
    }));

  Deno.test(`conformance: ${language} asks the host for everything that it can be asked`, () =>
    conform(language, async ({ call }) => {
      for (const { name, capability, request } of expectedAsks()) {
        const asked: unknown[] = [];
        const host: HostFunction = (of, bytes) => {
          asked.push({ capability: of, request: JSON.parse(new TextDecoder().decode(bytes)) });
          return Promise.resolve(new TextEncoder().encode('{"ok":{"answer":["泵",1,null]}}'));
        };
        deepStrictEqual(
          await call("ask", { request: name }, { host }),
          { text: "ok", data: { answer: ["泵", 1, null] } },
          name,
        );
        deepStrictEqual(asked, [{ capability, request }], name);
      }
    }));

  Deno.test(`conformance: ${language} says what the host refuses, and what can't be read`, () =>
    conform(language, async ({ call }) => {
      const answering = (text: string): HostFunction => () => Promise.resolve(new TextEncoder().encode(text));
      const refusal = '{"error":{"code":"refused","message":"this site doesn\'t grant \\"kv\\" 泵"}}';
      deepStrictEqual(await call("ask", { request: "kv_get" }, { host: answering(refusal) }), {
        error: 'refused: this site doesn\'t grant "kv" 泵',
      });
      for (const garbage of ["", "null", "[]", "{}", '{"ok"', "\u0000"]) {
        const said = await call("ask", { request: "kv_get" }, { host: answering(garbage) });
        deepStrictEqual(said, { error: "reply: the host's answer can't be read" }, garbage);
      }
      deepStrictEqual(await call("ask", { request: "nothing" }), { error: "unknown: nothing" });
    }));
}

Deno.test("a module made by Extism's own PDK runs: register, execute, a host function, a line in the log", () =>
  inSandbox("pdk-go", async ({ call, register, outcome }) => {
    deepStrictEqual(v.parse(registration, await register()).tools.map(({ name }) => name), ["get"]);
    const host: HostFunction = (capability, bytes) => {
      deepStrictEqual([capability, JSON.parse(new TextDecoder().decode(bytes))], ["kv", { op: "get", key: "泵" }]);
      return Promise.resolve(new TextEncoder().encode('{"ok":{"value":"7"}}'));
    };
    deepStrictEqual(await call("get", { key: "泵" }, { host }), { text: '{"ok":{"value":"7"}}' });
    const bad = await outcome("no JSON");
    deepStrictEqual([bad.kind, bad.kind === "failed" && bad.code], ["failed", "error"]);
  }));

// Goal: the readers and writers of JSON that are this project's own take what JSON.parse takes, and nothing else.
// Method: random values must come back as they went; random changes to a call must be refused when, and only when,
// JSON.parse refuses them. The seeds are 1:0 to 1:29.
for (const language of ["assemblyscript", "c"] as const) {
  Deno.test(`conformance: ${language} reads and writes JSON as JSON.parse and JSON.stringify do [seed 1]`, () =>
    conform(language, async ({ call, outcome }) => {
      for (let run = 0; run < 30; run++) {
        const random = seededRandom({ seed: 1, run });
        const value = randomValue(random, 0);
        deepStrictEqual(await call("echo", { value }), { text: "echo", data: value }, `run ${run}`);
        const written = JSON.stringify({ tool: "echo", arguments: { value }, context: { locale: "en", now_ms: 1 } });
        for (let change = 0; change < 10; change++) {
          const text = changed(written, random);
          strictEqual(codeOf(await outcome(text)), isJson(text) ? "done" : "error", text);
        }
      }
    }));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** One character less, more or other: mostly of those that mean something. */
function changed(text: string, random: () => number): string {
  const at = Math.floor(random() * text.length);
  const signs = '{}[]",:\\u0123456789.eE+-truefalsnl \n\t\u0001泵';
  const sign = signs[Math.floor(random() * signs.length)]!;
  const kind = Math.floor(random() * 3);
  return `${text.slice(0, at)}${kind === 0 ? "" : sign}${text.slice(kind === 2 ? at : at + 1)}`.toWellFormed();
}

function randomValue(random: () => number, depth: number): unknown {
  const pick = Math.floor(random() * (depth > 4 ? 4 : 6));
  const count = Math.floor(random() * 6);
  const text = () =>
    Array.from({ length: Math.floor(random() * 12) }, () => {
      const code = [0x20, 0x7f, 0x7ff, 0xd7ff, 0x1ffff][Math.floor(random() * 5)]!;
      return String.fromCodePoint(Math.floor(random() * code));
    }).join("").toWellFormed();
  switch (pick) {
    case 0:
      return null;
    case 1:
      return random() < 0.5;
    case 2:
      // What every language writes the same: whole numbers, and some with a few places.
      return random() < 0.5 ? Math.floor((random() - 0.5) * 2e9) : Math.floor(random() * 1e6) / 1e3;
    case 3:
      return text();
    case 4:
      return Array.from({ length: count }, () => randomValue(random, depth + 1));
    default:
      return Object.fromEntries(Array.from({ length: count }, () => [text(), randomValue(random, depth + 1)]));
  }
}
