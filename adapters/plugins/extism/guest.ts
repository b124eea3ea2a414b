import { createPlugin, type ExtismPluginOptions, type Plugin } from "@extism/extism";
import type { CallLimits } from "../../../core/ports/plugins.ts";
import { capabilityNames } from "../../../schema/capabilities.ts";
import type { Answer } from "./answer.ts";
import { createCallLog } from "./call_log.ts";
import { createCollector } from "./collect.ts";
import { createKernel } from "./kernel.ts";
import { fuelExport, growExport, httpModule, initExport, returnExport, wasiModule } from "./module/names.ts";
import { instancesMax } from "./order.ts";
import { Stop } from "./stop.ts";
import { createWasi } from "./wasi.ts";

/** One module, which is called again and again, one call at a time. */
export interface Guest {
  /** @param session Its instance is kept under this name; absent: the instance is a fresh one. */
  call(
    call: { readonly entry: string; readonly limits: CallLimits; readonly session?: string },
    input: Uint8Array,
  ): Promise<{ readonly answer: Answer; readonly body?: Uint8Array }>;
  endSession(session: string): void;
  /** For when an answer was given and nobody waits: frees what calls have left. @param bytes Of the last one's messages. */
  rest(bytes: number): void;
}

type ExtismFunctions = NonNullable<ExtismPluginOptions["functions"]>;
const reasonLengthMax = 1_000;

/** An instance, and what the host sees of it. */
interface Instance {
  readonly plugin: Plugin;
  readonly memory?: WebAssembly.Memory;
  readonly fuel: WebAssembly.Global;
  readonly returned: WebAssembly.Global;
  readonly grown: WebAssembly.Global;
  readonly init?: () => void;
}

/**
 * Makes a guest of a prepared module. The SDK makes the instances, and finds functions of ours under every name that a
 * plugin may import.
 *
 * @param ask Carries out a host function. Blocks.
 * @param collect Collects garbage. Blocks.
 */
export function createGuest(
  module: WebAssembly.Module,
  ask: (capability: string, request: Uint8Array) => Uint8Array,
  collect: () => void,
): Guest {
  const log = createCallLog();
  const kernel = createKernel({ log: log.add });
  const instances = new Map<string, Instance>();
  const collector = createCollector(collect);
  let running: Instance | undefined;
  let hostCallsLeft = 0;

  const user = Object.fromEntries(capabilityNames.map((name) => [name, (handle: bigint) => {
    if (hostCallsLeft-- <= 0) throw new Stop("host-calls", "more requests to the host than it may make");
    return kernel.store(ask(name, kernel.read(handle)));
  }]));
  const http = {
    http_request() {
      throw new Stop("not-granted", "http_request is off: the capability http does requests");
    },
    http_status_code: () => 0,
    http_headers: () => 0n,
  };
  const options: ExtismPluginOptions = {
    useWasi: false,
    runInWorker: false,
    allowedHosts: [],
    allowedPaths: {},
    config: {},
    logLevel: "silent",
    fetch: () => Promise.reject(new Error("there is no network here")),
    functions: {
      "extism:host/env": unbound(kernel.functions),
      "extism:host/user": unbound(user),
      [wasiModule]: unbound(createWasi({ log, memory: () => memoryOf(running) })),
      [httpModule]: unbound(http),
    },
  };

  async function instantiate(): Promise<Instance> {
    const plugin = await createPlugin({ wasm: [{ module }] }, options);
    const { exports } = await plugin.getInstance();
    return {
      plugin,
      memory: exports.memory as WebAssembly.Memory | undefined,
      fuel: exports[fuelExport] as WebAssembly.Global,
      returned: exports[returnExport] as WebAssembly.Global,
      grown: exports[growExport] as WebAssembly.Global,
      init: exports[initExport] as (() => void) | undefined,
    };
  }

  function drop(instance: Instance | undefined): void {
    if (instance !== undefined) collector.dropped(instance.memory?.buffer.byteLength ?? 0);
  }

  function keep(session: string, instance: Instance): void {
    instances.set(session, instance);
    const [oldest] = instances.keys();
    if (instances.size > instancesMax && oldest !== undefined) end(oldest);
  }

  function end(session: string): void {
    drop(instances.get(session));
    instances.delete(session);
  }

  return {
    endSession: end,
    rest: collector.rest,
    async call({ entry, limits, session }, input) {
      log.begin(limits.log_bytes);
      hostCallsLeft = limits.host_calls;
      const fuel = BigInt(limits.fuel);
      const kept = session === undefined ? undefined : instances.get(session);
      if (session !== undefined) instances.delete(session);
      running = kept;
      try {
        kernel.begin(input);
        running ??= await instantiate();
        running.fuel.value = fuel;
        if (kept === undefined) running.init?.();
        await running.plugin.call(entry);
        const error = kernel.error();
        if (error !== undefined) throw new Stop("error", error);
        const returned = running.returned.value as number;
        if (returned !== 0) throw new Stop("error", `it returned ${returned}`);
        const body = kernel.output(limits.output_bytes);
        const fuelUsed = Number(fuel - (running.fuel.value as bigint));
        if (session !== undefined) {
          keep(session, running);
          running = undefined; // It isn't dropped. What fails is.
        }
        return { answer: { op: "done", fuelUsed, logs: log.lines() }, body };
      } catch (error) {
        const { code, reason } = failureOf(error);
        return { answer: { op: "failed", code, reason: reason.slice(0, reasonLengthMax), logs: log.lines() } };
      } finally {
        drop(running);
        running = undefined;
      }
    },
  };

  function failureOf(error: unknown): { readonly code: string; readonly reason: string } {
    const reason = error instanceof Error ? error.message : String(error);
    const isOutOfMemory = running?.grown.value === -1;
    if (error instanceof Stop && !(isOutOfMemory && error.code === "exit")) return { code: error.code, reason };
    if (running !== undefined && running.fuel.value as bigint < 0n) {
      return { code: "fuel", reason: "it computed more than it may" };
    }
    if (kernel.misused()) return { code: "handle", reason: "it touched what is in no block of its own" };
    if (error instanceof RangeError && /call stack/.test(reason)) {
      return { code: "stack", reason: "its calls are nested too deep" };
    }
    // A runtime that gets no memory traps, or ends itself.
    if (isOutOfMemory) return { code: "memory", reason: "it needed more memory than it may have" };
    if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) return { code: "trap", reason };
    if (running === undefined) return { code: "instance", reason };
    throw error;
  }
}

function memoryOf(running: Instance | undefined): ArrayBuffer {
  if (running?.memory === undefined) throw new Stop("trap", "it has no memory that the system could write to");
  return running.memory.buffer as ArrayBuffer;
}

/**
 * The SDK binds each function to its own kernel, again for each instance. What is asked to be bound gives itself, so that
 * WebAssembly is linked to WebAssembly and nothing stands between.
 */
function unbound(functions: Readonly<Record<string, CallableFunction>>): ExtismFunctions[string] {
  return Object.fromEntries(
    Object.entries(functions).map(([name, run]) => [name, Object.assign(run, { bind: () => run })]),
  ) as unknown as ExtismFunctions[string];
}
