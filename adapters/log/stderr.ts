import { harmless } from "../../core/harmless.ts";
import type { Log, LogFields } from "../../core/ports/log.ts";

const levels = ["info", "warn", "error"] as const;

/** The least grave level that is written. */
export type LogLevel = typeof levels[number];

/**
 * One line of JSON on stderr for each event: `{"at":…,"level":…,"message":…,fields}`. Control characters are
 * escaped, also those that JSON allows, so that nothing written here can drive a terminal.
 */
export function createStderrLog(least: LogLevel): Log {
  const encoder = new TextEncoder();
  const write = (level: LogLevel) => (message: string, fields: LogFields = {}) => {
    if (levels.indexOf(level) < levels.indexOf(least)) return;
    const line = harmless(JSON.stringify({ at: new Date().toISOString(), level, message, ...fields }));
    Deno.stderr.writeSync(encoder.encode(`${line}\n`));
  };
  return { info: write("info"), warn: write("warn"), error: write("error") };
}
