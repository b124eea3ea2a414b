/**
 * Everything that can be checked without running the program. Prints a line a check, then what failed.
 *
 *   deno task check
 */
import { text } from "../core/text/mod.ts";
import { arrowProblems, importsOf } from "./check_arrows.ts";
import { undocumentedExports } from "./check_docs.ts";
import { brokenScripts, type CheckedFile, largeFiles, leftoverLines } from "./check_files.ts";
import { sentenceProblems } from "./check_text.ts";
import { generated } from "./generated.ts";
import { staleDigests } from "./plugin_build.ts";

const checkout = new URL("..", import.meta.url).pathname;
const config = `${checkout}deno.json`;
Deno.chdir(checkout);

const files = await filesOfCheckout();
/** Below plugins-wasm/, files of this name are AssemblyScript. */
const typescript = files.map(({ path }) => path).filter((path) =>
  path.endsWith(".ts") && !path.startsWith("plugins-wasm/")
);
const program = typescript.filter((path) =>
  /^(?:main\.ts$|(?:core|adapters|schema|roles)\/)/.test(path) && !path.endsWith("_test.ts")
);

/** Each resolves with its problems; none when all is well. */
const checks: Readonly<Record<string, () => Promise<readonly string[]>>> = {
  "files are small": () => Promise.resolve(largeFiles(files)),
  "nothing is left undone": () => Promise.resolve(leftoverLines(files)),
  "shell scripts can be read": () => brokenScripts(files),
  "sentences": () => Promise.resolve(sentenceProblems({ "en": text("en"), "zh-CN": text("zh-CN") })),
  "import arrows": async () => arrowProblems(await importsOf(typescript, { checkout, config })),
  "exports are documented": () => undocumentedExports(program, checkout),
  "core is pure": () =>
    deno("lint", "--config", "scripts/lint_core.json", ...program.filter((path) => path.startsWith("core/"))),
  "exports have types": () =>
    deno("lint", "--rules-tags=", "--rules-include=explicit-module-boundary-types", ...program),
  "generated files are fresh": staleFiles,
  "plugins are of their source": staleDigests,
  "format": () => deno("fmt", "--check"),
  "lint": () => deno("lint"),
  "types": () => deno("check", ...typescript),
};

const startMs = performance.now();
const results = await Promise.all(
  Object.entries(checks).map(async ([name, check]) => {
    const beganMs = performance.now();
    const problems = await check().catch((error: unknown) => [error instanceof Error ? error.message : `${error}`]);
    console.log(`${problems.length === 0 ? "ok    " : "FAILED"} ${name} (${secondsSince(beganMs)} s)`);
    return { name, problems };
  }),
);
const failed = results.filter(({ problems }) => problems.length > 0);
for (const { name, problems } of failed) console.log(`\n${name}:\n${problems.join("\n")}`);
console.log(`\n${results.length - failed.length} checks hold, ${failed.length} don't (${secondsSince(startMs)} s)`);
Deno.exit(failed.length === 0 ? 0 : 1);

/** What git tracks, and what it would if it were added. */
async function filesOfCheckout(): Promise<CheckedFile[]> {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const { code, stdout, stderr } = await new Deno.Command("git", { args }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr).trim());
  const paths = new TextDecoder().decode(stdout).split("\0").filter((path) => path !== "");
  const found = await Promise.all(paths.map(async (path): Promise<CheckedFile[]> => {
    try {
      return [{ path, bytes: await Deno.readFile(path) }];
    } catch (error) {
      // Removed, and not yet from the index.
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }));
  return found.flat();
}

async function staleFiles(): Promise<string[]> {
  const stale = await Promise.all(generated.map(async ({ path, render }) => {
    const current = files.find((file) => file.path === path);
    const now = current === undefined ? "" : new TextDecoder().decode(current.bytes);
    return await render(now) === now ? [] : [`${path} is out of date; run \`deno run -A scripts/generate.ts\``];
  }));
  return stale.flat();
}

/** Runs one of the runtime's own tools; what it says is the problem. */
async function deno(...args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    env: Deno.stdout.isTerminal() ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" },
  }).output();
  if (code === 0) return [];
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  return [said.replace(/^.*Check\S* .*\.ts\n/gm, "").trim()];
}

function secondsSince(beganMs: number): string {
  return ((performance.now() - beganMs) / 1_000).toFixed(1);
}
