import { harmless, oneLine } from "../harmless.ts";
import type { Clock } from "../ports/clock.ts";
import type { CallOutcome, Plugins } from "../ports/plugins.ts";

/** A sandbox that runs only what is granted now. */
export interface DrainingPlugins extends Plugins {
  /**
   * Says which digests are granted from now on. What runs of another ends by itself, and its process after it; a new call
   * of another fails.
   */
  grant(digests: ReadonlySet<string>): void;
  /** Why the last call of a digest failed; `undefined` when it didn't, or nothing of it was called yet. */
  failure(digest: string): CallFailure | undefined;
}

/** A call that failed: the code and the reason of its outcome. */
export interface CallFailure {
  readonly code: string;
  readonly reason: string;
  readonly atMs: number;
}

/** Keeps calls within what is granted: whoever holds a tool from before a change can't call it any more. */
export function drainingPlugins(
  plugins: Plugins,
  clock: Pick<Clock, "nowMs">,
  ended: (digest: string, outcome: CallOutcome) => void = () => {},
): DrainingPlugins {
  let granted: ReadonlySet<string> = new Set();
  /** Calls that run, by digest. Zero: its process may be there. */
  const running = new Map<string, number>();
  const failures = new Map<string, CallFailure>();

  const retire = (digest: string) => {
    if (granted.has(digest) || running.get(digest) !== 0) return;
    running.delete(digest);
    failures.delete(digest);
    plugins.end(digest);
  };

  const note = (digest: string, outcome: CallOutcome) => {
    if (outcome.kind === "done") failures.delete(digest);
    else if (outcome.kind === "failed") {
      const { code, reason } = outcome;
      failures.set(digest, { code, reason: oneLine(harmless(reason)), atMs: clock.nowMs() });
    }
    ended(digest, outcome);
  };

  return {
    ...plugins,
    failure: (digest) => failures.get(digest),
    grant(digests) {
      granted = digests;
      for (const digest of [...running.keys()]) retire(digest);
    },
    async call(call, host, signal) {
      const { digest, entry } = call;
      if (entry === "execute" && !granted.has(digest)) {
        return { kind: "failed", code: "void", reason: "what it was granted isn't in force any more", logs: [] };
      }
      running.set(digest, (running.get(digest) ?? 0) + 1);
      try {
        const outcome = await plugins.call(call, host, signal);
        if (entry === "execute") note(digest, outcome);
        return outcome;
      } finally {
        running.set(digest, running.get(digest)! - 1);
        retire(digest);
      }
    },
  };
}
