/**
 * Builds what stands below plugins-wasm/ into .tools/plugins/NAME.wasm, and says its digests. What is built already, of
 * the same source, isn't built again.
 *
 *   deno task plugins [NAME]... [--long] [--again] [--update]
 *
 * Without names: everything, but Rust only with --long. --again: also what is built already. --update: writes
 * plugins-wasm/digests.json; without it, a module that isn't what is written there is an error.
 */
import { buildPlugins } from "./plugin_build.ts";
import { stderrNotes } from "./package_note.ts";

const { note, clear } = stderrNotes();
const flags = new Set(Deno.args.filter((arg) => arg.startsWith("--")));
const names = Deno.args.filter((arg) => !arg.startsWith("--"));
try {
  const built = await buildPlugins({
    ...(names.length === 0 ? {} : { names }),
    long: flags.has("--long"),
    again: flags.has("--again"),
    update: flags.has("--update"),
    note,
  });
  clear();
  for (const { name, path, bytes, sha256 } of built) console.log(`${name}\t${bytes}\t${sha256}\t${path}`);
} catch (error) {
  clear();
  if (!(error instanceof Error)) throw error;
  console.error(error.message);
  Deno.exit(1);
}
