/**
 * How many threads a step gets. ggml's threads meet at spinning barriers, hundreds of times a token: when another
 * program takes one of the cores, every barrier waits for a time slice, and two threads can become many times slower
 * than one.
 *
 * Two questions are kept apart. Whether there is a core for each thread holds for every step: the first step that
 * waited for a core and took longer for it than fewer threads would have needed lowers the count for all, and it goes up
 * again as soon as a core was found free. Whether more threads are worth it where there are cores depends on the rows
 * of a step: a small model gains little by a second one for one row, and nearly double for a prompt.
 */
export interface ThreadPolicy {
  /** For a step of so many rows. What it gives is good until the next call. */
  next(rows: number, nowMs: number): ThreadChoice;
  /** What the step took. */
  measured(step: StepMeasured, nowMs: number): void;
}

/** What a step is to be computed with. */
export interface ThreadChoice {
  readonly threads: number;
  /** After how many milliseconds it is to be broken off; 0: never. */
  readonly breakOffMs: number;
}

/** What one step came to. */
export interface StepMeasured {
  readonly rows: number;
  readonly threads: number;
  readonly tookMs: number;
  /** The share of that time in which its threads were ready and had no core, 0 to 1. */
  readonly waited: number;
  /** It was stopped for being late. */
  readonly brokenOff: boolean;
}

/** Somebody who finds out, beside the steps, whether one more core is free. */
export interface CoreSearch {
  /** Asks for an answer; one that came before is forgotten. */
  ask(): void;
  answer(): "none" | "free" | "taken";
}

/** More threads are worth it when a step takes less than this share of what it takes with fewer. */
const worthShare = 0.95;
/**
 * A step may take so many times what it takes with fewer threads; quiet, it takes about half of that. Of a prompt more
 * would be lost with it.
 */
const lateRatio = 1.5;
const lateRatioOfPrompts = 1.1;
const breakOffMsMin = 16;
/** A step whose threads waited for a smaller share of it was undisturbed: only such teach what many threads cost. */
const waitedQuiet = 0.1;
/** After so many undisturbed steps, contention that comes is another one. */
const stepsToTrust = 50;
/** How long after contention a free core is looked for first, and how long at most between two searches. */
const pauseMsMin = 100;
const pauseMsMax = 2_000;
/** Of steps for which more threads aren't worth it, one in so many tries them again. */
const stepsToLookAgain = 32;
/** How much of a kept cost the newest measurement is. */
const newestShare = 0.3;

/** The counts that are tried where `threadsMax` may be used: all, and halves of it down to one. */
export function threadLevels(threadsMax: number): number[] {
  const levels: number[] = [];
  for (let threads = Math.max(1, threadsMax); threads > 1; threads = Math.floor(threads / 2)) levels.unshift(threads);
  return [1, ...levels];
}

/** A policy over {@link threadLevels}, which begins with all of them. Nothing is allocated for a step. */
export function createThreadPolicy(threadsMax: number, cores: CoreSearch): ThreadPolicy {
  const levels = threadLevels(threadsMax);
  const costs = levels.map(createCosts);
  const choice = { threads: 1, breakOffMs: 0 };
  /** The highest level for which there seem to be cores. */
  let ceiling = levels.length - 1;
  let stepsQuiet = 0;
  let pauseMs = pauseMsMin;
  let searchAtMs = Infinity;
  let isSearching = false;
  /** Steps of each group of rows since more threads were last tried for it. */
  const stepsBelow = new Int32Array(groupsMax);

  function lower(level: number, nowMs: number): void {
    ceiling = Math.min(ceiling, level);
    if (stepsQuiet < stepsToTrust) pauseMs = Math.min(pauseMs * 2, pauseMsMax);
    stepsQuiet = 0;
    searchAtMs = nowMs + pauseMs;
    isSearching = false;
  }

  function search(nowMs: number): void {
    if (!isSearching) {
      if (nowMs < searchAtMs) return;
      isSearching = true;
      return cores.ask();
    }
    const answer = cores.answer();
    if (answer === "none") return;
    isSearching = false;
    if (answer === "free") {
      ceiling++;
      searchAtMs = nowMs + pauseMs;
    } else {
      pauseMs = Math.min(pauseMs * 1.5, pauseMsMax);
      searchAtMs = nowMs + pauseMs;
    }
  }

  function choose(level: number, rows: number, belowMs: number): ThreadChoice {
    const ratio = rows <= rowsOwnGroupMax ? lateRatio : lateRatioOfPrompts;
    choice.threads = levels[level] ?? 1;
    choice.breakOffMs = belowMs === 0 ? 0 : Math.max(breakOffMsMin, belowMs * ratio);
    return choice;
  }

  /** Whether more threads are left out for a step of so many rows, because they wouldn't be worth it. */
  function isNotWorth(level: number, rows: number, belowMs: number): boolean {
    const own = costs[level];
    if (own === undefined || own.of(rows) <= belowMs * worthShare) return false;
    const group = groupOf(rows);
    stepsBelow[group] = (stepsBelow[group] ?? 0) + 1;
    if ((stepsBelow[group] ?? 0) < stepsToLookAgain) return true;
    stepsBelow[group] = 0;
    own.forget(rows);
    return false;
  }

  return {
    next(rows, nowMs) {
      if (ceiling < levels.length - 1) search(nowMs);
      for (let level = ceiling; level > 0; level--) {
        const belowMs = costs[level - 1]?.of(rows) ?? 0;
        // Never seen with fewer: this one step finds out, which costs less than to run into contention unknowing.
        if (belowMs === 0) return choose(level - 1, rows, costs[level - 2]?.of(rows) ?? 0);
        if (!isNotWorth(level, rows, belowMs)) return choose(level, rows, belowMs);
      }
      return choose(0, rows, 0);
    },
    measured({ rows, threads, tookMs, waited, brokenOff }, nowMs) {
      const at = levels.indexOf(threads);
      const own = costs[at];
      if (own === undefined) return;
      const below = costs[at - 1];
      const isQuiet = waited < waitedQuiet && !brokenOff;
      if (at > 0 && !isQuiet) {
        if (brokenOff || tookMs > (below?.of(rows) ?? Infinity)) lower(at - 1, nowMs);
        return;
      }
      // With one thread also a disturbed step counts: it is what the others are held against, now.
      const grown = own.learn(rows, tookMs);
      if (at === 0) return;
      below?.scale(rows, grown); // a longer conversation costs more with every count of threads
      if (++stepsQuiet === stepsToTrust) pauseMs = pauseMsMin;
    },
  };
}

/** What steps cost with one count of threads, in milliseconds by the number of their rows. */
interface Costs {
  /** What a step of so many rows would cost, as far as its like was measured; 0 when it wasn't. */
  of(rows: number): number;
  /** Takes a measurement in, and gives how many times its like costs what it did before. */
  learn(rows: number, tookMs: number): number;
  scale(rows: number, by: number): void;
  forget(rows: number): void;
}

/** Steps of 1 to 8 rows are compared among their like, larger ones in groups up to a power of two. */
const rowsOwnGroupMax = 8;
const groupsMax = rowsOwnGroupMax + 16;

function createCosts(): Costs {
  /** What a row costs in each group; 0: unknown. */
  const rowMs = new Float64Array(groupsMax);
  return {
    of(rows) {
      // Among large steps a row costs at most what it costs in a smaller one.
      let group = groupOf(rows);
      while (rowMs[group] === 0 && group > rowsOwnGroupMax) group--;
      return (rowMs[group] ?? 0) * rows;
    },
    learn(rows, tookMs) {
      const group = groupOf(rows);
      const before = rowMs[group] ?? 0;
      const after = before === 0 ? tookMs / rows : before + (tookMs / rows - before) * newestShare;
      rowMs[group] = after;
      return before === 0 ? 1 : after / before;
    },
    scale(rows, by) {
      const group = groupOf(rows);
      rowMs[group] = (rowMs[group] ?? 0) * by;
    },
    forget(rows) {
      rowMs[groupOf(rows)] = 0;
    },
  };
}

/** 0 to 7 for 1 to 8 rows; 8 for up to 16, 9 for up to 32, and so on. */
function groupOf(rows: number): number {
  if (rows <= rowsOwnGroupMax) return rows - 1;
  return Math.min(groupsMax - 1, rowsOwnGroupMax + Math.ceil(Math.log2(rows / rowsOwnGroupMax)) - 1);
}
