import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { Frame } from "../../../core/frames.ts";
import type { LogFields } from "../../../core/ports/log.ts";
import type { CallLimits, CallOutcome, HostFunction, Plugins } from "../../../core/ports/plugins.ts";
import type { Runners } from "../../../core/ports/runner.ts";
import { VirtualClock } from "../../../tests/simulator/virtual_clock.ts";
import type { Answer } from "./answer.ts";
import {
  callsWaitingMax,
  createExtismPlugins,
  type ExtismPluginsOptions,
  loadMsMax,
  placeWaitMsMax,
} from "./client.ts";
import { createMessageReader, encodeMessage } from "./message.ts";
import { bodyBytesMax, type Order, parseOrder } from "./order.ts";

const limits: CallLimits = {
  fuel: 1_000,
  memory_bytes: 65_536,
  deadline_ms: 1_000,
  output_bytes: 100,
  host_calls: 10,
  log_bytes: 100,
};
const never = new AbortController().signal;
const text = new TextEncoder();
const told = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** One played process: what it was told, and whether it is still there. */
interface Played {
  readonly orders: string[];
  alive: boolean;
  /** It ends by itself. */
  die(): void;
}

/**
 * Processes that are played on a virtual clock. What a call's input says is done: `wait N` answers after so long, `fail`
 * fails by fuel, `die` ends the process, `ask` asks the host, `lie` says what it must not; anything else comes back. A
 * module named `slow` is never ready.
 */
function playProcesses(
  clock: VirtualClock,
): { readonly runners: Runners; readonly processes: Played[]; alive(): number } {
  const processes: Played[] = [];
  return {
    processes,
    alive: () => processes.filter(({ alive }) => alive).length,
    runners: {
      connect(role) {
        strictEqual(role, "plugin-runner");
        const said: Frame[] = [];
        let wake = () => {};
        const process: Played = {
          orders: [],
          alive: true,
          die() {
            process.alive = false;
            wake();
          },
        };
        processes.push(process);
        const say = (answer: Answer, body?: Uint8Array) => {
          said.push(...encodeMessage(answer, body));
          wake();
        };
        const reader = createMessageReader(bodyBytesMax);
        async function* frames() {
          for (;;) {
            while (said.length > 0 && process.alive) yield said.shift()!;
            if (!process.alive) return;
            await new Promise<void>((resolve) => wake = resolve);
          }
        }
        return Promise.resolve({
          kind: "connected",
          connection: {
            frames: frames(),
            close: () => process.die(),
            send(frame) {
              const message = reader.take(frame);
              if (!process.alive) return Promise.reject(new Error("closed"));
              if (message !== undefined) void play(parseOrder(message.header), told(message.body), process, say);
              return Promise.resolve();
            },
          },
        });
      },
    },
  };

  async function play(order: Order, body: string, process: Played, say: (answer: Answer, body?: Uint8Array) => void) {
    process.orders.push(`${order.op}${"session" in order ? ` of ${order.session}` : ""} ${body}`.trim());
    const done = (output: string) => say({ op: "done", fuelUsed: 1, logs: [] }, text.encode(output));
    if (order.op === "end-session") return;
    if (order.op === "load") return body === "slow" ? undefined : say({ op: "loaded" });
    if (order.op === "prepare") {
      if (body === "slow") return;
      return say({ op: "prepared", imports: [], memoryBytesMax: 0, manifest: {} }, text.encode(`ready ${body}`));
    }
    if (order.op === "reply") return done(`got ${body}`);
    const [word, ms] = body.split(" ");
    if (word === "wait") await clock.sleep(Number(ms), never);
    if (word === "fail") return say({ op: "failed", code: "fuel", reason: "too much", logs: [] });
    if (word === "error") return say({ op: "failed", code: "error", reason: "as it says", logs: [] });
    if (word === "ask") return say({ op: "host", capability: "kv" }, text.encode("?"));
    if (word === "lie") return say({ op: "loaded" });
    if (word === "die") return process.die();
    done(body);
  }
}

interface Stand {
  readonly clock: VirtualClock;
  readonly plugins: Plugins;
  readonly processes: Played[];
  readonly warnings: LogFields[];
  alive(): number;
  /** A call of the plugin that this letter names; its outcome in a few words. */
  call(letter: string, input: string, more?: {
    readonly signal?: AbortSignal;
    readonly host?: HostFunction;
    readonly session?: string;
    readonly name?: string;
    readonly module?: string;
    readonly limits?: Partial<CallLimits>;
    readonly entry?: "register";
  }): Promise<string>;
}

function test(name: string, body: (stand: Stand) => Promise<void>, options: Partial<ExtismPluginsOptions> = {}): void {
  Deno.test(name, async () => {
    const clock = new VirtualClock(1_000_000);
    const { runners, processes, alive } = playProcesses(clock);
    const warnings: LogFields[] = [];
    const log = {
      info() {},
      error() {},
      warn: (_message: string, fields?: LogFields) => void warnings.push(fields ?? {}),
    };
    const plugins = createExtismPlugins({ runners, clock, log, ...options });
    const inWords = (outcome: CallOutcome) =>
      outcome.kind === "done"
        ? told(outcome.output)
        : outcome.kind === "failed"
        ? `${outcome.code}: ${outcome.reason}`
        : outcome.kind;
    const testing = body({
      clock,
      plugins,
      processes,
      warnings,
      alive,
      call: async (letter, input, more = {}) =>
        inWords(
          await plugins.call(
            {
              digest: letter.repeat(64),
              module: () => Promise.resolve(text.encode(more.module ?? "module")),
              entry: more.entry ?? "execute",
              input: text.encode(input),
              limits: { ...limits, ...more.limits },
              ...(more.session === undefined ? {} : { session: more.session }),
              ...(more.name === undefined ? {} : { name: more.name }),
            },
            more.host ?? (() => Promise.resolve(text.encode("!"))),
            more.signal ?? never,
          ),
        ),
    }).then(() => plugins.close());
    let isOver = false;
    testing.catch(() => {}).finally(() => isOver = true);
    for (let hours = 1; !isOver; hours++) {
      await clock.run(1_000_000 + hours * 3_600_000);
      ok(hours < 100, "it hangs");
    }
    await testing;
    await clock.run(1_000_000 + 200 * 3_600_000);
    strictEqual(alive(), 0);
  });
}

test("call() loads a module once, and keeps one process ready beside", async ({ call, processes, alive }) => {
  deepStrictEqual(await Promise.all([call("a", "one"), call("a", "two"), call("a", "three")]), ["one", "two", "three"]);
  deepStrictEqual(processes[0]?.orders, ["load module", "call one", "call two", "call three"]);
  deepStrictEqual([processes.length, processes[1]?.orders, alive()], [2, [], 2]);
  // The one that was ready is the next one's, and there is a new one ready.
  strictEqual(await call("b", "one"), "one");
  deepStrictEqual([processes.length, processes[1]?.orders], [3, ["load module", "call one"]]);
});

test("call() of one plugin waits for the one before, and of another doesn't", async ({ call, clock }) => {
  const startMs = clock.nowMs();
  const done: string[] = [];
  const noting = async (name: string, outcome: Promise<string>) => {
    await outcome;
    done.push(`${name} ${clock.nowMs() - startMs}`);
  };
  await Promise.all([
    noting("a1", call("a", "wait 100")),
    noting("a2", call("a", "wait 100")),
    noting("b1", call("b", "wait 100")),
  ]);
  deepStrictEqual(done.toSorted(), ["a1 100", "a2 200", "b1 100"]);
});

test("call() notices at once that a process died while the host was doing something for it, and aborts that", async (stand) => {
  const { call, processes, clock } = stand;
  const startMs = clock.nowMs();
  let isAborted = false;
  const outcome = await call("a", "ask", {
    host: (_capability, _body, signal) => {
      signal.addEventListener("abort", () => isAborted = true);
      processes[0]!.die();
      return new Promise(() => {});
    },
  });
  deepStrictEqual([outcome, clock.nowMs() - startMs, isAborted], ["crash: its process ended", 0, true]);
});

test("call() refuses when too many of one plugin wait", async ({ call }) => {
  const calls = Array.from({ length: callsWaitingMax + 3 }, () => call("a", "wait 10"));
  const outcomes = await Promise.all(calls);
  deepStrictEqual(outcomes.map((outcome) => outcome.split(":")[0]), [
    ...Array(callsWaitingMax + 1).fill("wait 10"),
    "busy",
    "busy",
  ]);
  strictEqual(await call("b", "one"), "one");
});

test("call() takes the process of whoever has been idle for longest", async ({ call, processes, alive }) => {
  for (const letter of ["a", "b", "c"]) await call(letter, "wait 1");
  await call("a", "wait 2");
  await call("d", "one"); // Three may be at once, and b is the one that was called longest ago.
  deepStrictEqual(processes.map(({ orders, alive }) => [orders.at(-1), alive]), [
    ["call wait 2", true],
    ["call wait 1", false],
    ["call wait 1", true],
    ["call one", true],
    [undefined, true],
  ]);
  strictEqual(alive(), 4);
}, { processesMax: 4 });

test(
  "call() waits while every process is busy, and says so when that takes too long",
  async ({ call, clock, alive }) => {
    const busy = ["a", "b"].map((letter) => call(letter, "wait 5000", { limits: { deadline_ms: 60_000 } }));
    const startMs = clock.nowMs();
    strictEqual(await call("c", "one"), "one");
    strictEqual(clock.nowMs() - startMs, 5_000);
    ok(alive() <= 3);
    await Promise.all(busy);
    const longer = ["a", "b"].map((letter) => call(letter, "wait 50000", { limits: { deadline_ms: 60_000 } }));
    await clock.sleep(1, never);
    const againMs = clock.nowMs();
    strictEqual(await call("c", "one"), "busy: every process of plugins is busy");
    strictEqual(clock.nowMs() - againMs, placeWaitMsMax);
    const abort = new AbortController();
    const waiting = call("d", "one", { signal: abort.signal });
    await clock.sleep(1, never);
    abort.abort();
    strictEqual(await waiting, "cancelled");
    deepStrictEqual(await Promise.all(longer), ["wait 50000", "wait 50000"]);
  },
  { processesMax: 3 },
);

test(
  "call() for a person gets a process before those that only tell of themselves, unless they wait since 10 s before",
  async ({ call, clock }) => {
    const done: string[] = [];
    const noting = async (name: string, outcome: Promise<string>) => done.push(`${name}: ${await outcome}`);
    const long = { limits: { deadline_ms: 60_000 } };
    const busy = call("a", "wait 1000", long);
    await clock.sleep(1, never);
    const asked = [noting("told", call("b", "wait 1", { entry: "register" }))];
    await clock.sleep(1, never);
    asked.push(noting("person", call("c", "wait 15000", long)));
    await clock.sleep(11_000, never);
    asked.push(noting("told before", call("d", "wait 1", { entry: "register" })));
    asked.push(noting("later person", call("e", "wait 1")));
    await Promise.all([busy, ...asked]);
    deepStrictEqual(done, ["person: wait 15000", "told: wait 1", "later person: wait 1", "told before: wait 1"]);
  },
  { processesMax: 2 },
);

test(
  "processes that nobody calls end, and with the last one the one that is kept ready",
  async ({ call, clock, alive }) => {
    await call("a", "one");
    await clock.sleep(60_000, never);
    await call("b", "one");
    strictEqual(alive(), 3);
    await clock.sleep(45_000, never);
    strictEqual(alive(), 2, "a's is gone");
    await clock.sleep(60_000, never);
    strictEqual(alive(), 0);
    strictEqual(await call("a", "two"), "two");
  },
  { idleMsMax: 100_000 },
);

test("a plugin that was only asked for its tools has no process", async ({ call, processes, alive }) => {
  for (const letter of ["a", "b", "c"]) strictEqual(await call(letter, "tools", { entry: "register" }), "tools");
  deepStrictEqual([processes.length, alive()], [3, 0]);
  const both = await Promise.all([call("a", "tools", { entry: "register" }), call("a", "one")]);
  deepStrictEqual([both, alive()], [["tools", "one"], 2]);
  await call("a", "tools", { entry: "register" });
  strictEqual(alive(), 2);
});

test("a deadline ends the process, and the next call has a new one", async ({ call, clock, processes }) => {
  const startMs = clock.nowMs();
  strictEqual(await call("a", "wait 5000"), "deadline: it took more than 1000 ms");
  strictEqual(clock.nowMs() - startMs, 1_000);
  strictEqual(processes[0]?.alive, false);
  deepStrictEqual([processes.length, processes.filter(({ alive }) => alive).length], [2, 1], "the one that is ready");
  strictEqual(await call("a", "one"), "one");
});

test("a process that ended while it had nothing to do is no failure", async ({ call, clock, processes }) => {
  await call("a", "one");
  processes[0]?.die();
  processes[1]?.die();
  await clock.sleep(1, never);
  strictEqual(await call("a", "two"), "two");
  strictEqual(await call("a", "die"), "crash: its process ended");
  strictEqual(await call("a", "lie"), "crash: its process said what it must not");
  strictEqual(await call("a", "three"), "three");
});

test("a module that isn't ready in time is given up", async ({ call, clock, processes }) => {
  const startMs = clock.nowMs();
  strictEqual(await call("a", "one", { module: "slow" }), "crash: its process ended");
  strictEqual(clock.nowMs() - startMs, loadMsMax);
  strictEqual(processes[0]?.alive, false);
});

test("other limits of memory need a process of their own", async ({ call, processes }) => {
  await call("a", "one");
  await call("a", "two", { limits: { memory_bytes: 131_072 } });
  deepStrictEqual(processes.map(({ alive, orders }) => [alive, orders.length]).slice(0, 2), [[false, 2], [true, 2]]);
});

test("a plugin that fails again and again isn't called for a while, then tried once", async ({ call, clock, warnings }) => {
  for (let count = 0; count < 5; count++) match(await call("a", "fail"), /^fuel/);
  deepStrictEqual(warnings, [{ digest: "a".repeat(64), code: "fuel", seconds: 30 }]);
  strictEqual(
    await call("a", "one"),
    "breaker: it failed too often, one time after the other; it is tried again in 30 s",
  );
  strictEqual(await call("b", "one"), "one");
  await clock.sleep(29_001, never);
  match(await call("a", "one"), /again in 1 s$/);
  await clock.sleep(1_000, never);
  const tried = call("a", "wait 10");
  match(await call("a", "one"), /^breaker: .*just now$/);
  strictEqual(await tried, "wait 10");
  strictEqual(await call("a", "one"), "one");
  // An error that it says itself is as good as an answer.
  for (let count = 0; count < 9; count++) match(await call("a", "error"), /^error/);
  // What fails for those who call it, doesn't fail for ever.
  for (let count = 0; count < 5; count++) await call("a", "fail");
  match(await call("a", "one"), /^breaker/);
  await clock.sleep(30_000, never);
  match(await call("a", "fail"), /^fuel/);
  match(await call("a", "one"), /again in 60 s$/);
});

test("the end of a session is told when no call runs", async ({ call, plugins, processes }) => {
  await call("a", "one", { session: "s" });
  const running = call("a", "wait 100", { session: "s" });
  plugins.endSession("s");
  plugins.endSession("t");
  await running;
  await call("a", "two");
  deepStrictEqual(processes[0]?.orders, [
    "load module",
    "call of s one",
    "call of s wait 100",
    "end-session of s",
    "call two",
  ]);
});

test(
  "one file under two names has two processes, and a session's instance in each",
  async ({ call, plugins, processes, warnings }) => {
    const outcomes = [call("a", "one", { name: "x", session: "s" }), call("a", "two", { name: "y", session: "s" })];
    deepStrictEqual(await Promise.all([...outcomes, call("a", "three")]), ["one", "two", "three"]);
    const orders = () => processes.filter(({ orders }) => orders.length > 0).map(({ orders }) => orders.slice(1));
    deepStrictEqual(orders(), [["call of s one"], ["call of s two"], ["call three"]]);
    plugins.endSession("s");
    deepStrictEqual(await call("a", "four", { name: "y" }), "four");
    deepStrictEqual(orders(), [
      ["call of s one", "end-session of s"],
      ["call of s two", "end-session of s", "call four"],
      ["call three"],
    ]);
    // What one of them does isn't held against the other.
    for (let count = 0; count < 5; count++) await call("a", "fail", { name: "x" });
    match(await call("a", "one", { name: "x" }), /^breaker/);
    deepStrictEqual(warnings, [{ digest: "a".repeat(64), plugin: "x", code: "fuel", seconds: 30 }]);
    strictEqual(await call("a", "one", { name: "y" }), "one");
    const alive = () => processes.filter(({ orders }) => orders.length > 0).map(({ alive }) => alive);
    plugins.end("a".repeat(64), "x");
    deepStrictEqual(alive(), [false, true, true]);
    strictEqual(await call("a", "one", { name: "x" }), "one");
    plugins.end("a".repeat(64));
    deepStrictEqual(alive(), [false, false, false, false]);
  },
);

test("prepare() uses the process that is ready, and nothing runs in it afterwards", async ({ call, plugins, processes, clock }) => {
  const prepare = async (wasm: string, signal = never) => {
    const result = await plugins.prepare(text.encode(wasm), signal);
    return result.kind === "prepared" ? told(result.bytes) : result.kind === "refused" ? result.code : result.kind;
  };
  strictEqual(await prepare("one"), "ready one");
  await call("a", "one");
  deepStrictEqual(await Promise.all([prepare("two"), prepare("three")]), ["ready two", "ready three"]);
  await call("b", "one");
  for (const { orders, alive } of processes) {
    if (!orders.some((order) => order.startsWith("prepare"))) continue;
    deepStrictEqual([orders.length, alive], [1, false]);
  }
  strictEqual(await prepare("slow"), "crash");
  const abort = new AbortController();
  const slow = prepare("slow", abort.signal);
  await clock.sleep(1, never);
  abort.abort();
  strictEqual(await slow, "cancelled");
});

test("a host's work is over with the call that wanted it", async ({ call }) => {
  strictEqual(await call("a", "ask"), "got !");
  let signal: AbortSignal | undefined;
  const host: HostFunction = (_capability, _request, given) => {
    signal = given;
    return new Promise(() => {});
  };
  match(await call("a", "ask", { host }), /^deadline/);
  strictEqual(signal?.aborted, true);
});

Deno.test("call() says that there is no launcher", async () => {
  const clock = new VirtualClock(0);
  const runners: Runners = { connect: () => Promise.resolve({ kind: "unavailable", reason: "nobody answers" }) };
  const plugins = createExtismPlugins({ runners, clock, log: { info() {}, warn() {}, error() {} } });
  const call = {
    digest: "a",
    module: () => Promise.resolve(new Uint8Array(0)),
    entry: "execute",
    input: new Uint8Array(0),
    limits,
  } as const;
  for (let count = 0; count < 9; count++) {
    const outcome = await plugins.call(call, () => Promise.resolve(new Uint8Array(0)), never);
    deepStrictEqual(outcome, { kind: "failed", code: "unavailable", reason: "nobody answers", logs: [] });
  }
  deepStrictEqual(await plugins.prepare(new Uint8Array(0), never), {
    kind: "refused",
    code: "unavailable",
    reason: "nobody answers",
  });
  await plugins.close();
});
