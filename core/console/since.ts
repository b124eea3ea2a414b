import type { Clock } from "../ports/clock.ts";

/** Remembers since when things are as they are. Only the newest state of each is kept. */
export interface Since {
  /** Since when the thing of this id is as `words` say: now, if it was otherwise or isn't known. */
  note(id: string, words: string): number;
}

/** @param sinceMs What holds for things that are seen for the first time, until they change. */
export function createSince(clock: Pick<Clock, "nowMs">, sinceMs: number): Since {
  const known = new Map<string, { readonly words: string; readonly sinceMs: number }>();
  return {
    note(id, words) {
      const before = known.get(id);
      if (before?.words === words) return before.sinceMs;
      const now = { words, sinceMs: before === undefined ? sinceMs : clock.nowMs() };
      known.set(id, now);
      return now.sinceMs;
    },
  };
}
