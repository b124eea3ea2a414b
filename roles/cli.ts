import process from "node:process";
import type { CliContext, Input, Output } from "../adapters/cli/context.ts";
import { createHostClient } from "../adapters/cli/host_client.ts";
import { openPipedLines, openTerminalLines } from "../adapters/cli/lines.ts";
import { runCommandLine } from "../adapters/cli/main.ts";
import { stdinBytesMax } from "../adapters/cli/message_text.ts";
import { createOutput } from "../adapters/cli/output.ts";
import { systemClock } from "../adapters/clock/system.ts";
import { hubSettings } from "../adapters/models/hub_settings.ts";
import { createModelLibrary } from "../adapters/models/mod.ts";
import { pipSettings } from "../adapters/models/pip_settings.ts";
import { systemRandom } from "../adapters/random/system.ts";
import { createIds } from "../core/ids.ts";
import { localeOf, text } from "../core/text/mod.ts";
import manifest from "../deno.json" with { type: "json" };
import { serviceTools } from "./cli_service.ts";
import { pluginAuthorTools } from "./cli_plugin_author.ts";
import { upgradeTools } from "./cli_upgrade.ts";
import { siteHere } from "./site_here.ts";

/** The role `cli`: runs one command line and ends the process with its exit code. */
export async function cli(args: readonly string[]): Promise<never> {
  const env = Deno.env.toObject();
  const locale = localeOf(env.LC_ALL || env.LC_MESSAGES || env.LANG);
  const said = text(locale);
  const [out, err] = [outputTo(Deno.stdout, env.NO_COLOR), outputTo(Deno.stderr, env.NO_COLOR)];
  const input: Input = { isTerminal: Deno.stdin.isTerminal(), chunks: () => Deno.stdin.readable };
  const context = (configPath: string | undefined): CliContext => ({
    version: manifest.version,
    locale,
    text: said,
    out,
    err,
    input,
    clock: systemClock,
    monotonicMs: () => performance.now(),
    newId: createIds({ clock: systemClock, random: systemRandom }),
    onInterrupt,
    site: () => siteHere(configPath),
    plannedSite: () => siteHere(configPath, { planned: true }),
    host() {
      const { hostSocket, lockPath } = siteHere(configPath);
      return createHostClient(hostSocket, () => isHeld(lockPath));
    },
    signalLauncher: () => signalLauncher(siteHere(configPath).lockPath),
    models: createModelLibrary({
      pip: () =>
        pipSettings({
          env: (name) => env[name],
          readText,
          os: Deno.build.os === "darwin" ? "darwin" : "linux",
        }),
      hub: () => hubSettings((name) => env[name]),
      sleep: systemClock.sleep,
      nowMs: systemClock.nowMs,
    }),
    describeModel: async (path, limits) => await (await import("./cli_models.ts")).describeModel(path, limits),
    quantiseModel: async (request, signal) => (await import("./cli_quantize.ts")).quantiseModel(request, signal),
    measureModel: async (...order) => (await import("./cli_measure.ts")).measureModel(...order),
    configuredModels: async () => (await import("./cli_models.ts")).configuredModels(siteHere(configPath)),
    ownEngine: async (modelPath) => (await import("./cli_engine.ts")).ownEngine(modelPath),
    checkConfig: async () => (await import("./cli_config.ts")).checkConfig(configPath),
    planConfig: async (source) => (await import("./cli_config.ts")).planConfig(configPath, source),
    doctorTools: async () => (await import("./cli_doctor.ts")).doctorTools(configPath),
    pluginAuthorTools: () => pluginAuthorTools(env),
    upgradeTools: () => upgradeTools(configPath),
    sitePlugins: async () => (await import("./site_plugins.ts")).sitePlugins(configPath),
    pluginTools: async () => (await import("./cli_plugins.ts")).pluginTools(),
    serviceTools: (other = configPath) => serviceTools(other),
    testToken: async (token, at, signal) => (await import("./cli_tokens.ts")).testToken(token, at, signal),
    env: (name) => env[name],
    configSchema: async () => {
      const [{ configJsonSchema }, { protocolSections }, { grantSchemas }] = await Promise.all([
        import("../schema/config_json.ts"),
        import("./channels.ts"),
        import("../core/capabilities/mod.ts"),
      ]);
      const sections = Object.entries(await protocolSections());
      return configJsonSchema(Object.fromEntries(sections.map(([name, { options }]) => [name, options])), grantSchemas);
    },
    openLines: (history) =>
      input.isTerminal && out.isTerminal
        ? openTerminalLines(history)
        : openPipedLines(input, onInterrupt, stdinBytesMax),
  });
  Deno.exit(await runCommandLine(args, { text: said, version: manifest.version, out, err, context }));
}

/** @param noColor Any text but an empty one switches colours off. Source: https://no-color.org */
function outputTo(stream: typeof Deno.stdout, noColor: string | undefined): Output {
  const encoder = new TextEncoder();
  const isTerminal = stream.isTerminal();
  const put = (text: string) => {
    const bytes = encoder.encode(text);
    try {
      for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
    } catch (error) {
      // Nobody reads any more, as when `head` has seen enough.
      if (error instanceof Deno.errors.BrokenPipe) Deno.exit(1);
      throw error;
    }
  };
  return createOutput(put, {
    isTerminal,
    colours: isTerminal && !noColor && Deno.env.get("TERM") !== "dumb",
    columns: () => isTerminal ? terminalColumns() : 80,
  });
}

/** Some terminals say that they have no columns, which means that they don't know. */
function terminalColumns(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}

function onInterrupt(then: () => void): Disposable {
  Deno.addSignalListener("SIGINT", then);
  return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGINT", then) };
}

/** Whether the launcher that wrote its process id here lives. */
function isHeld(lockPath: string): boolean {
  const pid = Number(readText(lockPath)?.trim() || Number.NaN);
  if (!Number.isInteger(pid) || pid <= 1) return false;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Sends SIGHUP to the launcher that holds the lock: a process that merely has its number now gets none. */
function signalLauncher(lockPath: string): boolean {
  try {
    using file = Deno.openSync(lockPath, { read: true });
    if (file.tryLockSync(false)) return false;
    return process.kill(Number(Deno.readTextFileSync(lockPath).trim()), "SIGHUP");
  } catch {
    return false;
  }
}

function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}
