import { homedir } from "node:os";
import { createNodeCrypto } from "../adapters/crypto/node.ts";
import { runners } from "../adapters/runners/mod.ts";
import type { SpawnedRunners } from "../adapters/runners/spawned.ts";
import { planOf, type ProcessPlan, runnerMemoryBytesMax } from "../core/permissions.ts";
import { siteOf } from "../core/site.ts";
import { isPackaged, plannedCommand, programHere } from "./program_here.ts";

/** Runners of a command that is its own host, as they would be planned for a site, and what one may take. */
export type OwnRunners =
  | { readonly kind: "planned"; readonly runners: SpawnedRunners; readonly memoryBytesMax: number }
  | { readonly kind: "failed"; readonly reason: string };

/**
 * @param modelPath What a model-runner reads, absolute; plugins need none.
 * @param more Further arguments of each process: they give no right.
 */
export async function ownRunners(
  modelPath = "/nonexistent/model.gguf",
  more: readonly string[] = [],
): Promise<OwnRunners> {
  const memoryBytesMax = runnerMemoryBytesMax(Deno.systemMemoryInfo().total);
  const planned = planOf({
    configuration: {
      offline: true,
      listen: { hostname: "127.0.0.1", port: 8080 },
      tlsFiles: [],
      protocols: [],
      modelPath,
      embeddingPath: modelPath,
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
    return { kind: "failed", reason: planned.problems.map(({ reason }) => reason).join("; ") };
  }
  const { createSpawnedRunners } = await runners.spawned();
  const processes = planned.processes.map((plan) => ({ ...plan, args: [...plan.args, ...more] }));
  return { kind: "planned", runners: createSpawnedRunners(processes, commandOf), memoryBytesMax };
}

/** The launcher says on stderr why it ended a runner; from source there is only what libraries say, which nobody needs. */
function commandOf(plan: ProcessPlan, stdio: Parameters<typeof plannedCommand>[1]): Deno.Command {
  return plannedCommand(plan, { ...stdio, stderr: isPackaged ? "inherit" : "null" });
}
