/** Time as core sees it: real in the host, virtual in the simulator. */
export interface Clock {
  /** Wall-clock time in Unix milliseconds. Never goes back by more than the system's own clock does. */
  nowMs(): number;
  /** Resolves after `ms` milliseconds, or at once when `signal` aborts. Never rejects: callers look at `signal`. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
