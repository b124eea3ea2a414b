import type { Clock } from "../../core/ports/clock.ts";

/** Aborts when `signal` does, or after a time, unless it was stopped before. */
export function deadline(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
): { readonly signal: AbortSignal; stop(): void } {
  const late = new AbortController();
  const stopped = new AbortController();
  void clock.sleep(ms, stopped.signal).then(() => {
    if (!stopped.signal.aborted) late.abort();
  });
  return { signal: AbortSignal.any([signal, late.signal]), stop: () => stopped.abort() };
}
