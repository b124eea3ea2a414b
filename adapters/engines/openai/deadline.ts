import type { Clock } from "../../../core/ports/clock.ts";

/** A signal that aborts with another one, or when a time that can be set anew is over. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
  /** From now on. The same time again, right after it was set, changes nothing: see {@link earlyShare}. */
  set(ms: number): void;
  /** Whether it was the time. */
  isLate(): boolean;
}

/** A time may be over so much of it early: a timer for each token of an answer costs more than to read the token. */
const earlyShare = 1 / 50;

/** @param ms The first time; without it, none runs before it is set. */
export function createDeadline(clock: Clock, signal: AbortSignal, ms?: number): Deadline {
  const late = new AbortController();
  let waiting = new AbortController();
  let last = { ms: 0, atMs: -Infinity };
  const deadline: Deadline = {
    signal: AbortSignal.any([signal, late.signal]),
    set(ms) {
      const atMs = clock.nowMs();
      if (ms === last.ms && Math.abs(atMs - last.atMs) < ms * earlyShare) return;
      last = { ms, atMs };
      waiting.abort();
      const { signal } = waiting = new AbortController();
      clock.sleep(ms, signal).then(() => signal.aborted || late.abort(new DOMException("Too late", "TimeoutError")));
    },
    isLate: () => late.signal.aborted && !signal.aborted,
    [Symbol.dispose]: () => waiting.abort(),
  };
  if (ms !== undefined) deadline.set(ms);
  return deadline;
}
