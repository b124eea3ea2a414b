/** How fast states of conversations come back, as it was measured. */
export interface RestorePace {
  /** How long a state of so many bytes would take, from the wish to have it until it lies in the cache. */
  estimateMs(bytes: number): number;
  measured(bytes: number, tookMs: number): void;
}

/** Of one byte, before anything was measured: what a slow disk takes. */
const byteMsUnknown = 1 / 50_000;
/** What asking takes, however little is asked for. */
const askMs = 5;
/** How much of the kept cost the newest measurement is. */
const newestShare = 0.5;

/** A pace of which nothing was measured. */
export function createRestorePace(): RestorePace {
  let byteMs = byteMsUnknown;
  return {
    estimateMs: (bytes) => askMs + bytes * byteMs,
    measured(bytes, tookMs) {
      byteMs += (Math.max(0, tookMs - askMs) / bytes - byteMs) * newestShare;
    },
  };
}
