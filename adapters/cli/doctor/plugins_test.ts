import { deepStrictEqual, ok } from "node:assert/strict";
import { defaultLimits } from "../../../core/plugins/limits.ts";
import { tellPlugin } from "../../../core/plugins/told.ts";
import { text } from "../../../core/text/mod.ts";
import { samplePlugins } from "../../../tests/sample_plugins.ts";
import type { ListedPlugin } from "../../../core/plugins/catalogue.ts";
import { pluginsCheck } from "./plugins.ts";
import type { Scene } from "./scene.ts";

/** What doctor says of plugins that a running host tells of. */
async function told(...plugins: ListedPlugin[]): Promise<string[]> {
  const list = plugins.map((plugin) => tellPlugin(plugin, "en", { devices: {} }));
  const context = {
    locale: "en",
    host: () => ({ call: () => Promise.resolve({ kind: "ok", value: { plugins: list } }) }),
    sitePlugins: () => Promise.reject(new Error("The host was asked already")),
  };
  const found = await pluginsCheck.run({ context, said: text("en").doctor } as unknown as Scene);
  return found.map(({ state, reason }) => `${state}: ${reason}`);
}

const sample = (name: string) => samplePlugins.find((plugin) => plugin.name === name)!;

Deno.test("doctor tells of each plugin where it stands, and of what is wrong both digests and why", async () => {
  deepStrictEqual(await told(), ["good: there are none"]);
  deepStrictEqual(await told(...samplePlugins), [
    "warning: calc 0.3.1 is known, and may do nothing. It asks for nothing beyond computing, and needs a grant all the same",
    "good: pump 1.2.0: 2 tools",
    "warning: pump: Granted, and never asked for, so without effect: clock.",
    "bad: status: its grant is void, its file isn't the one that was granted something " +
    `(granted: sha256:${"e".repeat(64)}; here: sha256:${"d".repeat(64)})`,
    "warning: status: Another file that calls itself the same version was granted before: " +
    `sha256:${"e".repeat(64)}.`,
    "bad: template is granted something, and its file isn't there",
    'warning: units is refused: its manifest asks for "shell", which this program doesn\'t know',
  ]);
});

Deno.test("doctor tells a plugin that failed too often, one that isn't ready, and one that is granted and refused", async () => {
  const pump = { ...sample("pump"), notes: [] };
  const failure = { code: "breaker", reason: "it failed too often", atMs: 0 };
  deepStrictEqual(await told({ ...pump, failure }), ["bad: pump isn't called for a while: it failed too often"]);
  deepStrictEqual(await told({ ...pump, failure: { ...failure, code: "trap" } }), ["good: pump 1.2.0: 2 tools"]);
  const { tools: _, ...unready } = pump;
  deepStrictEqual(await told({ ...unready, reason: "it is being prepared" }), [
    "warning: pump is granted and not ready: it is being prepared",
  ]);
  const refused = { ...sample("units"), grantedDigest: "a".repeat(64), limits: defaultLimits };
  ok((await told(refused))[0]?.startsWith("bad: units is refused"));
});
