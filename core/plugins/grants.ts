import * as v from "valibot";
import { type CapabilityName, capabilityNames } from "../../schema/capabilities.ts";
import type { PluginOptions } from "../../schema/config.ts";
import { capabilities } from "../capabilities/mod.ts";

/** What a site grants one plugin, each read by its capability. What isn't granted is absent. */
export type Granted = Readonly<Partial<Record<CapabilityName, unknown>>>;

/**
 * What a configuration that was parsed grants one plugin.
 *
 * @throws {v.ValiError} When it wasn't parsed: `parseConfig` refuses what a capability can't read.
 */
export function grantedBy({ grant }: Pick<PluginOptions, "grant">): Granted {
  return Object.fromEntries(
    capabilityNames.filter((name) => Object.hasOwn(grant, name)).map((
      name,
    ) => [name, v.parse(capabilities[name].granted, grant[name])]),
  );
}
