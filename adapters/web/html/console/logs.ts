import { html } from "hono/html";
import { harmless } from "../../../../core/harmless.ts";
import type { LogLevel, TailEntry } from "../../../../core/ports/log_tail.ts";
import type { Html } from "../frame.ts";
import { icon } from "../icons.ts";
import { clockOf, type ConsoleFrame, listHead, sayConsole, stateMark, table, timeOf, type Zones } from "./frame.ts";

/** The newest entries that a page shows; the files have the rest. */
export const logEntriesMax = 300;

/** The log's newest entries, the newest first. */
export function logsZones(frame: ConsoleFrame, entries: readonly TailEntry[]): Zones {
  const say = sayConsole(frame);
  const { columns, levels, none, newest } = say.logs;
  const rows = entries.toReversed().map(({ sequence, atMs, level, message, fields }) => ({
    id: `${sequence}`,
    cells: [
      html`<time datetime="${new Date(atMs).toISOString()}">${dayOf(frame, atMs)}${
        clockOf(frame, atMs)
      }</time><span class="level">${levelMark(level, levels[level])}</span>`,
      html`<bdi>${harmless(message)}</bdi><bdi class="particulars">${
        harmless(Object.entries(fields).map(([name, value]) => `${name}: ${value}`).join(" · "))
      }</bdi>`,
    ],
  }));
  return {
    list: html`
      ${listHead(frame, say.parts.logs)}
      ${rows.length === 0 ? html`<p class="empty">${none}</p>` : html`<p class="hint">${newest}</p>${
        table(
          say.parts.logs,
          [
            { title: columns.time, kind: "short" },
            { title: columns.message },
          ],
          rows,
        )
      }`}
    `,
  };
}

/** Only what a person should look at has the colour of a state. */
function levelMark(level: LogLevel, word: string): Html {
  if (level === "info") return html`<span class="mark-unknown">${icon("logs")}<span>${word}</span></span>`;
  return stateMark(level === "warn" ? "waiting" : "failed", word);
}

/** The day, of what isn't of today. */
function dayOf(frame: ConsoleFrame, ms: number): string {
  const time = timeOf(frame, ms);
  return /[a-z月]/i.test(time) ? `${time.replace(/,?\s*\d{1,2}:\d{2}.*$/, "")} ` : "";
}
