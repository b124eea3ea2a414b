/**
 * Builds the executables: `dist/clawdbot-{linux,darwin}-{x64,arm64}` with SHA256SUMS and a bill of materials, on one
 * machine, from registries alone. docs/executable.md says more.
 *
 *   deno task package [--target NAME,…] [--libraries npm|source] [--out DIR] [--release-key FILE.pub] [--sign-with FILE]
 *   deno task package --quick [--for-tests]
 */
import { type PackageArguments, packageUsage, parsePackageArguments } from "./package_arguments.ts";
import { stderrNotes } from "./package_note.ts";
import { packageRelease } from "./package_release.ts";
import { quickExecutable } from "./quick_executable.ts";

const asked = orExit(() => parsePackageArguments(Deno.args), `\n${packageUsage}`, 2);
const notes = stderrNotes();
try {
  await build(asked);
} catch (error) {
  notes.clear();
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(1);
}

async function build(asked: PackageArguments): Promise<void> {
  if (asked.kind === "help") return console.log(packageUsage);
  if (asked.kind === "quick") {
    const path = await quickExecutable({ forTests: asked.forTests, note: notes.note });
    notes.clear();
    console.log(path);
    return;
  }
  await packageRelease(asked, notes.note, ({ path, bytes, sha256 }) => {
    notes.clear();
    console.log(`${path.slice(path.lastIndexOf("/") + 1).padEnd(22)} ${(bytes / 1e6).toFixed(1)} MB  ${sha256}`);
  });
  notes.clear();
}

function orExit<Value>(work: () => Value, more: string, code: number): Value {
  try {
    return work();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}${more}`);
    Deno.exit(code);
  }
}
