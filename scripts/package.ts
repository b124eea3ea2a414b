/**
 * Builds the executables: `dist/clawdbot-{linux,darwin}-{x64,arm64}`, on one machine, from registries alone.
 *
 *   deno task package [--target NAME,…] [--out DIR] [--quick] [--for-tests]
 */
import { parseArgs } from "node:util";
import { stderrNotes } from "./package_note.ts";
import { quickExecutable } from "./quick_executable.ts";

const notes = stderrNotes();
try {
  await main();
} catch (error) {
  notes.clear();
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(1);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      quick: { type: "boolean", default: false },
      "for-tests": { type: "boolean", default: false },
    },
  });
  const path = await quickExecutable({ forTests: values["for-tests"], note: notes.note });
  notes.clear();
  console.log(path);
}
