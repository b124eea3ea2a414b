/**
 * How many threads a step gets. ggml's threads meet at spinning barriers, hundreds of times a token: when another
 * program takes one of the cores, every barrier waits for a time slice, and two threads become 10 to 50 times slower
 * than one. So the cost of a step is kept for each count of threads, the count goes down while that is cheaper, and
 * more are tried again after a growing pause. A step that takes far longer than fewer threads would is broken off.
 */
export interface ThreadPolicy {
  /** For a step of so many rows: threads, and after how many milliseconds it is to be broken off (0: never). */
  next(rows: number, nowMs: number): { readonly threads: number; readonly breakOffMs: number };
  /** What the step took; `brokenOff` when it was stopped for being late. */
  measured(rows: number, threads: number, tookMs: number, nowMs: number, brokenOff: boolean): void;
}

/** Fewer threads must have been this much cheaper before one goes down. */
const slowerRatio = 1.3;
/** A step with several threads may take so many times what one step down costs, before it is broken off. */
const lateRatio = 3;
const breakOffMsMin = 40;
const pauseMsMin = 2_000;
const pauseMsMax = 30_000;
/** How much of a measured time the newest one is. */
const newestShare = 0.3;

/** The counts that are tried on a machine with `threadsMax` cores to use: all, and halves of it down to one. */
export function threadLevels(threadsMax: number): number[] {
  const levels: number[] = [];
  for (let threads = Math.max(1, threadsMax); threads > 1; threads = Math.floor(threads / 2)) levels.unshift(threads);
  return [1, ...levels];
}

/** A policy over {@link threadLevels}, which begins with all of them. */
export function createThreadPolicy(threadsMax: number): ThreadPolicy {
  const levels = threadLevels(threadsMax);
  const costs = levels.map(() => new Map<number, number>());
  let level = levels.length - 1;
  let pauseMs = pauseMsMin;
  let tryAtMs = 0;

  /** What a step of so many rows would cost on a level, as far as its like was measured there. */
  const costOf = (at: number, rows: number): number | undefined => {
    const perUnit = costs[at]?.get(groupOf(rows));
    return perUnit === undefined ? undefined : perUnit * unitsOf(rows);
  };

  return {
    next(rows, nowMs) {
      if (level < levels.length - 1 && nowMs >= tryAtMs) {
        level++;
        costs[level]?.clear(); // what it cost before says nothing of now
        tryAtMs = Infinity;
      }
      if (level === 0) return { threads: 1, breakOffMs: 0 };
      const below = costOf(level - 1, rows);
      // Never seen with fewer: this one step finds out, which costs less than to run into contention unknowing.
      if (below === undefined) return { threads: levels[level - 1] ?? 1, breakOffMs: 0 };
      return { threads: levels[level] ?? 1, breakOffMs: Math.max(breakOffMsMin, below * lateRatio) };
    },
    measured(rows, threads, tookMs, nowMs, brokenOff) {
      const at = levels.indexOf(threads);
      const known = costs[at];
      if (known === undefined) return;
      const group = groupOf(rows);
      const perUnit = tookMs / unitsOf(rows);
      const before = known.get(group);
      known.set(group, before === undefined ? perUnit : before + (perUnit - before) * newestShare);
      if (at !== level || level === 0) return;
      const here = costOf(level, rows);
      const below = costOf(level - 1, rows);
      if (brokenOff || below !== undefined && here !== undefined && here > below * slowerRatio) {
        level--;
        tryAtMs = nowMs + pauseMs;
        pauseMs = Math.min(pauseMs * 2, pauseMsMax);
      } else if (tryAtMs === Infinity) {
        tryAtMs = nowMs + pauseMs;
        if (level === levels.length - 1) pauseMs = pauseMsMin;
      }
    },
  };
}

const rowsOwnGroupMax = 8;

/** Steps of 1 to 8 rows are compared among their like; in larger ones every row costs about the same. */
function groupOf(rows: number): number {
  return Math.min(rows, rowsOwnGroupMax + 1);
}

function unitsOf(rows: number): number {
  return rows <= rowsOwnGroupMax ? 1 : rows;
}
