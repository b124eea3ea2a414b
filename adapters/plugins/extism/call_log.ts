import { Stop } from "./stop.ts";

/** What a plugin said while one call ran. */
export interface CallLog {
  /** @throws {Stop} When that is more than it may say. */
  add(level: string, bytes: Uint8Array): void;
  /** What a program writes to its output or errors: lines, however they were cut. @throws {Stop} The same. */
  write(bytes: Uint8Array): void;
  /** Forgets what was said. */
  begin(bytesMax: number): void;
  /** Each line begins with its level; what was written without one has `wasi`. */
  lines(): string[];
}

/** Lines of one call, however short. */
export const logLinesMax = 1_024;

/** Makes a log in which nothing may be said before {@link CallLog.begin}. */
export function createCallLog(): CallLog {
  const decoder = new TextDecoder();
  let bytesMax = 0;
  let length = 0;
  let lines: string[] = [];
  let unfinished = "";

  function count(bytes: Uint8Array): string {
    length += bytes.length;
    if (length > bytesMax) throw new Stop("logs", `a log of more than ${bytesMax} bytes`);
    return decoder.decode(bytes);
  }

  function push(line: string): void {
    if (lines.length === logLinesMax) throw new Stop("logs", `a log of more than ${logLinesMax} lines`);
    lines.push(line);
  }

  return {
    add: (level, bytes) => push(`${level} ${count(bytes)}`),
    write(bytes) {
      const [first = "", ...rest] = count(bytes).split("\n");
      unfinished += first;
      for (const next of rest) {
        push(`wasi ${unfinished}`);
        unfinished = next;
      }
    },
    begin(max) {
      bytesMax = max;
      length = 0;
      lines = [];
      unfinished = "";
    },
    lines: () => unfinished === "" ? lines : [...lines, `wasi ${unfinished}`],
  };
}
