import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import { type Store, StoreError, type Tx } from "../ports/store.ts";

/** Waits between tries of a commit that the disk refused, in milliseconds. */
const backoffMs = 250;
const backoffMsMax = 10_000;

/**
 * Commits what must not be lost, however often the disk refuses: an answer that was computed, a delivery that was
 * made. Tries until it succeeds, at least once; ends with `undefined` when `signal` has aborted by then.
 *
 * @param committed Told at once, so in the order of commits: two that share a group may concern one session.
 */
export async function commitStubbornly<R>(
  { store, clock, log }: { readonly store: Store; readonly clock: Clock; readonly log: Log },
  work: (tx: Tx) => R,
  signal: AbortSignal,
  committed: (value: R) => void = () => {},
): Promise<{ readonly value: R } | undefined> {
  for (let waitMs = backoffMs;; waitMs = Math.min(2 * waitMs, backoffMsMax)) {
    try {
      const value = await store.write(work);
      committed(value);
      return { value };
    } catch (error) {
      if (!(error instanceof StoreError) || error.kind === "closed") throw error;
      if (signal.aborted) return undefined;
      log.error("commit refused, trying again", { reason: error.message, waitMs });
      await clock.sleep(waitMs, signal);
    }
  }
}
