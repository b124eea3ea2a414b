import { connector as connectorRegistry } from "../adapters/connector/mod.ts";
import { capabilitySite } from "../core/capabilities/mod.ts";
import type { ResolvedSecrets } from "../core/config/secrets.ts";
import { createMachines } from "../core/machines.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Engine } from "../core/ports/engine.ts";
import type { Log } from "../core/ports/log.ts";
import type { Runners } from "../core/ports/runner.ts";
import { createToolChooser } from "../core/tools/choose.ts";
import { toolIndex } from "../core/tools/index_line.ts";
import type { ToolPorts } from "../core/tools/site_tools.ts";
import type { HostPlugins } from "./host_plugins.ts";
import type { Settings } from "./host_settings.ts";

/** What the tools of a running host are made of. */
export interface HostToolsDeps {
  readonly plugins: Pick<HostPlugins, "catalogue" | "plugins">;
  readonly settings: Pick<Settings, "config">;
  /** Of the configuration in force. */
  readonly secrets: () => ResolvedSecrets;
  readonly engine: Engine;
  readonly runners: Runners;
  readonly clock: Clock;
  readonly log: Log;
}

/** The tools of a running host, and what ends the process that they reach the world by. */
export async function openTools(
  { plugins: { catalogue, plugins }, settings, secrets, engine, ...ports }: HostToolsDeps,
): Promise<{ readonly tools: ToolPorts; close(): Promise<void> }> {
  const { createConnector } = await connectorRegistry.client();
  const connector = createConnector(ports);
  const site = () => capabilitySite(settings.config());
  const machines = createMachines({ ...ports, connector, secrets, devices: () => site().devices });
  const { choose } = createToolChooser({ ...ports, engine });
  return {
    tools: {
      ...{ plugins, machines, connector, site, secrets, choose },
      installed: catalogue.tools,
      module: catalogue.module,
      index: toolIndex,
    },
    async close() {
      machines.close();
      await connector.close();
    },
  };
}
