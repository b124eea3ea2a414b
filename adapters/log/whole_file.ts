/** How far back the end of the last whole line is looked for. No line is nearly as long. */
const lineBytesMax = 1024 * 1024;
const newline = 0x0a;

/** A file that has whole lines only. */
export interface WholeFile {
  readonly bytes: number;
  /** When its first line was written. */
  readonly sinceMs: number;
  /** Whether this path still leads to it. */
  isAt(path: string): boolean;
  /** Appends all of it, or nothing: what the system took of a line that it then refused is cut off again. */
  append(line: Uint8Array): void;
  close(): void;
}

/**
 * Opens a file for appending, 0600, and makes it when it isn't there. A last line without its end is cut off: the
 * process, or the machine, ended while it was written.
 */
export function openWhole(path: string, nowMs: number): { readonly whole: WholeFile; readonly cutBytes: number } {
  const file = Deno.openSync(path, { read: true, append: true, create: true, mode: 0o600 });
  try {
    const { size, dev, ino, mode, birthtime } = file.statSync();
    if (((mode ?? 0) & 0o077) !== 0) keepFromOthers(path);
    let bytes = wholeBytes(file, size);
    if (bytes < size) file.truncateSync(bytes);
    const sinceMs = bytes === 0 ? nowMs : (firstMs(file) ?? birthtime?.getTime() ?? nowMs);
    let torn = false;
    const mend = () => {
      if (torn) file.truncateSync(bytes);
      torn = false;
    };
    const whole: WholeFile = {
      get bytes() {
        return bytes;
      },
      sinceMs,
      isAt(path) {
        try {
          const there = Deno.statSync(path);
          return there.dev === dev && there.ino === ino;
        } catch (error) {
          if (error instanceof Deno.errors.NotFound) return false;
          throw error;
        }
      },
      append(line) {
        mend();
        try {
          torn = true;
          for (let at = 0; at < line.length;) at += file.writeSync(line.subarray(at));
          torn = false;
        } catch (error) {
          mend();
          throw error;
        }
        bytes += line.length;
      },
      close() {
        try {
          mend();
        } finally {
          file.close();
        }
      },
    };
    return { whole, cutBytes: size - bytes };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** The bytes up to the end of the last whole line; none when there is no end of a line anywhere near. */
function wholeBytes(file: Deno.FsFile, size: number): number {
  const tail = read(file, Math.max(0, size - lineBytesMax), lineBytesMax);
  const at = tail.lastIndexOf(newline);
  return at < 0 ? 0 : size - tail.length + at + 1;
}

/** The time that stands at the beginning of the first line. */
function firstMs(file: Deno.FsFile): number | undefined {
  const head = new TextDecoder().decode(read(file, 0, 64));
  const at = Date.parse(/^\{"at":"([^"]+)"/.exec(head)?.[1] ?? "");
  return Number.isNaN(at) ? undefined : at;
}

function read(file: Deno.FsFile, from: number, bytesMax: number): Uint8Array {
  file.seekSync(from, Deno.SeekMode.Start);
  const bytes = new Uint8Array(bytesMax);
  let length = 0;
  for (let count: number | null; (count = file.readSync(bytes.subarray(length)));) length += count;
  return bytes.subarray(0, length);
}

/** Where the system confines this process no mode is its to change: then the folder, 0700, is what keeps others out. */
function keepFromOthers(path: string): void {
  try {
    Deno.chmodSync(path, 0o600);
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
  }
}
