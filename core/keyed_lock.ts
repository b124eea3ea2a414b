/** Runs work of one key one at a time, in the order it came; work of different keys runs side by side. */
export type KeyedLock = <R>(key: string, work: () => Promise<R>) => Promise<R>;

/** Makes a lock that nobody holds. */
export function createKeyedLock(): KeyedLock {
  const last = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const mine = (last.get(key) ?? Promise.resolve()).then(work);
    const settled = mine.catch(() => {}); // Whoever comes next doesn't care how this one ended.
    last.set(key, settled);
    try {
      return await mine;
    } finally {
      if (last.get(key) === settled) last.delete(key);
    }
  };
}
