import * as v from "valibot";
import { systemClock } from "../adapters/clock/system.ts";
import { mergePolicy, type Policy } from "../core/access.ts";
import type { ConfigurationStatus } from "../core/assistant.ts";
import type { HostStart, LauncherMessage } from "../core/host_start.ts";
import { type ConfigInForce, type Reload, reloadOf } from "../core/reload.ts";
import { resolvePath } from "../core/site.ts";
import { type Config, configSchema } from "../schema/config.ts";

/** The configuration that this host goes by. What holds at the moment is asked each time. */
export interface Settings {
  config(): Config;
  secrets(): HostStart["secrets"];
  policy(): Policy;
  status(): ConfigurationStatus;
  /** Takes another into force as far as that is possible while the host runs; all of it, or nothing. */
  take(message: Extract<LauncherMessage, { kind: "reload" }>): Reload;
  /** Another was refused by the launcher. */
  refused(message: Extract<LauncherMessage, { kind: "refused" }>): void;
}

/** The settings of a host that starts. */
export function createSettings(start: HostStart): Settings {
  const parse = (document: unknown) => v.parse(configSchema, document as object);
  const files = (config: Config) => namedFiles(config, start.site.baseFolder);
  let inForce: ConfigInForce = { config: parse(start.document), secrets: start.secrets };
  let policy = mergePolicy(inForce.config.access);
  let status: ConfigurationStatus = { loadedMs: systemClock.nowMs(), applied: "start", ...start.configuration };
  const filesAtStart = files(inForce.config);
  return {
    config: () => inForce.config,
    secrets: () => inForce.secrets,
    policy: () => policy,
    status: () => status,
    take({ document, secrets, requests }) {
      const next = { config: parse(document), secrets };
      const reload = reloadOf(inForce, next);
      if (reload.kind === "restart") return reload;
      if (files(next.config) !== filesAtStart) return { kind: "restart", because: "a file that it names" };
      if (JSON.stringify(next) === JSON.stringify(inForce)) { // it was asked for, or a bad one was put right
        status = { loadedMs: status.loadedMs, applied: status.applied, requests };
        return reload;
      }
      inForce = next;
      policy = mergePolicy(next.config.access);
      status = { loadedMs: systemClock.nowMs(), applied: "in-place", requests };
      return reload;
    },
    refused({ problem, requests }) {
      status = { ...status, requests, problem };
    },
  };
}

/** What stands in the files that are read at the start: certificates are renewed under the same names. */
function namedFiles({ web: { tls }, model: { server } }: Config, baseFolder: string): string {
  const paths = [tls?.cert, tls?.key, server?.ca].filter((path) => path !== undefined);
  return JSON.stringify(paths.map((path) => {
    try {
      return Deno.readTextFileSync(resolvePath(baseFolder, path));
    } catch {
      return null;
    }
  }));
}
