import type { LogFields } from "./log.ts";

/** How grave an event is, the least grave first. */
export const logLevels = ["info", "warn", "error"] as const;

/** One of {@link logLevels}. */
export type LogLevel = typeof logLevels[number];

/** One event of the log. */
export interface LogEntry {
  readonly atMs: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** An entry that the tail keeps: `sequence` counts 1, 2, 3, … within one life of the host. */
export interface TailEntry extends LogEntry {
  readonly sequence: number;
}

/** The log's newest entries, and those to come. */
export interface LogTail {
  /** Differs from one life of the host to the next: sequences of two lives can't be compared. */
  readonly life: string;
  /** What is kept, the oldest first. */
  latest(): readonly TailEntry[];
  /** Entries from now on. A reader that is too slow misses the oldest of what waits. Ends when `signal` aborts. */
  subscribe(signal: AbortSignal): AsyncIterable<TailEntry>;
}

/** Where entries are written. */
export interface LogSink {
  /** Takes one entry and returns at once. Never throws: a log that can't be written stops nobody. */
  write(entry: LogEntry): void;
}
