/** Makes the calls that are written down beside each plugin of this project, and beside the example, in the sandbox. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import * as v from "valibot";
import { type PluginTrial, tryPlugin } from "../../adapters/cli/plugin_trial.ts";
import { bundledPlugins } from "../../core/plugins/bundled.ts";
import { readJson, recordedCalls } from "../../core/plugins/recorded_calls.ts";
import { bundledPlugin } from "../../roles/bundled_plugins.ts";
import { buildPlugins } from "../../scripts/plugin_build.ts";
import { pluginSources } from "../../scripts/plugin_sources.ts";
import { createPluginRunners, createTestPlugins } from "./plugin_runner_stand.ts";

const isLong = Deno.env.get("CLAWDBOT_TEST_LONG") === "1";
const root = new URL("../../plugins-wasm/", import.meta.url);

/** Each module with the folder that its calls are in. */
const tried = [
  ...bundledPlugins.map((name) => ({ name: name as string, calls: `${name}/calls.json` })),
  ...["assemblyscript", "c", "go", "zig", ...(isLong ? ["rust"] : [])].map((language) => ({
    name: `template-${language}`,
    calls: "templates/calls.json",
  })),
];

async function trial(name: string, calls: string): Promise<Extract<PluginTrial, { kind: "tried" }>> {
  const [built] = await buildPlugins({ names: [name], note() {} });
  const recorded = v.parse(recordedCalls, readJson(await Deno.readFile(new URL(calls, root))));
  await using runners = createPluginRunners();
  const plugins = createTestPlugins(runners);
  try {
    const result = await tryPlugin(await Deno.readFile(built!.path), recorded.calls, plugins);
    if (result.kind === "refused") throw new Error(`${result.code}: ${result.reason}`);
    return result;
  } finally {
    await plugins.close();
  }
}

for (const { name, calls } of tried) {
  Deno.test(`plugin ${name} answers the calls that are written down`, async () => {
    const result = await trial(name, calls);
    ok(result.calls.length > 0);
    for (const { call, problems } of result.calls) deepStrictEqual(problems, [], JSON.stringify(call.arguments));
    const untried = result.tools.filter(({ name }) => !result.calls.some(({ call }) => call.tool === name));
    deepStrictEqual(untried.map(({ name }) => name), []);
    for (const { name, examples } of result.tools) {
      ok(examples.some(({ say }) => /\p{Script=Han}/u.test(say)), `${name} has no Chinese example`);
      ok(examples.some(({ say }) => /^[\x20-\x7e]+$/.test(say)), `${name} has no English example`);
    }
  });
}

Deno.test("a plugin that comes with the program is found by its name, and no other", async () => {
  await buildPlugins({ names: bundledPlugins, note() {} });
  for (const name of bundledPlugins) strictEqual((await bundledPlugin(name)).kind, "found", name);
  deepStrictEqual(await bundledPlugin("../units"), { kind: "unknown", names: bundledPlugins });
  const bundled = (await pluginSources()).filter(({ group }) => group === "bundled").map(({ name }) => name);
  deepStrictEqual(bundled, [...bundledPlugins]);
});
