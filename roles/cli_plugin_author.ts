import type { OwnPlugins, PluginAuthorTools } from "../adapters/cli/plugin_author_tools.ts";
import { systemClock } from "../adapters/clock/system.ts";
import { plugins } from "../adapters/plugins/mod.ts";
import { bundledPlugin, pluginTemplate } from "./bundled_plugins.ts";
import { ownRunners } from "./own_processes.ts";

/** Time that a compiler or a package manager may take. */
const buildMsMax = 600_000;

/** What commands for plugins' authors need. @param env The person's own environment, for their toolchains. */
export function pluginAuthorTools(env: Readonly<Record<string, string>>): PluginAuthorTools {
  const onPath = (name: string) =>
    (env.PATH ?? "").split(":").some((folder) => folder !== "" && isFile(`${folder}/${name}`));
  return {
    template: pluginTemplate,
    bundled: bundledPlugin,
    start: ownPlugins,
    has: onPath,
    async run([command, ...args], { cwd, env: more }) {
      const { code, stdout, stderr } = await new Deno.Command(command!, {
        args,
        cwd,
        env: { ...more },
        stdin: "null",
        signal: AbortSignal.timeout(buildMsMax),
      }).output();
      const decoder = new TextDecoder();
      return { code, said: `${decoder.decode(stdout)}${decoder.decode(stderr)}` };
    },
  };
}

/** Runs plugins in processes with no right at all. Stores nothing. */
export async function ownPlugins(): Promise<
  { readonly kind: "started"; readonly own: OwnPlugins } | { readonly kind: "failed"; readonly reason: string }
> {
  const planned = await ownRunners();
  if (planned.kind === "failed") return planned;
  const { createExtismPlugins } = await plugins.extism();
  const log = { info() {}, warn() {}, error() {} };
  const sandbox = createExtismPlugins({ runners: planned.runners, clock: systemClock, log });
  return {
    kind: "started",
    own: {
      plugins: sandbox,
      async [Symbol.asyncDispose]() {
        await sandbox.close();
        await planned.runners.gone();
      },
    },
  };
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
