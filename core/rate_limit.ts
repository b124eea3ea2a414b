/** What is left of a rate, and when that was so. */
export interface RateState {
  readonly left: number;
  readonly atMs: number;
}

/** What became of one try, and what a caller may know of its rate. Times are spans in milliseconds. */
export interface RateView {
  readonly allowed: boolean;
  /** How many a minute, and how many at once. */
  readonly perMinute: number;
  /** Whole tries that are left now. */
  readonly left: number;
  /** Until the next try is allowed; 0 when one is left. */
  readonly retryAfterMs: number;
  /** Until all of it is there again. */
  readonly fullAfterMs: number;
}

const minuteMs = 60_000;

/**
 * One try under a token bucket: it holds what a minute allows, and fills evenly. What isn't allowed costs nothing.
 *
 * @param state `undefined`: nothing was tried before, so all of it is there.
 */
export function takeOne(
  state: RateState | undefined,
  { perMinute, nowMs }: { readonly perMinute: number; readonly nowMs: number },
): { readonly state: RateState; readonly view: RateView } {
  // A clock that was set back fills nothing.
  const passedMs = state === undefined ? 0 : Math.max(0, nowMs - state.atMs);
  const filled = Math.min(perMinute, (state?.left ?? perMinute) + passedMs * perMinute / minuteMs);
  const allowed = filled >= 1;
  const left = allowed ? filled - 1 : filled;
  const untilMs = (wanted: number) => Math.max(0, Math.ceil((wanted - left) * minuteMs / perMinute));
  return {
    state: { left, atMs: nowMs },
    view: { allowed, perMinute, left: Math.floor(left), retryAfterMs: untilMs(1), fullAfterMs: untilMs(perMinute) },
  };
}
