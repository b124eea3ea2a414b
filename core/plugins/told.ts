import type { PluginList } from "../../schema/api.ts";
import type { CapabilitySite } from "../capabilities/capability.ts";
import type { Locale } from "../text/mod.ts";
import type { ListedPlugin } from "./catalogue.ts";
import { pluginWords } from "./words.ts";

/** A plugin as programs and the command line are told of it. */
export type ToldPlugin = PluginList["plugins"][number];

/** Tells of a plugin: with sentences of a language, and without any secret. */
export function tellPlugin(plugin: ListedPlugin, locale: Locale, site: CapabilitySite): ToldPlugin {
  const { name, state, reason, grantedDigest, facts, limits, tools, earlier, failure } = plugin;
  const { asks, granted, notes } = pluginWords(plugin, locale, site);
  return {
    name,
    state,
    ...(reason === undefined ? {} : { reason }),
    ...(grantedDigest === undefined ? {} : { granted_digest: grantedDigest }),
    ...(facts === undefined ? {} : {
      file: {
        digest: facts.digest,
        bytes: facts.bytes,
        version: facts.manifest.version,
        description: facts.manifest.description,
        stateful: facts.manifest.stateful,
        ...(facts.signer === undefined ? {} : { signer: { ...facts.signer } }),
      },
    }),
    limits: { ...limits },
    asks: [...asks],
    granted: [...granted],
    notes: [...notes],
    ...(tools === undefined ? {} : {
      tools: tools.map(({ name, description, readOnly }) => ({ name, description, read_only: readOnly })),
    }),
    earlier: earlier.map((one) => ({ ...one })),
    ...(failure === undefined ? {} : { failure: { code: failure.code, reason: failure.reason, at_ms: failure.atMs } }),
  };
}
