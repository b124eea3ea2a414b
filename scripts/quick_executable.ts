import { createHash } from "node:crypto";
import { checkout } from "./checkout.ts";
import { buildExecutable, buildProgram } from "./package_build.ts";
import { exists, filesBelow } from "./package_files.ts";
import { goToolchain } from "./package_go.ts";
import type { Note } from "./package_note.ts";
import { targetHere } from "./package_targets.ts";

/** What an executable is made from; when none of these has changed, the one that is there still stands. */
const sources = ["adapters", "core", "plugins-wasm", "roles", "schema", "scripts", "main.ts", "deno.json", "deno.lock"];

/** Compresses in half a second. */
const level = 3;

/**
 * An executable for this machine out of the sources as they are now, for tests: built in seconds unless it is there,
 * once for all that ask at the same time.
 *
 * @param forTests Whether it has the switches that only tests may have.
 * @returns Its path, below `dist/quick/`.
 * @throws {Error} One line, when it can't be built.
 */
export async function quickExecutable(
  { forTests = false, note = () => {} }: { readonly forTests?: boolean; readonly note?: Note } = {},
): Promise<string> {
  const target = targetHere();
  const path = `${checkout}dist/quick/clawdbot-${target}${forTests ? "-for-tests" : ""}`;
  await Deno.mkdir(`${checkout}dist/quick`, { recursive: true });
  using lock = await Deno.open(`${checkout}dist/quick/.lock`, { create: true, write: true });
  await lock.lock(true);
  const digest = await sourcesDigest();
  const made = `${path}.sources`;
  if (await exists(path) && await exists(made) && await Deno.readTextFile(made) === digest) return path;
  const options = {
    go: await goToolchain(note),
    libraries: "npm",
    level,
    forTests,
    releaseKey: new Uint8Array(),
    note,
  } as const;
  await buildExecutable(target, path, await buildProgram(note), options);
  await Deno.writeTextFile(made, digest);
  return path;
}

async function sourcesDigest(): Promise<string> {
  const digest = createHash("sha256");
  for (const source of sources) {
    const isFolder = (await Deno.stat(checkout + source)).isDirectory;
    const paths = isFolder ? (await filesBelow(checkout + source)).map((path) => `${source}/${path}`) : [source];
    for (const path of paths.filter((path) => !path.endsWith("_test.ts") && !path.endsWith("_test.go"))) {
      const bytes = await Deno.readFile(checkout + path);
      digest.update(`${path} ${bytes.length}\n`).update(bytes);
    }
  }
  return digest.digest("hex");
}
