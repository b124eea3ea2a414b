import type { LogSink, LogTail, TailEntry } from "../ports/log_tail.ts";

/** Entries that are kept. */
export const tailLengthMax = 1_000;
/** Entries that one reader may have waiting; the oldest of more is left out. */
const waitingMax = 1_000;

/** Makes a tail that is empty. @param life See {@link LogTail.life}. */
export function createLogTail(life: string): LogTail & LogSink {
  const kept: TailEntry[] = [];
  const readers = new Set<{ readonly waiting: TailEntry[]; wake(): void }>();
  let sequence = 0;
  return {
    life,
    write(entry) {
      const numbered = { ...entry, sequence: ++sequence };
      kept.push(numbered);
      if (kept.length > tailLengthMax) kept.shift();
      for (const reader of readers) {
        reader.waiting.push(numbered);
        if (reader.waiting.length > waitingMax) reader.waiting.shift();
        reader.wake();
      }
    },
    latest: () => [...kept],
    subscribe(signal) {
      const reader = { waiting: [] as TailEntry[], wake: () => {} };
      const wake = () => reader.wake();
      readers.add(reader);
      signal.addEventListener("abort", wake, { once: true });
      const leave = () => {
        readers.delete(reader);
        signal.removeEventListener("abort", wake);
      };
      return read(reader, signal, leave);
    },
  };
}

async function* read(
  reader: { readonly waiting: TailEntry[]; wake: () => void },
  signal: AbortSignal,
  leave: () => void,
): AsyncGenerator<TailEntry> {
  try {
    while (!signal.aborted) {
      const entry = reader.waiting.shift();
      if (entry !== undefined) yield entry;
      else await new Promise<void>((resolve) => reader.wake = resolve);
    }
  } finally {
    leave();
  }
}
