/**
 * How many threads a step gets. ggml's threads meet at spinning barriers, hundreds of times a token: when another
 * program takes one of the cores, every barrier waits for a time slice, and two threads can become many times slower
 * than one. So the cost of a step is kept for each count of threads; the count goes down as soon as more threads
 * aren't worth it, and more are tried again after a growing pause. A step that takes longer than fewer threads would
 * need is broken off.
 */
export interface ThreadPolicy {
  /** For a step of so many rows: threads, and after how many milliseconds it is to be broken off (0: never). */
  next(rows: number, nowMs: number): { readonly threads: number; readonly breakOffMs: number };
  /** What the step took; `brokenOff` when it was stopped for being late. */
  measured(rows: number, threads: number, tookMs: number, nowMs: number, brokenOff: boolean): void;
}

/** More threads are worth it when a step takes less than this share of what it takes with fewer. */
const worthShare = 0.95;
/** A step may take so many times what it takes with fewer threads; quiet, it takes about half of that. */
const lateRatio = 1.5;
const breakOffMsMin = 25;
/** So many steps are looked at before a count of threads is judged, and so many until it is trusted. */
const stepsToJudge = 3;
const stepsToTrust = 200;
const pauseMsMin = 2_000;
const pauseMsMax = 30_000;
/** How much of a kept cost the newest measurement is. */
const newestShare = 0.3;

/** The counts that are tried where `threadsMax` may be used: all, and halves of it down to one. */
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
  let steps = 0;
  let pauseMs = pauseMsMin;
  let tryAtMs = Infinity;

  /** What a step of so many rows would cost on a level, as far as its like was measured there. */
  const costOf = (at: number, rows: number): number | undefined => {
    const known = costs[at];
    const group = groupOf(rows);
    const same = known?.get(group);
    if (same !== undefined) return same / group * rows;
    // Among large steps a row costs at most what it costs in a smaller one.
    for (let smaller = group / 2; smaller > rowsOwnGroupMax; smaller /= 2) {
      const cost = known?.get(smaller);
      if (cost !== undefined) return cost / smaller * rows;
    }
    return undefined;
  };

  const goDown = (nowMs: number) => {
    level--;
    steps = 0;
    tryAtMs = nowMs + pauseMs;
    pauseMs = Math.min(pauseMs * 2, pauseMsMax);
  };

  return {
    next(rows, nowMs) {
      if (nowMs >= tryAtMs && level < levels.length - 1) {
        level++;
        steps = 0;
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
      const cost = tookMs / rows * group;
      const before = known.get(group);
      known.set(group, before === undefined ? cost : before + (cost - before) * newestShare);
      if (at !== level || level === 0) return;
      steps++;
      if (brokenOff) return goDown(nowMs);
      if (steps < stepsToJudge) return;
      const here = costOf(level, rows);
      const below = costOf(level - 1, rows);
      if (here !== undefined && below !== undefined && here > below * worthShare) return goDown(nowMs);
      if (steps === stepsToJudge) tryAtMs = nowMs + pauseMs;
      if (steps === stepsToTrust) pauseMs = pauseMsMin;
    },
  };
}

const rowsOwnGroupMax = 8;

/** Steps of 1 to 8 rows are compared among their like, larger ones in groups up to a power of two. */
function groupOf(rows: number): number {
  return rows <= rowsOwnGroupMax ? rows : 2 ** Math.ceil(Math.log2(rows));
}
