import type { Clock } from "../../../core/ports/clock.ts";

/** A signal that aborts with another one, or when a time that can be set anew is over. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
  /** From now on. */
  set(ms: number): void;
  /** Whether it was the time. */
  isLate(): boolean;
}

/** @param ms The first time; without it, none runs before it is set. */
export function createDeadline(clock: Clock, signal: AbortSignal, ms?: number): Deadline {
  const late = new AbortController();
  let waiting = new AbortController();
  const deadline: Deadline = {
    signal: AbortSignal.any([signal, late.signal]),
    set(ms) {
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
