/** Whether a plugin that fails again and again may still be called. Times are Unix milliseconds. */
export type Breaker =
  /** It may; so many calls in a row failed by its own doing. */
  | { readonly kind: "closed"; readonly failures: number }
  /** It may not, until then. `openMs` is how long that is altogether: it doubles. */
  | { readonly kind: "open"; readonly untilMs: number; readonly openMs: number }
  /** One call is tried. */
  | { readonly kind: "trying"; readonly openMs: number };

/** What a call came to, as far as it matters here: `neither` is what isn't the plugin's doing. */
export type BreakerEvent = "done" | "failed" | "neither";

/** Failures in a row that open it. */
export const failuresMax = 5;
/** How long it is open at first. */
export const openMs = 30_000;
/** And at most. */
export const openMsMax = 15 * 60_000;

/** A plugin that hasn't failed. */
export const closed: Breaker = { kind: "closed", failures: 0 };

/** Before a call: whether it may begin, and the breaker from then on. */
export function beforeCall(
  breaker: Breaker,
  nowMs: number,
): { readonly kind: "may"; readonly breaker: Breaker } | { readonly kind: "not"; readonly retryAfterMs: number } {
  if (breaker.kind === "closed") return { kind: "may", breaker };
  if (breaker.kind === "trying") return { kind: "not", retryAfterMs: 0 };
  return nowMs < breaker.untilMs
    ? { kind: "not", retryAfterMs: breaker.untilMs - nowMs }
    : { kind: "may", breaker: { kind: "trying", openMs: breaker.openMs } };
}

/** After a call. */
export function afterCall(breaker: Breaker, event: BreakerEvent, nowMs: number): Breaker {
  if (event === "done") return closed;
  const isTry = breaker.kind === "trying";
  if (event === "neither") return isTry ? { kind: "open", untilMs: nowMs, openMs: breaker.openMs } : breaker;
  if (isTry) {
    const longer = Math.min(openMsMax, breaker.openMs * 2);
    return { kind: "open", untilMs: nowMs + longer, openMs: longer };
  }
  // A call that began before it opened says nothing new.
  if (breaker.kind === "open") return breaker;
  const failures = breaker.failures + 1;
  return failures < failuresMax ? { kind: "closed", failures } : { kind: "open", untilMs: nowMs + openMs, openMs };
}
