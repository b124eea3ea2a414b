import type { Status } from "../core/assistant.ts";
import type { LauncherMessage } from "../core/host_start.ts";
import { measuredEngine } from "../core/metrics/measured.ts";
import { createMetrics, type Registry } from "../core/metrics/metrics.ts";
import { createSiteMetrics, type ProcessUse, type SiteMetrics } from "../core/metrics/site_metrics.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Engine } from "../core/ports/engine.ts";
import type { Store } from "../core/ports/store.ts";
import type { Policy } from "../core/access.ts";

/** The metrics of this host, from its first moment on. */
export interface HostMetrics {
  readonly registry: Registry;
  /** What the launcher saw that processes take. */
  seen(message: Extract<LauncherMessage, { kind: "processes" }>): void;
  /** The engine that answers, with what it does counted. */
  measured(engine: Engine): Engine;
  /** What is told to those who ask. */
  site(deps: {
    readonly policy: () => Policy;
    readonly clock: Pick<Clock, "nowMs">;
    readonly store: Pick<Store, "read">;
    readonly status: () => Status;
    readonly databasePath: string;
  }): SiteMetrics;
}

/** Makes metrics in which nothing was counted. */
export function createHostMetrics(): HostMetrics {
  const registry = createMetrics();
  let processes: readonly ProcessUse[] = [];
  let running = () => 0;
  return {
    registry,
    seen(message) {
      processes = message.processes;
    },
    measured(engine) {
      const measured = measuredEngine(engine, registry);
      running = measured.running;
      return measured.engine;
    },
    site: ({ databasePath, ...deps }) =>
      createSiteMetrics({
        ...deps,
        registry,
        runtime: `deno ${Deno.version.deno}`,
        generationsRunning: () => running(),
        databaseSize: async () => {
          const [file, wal] = await Promise.all([sizeOf(databasePath), sizeOf(`${databasePath}-wal`)]);
          return file === undefined ? undefined : { bytes: file, walBytes: wal ?? 0 };
        },
        processes: () => processes,
      }),
  };
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await Deno.stat(path)).size;
  } catch {
    return undefined; // moved away, which the database's state tells
  }
}
