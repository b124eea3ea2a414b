import type { ChannelStanding } from "../channels.ts";
import { unreachable } from "../errors.ts";
import type { Enforcement } from "../host_start.ts";
import type { EngineState } from "../ports/engine.ts";
import type { StoreHealth } from "../store_health.ts";

/** How something is, at a glance. `waiting` heals by itself or waits for a person; `failed` needs one. */
export type TileState = "failed" | "waiting" | "unknown" | "running";

/** What is told of one thing. Which fields there are depends on what it is; words and numbers are the page's. */
export type TileFacts =
  | { readonly kind: "host"; readonly version: string; readonly uptimeMs: number; readonly memoryBytes: number }
  | {
    readonly kind: "model";
    readonly use: "chat" | "embedding";
    readonly name: string;
    readonly engine: EngineState;
    /** Whom questions are sent to; absent where the model runs on this machine. */
    readonly server?: string;
  }
  | { readonly kind: "channel"; readonly name: string; readonly health: ChannelStanding; readonly waiting: number }
  | { readonly kind: "queue"; readonly queued: number; readonly running: number }
  | { readonly kind: "deliveries"; readonly pending: number }
  | { readonly kind: "database"; readonly health: StoreHealth; readonly bytes: number }
  | { readonly kind: "pairings"; readonly count: number }
  | { readonly kind: "plugins"; readonly granted: number; readonly known: number; readonly wrong: number }
  /** `haltedMs`: since then everything is stopped. */
  | { readonly kind: "approvals"; readonly count: number; readonly haltedMs?: number }
  | { readonly kind: "configuration"; readonly configuration: ConfigurationState };

/** Where the configuration stands. `refused`: the file was changed, can't be used, and the one before is in force. */
export type ConfigurationState =
  | { readonly kind: "in-force"; readonly sinceMs: number }
  | { readonly kind: "proposed" }
  | { readonly kind: "refused"; readonly problems: readonly string[]; readonly sinceMs: number };

/** One tile of the board. */
export interface Tile {
  /** Stable: `host`, `channel:telegram`. */
  readonly id: string;
  readonly state: TileState;
  readonly sinceMs: number;
  readonly facts: TileFacts;
}

/** Everything at a glance, the worst first. */
export interface Board {
  readonly atMs: number;
  readonly offline: boolean;
  /** What of the confinement this machine enforces; from source, nothing. */
  readonly confinement: readonly Enforcement[];
  readonly tiles: readonly Tile[];
}

const gravity: readonly TileState[] = ["failed", "waiting", "unknown", "running"];

/**
 * Puts what is known into tiles, the worst first; tiles in the same state keep the given order.
 *
 * @param sinceOf Since when the thing of this id is as these words say.
 */
export function tilesOf(facts: readonly TileFacts[], sinceOf: (id: string, words: string) => number): readonly Tile[] {
  const tiles = facts.map((facts): Tile => {
    const id = idOf(facts);
    const state = stateOf(facts);
    return { id, state, sinceMs: ownSinceMs(facts) ?? sinceOf(id, `${state} ${detailOf(facts)}`), facts };
  });
  return tiles.toSorted((a, b) => gravity.indexOf(a.state) - gravity.indexOf(b.state));
}

/** What a thing is called in the board's own words. */
export function idOf(facts: TileFacts): string {
  switch (facts.kind) {
    case "channel":
      return `channel:${facts.name}`;
    case "model":
      return facts.use === "chat" ? "model" : "model:embedding";
    default:
      return facts.kind;
  }
}

function stateOf(facts: TileFacts): TileState {
  switch (facts.kind) {
    case "host":
      return "running";
    case "model":
      return modelState(facts.engine);
    case "channel":
      return channelState(facts.health);
    case "queue":
      return facts.queued > 0 ? "waiting" : "running";
    case "deliveries":
      return facts.pending > 0 ? "waiting" : "running";
    case "database":
      return facts.health.kind === "failed" ? "failed" : facts.health.kind === "degraded" ? "waiting" : "running";
    case "pairings":
      return facts.count > 0 ? "waiting" : "running";
    case "plugins":
      return facts.wrong > 0 ? "waiting" : "running";
    case "approvals":
      return facts.haltedMs !== undefined ? "failed" : facts.count > 0 ? "waiting" : "running";
    case "configuration":
      return facts.configuration.kind === "refused"
        ? "failed"
        : facts.configuration.kind === "proposed"
        ? "waiting"
        : "running";
    default:
      return unreachable(facts);
  }
}

/** How a model stands; one that isn't loaded is nothing to worry about, and can't be told to work either. */
export function modelState({ kind }: EngineState): TileState {
  return kind === "ready" ? "running" : kind === "loading" ? "waiting" : kind === "failed" ? "failed" : "unknown";
}

/** How a channel stands. */
export function channelState({ kind }: Pick<ChannelStanding, "kind">): TileState {
  return kind === "ready" ? "running" : kind === "failed" ? "failed" : "waiting";
}

/** What tells two states of the same colour apart. */
function detailOf(facts: TileFacts): string {
  switch (facts.kind) {
    case "model":
      return facts.engine.kind;
    case "channel":
      return facts.health.kind;
    default:
      return "";
  }
}

/** Where the thing itself knows since when. */
function ownSinceMs(facts: TileFacts): number | undefined {
  switch (facts.kind) {
    case "approvals":
      return facts.haltedMs;
    case "channel":
      return facts.health.sinceMs;
    case "database":
      return facts.health.kind === "ready" ? undefined : facts.health.sinceMs;
    case "configuration":
      return facts.configuration.kind === "proposed" ? undefined : facts.configuration.sinceMs;
    default:
      return undefined;
  }
}
