import { html } from "hono/html";
import type { TileState } from "../../../../core/console/board.ts";
import { harmless } from "../../../../core/harmless.ts";
import type { LogLevel, TailEntry } from "../../../../core/ports/log_tail.ts";
import { clockOf, type ConsoleFrame, listHead, sayConsole, stateMark, table, timeOf, type Zones } from "./frame.ts";

/** The newest entries that a page shows; the files have the rest. */
export const logEntriesMax = 300;

const states: Readonly<Record<LogLevel, TileState>> = { info: "unknown", warn: "waiting", error: "failed" };

/** The log's newest entries, the newest first. */
export function logsZones(frame: ConsoleFrame, entries: readonly TailEntry[]): Zones {
  const say = sayConsole(frame);
  const { columns, levels, none, newest } = say.logs;
  const rows = entries.toReversed().map(({ sequence, atMs, level, message, fields }) => ({
    id: `${sequence}`,
    cells: [
      html`<time class="time" datetime="${new Date(atMs).toISOString()}">${dayOf(frame, atMs)}${
        clockOf(frame, atMs)
      }</time>`,
      stateMark(states[level], levels[level]),
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
            { title: columns.level, kind: "short" },
            { title: columns.message },
          ],
          rows,
        )
      }`}
    `,
  };
}

/** The day, of what isn't of today. */
function dayOf(frame: ConsoleFrame, ms: number): string {
  const time = timeOf(frame, ms);
  return /[a-z月]/i.test(time) ? `${time.replace(/,?\s*\d{1,2}:\d{2}.*$/, "")} ` : "";
}
