import { deepStrictEqual } from "node:assert/strict";
import { createNodeCrypto } from "../adapters/crypto/node.ts";
import { type PlannedConfiguration, planOf, type ProcessPlan } from "./permissions.ts";
import { rightsDiff } from "./rights_diff.ts";
import { siteOf } from "./site.ts";

const site = siteOf({ home: "/home/ann", uid: 1000, runtimeRoot: "/run/user/1000" }, createNodeCrypto());
const program = {
  main: "/opt/c/main.ts",
  cacheFolder: "/c/d",
  flags: [],
  librariesFolder: "/opt/c/l",
  workerFiles: [],
};
const plain: PlannedConfiguration = {
  offline: false,
  listen: { hostname: "127.0.0.1", port: 8080 },
  tlsFiles: [],
  protocols: [],
  modelPath: "/m/a.gguf",
  embeddingPath: "/m/e.gguf",
  memoryBytesMax: 1_000,
  pluginFiles: [],
  connectorTargets: [],
};

function plan(configuration: Partial<PlannedConfiguration>, hosts: readonly string[] = []): readonly ProcessPlan[] {
  const channelHosts = { telegram: hosts };
  const planned = planOf({ configuration: { ...plain, ...configuration }, site, program, channelHosts });
  if (planned.kind === "refused") throw new Error(JSON.stringify(planned));
  return planned.processes;
}

Deno.test("rightsDiff() finds nothing where nothing changes", () =>
  deepStrictEqual(rightsDiff(plan({}), plan({})), []));

Deno.test("rightsDiff() tells a channel's host and another port", () => {
  const after = plan({ protocols: ["telegram"], listen: { hostname: "127.0.0.1", port: 9000 } }, [
    "api.telegram.org:443",
  ]);
  deepStrictEqual(rightsDiff(plan({}), after), [
    { role: "host", kind: "listen", value: "127.0.0.1:9000", change: "added" },
    { role: "host", kind: "connect", value: "api.telegram.org:443", change: "added" },
    { role: "host", kind: "listen", value: "127.0.0.1:8080", change: "removed" },
  ]);
});

Deno.test("rightsDiff() tells a process that comes or goes, and a limit that changes", () => {
  const changes = rightsDiff(plan({}), plan({ embeddingPath: undefined, memoryBytesMax: 2_000 } as never));
  const brief = changes.map(({ role, kind, value, change }) => [change, role, kind, value].join(" "));
  deepStrictEqual(brief.filter((line) => /program|memory/.test(line)), [
    "added model-runner memoryBytesMax 2000",
    "removed model-runner memoryBytesMax 1000",
    "removed embedding-runner program ",
    "removed embedding-runner memoryBytesMax 1000000000",
  ]);
});

Deno.test("rightsDiff() compares every field of the rights", () => {
  const [host] = plan({});
  for (const kind of Object.keys(host!.rights)) {
    const more = { ...host!, rights: { ...host!.rights, [kind]: ["/x"] } };
    const added = rightsDiff([host!], [more]).filter(({ change }) => change === "added");
    deepStrictEqual(added, [{ role: "host", kind, value: "/x", change: "added" }]);
  }
});
