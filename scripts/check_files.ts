/** What must hold of files as such: their size, that shells can read them, that nothing unfinished is in them. */

/** A file of the checkout: its path from there, and its bytes. */
export interface CheckedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The largest file that is tracked, in bytes. Screenshots may be larger. */
export const fileBytesMax = 500_000;

/** Files that are too large for a repository that people clone over slow lines. */
export function largeFiles(files: readonly CheckedFile[]): string[] {
  return files
    .filter(({ path, bytes }) => bytes.length > fileBytesMax && !/^docs\/.*\.(?:png|webp)$/.test(path))
    .map(({ path, bytes }) => `${path}: ${bytes.length} bytes; at most ${fileBytesMax} are tracked`);
}

/** Words and calls that say that something isn't done, or isn't run. In pieces, so that this file isn't found. */
const leftovers: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [new RegExp(`\\b(?:${["TO" + "DO", "FIX" + "ME"].join("|")})\\b`), "says that it isn't done"],
  [new RegExp(`\\bDeno\\.test\\.(?:${["ign" + "ore", "on" + "ly"].join("|")})\\b`), "doesn't run every test"],
  [new RegExp(`\\b(?:${["ign" + "ore", "on" + "ly"].join("|")}): true\\b`), "doesn't run every test"],
  [new RegExp(`^(?:<{7}|>{7}) `), "is the mark of a conflict"],
];

/** Lines of text files that say that something isn't done or isn't run. */
export function leftoverLines(files: readonly CheckedFile[]): string[] {
  return files.filter(({ path }) => /\.(?:ts|js|css|html|md|json|yaml|go)$|^[^.]+$/.test(path)).flatMap((
    { path, bytes },
  ) =>
    new TextDecoder().decode(bytes).split("\n").flatMap((line, index) => {
      const found = leftovers.find(([pattern]) => pattern.test(line));
      return found === undefined ? [] : [`${path}:${index + 1}: ${found[1]}: ${line.trim().slice(0, 80)}`];
    })
  );
}

/** Shell scripts that their shell can't read. Told by the first line: `#!/bin/sh`, `#!/bin/bash`, `#!/usr/bin/env bash`. */
export async function brokenScripts(files: readonly CheckedFile[]): Promise<string[]> {
  const problems = await Promise.all(files.map(async ({ path, bytes }) => {
    const first = new TextDecoder().decode(bytes.subarray(0, 100)).split("\n")[0]!;
    const shell = /^#!\s*(?:\/usr\/bin\/env\s+|\S*\/)(sh|bash)\b/.exec(first)?.[1];
    if (shell === undefined) return [];
    const child = new Deno.Command(shell, { args: ["-n"], stdin: "piped", stdout: "null", stderr: "piped" }).spawn();
    const writer = child.stdin.getWriter();
    // A shell that gave up doesn't read to the end.
    await writer.write(bytes).then(() => writer.close()).catch(() => {});
    const { code, stderr } = await child.output();
    return code === 0 ? [] : [`${path}: ${new TextDecoder().decode(stderr).trim().split("\n")[0]}`];
  }));
  return problems.flat();
}
