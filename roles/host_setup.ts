import { formatProblem, parseConfig } from "../core/config.ts";
import type { ProtocolSections } from "../core/config/protocols.ts";
import type { HostStart } from "../core/host_start.ts";
import { createSetup, type Setup, type SetupDeps } from "../core/setup/setup.ts";
import type { Config } from "../schema/config.ts";
import { modelsIn } from "./models_in.ts";
import { planFor, type PlanRequest } from "./plan.ts";

/** The longest proposal that is read back, in bytes: a generated one has a few thousand. */
const proposalBytesMax = 100_000;

/** The first setup on the page. The host may write the proposal, and nothing else that decides rights. */
export function hostSetup(
  start: HostStart,
  config: Config,
  { sections, ...ports }: Pick<SetupDeps, "store" | "vault" | "clock" | "policy"> & {
    readonly sections: ProtocolSections;
  },
): Setup {
  const { site, memoryBytes } = start;
  const { hostname, port } = config.web.listen;
  const { configPath, proposalPath } = site;
  return createSetup({
    ...ports,
    memoryBytes,
    modelsHere: () => modelsIn(site.modelsFolder),
    ...(configPath === undefined ? {} : { configPath }),
    targetPath: targetOf(start),
    modelName: start.model.name,
    listen: `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`,
    proposal: {
      path: proposalPath,
      read: () => readProposal(proposalPath),
      write: (text) => Deno.writeTextFile(proposalPath, text, { mode: 0o600 }),
    },
    plan: (text) => planText(text, start, sections),
  });
}

function targetOf({ site: { configPath, dataFolder } }: HostStart): string {
  return configPath ?? `${dataFolder}/config.yaml`;
}

async function readProposal(path: string): Promise<string | undefined> {
  try {
    if ((await Deno.lstat(path)).size > proposalBytesMax) return undefined;
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * The rights that a configuration would give. The host doesn't know where the program and the key lie: these are the same
 * in both plans that are compared, and stand here as `/program` and `/key`. `config apply` computes the true ones.
 */
function planText(text: string, start: HostStart, sections: ProtocolSections): ReturnType<SetupDeps["plan"]> {
  const { site: { proposalPath } } = start;
  const parsed = parseConfig(text, proposalPath, sections);
  if (parsed.kind === "refused") return { kind: "refused", problems: parsed.problems.map(formatProblem) };
  const planned = planFor(requestOf(start, text === ""), parsed);
  return planned.kind === "refused"
    ? { kind: "refused", problems: planned.lines }
    : { kind: "planned", processes: planned.answer.processes };
}

/** @param isNow What runs is meant: then the model that the command line named, if it did. */
function requestOf(start: HostStart, isNow: boolean): PlanRequest {
  const { site, model, memoryBytes } = start;
  const runtimeFolder = site.hostSocket.slice(0, site.hostSocket.lastIndexOf("/"));
  return {
    machine: {
      configPath: targetOf(start),
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
