import type { Clock } from "./ports/clock.ts";
import type { Log } from "./ports/log.ts";
import { type Store, StoreError } from "./ports/store.ts";

/**
 * Where the database stands. `failed`: it takes nothing in at the moment, and is tried again. `degraded`: it takes
 * everything in, and a person should still look: its file isn't where it belongs any more.
 */
export type StoreHealth =
  | { readonly kind: "ready" }
  | { readonly kind: "degraded" | "failed"; readonly reason: string; readonly sinceMs: number };

/** How often it is looked whether the file is in its place, and while the disk refuses, whether it still does. */
const lookEveryMs = 5_000;

/** A store whose failures are remembered until a commit succeeds again. */
export interface WatchedStore {
  readonly store: Store;
  health(): StoreHealth;
  /** Looks from time to time, until `signal` aborts. Never rejects. */
  watch(signal: AbortSignal): Promise<void>;
}

/** Watches a store. Whoever writes is told of a failure as before. */
export function watchStore(
  { store, clock, log }: { readonly store: Store; readonly clock: Clock; readonly log: Log },
): WatchedStore {
  let health: StoreHealth = { kind: "ready" };

  function become(kind: StoreHealth["kind"], reason: string): void {
    if (health.kind === kind && (health.kind === "ready" || health.reason === reason)) return;
    health = kind === "ready" ? { kind } : { kind, reason, sinceMs: clock.nowMs() };
    if (kind === "ready") log.info("database is well again");
    else log.error("database needs attention", { state: kind, reason });
  }

  const settle = () => {
    if (store.isInPlace?.() === false) {
      become(
        "degraded",
        "its file was moved or replaced while it was open: stop Clawdbot, put it back, and start again",
      );
    } else become("ready", "");
  };

  const watched: Store = {
    ...store,
    async write(work) {
      try {
        const value = await store.write(work);
        if (health.kind === "failed") settle();
        return value;
      } catch (error) {
        if (error instanceof StoreError && error.kind !== "closed") become("failed", error.message);
        throw error;
      }
    },
  };

  return {
    store: watched,
    health: () => health,
    async watch(signal) {
      for (;;) {
        await clock.sleep(lookEveryMs, signal);
        if (signal.aborted) return;
        if (health.kind !== "failed") settle();
        // A commit of nothing touches no disk: it must write, and leave nothing.
        else {
          await watched.write((tx) => {
            tx.insert("receipts", { id: "probe", idempotencyHash: "probe", createdMs: clock.nowMs() });
            tx.remove("receipts", "probe");
          }).catch(() => {});
        }
      }
    },
  };
}
