import * as v from "valibot";
import type { SitePlugins } from "../adapters/cli/site_plugins.ts";
import { createNodeCrypto } from "../adapters/crypto/node.ts";
import { createPluginFolder } from "../adapters/plugins/folder.ts";
import type { PluginSettings } from "../core/plugins/catalogue.ts";
import { standingsOnDisk } from "../core/plugins/on_disk.ts";
import { seeFile } from "../core/plugins/see_file.ts";
import { configSchema } from "../schema/config.ts";
import { answerFor } from "./cli_config.ts";
import { siteHere } from "./site_here.ts";

/** Plugins as the disk and the configuration say it. @throws {MendableError} As {@link siteHere}. */
export async function sitePlugins(configPath: string | undefined): Promise<SitePlugins> {
  const answer = await answerFor(configPath);
  const site = "problems" in answer ? siteHere(configPath) : answer.site;
  const settings = "problems" in answer ? nothing : settingsOf(answer.start.document);
  const crypto = createNodeCrypto();
  const { pluginsFolder: folder, baseFolder } = site;
  return {
    folder,
    settings: "problems" in answer ? { kind: "bad", ...answer } : { kind: "read", settings },
    list: await standingsOnDisk({ folder: createPluginFolder(folder), settings, crypto, baseFolder }),
    see: (bytes) => seeFile(bytes, { crypto, trust: settings.trust }),
  };
}

const nothing: PluginSettings = { plugins: {}, devices: {}, trust: { signed: false, keys: {}, revoked: [] } };

function settingsOf(document: unknown): PluginSettings {
  const { plugins, devices, security } = v.parse(configSchema, document as object);
  return { plugins, devices, trust: security.plugins };
}
