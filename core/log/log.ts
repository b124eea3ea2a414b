import type { Clock } from "../ports/clock.ts";
import type { Log, LogFields } from "../ports/log.ts";
import { type LogEntry, type LogLevel, logLevels, type LogSink } from "../ports/log_tail.ts";
import { createPace, type Repeated, windowMs } from "./pace.ts";

/** Longest message and text of a field, in UTF-16 code units. A stack of calls fits. */
const textLengthMax = 4_000;
/** Most fields of an entry. */
const fieldsMax = 32;

/** What a log needs. */
export interface LogDeps {
  readonly clock: Clock;
  /** Each gets every entry that is written. */
  readonly sinks: readonly LogSink[];
  /** The least grave level that is written. Asked each time: a reload changes it. */
  readonly level: () => LogLevel;
  /** Takes secrets out of texts that others made. */
  readonly scrub: (text: string) => string;
  /** Told of every entry of a level that is written, also of those that are only counted. */
  readonly counted?: (level: LogLevel) => void;
}

/** The log of a process. */
export interface SiteLog extends Log {
  /** An event by its level. */
  say(level: LogLevel, message: string, fields?: LogFields): void;
  /** Writes what is only counted so far, for the last moments of a process. */
  settle(): void;
}

/**
 * Makes a log. What repeats in a loop is written {@link createPace so often}, then counted, and once the time is over
 * one line says how often.
 */
export function createLog({ clock, sinks, level: least, scrub, counted = () => {} }: LogDeps): SiteLog {
  const pace = createPace<Pick<LogEntry, "level" | "message" | "fields">>();
  const never = new AbortController().signal;
  let waits = false;

  function write(entry: LogEntry): void {
    for (const sink of sinks) sink.write(entry);
  }

  function repeated({ kind, count }: Repeated<Pick<LogEntry, "level" | "message" | "fields">>): void {
    const seconds = windowMs / 1_000;
    write({ ...kind, atMs: clock.nowMs(), fields: { ...kind.fields, repeated: count, seconds } });
  }

  /** Tells counts when their time is over, as long as there are some. */
  async function tell(): Promise<void> {
    waits = true;
    while (pace.counts()) {
      await clock.sleep(windowMs, never);
      pace.over(clock.nowMs()).forEach(repeated);
    }
    waits = false;
  }

  function say(level: LogLevel, message: string, fields: LogFields = {}): void {
    if (logLevels.indexOf(level) < logLevels.indexOf(least())) return;
    counted(level);
    const nowMs = clock.nowMs();
    const entry = { atMs: nowMs, level, message: cut(scrub(message)), fields: bounded(fields, scrub) };
    // Who it is about sets a kind apart, so that one that is noisy doesn't hide another.
    const { role, channel } = entry.fields;
    const about = { ...(role === undefined ? {} : { role }), ...(channel === undefined ? {} : { channel }) };
    const key = JSON.stringify([level, entry.message, about]);
    if (pace.take(key, { level, message: entry.message, fields: about }, nowMs)) write(entry);
    else if (!waits) void tell();
  }

  return {
    say,
    info: (message, fields) => say("info", message, fields),
    warn: (message, fields) => say("warn", message, fields),
    error: (message, fields) => say("error", message, fields),
    settle: () => pace.over(Number.POSITIVE_INFINITY).forEach(repeated),
  };
}

function bounded(fields: LogFields, scrub: (text: string) => string): LogFields {
  const entries = Object.entries(fields).slice(0, fieldsMax);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === "string" ? cut(scrub(value)) : value]),
  );
}

function cut(text: string): string {
  return text.length <= textLengthMax ? text : `${text.slice(0, textLengthMax).toWellFormed()}…`;
}
