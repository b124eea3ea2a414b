import type { Config } from "../../schema/config.ts";
import type { RegisteredTool } from "../../schema/plugin.ts";
import { type DeviceTags, listDevices, type ListedDevice } from "../capabilities/device.ts";
import { capabilitySite } from "../capabilities/mod.ts";
import type { InstalledPlugin, InstalledTool } from "../tools/types.ts";
import { type SiteValues, withSiteValues } from "./site_values.ts";
import type { PluginStanding } from "./standing.ts";

/** The tools of a plugin that is granted, as this site has them; `unusable` are those that need a device it hasn't. */
export function installTools(
  { name, facts, granted, limits }: PluginStanding,
  registered: readonly RegisteredTool[],
  site: Pick<Config, "devices">,
): { readonly tools: readonly InstalledTool[]; readonly unusable: readonly string[] } {
  const { digest, manifest } = facts!;
  const plugin: InstalledPlugin = {
    name,
    digest,
    version: manifest.version,
    stateful: manifest.stateful,
    limits,
    asked: manifest.asked as InstalledPlugin["asked"],
    granted,
  };
  const values = siteValues(plugin, site);
  const tools: InstalledTool[] = [];
  const unusable: string[] = [];
  for (const tool of registered) {
    const parameters = withSiteValues(tool.parameters, values);
    if (parameters === undefined) {
      unusable.push(tool.name);
      continue;
    }
    tools.push({
      name: `${name}.${tool.name}`,
      description: tool.description,
      parameters,
      readOnly: tool.read_only,
      idempotent: tool.idempotent,
      examples: tool.examples,
      plugin,
    });
  }
  return { tools, unusable };
}

/** What the plugin asks for and is granted, as names. */
function siteValues({ asked, granted }: InstalledPlugin, site: Pick<Config, "devices">): SiteValues {
  if (asked.device === undefined || granted.device === undefined) return { devices: {}, tags: {} };
  const listed = listDevices(asked.device as DeviceTags, granted.device as DeviceTags, capabilitySite(site));
  return {
    devices: Object.fromEntries(listed.map(({ name, words }) => [name, words])),
    tags: Object.fromEntries(
      listed.flatMap((device) =>
        device.tags.map((tag) => [`${device.name}.${tag.name}`, tagWords(device, tag)] as const)
      ),
    ),
  };
}

/** Names of one tag, at most: each is compared with each sentence. */
const tagWordsMax = 32;

/** What people call a tag: what they call its device, and then what they call it there. */
function tagWords(
  device: Pick<ListedDevice, "name" | "words">,
  tag: Pick<ListedDevice["tags"][number], "name" | "words">,
): readonly string[] {
  const places = [...device.words, device.name];
  const names = [...tag.words, tag.name];
  return [...new Set(places.flatMap((place) => names.map((name) => `${place} ${name}`)))].slice(0, tagWordsMax);
}
