import { setImmediate } from "node:timers";
import type { Clock } from "../../core/ports/clock.ts";

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly fire: () => void;
}

/**
 * Time that stands still until everything that could happen at this moment has happened, then jumps to the next
 * timer. Deterministic as long as what runs under it waits for nothing but promises and this clock.
 */
export class VirtualClock implements Clock {
  #nowMs: number;
  #timers: Timer[] = [];
  #order = 0;
  readonly #outside: () => Promise<unknown> | undefined;

  /** @param outside What really happens now, if anything does: time stands still until it has ended. */
  constructor(startMs: number, outside: () => Promise<unknown> | undefined = () => undefined) {
    this.#nowMs = startMs;
    this.#outside = outside;
  }

  nowMs(): number {
    return Math.floor(this.#nowMs);
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const leave = this.at(this.#nowMs + Math.max(0, ms), () => {
        signal.removeEventListener("abort", abort);
        resolve();
      });
      const abort = () => {
        leave();
        resolve();
      };
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  /** Calls `fire` at a time; the returned function takes that back. */
  at(atMs: number, fire: () => void): () => void {
    const timer = { atMs, order: this.#order++, fire };
    const index = this.#timers.findLastIndex((other) => other.atMs <= atMs) + 1;
    this.#timers.splice(index, 0, timer);
    return () => void (this.#timers = this.#timers.filter((other) => other !== timer));
  }

  /** Runs until no timer is left, or the next would be after `untilMs`; then it is `untilMs`. */
  async run(untilMs: number): Promise<void> {
    for (;;) {
      await new Promise<void>((resolve) => setImmediate(resolve)); // Every microtask, however long the chain, is done.
      const outside = this.#outside();
      if (outside !== undefined) {
        await outside;
        continue;
      }
      const next = this.#timers[0];
      if (next === undefined || next.atMs > untilMs) break;
      this.#timers.shift();
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.fire();
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }
}
