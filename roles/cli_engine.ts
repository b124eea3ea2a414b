import { homedir } from "node:os";
import type { OwnEngine } from "../adapters/cli/context.ts";
import { systemClock } from "../adapters/clock/system.ts";
import { createNodeCrypto } from "../adapters/crypto/node.ts";
import { engines } from "../adapters/engines/mod.ts";
import { systemRandom } from "../adapters/random/system.ts";
import { runners } from "../adapters/runners/mod.ts";
import { planOf, type ProcessPlan, runnerMemoryBytesMax } from "../core/permissions.ts";
import type { EngineFailure } from "../core/ports/engine.ts";
import type { Log } from "../core/ports/log.ts";
import { resolvePath, siteOf } from "../core/site.ts";
import { isPackaged, plannedCommand, programHere } from "./program_here.ts";

/** Runs a model file in a process with just the rights that the plan gives a model-runner. Stores nothing. */
export async function ownEngine(
  modelPath: string,
): Promise<{ readonly kind: "started"; readonly own: OwnEngine } | { kind: "failed"; failure: EngineFailure }> {
  const memoryBytesMax = runnerMemoryBytesMax(Deno.systemMemoryInfo().total);
  const planned = planOf({
    configuration: {
      offline: true,
      listen: { hostname: "127.0.0.1", port: 8080 },
      tlsFiles: [],
      protocols: [],
      modelPath: resolvePath("/", modelPath),
      embeddingPath: resolvePath("/", modelPath),
      memoryBytesMax,
      pluginFiles: [],
      connectorTargets: [],
    },
    // No site stands behind this: these paths are planned for processes that aren't started.
    site: siteOf({ home: "/nonexistent/clawdbot", uid: Deno.uid() ?? 0, runtimeRoot: "/tmp" }, createNodeCrypto()),
    program: programHere(homedir()),
    channelHosts: {},
  });
  if (planned.kind === "refused") {
    const reason = planned.problems.map(({ reason }) => reason).join("; ");
    return { kind: "failed", failure: { kind: "refused", reason } };
  }
  const [{ createSpawnedRunners }, { createLlamaEngine }] = await Promise.all([runners.spawned(), engines.llama()]);
  const spawned = createSpawnedRunners(planned.processes, commandOf);
  const engine = createLlamaEngine({
    runners: spawned,
    clock: systemClock,
    random: systemRandom,
    log: silent,
    sequencesMax: 1,
    keepAliveMs: 3_600_000,
    memoryLimitBytes: memoryBytesMax,
  });
  return {
    kind: "started",
    own: {
      engine,
      async [Symbol.asyncDispose]() {
        await engine.close();
        await spawned.gone();
      },
    },
  };
}

/** The launcher says on stderr why it ended a runner; from source there is only what libraries say, which nobody needs. */
function commandOf(plan: ProcessPlan, stdio: Parameters<typeof plannedCommand>[1]): Deno.Command {
  return plannedCommand(plan, { ...stdio, stderr: isPackaged ? "inherit" : "null" });
}

/** What the engine does is told by the command's own words. */
const silent: Log = { info() {}, warn() {}, error() {} };
