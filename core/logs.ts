import { decide, type Policy, type Principal } from "./access.ts";
import type { Refused } from "./assistant.ts";
import type { Clock } from "./ports/clock.ts";
import { type LogLevel, logLevels, type LogTail, type TailEntry } from "./ports/log_tail.ts";

/** Which entries are wanted. */
export interface LogsWanted {
  /** The least grave. Absent: all that is written. */
  readonly level?: LogLevel;
  /** Only later ones than this entry. One of another life of the host leaves out none. */
  readonly after?: { readonly life: string; readonly sequence: number };
}

/** The log of this life of the host, for those who may see it. */
export interface Logs {
  /** The newest `limit` of what is kept, the oldest of them first. */
  latest(
    principal: Principal,
    wanted: LogsWanted & { readonly limit?: number },
  ): { readonly kind: "entries"; readonly life: string; readonly entries: readonly TailEntry[] } | Refused;
  /** What is kept, then what comes, until `signal` aborts. */
  follow(
    principal: Principal,
    wanted: LogsWanted,
    signal: AbortSignal,
  ): { readonly kind: "entries"; readonly life: string; readonly entries: AsyncIterable<TailEntry> } | Refused;
}

/** Makes the log readable by those whom the policy lets read `admin:logs`. */
export function createLogs(
  { tail, policy, clock }: {
    readonly tail: LogTail;
    readonly policy: () => Policy;
    readonly clock: Pick<Clock, "nowMs">;
  },
): Logs {
  const refusal = (principal: Principal): Refused | undefined => {
    const decision = decide(principal, "read", "admin:logs", policy(), clock.nowMs());
    return decision.effect === "allow" ? undefined : { kind: "refused", reason: decision.reason };
  };
  const filterOf = ({ level, after }: LogsWanted) => {
    const least = level === undefined ? 0 : logLevels.indexOf(level);
    const from = after?.life === tail.life ? after.sequence : 0;
    return (entry: TailEntry) => entry.sequence > from && logLevels.indexOf(entry.level) >= least;
  };
  return {
    latest(principal, wanted) {
      const { limit = Number.POSITIVE_INFINITY } = wanted;
      const entries = tail.latest().filter(filterOf(wanted));
      return refusal(principal) ??
        { kind: "entries", life: tail.life, entries: entries.slice(Math.max(0, entries.length - limit)) };
    },
    follow(principal, wanted, signal) {
      const refused = refusal(principal);
      if (refused !== undefined) return refused;
      // First the subscription, so that none is missed between the two.
      const coming = tail.subscribe(signal);
      return { kind: "entries", life: tail.life, entries: both(tail.latest(), coming, filterOf(wanted)) };
    },
  };
}

async function* both(
  kept: readonly TailEntry[],
  coming: AsyncIterable<TailEntry>,
  isWanted: (entry: TailEntry) => boolean,
): AsyncGenerator<TailEntry> {
  yield* kept.filter(isWanted);
  for await (const entry of coming) if (isWanted(entry)) yield entry;
}
