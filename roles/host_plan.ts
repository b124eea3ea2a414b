import { formatProblem, parseConfig } from "../core/config.ts";
import type { HostStart } from "../core/host_start.ts";
import type { SetupDeps } from "../core/setup/setup.ts";
import { protocolSections } from "./channels.ts";
import { modelsIn } from "./models_in.ts";
import { planFor, type PlanRequest } from "./plan.ts";

/**
 * The rights that a configuration would give. The host doesn't know where the program and the key lie: these are the same
 * in both plans that are compared, and stand here as `/program` and `/key`. `config apply` computes the true ones.
 */
export async function planText(
  text: string,
  { start, targetPath }: { readonly start: HostStart; readonly targetPath: string },
): ReturnType<SetupDeps["plan"]> {
  const parsed = parseConfig(text, start.site.proposalPath, await protocolSections());
  if (parsed.kind === "refused") return { kind: "refused", problems: parsed.problems.map(formatProblem) };
  const planned = planFor(requestOf(start, { targetPath, isNow: text === "" }), parsed);
  return planned.kind === "refused"
    ? { kind: "refused", problems: planned.lines }
    : { kind: "planned", processes: planned.answer.processes };
}

/** @param isNow What runs is meant: then the model that the command line named, if it did. */
function requestOf(
  start: HostStart,
  { targetPath, isNow }: { readonly targetPath: string; readonly isNow: boolean },
): PlanRequest {
  const { site, model, memoryBytes } = start;
  const runtimeFolder = site.hostSocket.slice(0, site.hostSocket.lastIndexOf("/"));
  return {
    machine: {
      configPath: targetPath,
      // Without a configuration, what paths are relative to is the person's home.
      home: site.configPath === undefined ? site.baseFolder : "/key/home",
      uid: Number(/clawdbot-(\d+)-[0-9a-f]{8}$/.exec(runtimeFolder)?.[1] ?? 0),
      runtimeRoot: runtimeFolder.slice(0, runtimeFolder.lastIndexOf("/")),
    },
    program: {
      main: "/program/main",
      cacheFolder: "/program/cache",
      flags: [],
      librariesFolder: "/program/libraries",
      workerFiles: [],
    },
    source: { path: site.proposalPath, label: site.proposalPath },
    modelsHere: modelsIn(site.modelsFolder),
    ...(isNow && "path" in model ? { model: model.path } : {}),
    modelDefault: model.name,
    memoryBytes,
  };
}
