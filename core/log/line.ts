import { harmless } from "../harmless.ts";
import type { LogFields } from "../ports/log.ts";
import { type LogEntry, logLevels } from "../ports/log_tail.ts";

/** The longest line, in UTF-16 code units. An entry is cut long before, and parsers needn't take more. */
export const lineLengthMax = 64 * 1024;

/** Names of a line that no field may take. */
const own: readonly string[] = ["at", "level", "message"];

/**
 * An entry as one line of JSON without its line feed: `{"at":…,"level":…,"message":…,fields}`. Control characters are
 * escaped, also those that JSON allows, so that nothing in a log can drive the terminal that shows it.
 */
export function toLine({ atMs, level, message, fields }: LogEntry): string {
  const rest = Object.fromEntries(Object.entries(fields).filter(([name]) => !own.includes(name)));
  return harmless(JSON.stringify({ at: new Date(atMs).toISOString(), level, message, ...rest }));
}

/** The entry of a line; `undefined` of what isn't one, as a torn line. */
export function parseLine(line: string): LogEntry | undefined {
  if (line.length > lineLengthMax || !line.startsWith("{")) return undefined;
  let parsed: Readonly<Record<string, unknown>>;
  try {
    parsed = Object(JSON.parse(line));
  } catch {
    return undefined;
  }
  const { at, level: written, message, ...fields } = parsed;
  const level = logLevels.find((known) => known === written);
  const atMs = typeof at === "string" ? Date.parse(at) : Number.NaN;
  if (level === undefined || typeof message !== "string" || Number.isNaN(atMs)) return undefined;
  const isField = ([, value]: [string, unknown]) =>
    value === null || ["string", "number", "boolean"].includes(typeof value);
  return { atMs, level, message, fields: Object.fromEntries(Object.entries(fields).filter(isField)) as LogFields };
}
