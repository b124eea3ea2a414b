import { sha256Alone } from "../adapters/crypto/sha256.ts";
import { planOf, type ProcessPlan, type Program } from "../core/permissions.ts";
import { siteOf } from "../core/site.ts";
import { programHere } from "../roles/program_here.ts";

/** The plan of a connector that may reach `targets`, run from source unless another program is given. */
export function connectorPlan(
  targets: readonly string[],
  home: string,
  program: Program = programHere(home),
): ProcessPlan {
  const planned = planOf({
    configuration: {
      ...{ offline: false, listen: { hostname: "127.0.0.1", port: 1 }, tlsFiles: [], protocols: [], pluginFiles: [] },
      memoryBytesMax: 1e9,
      connectorTargets: targets,
    },
    site: siteOf({ home: "/home/tester", runtimeRoot: "/tmp", uid: 1 }, sha256Alone),
    program,
    channelHosts: {},
  });
  const plan = planned.kind === "planned" ? planned.processes.find(({ role }) => role === "connector") : undefined;
  if (plan === undefined) throw new Error(`No connector is planned: ${JSON.stringify(planned)}`);
  return plan;
}
