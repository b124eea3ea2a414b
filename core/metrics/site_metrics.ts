import { decide, type Policy, type Principal } from "../access.ts";
import type { Refused, Status } from "../assistant.ts";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import { expose, type Readings } from "./exposition.ts";
import type { Registry, Series } from "./metrics.ts";
import type { Labels } from "./table.ts";

/** What one process takes of the machine. */
export interface ProcessUse {
  readonly role: string;
  readonly memoryBytes: number;
  readonly descriptors: number;
}

/** What is read when somebody asks for the metrics. */
export interface SiteMetricsDeps {
  readonly registry: Pick<Registry, "counters" | "histograms">;
  readonly policy: () => Policy;
  readonly clock: Pick<Clock, "nowMs">;
  readonly store: Pick<Store, "read">;
  readonly status: () => Status;
  /** The runtime's name and version. */
  readonly runtime: string;
  readonly generationsRunning: () => number;
  /** `undefined` where the system doesn't tell. */
  readonly databaseSize: () => Promise<{ readonly bytes: number; readonly walBytes: number } | undefined>;
  /** As the launcher saw them last; none where the system doesn't tell. */
  readonly processes: () => readonly ProcessUse[];
}

/** The metrics of a site, for those who may read `admin:metrics`. */
export interface SiteMetrics {
  /** In Prometheus' text format. */
  text(principal: Principal): Promise<{ readonly kind: "metrics"; readonly text: string } | Refused>;
}

/** Makes the metrics of a site. */
export function createSiteMetrics(deps: SiteMetricsDeps): SiteMetrics {
  return {
    async text(principal) {
      const decision = decide(principal, "read", "admin:metrics", deps.policy(), deps.clock.nowMs());
      if (decision.effect !== "allow") return { kind: "refused", reason: decision.reason };
      return { kind: "metrics", text: expose(deps.registry, await readingsOf(deps)) };
    },
  };
}

async function readingsOf(deps: SiteMetricsDeps): Promise<Readings> {
  const { clock, store, runtime } = deps;
  const status = deps.status();
  const { model: { state: engine }, configuration } = status;
  const [size, rows] = await Promise.all([
    deps.databaseSize(),
    store.read((tx) => ({
      pairings: tx.count("pairings", { expiresMs: { gt: clock.nowMs() } }),
      objects: tx.count("objects", {}),
    })),
  ]);
  return {
    clawdbot_build_info: [{ labels: { version: status.version, runtime }, state: 1 }],
    clawdbot_start_time_seconds: one((clock.nowMs() - status.uptimeMs) / 1_000),
    clawdbot_turns_queued: one(status.turns.queued),
    clawdbot_turns_running: one(status.turns.running),
    clawdbot_generations_running: one(deps.generationsRunning()),
    clawdbot_engine_state: stateSeries(["idle", "loading", "ready", "failed"], engine.kind),
    clawdbot_engine_sequences: one(engine.kind === "ready" ? engine.info.sequencesMax : 0),
    clawdbot_process_memory_bytes: byRole(deps.processes(), ({ memoryBytes }) => memoryBytes),
    clawdbot_process_descriptors: byRole(deps.processes(), ({ descriptors }) => descriptors),
    clawdbot_deliveries_pending: one(status.deliveries.pending),
    clawdbot_possible_copies_total: one(status.possibleCopies),
    clawdbot_channel_state: Object.entries(status.channels).flatMap(([channel, { kind }]) =>
      stateSeries(["connecting", "ready", "degraded", "failed"], kind, { channel })
    ),
    clawdbot_plugins: Object.entries(status.plugins).map(([standing, state]) => ({ labels: { standing }, state })),
    clawdbot_pairings_open: one(rows.pairings),
    clawdbot_database_state: stateSeries(["ready", "degraded", "failed"], status.database.kind),
    ...(size === undefined
      ? {}
      : { clawdbot_database_bytes: one(size.bytes), clawdbot_database_wal_bytes: one(size.walBytes) }),
    clawdbot_objects: one(rows.objects),
    clawdbot_configuration_problem: one(configuration.problem === undefined ? 0 : 1),
    clawdbot_configuration_loaded_time_seconds: one(configuration.loadedMs / 1_000),
  };
}

function one(state: number): readonly Series<number>[] {
  return [{ labels: {}, state }];
}

/** One series for each state, so that one that is over is seen to be over. */
function stateSeries(states: readonly string[], now: string, labels: Labels = {}): readonly Series<number>[] {
  return states.map((state) => ({ labels: { ...labels, state }, state: state === now ? 1 : 0 }));
}

function byRole(processes: readonly ProcessUse[], value: (use: ProcessUse) => number): readonly Series<number>[] {
  const sums = new Map<string, number>();
  for (const use of processes) sums.set(use.role, (sums.get(use.role) ?? 0) + value(use));
  return [...sums].map(([role, state]) => ({ labels: { role }, state }));
}
