import { toLine } from "../../core/log/line.ts";
import { prettyLine } from "../../core/log/pretty.ts";
import type { LogEntry, LogSink } from "../../core/ports/log_tail.ts";

/** Text that may wait for stderr. A terminal that was stopped (Ctrl-S) stops its log, not the host. */
const waitingLengthMax = 1_000_000;

/** Where stderr leads: to a terminal, for people, or elsewhere, for programs. */
export type StderrLook =
  | { readonly kind: "lines" }
  | { readonly kind: "terminal"; readonly colours: boolean; readonly timeZone?: string };

/**
 * One line on stderr for each entry, of JSON or for people. On a terminal only what needs attention: that all is well is
 * said there by the greeting, and stands in the file.
 *
 * @param write Writes all of it. Called again only when it has resolved.
 */
export function createStderrSink(
  look: StderrLook,
  write: (bytes: Uint8Array) => Promise<void>,
): LogSink & {
  /** Resolves when what was written so far is out, or nobody reads it any more. */
  flushed(): Promise<void>;
} {
  const encoder = new TextEncoder();
  let waiting = "";
  let left = 0;
  let pumping: Promise<void> | undefined;

  async function pump(): Promise<void> {
    while (waiting !== "" || left > 0) {
      const missed = left === 0 ? "" : `${lineOf(leftOut(left))}\n`;
      const text = waiting + missed;
      [waiting, left] = ["", 0];
      await write(encoder.encode(text)).catch(() => {}); // nobody reads it
    }
    pumping = undefined;
  }

  function lineOf(entry: LogEntry): string {
    return look.kind === "lines" ? toLine(entry) : prettyLine(entry, look, Date.now());
  }

  return {
    write(entry) {
      if (look.kind === "terminal" && entry.level === "info") return;
      if (waiting.length > waitingLengthMax) left++;
      else waiting += `${lineOf(entry)}\n`;
      pumping ??= Promise.resolve().then(pump);
    },
    flushed: async () => await pumping,
  };
}

function leftOut(lines: number): LogEntry {
  return { atMs: Date.now(), level: "warn", message: "log lines left out on stderr", fields: { lines } };
}
