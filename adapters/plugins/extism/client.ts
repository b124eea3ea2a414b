import type { Clock } from "../../../core/ports/clock.ts";
import type { Log } from "../../../core/ports/log.ts";
import type {
  CallOutcome,
  HostFunction,
  PluginCall,
  PluginRefusal,
  Plugins,
  PreparedModule,
} from "../../../core/ports/plugins.ts";
import type { Runners } from "../../../core/ports/runner.ts";
import { pluginRunnersMax } from "../../../core/permissions.ts";
import { createKeyedLock } from "../../../core/keyed_lock.ts";
import { afterCall, beforeCall, type Breaker, closed } from "./breaker.ts";
import { makeCall } from "./one_call.ts";
import { instancesMax } from "./order.ts";
import { createPlaces, type Holder } from "./places.ts";
import type { PluginProcess, Said } from "./plugin_process.ts";
import { createSpare } from "./spare.ts";

/** What the sandbox is created with. */
export interface ExtismPluginsOptions {
  readonly runners: Runners;
  readonly clock: Clock;
  readonly log: Log;
  /** Processes at once, the one that is kept ready among them. Default: what the launcher allows. */
  readonly processesMax?: number;
  /** How long a process that nobody calls is kept. Default 300,000. */
  readonly idleMsMax?: number;
}

/** Calls of one plugin that wait, at most. */
export const callsWaitingMax = 32;
/** Plugins that wait for a process, at most. */
export const pluginsWaitingMax = 64;
/** How long a call waits for a process while every one is busy. */
export const placeWaitMsMax = 30_000;
/** How long compiling a module may take, with what there is before it. */
export const loadMsMax = 30_000;
/** How long checking and rewriting a file may take. */
export const prepareMsMax = 60_000;
/** Plugins whose failures are remembered. */
const breakersMax = 1_024;
/** How long a process that nobody calls is kept, unless options say something else. */
export const idleMsDefault = 300_000;

/** Whose calls share a process, and what is kept in it: two names of one file are granted different things. */
type Owner = Pick<PluginCall, "digest" | "name">;

/** One plugin that was called, and its process while it has one. */
interface Home extends Holder {
  readonly key: string;
  process?: PluginProcess;
  /** What its process was loaded with. */
  memoryBytesMax?: number;
  /** Calls that wait or run. */
  calls: number;
  /** Whether its process did, or will do, more than tell its tools. */
  isUsed: boolean;
  usedAtMs: number;
  /** Aborts when the plugin is taken away. */
  readonly ended: AbortController;
  readonly sessions: Set<string>;
}

/**
 * The sandbox: one process for each plugin that is called, by its file and its name, which has no rights, and in which one
 * module is called again and again. What fails is a value, and ends nothing but what it has to.
 */
export function createExtismPlugins(options: ExtismPluginsOptions): Plugins {
  const { runners, clock, log, processesMax = pluginRunnersMax, idleMsMax = idleMsDefault } = options;
  const homes = new Map<string, Home>();
  const breakers = new Map<string, Breaker>();
  const places = createPlaces({
    placesMax: processesMax - 1,
    waitingMax: pluginsWaitingMax,
    nowMs: () => clock.nowMs(),
  });
  const spare = createSpare(runners);
  const inTurn = createKeyedLock();
  const closing = new AbortController();
  let preparing = 0;
  let executedAtMs = Number.NEGATIVE_INFINITY;
  let sweeps = false;

  function homeOf(key: string): Home {
    const known = homes.get(key);
    if (known !== undefined) return known;
    const home: Home = {
      key,
      calls: 0,
      isUsed: false,
      usedAtMs: clock.nowMs(),
      ended: new AbortController(),
      sessions: new Set(),
      idleSince: () => home.calls === 0 ? home.usedAtMs : undefined,
      giveUp: () => leave(home),
    };
    homes.set(key, home);
    return home;
  }

  /** As its process does: the session that was called longest ago makes room. */
  function keep({ sessions }: Home, session: string): void {
    sessions.delete(session);
    sessions.add(session);
    const [oldest] = sessions;
    if (sessions.size > instancesMax && oldest !== undefined) sessions.delete(oldest);
  }

  /** Ends a plugin's process, if it has one, and with it what its sessions kept. */
  function leave(home: Home): void {
    home.process?.close();
    home.process = undefined;
    home.isUsed = home.calls > 0 && home.isUsed;
    home.sessions.clear();
    if (home.calls === 0 && homes.get(home.key) === home) homes.delete(home.key);
  }

  /** Whether some plugin was used lately. */
  function isLively(): boolean {
    return clock.nowMs() < executedAtMs + idleMsMax;
  }

  function keepSpare(): void {
    if (closing.signal.aborted || preparing > 0) return;
    if (isLively()) spare.keep();
    else spare.drop();
  }

  /** Ends processes that nobody called for a while; the last one takes the spare along. */
  async function sweep(): Promise<void> {
    if (sweeps) return;
    sweeps = true;
    while ((places.count > 0 || isLively()) && !closing.signal.aborted) {
      const since = [...homes.values()].map((home) => home.idleSince() ?? clock.nowMs());
      const nextMs = Math.min(clock.nowMs(), ...since, ...(isLively() ? [executedAtMs] : [])) + idleMsMax;
      await clock.sleep(Math.max(1, nextMs - clock.nowMs()), closing.signal);
      for (const home of [...homes.values()]) {
        const since = home.idleSince();
        if (since === undefined || since + idleMsMax > clock.nowMs()) continue;
        leave(home);
        places.free(home);
      }
      keepSpare();
    }
    sweeps = false;
  }

  /** The process of a plugin with its module in it, or why there is none. */
  async function loaded(
    home: Home,
    call: PluginCall,
    signal: AbortSignal,
  ): Promise<{ readonly kind: "loaded"; readonly process: PluginProcess } | CallOutcome> {
    const { memory_bytes: memoryBytesMax } = call.limits;
    if (home.process?.isGone() || home.memoryBytesMax !== memoryBytesMax) leave(home);
    if (home.process !== undefined) return { kind: "loaded", process: home.process };
    const waited = AbortSignal.any([signal, home.ended.signal]);
    // Nobody waits for what a plugin tells of itself.
    const priority = call.entry === "execute" ? "conversation" : "background";
    if (!await within(placeWaitMsMax, waited, (soon) => places.take(home, priority, soon))) {
      if (signal.aborted) return { kind: "cancelled" };
      return failed("busy", "every process of plugins is busy");
    }
    void sweep();
    const result = await load(home, call, waited);
    if (result.kind !== "loaded") places.free(home);
    keepSpare();
    return signal.aborted ? { kind: "cancelled" } : result;
  }

  async function load(
    home: Home,
    call: PluginCall,
    signal: AbortSignal,
  ): Promise<{ readonly kind: "loaded"; readonly process: PluginProcess } | CallOutcome> {
    let module: Uint8Array;
    try {
      module = await call.module();
    } catch (error) {
      return failed("module", `its module can't be had: ${error instanceof Error ? error.message : error}`);
    }
    const { memory_bytes: memoryBytesMax } = call.limits;
    const started = await spare.take(signal);
    if (started.kind === "unavailable") return failed("unavailable", started.reason);
    const { process } = started;
    process.send({ op: "load", memoryBytesMax }, module);
    const said = await within(loadMsMax, signal, () => process.receive(), () => process.close());
    if (said?.kind === "said" && said.answer.op === "loaded") {
      home.process = process;
      home.memoryBytesMax = memoryBytesMax;
      return { kind: "loaded", process };
    }
    process.close();
    if (home.ended.signal.aborted) return taken();
    if (said?.kind === "said" && said.answer.op === "failed") return failed(said.answer.code, said.answer.reason);
    return failed("crash", said?.kind === "gone" ? said.reason : "its module isn't ready in time");
  }

  async function callInTurn(
    home: Home,
    call: PluginCall,
    host: HostFunction,
    signal: AbortSignal,
  ): Promise<CallOutcome> {
    if (signal.aborted) return { kind: "cancelled" };
    if (home.ended.signal.aborted) {
      leave(home);
      places.free(home);
      return taken();
    }
    const ready = await loaded(home, call, signal);
    if (ready.kind !== "loaded") return ready;
    const { process } = ready;
    const { entry, input, limits, session } = call;
    if (session !== undefined) keep(home, session);
    const outcome = await makeCall({
      process,
      entry,
      input,
      limits,
      host,
      signal,
      ended: home.ended.signal,
      ...(session === undefined ? {} : { session }),
    }, clock);
    // Whatever ended it, and also while it was just about to answer.
    if (process.isGone() || outcome.kind === "cancelled" || signal.aborted || home.ended.signal.aborted) {
      leave(home);
      places.free(home);
    }
    return outcome;
  }

  /** Does `work` until the time is over or the signal aborts; then `late` has to end it. */
  async function within<R>(
    ms: number,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<R>,
    late: () => void = () => {},
  ): Promise<R> {
    const done = new AbortController();
    const soon = new AbortController();
    const stop = () => {
      soon.abort();
      late();
    };
    signal.addEventListener("abort", stop, { once: true });
    void clock.sleep(ms, done.signal).then(() => done.signal.aborted || stop());
    try {
      if (signal.aborted) stop();
      return await work(soon.signal);
    } finally {
      signal.removeEventListener("abort", stop);
      done.abort();
    }
  }

  /** Nothing of it runs; the process that is kept ready is fresh, and ends afterwards. */
  async function prepareInTurn(
    wasm: Uint8Array,
    signal: AbortSignal,
  ): Promise<PreparedModule | PluginRefusal | { readonly kind: "cancelled" }> {
    if (signal.aborted) return { kind: "cancelled" };
    const started = await spare.take(signal);
    if (signal.aborted) return { kind: "cancelled" };
    if (started.kind === "unavailable") return refused("unavailable", started.reason);
    const { process } = started;
    process.send({ op: "prepare" }, wasm);
    const said = await within(prepareMsMax, signal, () => process.receive(), () => process.close());
    process.close();
    return signal.aborted ? { kind: "cancelled" } : preparedOf(said);
  }

  return {
    async call(call, host, signal) {
      const key = keyOf(call);
      if (closing.signal.aborted) return taken();
      if (signal.aborted) return { kind: "cancelled" };
      const home = homeOf(key);
      if (home.calls > callsWaitingMax) return failed("busy", `${callsWaitingMax} calls of it wait already`);
      const may = beforeCall(breakers.get(key) ?? closed, clock.nowMs());
      if (may.kind === "not") {
        const seconds = Math.ceil(may.retryAfterMs / 1_000);
        const when = seconds === 0 ? "it is being tried just now" : `it is tried again in ${seconds} s`;
        return failed("breaker", `it failed too often, one time after the other; ${when}`);
      }
      remember(key, may.breaker);
      home.calls += 1;
      if (call.entry === "execute") {
        home.isUsed = true;
        executedAtMs = clock.nowMs();
      }
      let outcome: CallOutcome | undefined;
      try {
        outcome = await inTurn(key, () => callInTurn(home, call, host, signal));
        return outcome;
      } finally {
        home.calls -= 1;
        home.usedAtMs = clock.nowMs();
        if (call.entry === "execute") executedAtMs = home.usedAtMs;
        // What is installed and isn't used has no process: it was only asked for its tools.
        if (home.calls === 0 && !home.isUsed) {
          leave(home);
          places.free(home);
        } else if (home.process === undefined) leave(home);
        judge(call, outcome);
        places.idle();
        keepSpare();
      }
    },
    async prepare(wasm, signal) {
      if (closing.signal.aborted) return refused("ended", "the sandbox is closed");
      preparing += 1;
      try {
        return await inTurn("prepare", () => prepareInTurn(wasm, AbortSignal.any([signal, closing.signal])));
      } finally {
        preparing -= 1;
        keepSpare();
      }
    },
    endSession(session) {
      for (const home of homes.values()) {
        if (!home.sessions.delete(session)) continue;
        // Not between a plugin's question and the host's reply.
        void inTurn(home.key, () => Promise.resolve(home.process?.send({ op: "end-session", session })));
      }
    },
    end(digest, name) {
      const isMeant = (key: string) =>
        name === undefined ? key.startsWith(keyOf({ digest })) : key === keyOf({ digest, name });
      for (const key of breakers.keys()) if (isMeant(key)) breakers.delete(key);
      for (const home of [...homes.values()]) if (isMeant(home.key)) endHome(home);
    },
    async close() {
      closing.abort();
      spare.drop();
      for (const home of [...homes.values()]) endHome(home);
    },
  };

  function endHome(home: Home): void {
    homes.delete(home.key);
    home.ended.abort();
    if (home.calls > 0) return; // What runs sees it, and leaves.
    leave(home);
    places.free(home);
    keepSpare();
  }

  function remember(key: string, breaker: Breaker): void {
    breakers.delete(key);
    if (breaker.kind !== "closed" || breaker.failures > 0) breakers.set(key, breaker);
    const [oldest] = breakers.keys();
    if (breakers.size > breakersMax && oldest !== undefined) breakers.delete(oldest);
  }

  function judge(call: Owner, outcome: CallOutcome | undefined): void {
    const key = keyOf(call);
    const before = breakers.get(key) ?? closed;
    const after = afterCall(before, eventOf(outcome), clock.nowMs());
    remember(key, after);
    if (after.kind !== "open" || before.kind === "open" || outcome?.kind !== "failed") return;
    const seconds = Math.ceil((after.untilMs - clock.nowMs()) / 1_000);
    const { digest, name } = call;
    log.warn("a plugin failed too often and isn't called for a while", {
      digest,
      ...(name === undefined ? {} : { plugin: name }),
      code: outcome.code,
      seconds,
    });
  }
}

/** Begins with what every key of the digest begins with. */
function keyOf({ digest, name = "" }: Owner): string {
  return `${digest} ${name}`;
}

/** Failures that aren't the plugin's doing, and one that it says itself, as it should. */
const notItsDoing: readonly string[] = ["busy", "unavailable", "module", "ended", "error"];

function eventOf(outcome: CallOutcome | undefined): "done" | "failed" | "neither" {
  if (outcome === undefined || outcome.kind === "cancelled") return "neither";
  if (outcome.kind === "done") return "done";
  return outcome.code === "error" ? "done" : notItsDoing.includes(outcome.code) ? "neither" : "failed";
}

function preparedOf(said: Said): PreparedModule | PluginRefusal {
  if (said.kind === "gone") return refused("crash", "the process that checked it ended");
  const { answer, body } = said;
  if (answer.op === "refused") return refused(answer.code, answer.reason);
  if (answer.op !== "prepared") return refused("crash", "the process that checked it said what it must not");
  const { imports, memoryBytesMax, manifest } = answer;
  return { kind: "prepared", bytes: body, manifest, imports, memoryBytesMax };
}

function refused(code: string, reason: string): PluginRefusal {
  return { kind: "refused", code, reason };
}

function failed(code: string, reason: string): CallOutcome {
  return { kind: "failed", code, reason, logs: [] };
}

function taken(): CallOutcome {
  return failed("ended", "the plugin was taken away");
}
