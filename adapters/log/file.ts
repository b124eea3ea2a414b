import { closedName, logName, numberOf } from "../../core/log/files.ts";
import { toLine } from "../../core/log/line.ts";
import type { LogEntry, LogSink } from "../../core/ports/log_tail.ts";
import { openWhole, type WholeFile } from "./whole_file.ts";

/** Bounds of the log files, as `log` of the configuration says them. */
export interface LogFileLimits {
  /** A file that would grow past it is closed. */
  readonly bytesMax: number;
  /** A closed file is removed this long after its last line. */
  readonly ageMsMax: number;
  /** Files at most, the open one among them. */
  readonly filesMax: number;
}

/** How often it is tried again to write when it failed, and looked whether the file is still there. */
const againMs = 1_000;

/** The log in files. */
export interface FileSink extends LogSink {
  /** Closes and removes what has become too old. To be called now and then: a quiet log has nothing else to do it. */
  tend(): void;
  /** Takes other limits from now on. */
  limit(limits: LogFileLimits): void;
  /** Closes the open file; a later entry opens it again. */
  close(): void;
}

/**
 * Appends each entry as a line of JSON to `clawdbot.log` in a folder, 0600. Full or old files are closed and become
 * `clawdbot.log.1`, what was `.1` becomes `.2`, and so on. A last line that a crash tore is cut off at the first write.
 * What can't be written is counted, tried again each second, and told once, and once more when it goes on.
 *
 * @param told Called with an entry for the other sinks: `log file can't be written`, `log file goes on`.
 */
export function createFileSink(
  folder: string,
  initial: LogFileLimits,
  { nowMs, told }: { readonly nowMs: () => number; readonly told: (entry: LogEntry) => void },
): FileSink {
  const path = `${folder}/${logName}`;
  const encoder = new TextEncoder();
  let limits = initial;
  let file: WholeFile | undefined;
  let failure: { readonly reason: string; lines: number; triedMs: number } | undefined;
  let lookedMs = Number.NEGATIVE_INFINITY;

  /** The open file, which people or other programs may have moved away or removed. */
  function opened(): WholeFile {
    const now = nowMs();
    if (file !== undefined && Math.abs(now - lookedMs) < againMs) return file;
    lookedMs = now;
    if (file !== undefined && !file.isAt(path)) {
      file.close();
      file = undefined;
    }
    if (file === undefined) {
      makeFolder(folder);
      const { whole, cutBytes } = openWhole(path, now);
      file = whole;
      if (cutBytes > 0) put(whole, event("warn", "log repaired", { cutBytes }));
    }
    return file;
  }

  function put(to: WholeFile, entry: LogEntry): void {
    to.append(encoder.encode(`${toLine(entry)}\n`));
  }

  function rotate(): void {
    file?.close();
    file = undefined;
    lookedMs = Number.NEGATIVE_INFINITY;
    const paths = oldestFirst(folder);
    for (const { path, number } of paths) {
      if (number + 1 >= limits.filesMax) Deno.removeSync(path);
      else Deno.renameSync(path, `${folder}/${closedName(number + 1)}`);
    }
  }

  /** One file in use takes lines for a part of the age only, so that lines go as they become old, not all at once. */
  const isOld = ({ sinceMs }: WholeFile) => nowMs() - sinceMs >= limits.ageMsMax / limits.filesMax;

  function removeOld(): void {
    for (const { path, number } of oldestFirst(folder)) {
      const writtenMs = Deno.statSync(path).mtime?.getTime() ?? nowMs();
      if (number >= limits.filesMax || (number > 0 && nowMs() - writtenMs >= limits.ageMsMax)) Deno.removeSync(path);
    }
  }

  function event(level: LogEntry["level"], message: string, fields: LogEntry["fields"]): LogEntry {
    return { atMs: nowMs(), level, message, fields };
  }

  /** Does something with the files; when the system refuses, that is told, and tried again by a later call. */
  function attempt(work: () => void, lines: number): void {
    const now = nowMs();
    if (failure !== undefined && Math.abs(now - failure.triedMs) < againMs) {
      failure.lines += lines;
      return;
    }
    try {
      work();
      if (failure === undefined) return;
      const went = event("info", "log file goes on", { path, linesLost: failure.lines });
      failure = undefined;
      put(opened(), went);
      told(went);
    } catch (error) {
      const reason = reasonOf(error);
      if (failure === undefined) told(event("error", "log file can't be written", { path, reason }));
      failure = { reason, lines: (failure?.lines ?? 0) + lines, triedMs: now };
    }
  }

  return {
    write(entry) {
      attempt(() => {
        const bytes = encoder.encode(`${toLine(entry)}\n`);
        const current = opened();
        if (current.bytes > 0 && (current.bytes + bytes.length > limits.bytesMax || isOld(current))) rotate();
        opened().append(bytes);
      }, 1);
    },
    tend() {
      attempt(() => {
        const current = opened();
        if (current.bytes > 0 && isOld(current)) rotate();
        removeOld();
      }, 0);
    },
    limit(next) {
      limits = next;
    },
    close() {
      file?.close();
      file = undefined;
    },
  };
}

/** The logs that are there, the oldest first. */
function oldestFirst(folder: string): readonly { readonly path: string; readonly number: number }[] {
  return [...Deno.readDirSync(folder)]
    .map(({ name }) => ({ path: `${folder}/${name}`, number: numberOf(name) }))
    .filter((log): log is { path: string; number: number } => log.number !== undefined)
    .sort((a, b) => b.number - a.number);
}

/** What the system said, without the path that it repeats. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}

/** Its parent must be there: where the data was moved away, nothing is begun in its place. */
function makeFolder(path: string): void {
  try {
    Deno.mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}
