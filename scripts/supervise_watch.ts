import { pause } from "./supervise_processes.ts";

/** How often files are looked at. What changed counts once it has stayed the same for one look more. */
const lookMs = 250;
/** Of a larger file, size and time alone say whether it changed. */
const readBytesMax = 4 * 1024 * 1024;

/** What was in files when they were read last. */
export interface Seen {
  digest: string;
}

/**
 * Calls `changed` when the content of files has become another than was seen, and stays so: editors remove, rename and write in
 * steps. Also when a file goes or comes. Looked at by polling: whatever replaces a file, and on every file system.
 *
 * @param paths Asked at each look.
 */
export async function watch(
  paths: () => readonly string[],
  seen: Seen,
  changed: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let looks = looksOf(paths());
  let unsettled = true; // since they were seen
  for (;;) {
    await pause(lookMs, signal);
    if (signal.aborted) return;
    const now = looksOf(paths());
    const same = now === looks;
    looks = now;
    if (!same) unsettled = true;
    else if (unsettled) {
      unsettled = false;
      if (await digestOf(paths()) === seen.digest) continue;
      await changed();
      looks = looksOf(paths()); // of what is watched now: another configuration may name other files
      unsettled = true; // what was written while the change was taken in is in these looks already
    }
  }
}

/** What is cheap to see of files. */
function looksOf(paths: readonly string[]): string {
  return JSON.stringify(paths.map((path) => {
    try {
      const { mtime, size, ino } = Deno.statSync(path);
      return [path, mtime?.getTime(), size, ino];
    } catch {
      return [path];
    }
  }));
}

/** What is in files, as a digest: nothing of a secret is kept. */
export async function digestOf(paths: readonly string[]): Promise<string> {
  const parts = await Promise.all(paths.map(async (path) => {
    try {
      const { size, mtime } = await Deno.stat(path);
      if (size > readBytesMax) return `${path} ${size} ${mtime?.getTime()}`;
      const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
      return `${path} ${new Uint8Array(digest).toHex()}`;
    } catch {
      return `${path} missing`;
    }
  }));
  return parts.join("\n");
}
