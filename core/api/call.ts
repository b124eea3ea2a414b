import type { Clock } from "../ports/clock.ts";
import { answerMsMax, type ApiFailure } from "./types.ts";

/** What ends a call from outside. */
type Stop = Extract<ApiFailure, { readonly kind: "late" | "cancelled" | "closing" }>["kind"];

/** One call of a program while it runs. */
export interface Call extends Disposable {
  /** Aborts when the caller leaves, the host ends, the time is up, or {@link end} is called. */
  readonly signal: AbortSignal;
  /** Why it was ended from outside; `undefined` while it wasn't. */
  ended(): { readonly kind: Stop } | undefined;
  /** Ends what is computed for it. */
  end(): void;
}

/** The calls that run. */
export interface Calls {
  begin(caller: AbortSignal): Call;
  /** Resolves when none runs. */
  quiet(): Promise<void>;
}

/** @param ending Aborts when the host ends: whatever runs then is cut. */
export function createCalls(clock: Clock, ending: AbortSignal): Calls {
  let count = 0;
  let waiters: (() => void)[] = [];

  return {
    begin(caller) {
      count++;
      const stopped = new AbortController();
      const done = new AbortController();
      let why: { readonly kind: Stop } | undefined;
      const stop = (kind: Stop) => {
        if (stopped.signal.aborted) return;
        why = { kind };
        stopped.abort();
      };
      const leave = () => stop("cancelled");
      const close = () => stop("closing");
      if (caller.aborted) leave();
      if (ending.aborted) close();
      caller.addEventListener("abort", leave, { once: true });
      ending.addEventListener("abort", close, { once: true });
      void clock.sleep(answerMsMax, done.signal).then(() => done.signal.aborted || stop("late"));
      return {
        signal: stopped.signal,
        ended: () => why,
        end: () => stopped.abort(),
        [Symbol.dispose]() {
          done.abort();
          stopped.abort();
          caller.removeEventListener("abort", leave);
          ending.removeEventListener("abort", close);
          if (--count > 0) return;
          for (const resolve of waiters) resolve();
          waiters = [];
        },
      };
    },
    quiet: () => count === 0 ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve)),
  };
}
