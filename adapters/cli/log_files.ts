import { numberOf } from "../../core/log/files.ts";
import { parseLine } from "../../core/log/line.ts";
import type { LogEntry } from "../../core/ports/log_tail.ts";

/** Of each file, so much of its end is read. */
const bytesMax = 16 * 1024 * 1024;

/**
 * The newest entries of a folder's log files, the oldest of them first. What isn't a whole entry is left out: a torn
 * line. None where there is no such folder.
 */
export function entriesOfFiles(
  folder: string,
  { isWanted, count }: { readonly isWanted: (entry: LogEntry) => boolean; readonly count: number },
): readonly LogEntry[] {
  const found: LogEntry[] = [];
  for (const name of newestFirst(folder)) {
    if (found.length >= count) break;
    const entries = endOf(`${folder}/${name}`).split("\n").flatMap((line) => parseLine(line) ?? []).filter(isWanted);
    found.unshift(...entries.slice(Math.max(0, entries.length - (count - found.length))));
  }
  return found;
}

function newestFirst(folder: string): readonly string[] {
  try {
    return [...Deno.readDirSync(folder)]
      .map(({ name }) => ({ name, number: numberOf(name) ?? -1 }))
      .filter(({ number }) => number >= 0)
      .sort((a, b) => a.number - b.number)
      .map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** A file may be closed or removed meanwhile: then there is nothing to read. */
function endOf(path: string): string {
  try {
    using file = Deno.openSync(path);
    const { size } = file.statSync();
    file.seekSync(Math.max(0, size - bytesMax), Deno.SeekMode.Start);
    const bytes = new Uint8Array(Math.min(size, bytesMax));
    let length = 0;
    for (let count: number | null; length < bytes.length && (count = file.readSync(bytes.subarray(length)));) {
      length += count;
    }
    return new TextDecoder().decode(bytes.subarray(0, length));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
