import type { HostStart } from "../core/host_start.ts";
import { createSetup, type Setup, type SetupDeps } from "../core/setup/setup.ts";
import type { Config } from "../schema/config.ts";
import { modelsIn } from "./models_in.ts";

/** The longest proposal that is read back, in bytes: a generated one has a few thousand. */
const proposalBytesMax = 100_000;

/** The first setup on the page. The host may write the proposal, and nothing else that decides rights. */
export function hostSetup(
  start: HostStart,
  config: Config,
  ports: Pick<SetupDeps, "store" | "vault" | "clock" | "policy">,
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
      write: (text) => writeProposal(proposalPath, text),
    },
    // Only who sets a site up needs the parser and the plan: they take as long to load as all the rest.
    plan: async (text) => (await import("./host_plan.ts")).planText(text, { start, targetPath: targetOf(start) }),
  });
}

function targetOf({ site: { configPath, dataFolder } }: HostStart): string {
  return configPath ?? `${dataFolder}/config.yaml`;
}

/** With its mode from the start: where the system confines this process, it may change none. */
async function writeProposal(path: string, text: string): Promise<void> {
  (await Deno.open(path, { write: true, create: true, mode: 0o600 })).close();
  await Deno.writeTextFile(path, text);
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
