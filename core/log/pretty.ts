import { harmless } from "../harmless.ts";
import type { LogEntry, LogLevel } from "../ports/log_tail.ts";

/** How entries are shown to people. */
export interface PrettyOptions {
  readonly colours: boolean;
  /** A name of the IANA database; absent: the process's own. */
  readonly timeZone?: string;
}

/** So many columns a message takes; fields begin behind them, one below the other. */
const messageColumns = 28;
/** Source: ECMA-48, 8.3.117. */
const colourOf: Readonly<Record<LogLevel, number>> = { info: 32, warn: 33, error: 31 };
const quiet = 2;

/**
 * An entry as one line for people, without its line feed: local time, level, message, `name=value`. Values that have
 * a space or could be misread are quoted. The day stands there too when the time is of another day than `nowMs`.
 */
export function prettyLine({ atMs, level, message, fields }: LogEntry, options: PrettyOptions, nowMs: number): string {
  const { colours, timeZone } = options;
  const paint = (code: number, text: string) => colours ? `\x1b[${code}m${text}\x1b[0m` : text;
  const zone = timeZone === undefined ? {} : { timeZone };
  const day = (ms: number) => dayOf(ms, zone);
  const date = day(atMs) === day(nowMs) ? "" : `${day(atMs)} `;
  const time = new Date(atMs).toLocaleTimeString("en-GB", { ...zone, hour12: false });
  const ms = `${new Date(atMs).getUTCMilliseconds()}`.padStart(3, "0");
  const shown = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`${paint(quiet, `${valueOf(name)}=`)}${valueOf(value)}`]
  );
  const said = harmless(message).replaceAll("\n", "\\n");
  return [
    paint(quiet, `${date}${time}.${ms}`),
    paint(colourOf[level], level.padEnd(5)),
    shown.length === 0 ? said : said.padEnd(messageColumns),
    ...shown,
  ].join("  ");
}

/** `2026-11-27`, as Swedes write it. */
function dayOf(ms: number, zone: { readonly timeZone?: string }): string {
  return new Date(ms).toLocaleDateString("sv-SE", zone);
}

function valueOf(value: string | number | boolean | null): string {
  const plain = typeof value === "string" && /^[^\s"=\\]+$/.test(value) && harmless(value) === value;
  return plain ? value : harmless(JSON.stringify(value));
}
