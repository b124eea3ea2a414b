import { plugins } from "../../adapters/plugins/mod.ts";
import { createPluginRunners, createTestPlugins } from "./plugin_runner_stand.ts";
import { type PluginsUnderTest, testPlugins } from "./plugins.ts";

const suites: Record<keyof typeof plugins, () => PluginsUnderTest> = {
  extism: () => {
    const runners = createPluginRunners();
    const sandbox = createTestPlugins(runners);
    return {
      plugins: sandbox,
      processes: () => runners.pids.length,
      async [Symbol.asyncDispose]() {
        await sandbox.close();
        await runners[Symbol.asyncDispose]();
      },
    };
  },
};

for (const [name, create] of Object.entries(suites)) testPlugins(name, create);
