/**
 * How many tokens of new prompts a step takes in. Large chunks are computed faster; small ones keep the answers that
 * are running at their pace, and let a short prompt in soon. Chosen from what steps really took.
 */
export interface PrefillPace {
  /** Rows for prompts in the next step. @param others Whether somebody waits for the end of this step. */
  rows(others: boolean): number;
  measured(rows: number, tookMs: number): void;
  /** How long so many rows would take, as far as is known. */
  estimateMs(rows: number): number;
  /** A step with prompts in it was broken off: the next shall be smaller. */
  brokenOff(): void;
}

/** While answers are running, a step shall take about so long: with its rest well under the goal of 300 ms. */
const sharedMs = 180;
/** Alone, so long: a newcomer waits at most that. */
const aloneMs = 700;
const rowsMin = 16;
/** How much of the kept cost the newest measurement is: bad news is believed sooner than good. */
const newestShareSlower = 0.8;
const newestShareFaster = 0.3;
/** Before anything was measured: about what a model of some billions of parameters takes on two cores. */
const rowMsUnknown = 10;

/** A pace that never goes over `rowsMax`. */
export function createPrefillPace(rowsMax: number): PrefillPace {
  let rowMs: number | undefined;
  return {
    rows(others) {
      const fitting = rowMs === undefined ? 32 : Math.floor((others ? sharedMs : aloneMs) / rowMs);
      // Matrix kernels take rows by eights and handle a rest one by one.
      return Math.max(rowsMin, Math.min(rowsMax, fitting - fitting % 8));
    },
    measured(rows, tookMs) {
      if (rows < rowsMin) return;
      const now = tookMs / rows;
      const share = rowMs !== undefined && now > rowMs ? newestShareSlower : newestShareFaster;
      rowMs = rowMs === undefined ? now : rowMs + (now - rowMs) * share;
    },
    estimateMs: (rows) => rows * (rowMs ?? rowMsUnknown),
    brokenOff() {
      if (rowMs !== undefined) rowMs *= 2;
    },
  };
}
