import { plugins as sandboxes } from "../adapters/plugins/mod.ts";
import { createPluginFolder } from "../adapters/plugins/folder.ts";
import { createNodeCrypto } from "../adapters/crypto/node.ts";
import { capabilitySite } from "../core/capabilities/mod.ts";
import type { PluginsView } from "../core/console/types.ts";
import type { HostStart } from "../core/host_start.ts";
import { createIds } from "../core/ids.ts";
import type { Metrics } from "../core/metrics/metrics.ts";
import { createPluginCatalogue, type PluginCatalogue, type PluginSettings } from "../core/plugins/catalogue.ts";
import { type DrainingPlugins, drainingPlugins } from "../core/plugins/draining.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Log } from "../core/ports/log.ts";
import type { CallOutcome } from "../core/ports/plugins.ts";
import type { Random } from "../core/ports/random.ts";
import type { Runners } from "../core/ports/runner.ts";
import type { Store } from "../core/ports/store.ts";
import type { Vault } from "../core/vault.ts";
import type { Settings } from "./host_settings.ts";

/** What the plugins of a running host are made of. */
export interface HostPluginsDeps {
  readonly start: HostStart;
  readonly settings: Pick<Settings, "config">;
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly runners: Runners;
  readonly registry: Metrics;
}

/** The plugins of a running host. */
export interface HostPlugins {
  readonly catalogue: PluginCatalogue;
  /** The sandbox, which runs only what is granted now. */
  readonly plugins: DrainingPlugins;
  /** What the console shows. */
  view(): PluginsView;
  /** Stops looking, and ends every process of plugins. */
  close(): Promise<void>;
}

/** Wires the catalogue of a host to its folder and its sandbox. Nothing is looked at before the catalogue is started. */
export async function openPlugins(deps: HostPluginsDeps): Promise<HostPlugins> {
  const { start, settings, clock, registry } = deps;
  const { createExtismPlugins } = await sandboxes.extism();
  const counted = (digest: string, outcome: CallOutcome) => {
    const plugin = catalogue.list().find(({ facts }) => facts?.digest === digest)?.name ?? "other";
    registry.count("clawdbot_plugin_calls_total", { plugin, outcome: outcome.kind });
    if (outcome.kind === "failed") registry.count("clawdbot_plugin_failures_total", { plugin, code: outcome.code });
  };
  const plugins = drainingPlugins(createExtismPlugins(deps), clock, counted);
  const settingsNow = (): PluginSettings => {
    const { plugins, devices, security } = settings.config();
    return { plugins, devices, trust: security.plugins };
  };
  const catalogue = createPluginCatalogue({
    ...deps,
    plugins,
    folder: createPluginFolder(start.site.pluginsFolder),
    crypto: createNodeCrypto(),
    ids: createIds(deps),
    settings: settingsNow,
    baseFolder: start.site.baseFolder,
    // What prepares modules may change with each version of the program.
    reader: `extism ${start.version}`,
  });
  return {
    catalogue,
    plugins,
    view: () => ({ list: catalogue.list(), site: capabilitySite(settings.config()) }),
    async close() {
      await catalogue.stop();
      await plugins.close();
    },
  };
}
