import type { Config } from "../../schema/config.ts";
import * as v from "valibot";
import { capabilities, capabilitySite } from "../capabilities/mod.ts";
import { resolvePath, type Site } from "../site.ts";

/** What the plan takes from `plugins` and `devices`: files that lie elsewhere, and what the connector may reach. */
export function plannedPlugins(
  config: Pick<Config, "plugins" | "devices">,
  { baseFolder }: Pick<Site, "baseFolder">,
): { readonly pluginFiles: readonly string[]; readonly connectorTargets: readonly string[] } {
  const plugins = Object.values(config.plugins);
  const site = capabilitySite(config);
  const targets = plugins.flatMap(({ grant }) =>
    Object.values(capabilities).flatMap(({ name, granted, targets }) => {
      if (!Object.hasOwn(grant, name) || targets === undefined) return [];
      // Parsed before, by the configuration; what isn't right is told there.
      const read = v.safeParse(granted, grant[name]);
      return read.success ? targets(read.output, site) : [];
    })
  );
  return {
    pluginFiles: plugins.flatMap(({ path }) => path === undefined ? [] : [resolvePath(baseFolder, path)]),
    connectorTargets: [...new Set(targets)].sort(),
  };
}
