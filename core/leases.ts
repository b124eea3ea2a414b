import { createKeyedLock } from "./keyed_lock.ts";
import type { Clock } from "./ports/clock.ts";

/** What waiting for a lease came to. `waited`: too long; `crowded`: too many waited already. */
export type LeaseOutcome<R> = { readonly kind: "held"; readonly result: R } | {
  readonly kind: "waited" | "crowded" | "cancelled";
};

/** Something that only one may have at a time, by name, and that nobody waits for without end. */
export interface Leases {
  /**
   * Runs `work` alone among all that hold this name, in the order they came. Abort of `signal` ends the waiting; once
   * `work` has begun, what `signal` does is its own matter.
   */
  hold<R>(name: string, work: () => Promise<R>, signal: AbortSignal): Promise<LeaseOutcome<R>>;
}

/** Leases that nobody holds. */
export function createLeases(
  { clock, waitMsMax, waitingMax }: { readonly clock: Clock; readonly waitMsMax: number; readonly waitingMax: number },
): Leases {
  const lock = createKeyedLock();
  const waitingFor = new Map<string, number>();
  const count = (name: string, by: number) => {
    const waiting = (waitingFor.get(name) ?? 0) + by;
    if (waiting === 0) waitingFor.delete(name);
    else waitingFor.set(name, waiting);
  };
  return {
    async hold(name, work, signal) {
      if (signal.aborted) return { kind: "cancelled" };
      if ((waitingFor.get(name) ?? 0) >= waitingMax) return { kind: "crowded" };
      const begun = new AbortController();
      let hasLeft = false;
      count(name, 1);
      const done = lock(name, async () => {
        count(name, -1);
        if (hasLeft) return undefined;
        begun.abort();
        return { result: await work() };
      });
      done.catch(() => {}); // awaited below, unless it was left
      await clock.sleep(waitMsMax, AbortSignal.any([begun.signal, signal]));
      if (!begun.signal.aborted) {
        hasLeft = true;
        return { kind: signal.aborted ? "cancelled" : "waited" };
      }
      return { kind: "held", result: (await done)!.result };
    },
  };
}
