/** Entries of one kind that are written within {@link windowMs}; further ones are counted. */
export const entriesPerWindow = 20;
/** How long a count lasts. */
export const windowMs = 10_000;
/** Kinds that are counted apart. More would be a kind made of something that people choose. */
const kindsMax = 500;

/** How often something happened that wasn't written. */
export interface Repeated<Kind> {
  readonly kind: Kind;
  readonly count: number;
}

/** Keeps a loop from filling the disk: so many of a kind are written, the rest are counted. */
export interface Pace<Kind> {
  /** Whether one more of this kind is written now. */
  take(key: string, kind: Kind, nowMs: number): boolean;
  /** What was counted in windows that are over, once. */
  over(nowMs: number): readonly Repeated<Kind>[];
  /** Whether something is counted that {@link over} hasn't told. */
  counts(): boolean;
}

/** Makes a pace that has seen nothing. */
export function createPace<Kind>(): Pace<Kind> {
  const windows = new Map<string, { kind: Kind; sinceMs: number; written: number; count: number }>();
  // A clock that was set back ends a window, too.
  const isOver = (sinceMs: number, nowMs: number) => nowMs - sinceMs >= windowMs || nowMs < sinceMs;
  return {
    take(key, kind, nowMs) {
      let window = windows.get(key);
      if (window !== undefined && window.count === 0 && isOver(window.sinceMs, nowMs)) {
        windows.delete(key);
        window = undefined;
      }
      if (window === undefined) {
        const oldest = windows.keys().next();
        if (windows.size >= kindsMax && !oldest.done) windows.delete(oldest.value);
        windows.set(key, window = { kind, sinceMs: nowMs, written: 0, count: 0 });
      }
      if (window.written < entriesPerWindow) {
        window.written++;
        return true;
      }
      window.count++;
      return false;
    },
    over(nowMs) {
      const told: Repeated<Kind>[] = [];
      for (const [key, { kind, sinceMs, count }] of windows) {
        if (!isOver(sinceMs, nowMs)) continue;
        windows.delete(key);
        if (count > 0) told.push({ kind, count });
      }
      return told;
    },
    counts: () => [...windows.values()].some(({ count }) => count > 0),
  };
}
