import type { CapabilityName } from "../../schema/capabilities.ts";
import type { Config } from "../../schema/config.ts";
import { capabilities, capabilitySite } from "../capabilities/mod.ts";
import { resolvePath, type Site } from "../site.ts";
import { grantedBy } from "./grants.ts";

/** What the plan takes from `plugins` and `devices`: files that lie elsewhere, and what the connector may reach. */
export function plannedPlugins(
  config: Pick<Config, "plugins" | "devices">,
  { baseFolder, pluginsFolder }: Pick<Site, "baseFolder" | "pluginsFolder">,
): { readonly pluginFiles: readonly string[]; readonly connectorTargets: readonly string[] } {
  const plugins = Object.values(config.plugins);
  const site = capabilitySite(config);
  const targets = plugins.flatMap((options) =>
    Object.entries(grantedBy(options)).flatMap(([name, granted]) =>
      capabilities[name as CapabilityName].targets?.(granted, site) ?? []
    )
  );
  return {
    // What lies in the folder of plugins may be read anyway.
    pluginFiles: plugins.flatMap(({ path }) => path === undefined ? [] : [resolvePath(baseFolder, path)])
      .filter((path) => !path.startsWith(`${pluginsFolder}/`)),
    connectorTargets: [...new Set(targets)].sort(),
  };
}
