/** The same module gives the same bytes in the sandbox as under plain Extism, and asks the host for the same. */
import { createPlugin, type CurrentPlugin } from "@extism/extism";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { pluginLanguages } from "../../core/plugins/languages.ts";
import type { CallLimits } from "../../core/ports/plugins.ts";
import { capabilityNames } from "../../schema/capabilities.ts";
import { buildPlugins } from "../../scripts/plugin_build.ts";
import { expectedAsks } from "../../scripts/plugin_sdk/asks.ts";
import { manyThings } from "../plugin_modules.ts";
import { createPluginRunners, createTestPlugins } from "./plugin_runner_stand.ts";
import { plentyOfLimits } from "./plugins.ts";

/** Rust's toolchain is 844 MB. */
const isLong = Deno.env.get("CLAWDBOT_TEST_LONG") === "1";
const languages = pluginLanguages.filter((language) => isLong || language !== "rust");
const limits: CallLimits = { ...plentyOfLimits, fuel: 1e11, memory_bytes: 64 * 1024 * 1024 };
const never = new AbortController().signal;
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

interface Call {
  readonly entry: "register" | "execute";
  readonly input: Uint8Array;
}

/** What calls came to, with what the host was asked meanwhile. */
interface Came {
  readonly outputs: readonly string[];
  readonly asked: readonly string[];
}

function host(): { readonly asked: string[]; answer(capability: string, request: Uint8Array): Uint8Array } {
  const asked: string[] = [];
  return {
    asked,
    answer(capability, request) {
      asked.push(`${capability} ${text(request)}`);
      return bytes(`{"ok":{"value":"泵 ${asked.length}"}}`);
    },
  };
}

async function inSandbox(wasm: Uint8Array, calls: readonly Call[]): Promise<Came> {
  await using runners = createPluginRunners();
  const plugins = createTestPlugins(runners);
  const { asked, answer } = host();
  const prepared = await plugins.prepare(wasm, never);
  if (prepared.kind !== "prepared") throw new Error(JSON.stringify(prepared));
  const outputs: string[] = [];
  for (const call of calls) {
    const outcome = await plugins.call(
      { digest: "a", module: () => Promise.resolve(prepared.bytes), limits, ...call },
      (capability, request) => Promise.resolve(answer(capability, request)),
      never,
    );
    outputs.push(outcome.kind === "done" ? text(outcome.output) : JSON.stringify(outcome));
  }
  await plugins.close();
  return { outputs, asked };
}

async function plain(wasm: Uint8Array<ArrayBuffer>, calls: readonly Call[]): Promise<Came> {
  const module = await WebAssembly.compile(wasm);
  const { asked, answer } = host();
  const user = Object.fromEntries(
    capabilityNames.map((name) => [
      name,
      (context: CurrentPlugin, at: bigint) =>
        context.store(answer(name, context.read(at)?.bytes() ?? bytes("nothing"))),
    ]),
  );
  const outputs: string[] = [];
  for (const { entry, input } of calls) {
    const plugin = await createPlugin({ wasm: [{ module }] }, {
      useWasi: true,
      functions: { "extism:host/user": user },
    });
    outputs.push(text((await plugin.call(entry, input))?.bytes() ?? new Uint8Array(0)));
    await plugin.close();
  }
  return { outputs, asked };
}

function execute(tool: string, given: Readonly<Record<string, unknown>>, locale = "en"): Call {
  const input = bytes(JSON.stringify({ tool, arguments: given, context: { locale, now_ms: 1_764_000_000_123 } }));
  return { entry: "execute", input };
}

const conforming: readonly Call[] = [
  { entry: "register", input: new Uint8Array(0) },
  ...[1, null, "泵 \u0000 \"'\\ 🙂", [1.5, -0, 1e21, [[]]], { a: { b: [true, ""] } }, "long ".repeat(20_000)]
    .map((value) => execute("echo", { value })),
  ...["Ada", "", "李雷"].flatMap((name) => [execute("greet", { name }), execute("greet", { name }, "zh-CN")]),
  execute("count", { text: "日本語 🙂\n" }),
  execute("fail", { why: "because" }),
  execute("fail", { why: "因为" }),
  execute("now", {}),
  execute("log", { line: "a line" }),
  ...expectedAsks().map(({ name }) => execute("ask", { request: name })),
];

for (const language of languages) {
  Deno.test(`the conformance plugin in ${language} gives the same in the sandbox as under plain Extism`, async () => {
    const [built] = await buildPlugins({ names: [`conformance-${language}`], note() {} });
    const wasm = await Deno.readFile(built!.path);
    const came = await inSandbox(wasm, conforming);
    ok(came.asked.length > 5);
    deepStrictEqual(came, await plain(wasm, conforming));
  });
}

Deno.test("a plugin without a runtime gives the same in the sandbox as under plain Extism", async () => {
  const calls = ["e", "e".repeat(100_001), "e 泵", "c", "l", "k\u0001", "k\u0007", "w", "nothing"]
    .map((input) => ({ entry: "execute", input: bytes(input) } as const));
  const came = await inSandbox(manyThings(), calls);
  strictEqual(came.asked.length, 8);
  deepStrictEqual(came, await plain(manyThings(), calls));
});
