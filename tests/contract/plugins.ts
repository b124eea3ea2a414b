import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { CallLimits, CallOutcome, HostFunction, PluginCall, Plugins } from "../../core/ports/plugins.ts";
import { manyThings } from "../plugin_modules.ts";
import { wat, watPlugin } from "../wat.ts";

/** A sandbox under test. */
export interface PluginsUnderTest extends AsyncDisposable {
  readonly plugins: Plugins;
  /** How many processes were started for it so far. */
  processes(): number;
}

/** Far more than any of these calls takes. */
export const plentyOfLimits: CallLimits = {
  fuel: 1e9,
  memory_bytes: 16 * 1024 * 1024,
  deadline_ms: 60_000,
  output_bytes: 1024 * 1024,
  host_calls: 64,
  log_bytes: 16 * 1024,
};

/** What a plugin that asks nobody is given. */
export const noHost: HostFunction = () => Promise.reject(new Error("Nobody is asked here"));

const never = new AbortController().signal;
const text = new TextEncoder();
const told = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** One module as a sandbox prepared it, ready to be called by the first letter of its input. */
async function prepared(plugins: Plugins, digest = "a".repeat(64), wasm = manyThings()) {
  const module = await plugins.prepare(wasm, never);
  if (module.kind !== "prepared") throw new Error(`Not prepared: ${JSON.stringify(module)}`);
  return (input: string | Uint8Array, more: {
    readonly limits?: Partial<CallLimits>;
    readonly host?: HostFunction;
    readonly signal?: AbortSignal;
    readonly session?: string;
    readonly entry?: PluginCall["entry"];
  } = {}): Promise<CallOutcome> =>
    plugins.call(
      {
        digest,
        module: () => Promise.resolve(module.bytes),
        entry: more.entry ?? "execute",
        input: typeof input === "string" ? text.encode(input) : input,
        limits: { ...plentyOfLimits, ...more.limits },
        ...(more.session === undefined ? {} : { session: more.session }),
      },
      more.host ?? noHost,
      more.signal ?? never,
    );
}

function output(outcome: CallOutcome): Uint8Array {
  if (outcome.kind !== "done") throw new Error(`Not done: ${JSON.stringify(outcome)}`);
  return outcome.output;
}

function code(outcome: CallOutcome): string {
  return outcome.kind === "failed" ? outcome.code : outcome.kind;
}

/** What each plugin mustn't do, by its first letter, and how it ends. */
const failures: readonly (readonly [letter: string, code: string, limits?: Partial<CallLimits>])[] = [
  ["L", "fuel"],
  ["T", "trap"],
  ["S", "stack"],
  ["M", "memory"],
  ["O", "output"],
  ["F", "handle"],
  ["P", "handle"],
  ["A", "host-memory"],
  ["B", "host-memory"],
  ["K", "host-calls"],
  ["W", "logs"],
  ["E", "exit"],
  ["H", "not-granted"],
  ["v", "not-granted"],
  ["i", "error"],
  ["x", "error"],
  ["L", "deadline", { fuel: 1e12, deadline_ms: 200 }],
  ["e", "memory", { memory_bytes: 1_000 }],
];

/** What every sandbox holds, whatever it runs plugins by. `create` gives a fresh one. */
export function testPlugins(name: string, create: () => PluginsUnderTest): void {
  function test(what: string, body: (under: PluginsUnderTest) => Promise<void>): void {
    Deno.test(`${name}: ${what}`, async () => {
      await using under = create();
      await body(under);
    });
  }

  test("a plugin is given its input and gives its output, byte by byte", async ({ plugins, processes }) => {
    const call = await prepared(plugins);
    for (const length of [1, 7, 8, 9, 4_096, 1024 * 1024]) {
      const input = Uint8Array.from({ length }, (_, index) => index === 0 ? 0x65 : index % 251);
      deepStrictEqual(output(await call(input, { limits: { fuel: 1e10 } })), input);
    }
    const unicode = "e 泵 7 — ∑ 🙂";
    const outcome = await call(unicode);
    strictEqual(told(output(outcome)), unicode);
    ok(outcome.kind === "done" && outcome.fuelUsed > 0 && outcome.fuelUsed < 10_000);
    strictEqual(output(await call("", { entry: "register" })).length, 0);
    ok(processes() <= 3, "one that prepared, one that runs, one that is kept ready");
  });

  test("what fails is told by its code, and the plugin can be called again", async ({ plugins }) => {
    const host: HostFunction = () => Promise.resolve(text.encode("{}"));
    for (const [index, [letter, expected, limits]] of failures.entries()) {
      // Each has a plugin of its own: what fails again and again isn't called any more.
      const call = await prepared(plugins, `${index}`.padStart(64, "0"));
      const outcome = await call(letter, { host, ...(limits === undefined ? {} : { limits }) });
      strictEqual(code(outcome), expected, `${letter}: ${JSON.stringify(outcome)}`);
      ok(outcome.kind === "failed" && /^\P{Cc}+$/u.test(outcome.reason), "one line");
      strictEqual(told(output(await call("e again"))), "e again");
      plugins.end(`${index}`.padStart(64, "0"));
    }
  });

  test("what a plugin says comes with the outcome, also of a failure", async ({ plugins }) => {
    const call = await prepared(plugins);
    const said = await call("l");
    deepStrictEqual(said.kind === "done" && said.logs, ["info !"]);
    const written = await call("w");
    deepStrictEqual(written.kind === "done" && written.logs, ["wasi writte"]);
    const flood = await call("W", { limits: { log_bytes: 3 } });
    deepStrictEqual(flood.kind === "failed" && flood.logs, ["info !", "info !", "info !"]);
  });

  test("a request to the host is carried out with its reply, as often as is allowed", async ({ plugins }) => {
    const call = await prepared(plugins);
    const asked: string[] = [];
    const host: HostFunction = (capability, request) => {
      asked.push(`${capability} ${told(request)}`);
      return Promise.resolve(text.encode(`reply ${asked.length} 回答`));
    };
    strictEqual(told(output(await call(Uint8Array.of(0x6b, 3), { host }))), "reply 3 回答");
    deepStrictEqual(asked, ["kv q", "kv q", "kv q"]);
    strictEqual(code(await call(Uint8Array.of(0x6b, 3), { host, limits: { host_calls: 2 } })), "host-calls");
    strictEqual(asked.length, 5);
  });

  test("a deadline counts what the host does, whose work is cancelled then", async ({ plugins }) => {
    const call = await prepared(plugins);
    let cancelled = false;
    const host: HostFunction = (_capability, _request, signal) =>
      new Promise(() => signal.addEventListener("abort", () => cancelled = true));
    strictEqual(code(await call(Uint8Array.of(0x6b, 1), { host, limits: { deadline_ms: 2_000 } })), "deadline");
    ok(cancelled);
  });

  test("an instance is fresh, but for a session's", async ({ plugins }) => {
    const call = await prepared(plugins);
    deepStrictEqual(output(await call("c")), Uint8Array.of(1));
    deepStrictEqual(output(await call("c")), Uint8Array.of(1));
    const inSession = async (session: string) => output(await call("c", { session }))[0];
    deepStrictEqual([await inSession("one"), await inSession("one"), await inSession("two")], [1, 2, 1]);
    plugins.endSession("one");
    deepStrictEqual([await inSession("one"), await inSession("two")], [1, 2]);
    // What failed isn't kept.
    strictEqual(code(await call("T", { session: "two" })), "trap");
    strictEqual(await inSession("two"), 1);
    // So many sessions are kept, and no more: the one that was called longest ago makes room.
    for (let index = 0; index < 8; index++) await inSession(`${index}`);
    deepStrictEqual([await inSession("7"), await inSession("two")], [2, 1]);
  });

  test("an abort ends a call, whatever it is doing, and leaves its neighbour alone", async ({ plugins }) => {
    const call = await prepared(plugins);
    const neighbour = await prepared(plugins, "b".repeat(64));
    strictEqual(told(output(await neighbour("e1"))), "e1");
    const abort = new AbortController();
    let asked = () => {};
    const isAsked = new Promise<void>((resolve) => asked = resolve);
    const host: HostFunction = () => {
      asked();
      return new Promise(() => {});
    };
    const waiting = call(Uint8Array.of(0x6b, 1), { host, signal: abort.signal });
    const behind = call("e behind");
    await isAsked;
    strictEqual(told(output(await neighbour("e2"))), "e2");
    abort.abort();
    deepStrictEqual(await waiting, { kind: "cancelled" });
    strictEqual(told(output(await behind)), "e behind");
    deepStrictEqual(await call("L", { limits: { fuel: 1e12 }, signal: AbortSignal.timeout(100) }), {
      kind: "cancelled",
    });
    deepStrictEqual(await call("e", { signal: AbortSignal.abort() }), { kind: "cancelled" });
    strictEqual(told(output(await neighbour("e3"))), "e3");
  });

  test("a plugin that is taken away ends, with what runs in it", async ({ plugins }) => {
    const call = await prepared(plugins);
    const neighbour = await prepared(plugins, "b".repeat(64));
    const running = call("L", { limits: { fuel: 1e12 } });
    const behind = call("e");
    strictEqual(told(output(await neighbour("e1"))), "e1");
    plugins.end("a".repeat(64));
    strictEqual(code(await running), "ended");
    strictEqual(code(await behind), "ended");
    strictEqual(told(output(await call("e later"))), "e later");
    const closed = call("L", { limits: { fuel: 1e12 } });
    await plugins.close();
    strictEqual(code(await closed), "ended");
    strictEqual(code(await call("e")), "ended");
  });

  test("calls of one plugin go one after the other, those of many side by side", async ({ plugins }) => {
    const letters = Array.from({ length: 12 }, (_, index) => index.toString(16));
    const calls = await Promise.all(letters.map((letter) => prepared(plugins, letter.repeat(64))));
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, index) => calls[index % calls.length]!(`e${index}`)),
    );
    deepStrictEqual(outcomes.map((outcome) => told(output(outcome))), outcomes.map((_, index) => `e${index}`));
  });

  test("a file is prepared once nothing of it could run, or refused with the reason", async ({ plugins, processes }) => {
    for (
      const [expected, wasm] of [
        ["malformed", text.encode("not a module")],
        ["manifest", wat("(module)")],
        ["feature:simd", watPlugin("(drop (v128.const i64x2 0 0)) (i32.const 0)")],
        ["import", watPlugin("i32.const 0", '(import "env" "system" (func))')],
      ] as const
    ) {
      const result = await plugins.prepare(wasm, never);
      strictEqual(result.kind === "refused" ? result.code : result.kind, expected);
    }
    const before = processes();
    deepStrictEqual(await plugins.prepare(manyThings(), AbortSignal.abort()), { kind: "cancelled" });
    strictEqual(processes(), before);
    const result = await plugins.prepare(manyThings(), never);
    ok(result.kind === "prepared");
    ok(result.imports.includes("extism:host/user kv"));
    deepStrictEqual(result.manifest, { name: "test", version: "1.0.0", description: "A test." });
    strictEqual(result.memoryBytesMax, 64 * 1024 * 1024);
  });

  test("a module that can't be had, or can't run, is a failure and no crash", async ({ plugins }) => {
    const call = (module: () => Promise<Uint8Array>) =>
      plugins.call(
        { digest: "f".repeat(64), module, entry: "execute", input: new Uint8Array(0), limits: plentyOfLimits },
        noHost,
        never,
      );
    const gone = await call(() => Promise.reject(new Error("no such file")));
    strictEqual(code(gone), "module");
    match(gone.kind === "failed" ? gone.reason : "", /no such file/);
    strictEqual(code(await call(() => Promise.resolve(new Uint8Array([1, 2, 3])))), "invalid");
  });
}
