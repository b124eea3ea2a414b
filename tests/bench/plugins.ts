import { createPlugin, type CurrentPlugin, type Plugin } from "@extism/extism";
import { systemClock } from "../../adapters/clock/system.ts";
import { createExtismPlugins } from "../../adapters/plugins/extism/client.ts";
import { checkout } from "../../roles/program_here.ts";
import type { HostFunction, PluginCall, Plugins, PreparedModule } from "../../core/ports/plugins.ts";
import { silent } from "../contract/model_runner_stand.ts";
import { createPluginRunners } from "../contract/plugin_runner_stand.ts";
import { noHost, plentyOfLimits } from "../contract/plugins.ts";
import { startSite } from "../site.ts";
import { pack } from "../../core/plugins/pack.ts";
import { plainManifest } from "../wat.ts";
import { meterRows } from "./meter.ts";
import { quantile, type Row, row } from "./row.ts";
import { pssMb } from "./start.ts";

const languages = ["c", "zig", "assemblyscript", "rust", "go"] as const;
const rounds = 3_000;
const colds = 15;
const hostCalls = 50;
const memoryCalls = 10_000;
const installed = 50;
const installedRounds = 3;
const never = new AbortController().signal;
const input = new TextEncoder().encode(JSON.stringify({ text: "泵 7 ".repeat(1_000) })).slice(0, 4_096);
const reply = new TextEncoder().encode('{"ok":{"value":"v"}}');
const answering: HostFunction = () => Promise.resolve(reply);

/**
 * What plugins cost, through the port as the host has it: real runner processes with the flags of the plan, frames through
 * their pipes. Beside it plain Extism in this very process, of the same module: without a process, a meter or a bound.
 */
export async function* pluginRows(): AsyncGenerator<Row> {
  yield* coldRows();
  for (const language of languages) yield* echoRows(language);
  yield* hostCallRows();
  yield* memoryRows();
  yield* installedRows();
  yield* meterRows();
}

/** Where `scripts/build_plugins.ts` puts what it builds. Undefined: it wasn't built. */
async function built(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await Deno.readFile(`${checkout}/.tools/plugins/${name}.wasm`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function missing(row: string, name: string): Row {
  const detail = `not measured: build ${name} by \`./scripts/deno run -A scripts/build_plugins.ts ${name}\``;
  return { name: row, value: NaN, unit: "ms", goal: null, ok: null, detail };
}

interface Stand extends AsyncDisposable {
  readonly plugins: Plugins;
  readonly pids: readonly number[];
  /** How long one call of a module took, in milliseconds. */
  timed(module: PreparedModule, call: Partial<PluginCall>, host?: HostFunction): Promise<number>;
}

function stand(): Stand {
  const runners = createPluginRunners();
  const plugins = createExtismPlugins({ runners, clock: systemClock, log: silent });
  return {
    plugins,
    pids: runners.pids,
    async timed(module, call, host = noHost) {
      const startMs = performance.now();
      const outcome = await plugins.call(
        {
          digest: "a",
          module: () => Promise.resolve(module.bytes),
          entry: "execute",
          input,
          limits: plentyOfLimits,
          ...call,
        },
        host,
        never,
      );
      const tookMs = performance.now() - startMs;
      if (outcome.kind !== "done") throw new Error(`Cannot measure: ${JSON.stringify(outcome)}`);
      return tookMs;
    },
    async [Symbol.asyncDispose]() {
      await plugins.close();
      await runners[Symbol.asyncDispose]();
    },
  };
}

async function prepared({ plugins }: Stand, wasm: Uint8Array): Promise<PreparedModule> {
  const module = await plugins.prepare(wasm, never);
  if (module.kind !== "prepared") throw new Error(`Cannot measure: ${JSON.stringify(module)}`);
  return module;
}

/** The first call of a plugin: with a process that is started for it, and with the one that was kept ready. */
async function* coldRows(): AsyncGenerator<Row> {
  const wasm = await built("echo-c");
  if (wasm === undefined) return yield missing("plugin.cold", "echo-c");
  const started: number[] = [];
  const ready: number[] = [];
  for (let count = 0; count < colds; count++) {
    await using under = stand();
    const module = await prepared(under, wasm);
    started.push(await under.timed(module, {}));
    // Far longer than a process takes to be ready.
    await new Promise((resolve) => setTimeout(resolve, 500));
    ready.push(await under.timed(module, { digest: "b" }));
  }
  const detail = (times: readonly number[]) =>
    `median of ${colds}, p99 ${quantile(times, 0.99).toFixed(0)} ms; C, 4 KB`;
  yield row({
    name: "plugin.cold",
    value: quantile(started, 0.5),
    unit: "ms",
    detail: `first call, process start included, ${detail(started)}`,
  });
  yield row({
    name: "plugin.cold.ready",
    value: quantile(ready, 0.5),
    unit: "ms",
    detail: `first call in the process that was kept ready, ${detail(ready)}`,
  });
}

async function times(count: number, once: () => Promise<number>): Promise<number[]> {
  for (let warm = 0; warm < 300; warm++) await once();
  const all: number[] = [];
  for (let index = 0; index < count; index++) all.push(await once());
  return all;
}

async function* echoRows(language: typeof languages[number]): AsyncGenerator<Row> {
  const wasm = await built(`echo-${language}`);
  if (wasm === undefined) return yield missing(`plugin.echo.${language}`, `echo-${language}`);
  const isGo = language === "go";
  await using under = stand();
  const module = await prepared(under, wasm);
  const ours = await times(rounds, () => under.timed(module, isGo ? { session: "one" } : {}));
  const fresh = isGo ? await times(200, () => under.timed(module, {})) : ours;
  const plain = await plainEcho(wasm);
  const plainFresh = await times(isGo ? 100 : rounds, plain.fresh);
  const plainKept = await times(rounds, await plain.kept());
  const p99 = (values: readonly number[]) => `p99 ${quantile(values, 0.99).toFixed(2)}`;
  const beside = `plain Extism in this process, no border, fresh ${quantile(plainFresh, 0.5).toFixed(3)}, ` +
    `kept ${quantile(plainKept, 0.5).toFixed(3)}`;
  yield row({
    name: `plugin.echo.${language}`,
    value: quantile(ours, 0.5),
    unit: "ms",
    goal: { most: isGo ? 1 : 0.25 },
    detail: `4 KB, warm, median of ${rounds}, ${p99(ours)}, ${
      isGo ? `kept instance; fresh ${quantile(fresh, 0.5).toFixed(2)}` : "fresh instance"
    }; ${beside}`,
  });
}

async function plainEcho(wasm: Uint8Array<ArrayBuffer>) {
  const module = await WebAssembly.compile(wasm);
  const open = () =>
    createPlugin({ wasm: [{ module }] }, {
      useWasi: true,
      functions: { "extism:host/user": { kv: (context: CurrentPlugin) => context.store(reply) } },
    });
  const timed = async (call: () => ReturnType<Plugin["call"]>) => {
    const startMs = performance.now();
    const output = await call();
    const tookMs = performance.now() - startMs;
    if (output?.bytes().length !== input.length) throw new Error("Cannot measure: plain Extism gives something else");
    return tookMs;
  };
  return {
    fresh: () =>
      timed(async () => {
        const plugin = await open();
        const output = await plugin.call("execute", input);
        await plugin.close();
        return output;
      }),
    async kept() {
      const plugin = await open();
      return () => timed(() => plugin.call("execute", input));
    },
  };
}

async function* hostCallRows(): AsyncGenerator<Row> {
  const wasm = await built("hostcall-c");
  if (wasm === undefined) return yield missing("plugin.hostcall", "hostcall-c");
  await using under = stand();
  const module = await prepared(under, wasm);
  const limits = { ...plentyOfLimits, host_calls: hostCalls };
  const asking = (count: number) =>
    times(1_000, () => under.timed(module, { input: Uint8Array.of(count), limits }, answering));
  const one = quantile(await asking(1), 0.5);
  const many = quantile(await asking(hostCalls), 0.5);
  yield row({
    name: "plugin.hostcall",
    value: (many - one) / (hostCalls - 1),
    unit: "ms",
    goal: { most: 0.04 },
    detail: `one request to the host, through the pipes and back: (a call with ${hostCalls} − one with 1) / ${
      hostCalls - 1
    }, medians of 1,000`,
  });
}

/** Memory of a runner, of which a part is the runtime's file that all processes share. */
function memoryOf(pid: number): { readonly all: number; readonly own: number } {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const mebibytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1_024;
  return { all: mebibytes("VmRSS"), own: mebibytes("RssAnon") };
}

async function* memoryRows(): AsyncGenerator<Row> {
  if (Deno.build.os !== "linux") return;
  const measured: { readonly language: string; readonly all: number; readonly own: number }[] = [];
  for (const language of languages) {
    const wasm = await built(`echo-${language}`);
    if (wasm === undefined) continue;
    await using under = stand();
    const module = await prepared(under, wasm);
    const session = language === "go" ? { session: "one" } : {};
    for (let count = 0; count < memoryCalls; count++) await under.timed(module, session);
    // The first prepared, the second runs.
    measured.push({ language, ...memoryOf(under.pids[1]!) });
  }
  const largest = measured.toSorted((a, b) => b.all - a.all)[0];
  if (largest === undefined) return yield missing("plugin.memory", "echo-c");
  const each = measured.map(({ language, all, own }) => `${language} ${all.toFixed(0)} (own ${own.toFixed(0)})`);
  yield row({
    name: "plugin.memory",
    value: largest.all,
    unit: "MiB",
    goal: { most: 80 },
    detail: `resident, of one runner after ${memoryCalls} calls, the largest of ${each.join(", ")}`,
  });
}

/** What a site takes with many plugins that were granted and told their tools, of which none runs, and without any. */
async function* installedRows(): AsyncGenerator<Row> {
  const wasm = await built("echo-c");
  if (wasm === undefined || Deno.build.os !== "linux") return;
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-bench-" });
  const empty = await Deno.makeTempDir({ prefix: "clawdbot-bench-" });
  try {
    const config = await install(wasm, folder);
    await started({ folder, config }, untilTold);
    const [without, with50]: [number[], number[]] = [[], []];
    for (let round = 0; round < installedRounds; round++) {
      without.push(await started({ folder: empty }, pssMb));
      with50.push(await started({ folder, config }, pssMb));
    }
    yield row({
      name: "plugin.installed",
      value: quantile(with50, 0.5) - quantile(without, 0.5),
      unit: "MB",
      // The goal is 0; a site differs from itself by about one.
      goal: { most: 1 },
      detail: `PSS of a whole site with ${installed} plugins of which none runs (${
        with50.map((mb) => mb.toFixed(1)).join(", ")
      }), less that without any (${without.map((mb) => mb.toFixed(1)).join(", ")}); medians`,
    });
  } finally {
    for (const made of [folder, empty]) await Deno.remove(made, { recursive: true });
  }
}

/** Puts plugins into a site's folder, each of its own name. @returns The configuration that grants them. */
async function install(wasm: Uint8Array, folder: string): Promise<string> {
  await Deno.mkdir(`${folder}/data/plugins`, { recursive: true });
  const lines = ["plugins:"];
  for (let index = 0; index < installed; index++) {
    const name = `echo${index}`;
    const packed = pack(wasm, { ...plainManifest, name });
    if (packed.kind === "refused") throw new Error(packed.reason);
    const file = packed.bytes;
    await Deno.writeFile(`${folder}/data/plugins/${name}.wasm`, file);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", file)).toHex();
    lines.push(`  ${name}: { digest: "sha256:${digest}" }`);
  }
  return lines.join("\n");
}

/** Starts a site, lets it settle, measures, and stops it. */
async function started<R>(
  options: { readonly folder: string; readonly config?: string },
  measure: (site: Awaited<ReturnType<typeof startSite>>) => R | Promise<R>,
): Promise<R> {
  await using site = await startSite({ ...options });
  await site.untilReady();
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  return await measure(site);
}

/** Resolves when every plugin was asked for its tools: no process of theirs lives any more. */
async function untilTold(site: Awaited<ReturnType<typeof startSite>>): Promise<void> {
  for (let quiet = 0; quiet < 20; quiet++) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    if (site.pids("plugin-runner").length > 0) quiet = 0;
  }
}
