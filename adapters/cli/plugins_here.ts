import { capabilitySite } from "../../core/capabilities/mod.ts";
import { tellPlugin, type ToldPlugin } from "../../core/plugins/told.ts";
import { pluginList } from "../../schema/api.ts";
import type { CliContext } from "./context.ts";
import type { HostFailure } from "./host_client.ts";

/** Where plugins stand: as the running host says, else as the disk says. */
export type PluginsHere =
  | { readonly kind: "told"; readonly plugins: readonly ToldPlugin[]; readonly isLive: boolean }
  | { readonly kind: "refused"; readonly failure: HostFailure };

/** Asks the host for its plugins; without one, looks at the files. */
export async function pluginsHere(
  { host, locale, sitePlugins }: Pick<CliContext, "host" | "locale" | "sitePlugins">,
): Promise<PluginsHere> {
  const answer = await host().call("GET", `/api/plugins?locale=${locale}`, { schema: pluginList });
  if (answer.kind === "ok") return { kind: "told", plugins: answer.value.plugins, isLive: true };
  if (answer.kind === "refused") return { kind: "refused", failure: answer };
  const { list, settings } = await sitePlugins();
  const site = capabilitySite(settings.kind === "read" ? settings.settings : { devices: {} });
  const plugins = list.map((standing) => tellPlugin({ ...standing, earlier: [] }, locale, site));
  return { kind: "told", plugins, isLive: false };
}
