/**
 * Builds llama.cpp's libraries from source into `.tools/llama/`, for systems older than those of the npm packages, and
 * prints their folders. Without platforms: this machine's. What is built doesn't depend on the machine or the folder.
 *
 *   deno run -A scripts/build_llama.ts [PLATFORM…]
 */
import { createHash } from "node:crypto";
import { llamaPackageVersion, llamaPlatform } from "../adapters/engines/llama/release.ts";
import { checkout } from "./checkout.ts";
import { isNeededLibrary } from "./fetch_llama.ts";
import { type LlamaBuildPlatform, llamaBuildSettings, llamaBuildTargets } from "./llama_build_settings.ts";
import { type LlamaBuildTools, llamaBuildTools, llamaBuildVersions } from "./llama_build_tools.ts";
import { libraryProblems } from "./llama_build_check.ts";
import { checkOutLlamaSource } from "./llama_source.ts";
import { exists, filesBelow } from "./package_files.ts";
import { type Note, stderrNotes } from "./package_note.ts";
import { runTool } from "./package_run.ts";

/** Of what the libraries are made of; one file beside them has them all. */
const licences = (source: string, { zigFolder }: LlamaBuildTools) => ({
  "llama.cpp": `${source}/LICENSE`,
  "the C++ library": `${zigFolder}/lib/libcxx/LICENSE.TXT`,
  "the compiler's own functions": `${zigFolder}/LICENSE`,
});

let before: Promise<unknown> = Promise.resolve();

/**
 * The folder with the libraries, which are built if they aren't there; one platform after another, since each takes all
 * cores. It gets its name only when it is whole, and has another name when the settings or a tool are others.
 *
 * @throws {Error} One line, when something can't be fetched or compiled.
 */
export function buildLlama(platform: LlamaBuildPlatform, note: Note): Promise<string> {
  const built = before.then(() => build(platform, note));
  before = built.catch(() => {}); // its caller is told
  return built;
}

async function build(platform: LlamaBuildPlatform, note: Note): Promise<string> {
  const parent = `${checkout}.tools/llama`;
  const folder = `${parent}/source-${llamaPackageVersion}-${platform}-${await recipeDigest(platform)}`;
  if (await exists(folder)) return folder;
  const tools = await llamaBuildTools(note);
  const work = await Deno.makeTempDir({ dir: parent, prefix: ".building-" });
  try {
    note("Fetching llama.cpp's source");
    await checkOutLlamaSource(`${work}/source`);
    await compile(platform, { tools, work, note });
    const libraries = `${work}/libraries`;
    await Deno.mkdir(libraries);
    for await (const { name } of Deno.readDir(`${work}/build/bin`)) {
      if (!isNeededLibrary(name)) continue;
      await Deno.copyFile(`${work}/build/bin/${name}`, `${libraries}/${name}`);
      await Deno.chmod(`${libraries}/${name}`, 0o644);
    }
    const texts = Object.entries(licences(`${work}/source`, tools)).map(async ([of, path]) =>
      `The licence of ${of}:\n\n${await Deno.readTextFile(path)}`
    );
    await Deno.writeTextFile(`${libraries}/LICENSE`, (await Promise.all(texts)).join("\n\n"));
    await check(platform, libraries);
    await Deno.rename(libraries, folder);
  } catch (error) {
    if (!(await exists(folder))) throw error; // else another run was faster, and its folder is as good
  } finally {
    await Deno.remove(work, { recursive: true });
  }
  return folder;
}

/** Compiles `WORK/source` into `WORK/build/bin`. */
async function compile(
  platform: LlamaBuildPlatform,
  { tools, work, note }: { readonly tools: LlamaBuildTools; readonly work: string; readonly note: Note },
): Promise<void> {
  await Deno.mkdir(`${work}/bin`);
  for (const name of ["cc", "c++", "ar", "ranlib"]) {
    await Deno.symlink(`${checkout}scripts/llama/zig`, `${work}/bin/${name}`);
  }
  const settings = {
    ...llamaBuildSettings(platform, `${work}/source`),
    CMAKE_MAKE_PROGRAM: tools.ninja,
    CMAKE_C_COMPILER: `${work}/bin/cc`,
    CMAKE_CXX_COMPILER: `${work}/bin/c++`,
    CMAKE_AR: `${work}/bin/ar`,
    CMAKE_RANLIB: `${work}/bin/ranlib`,
  };
  // A person's own settings, such as CFLAGS, must not change what is built.
  const env = {
    PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
    HOME: work,
    LC_ALL: "C",
    ZIG: `${tools.zigFolder}/zig`,
    ZIG_GLOBAL_CACHE_DIR: `${work}/cache`,
    ZIG_LOCAL_CACHE_DIR: `${work}/cache`,
  };
  const run = (command: string, args: readonly string[]) => runTool(command, args, { cwd: work, env, clearEnv: true });
  const defined = Object.entries(settings).map(([name, value]) => `-D${name}=${value}`);
  note(`Configuring llama.cpp for ${platform}`);
  await run(tools.cmake, ["-G", "Ninja", "-S", `${checkout}scripts/llama`, "-B", `${work}/build`, ...defined]);
  note(`Compiling llama.cpp for ${platform}`);
  await run(tools.ninja, ["-C", `${work}/build`, "-j", `${navigator.hardwareConcurrency}`, "llama"]);
}

/** @throws {Error} When the libraries aren't what they were built to be. */
async function check(platform: LlamaBuildPlatform, folder: string): Promise<void> {
  const names = (await filesBelow(folder)).filter(isNeededLibrary);
  const libraries = await Promise.all(
    names.map(async (name) => ({ name, bytes: await Deno.readFile(`${folder}/${name}`) })),
  );
  const problems = libraryProblems(platform, libraries);
  if (problems.length > 0) throw new Error(`Cannot use what was built for ${platform}: ${problems.join("; ")}`);
}

/** The beginning of the digest of what decides how the libraries come out. */
async function recipeDigest(platform: LlamaBuildPlatform): Promise<string> {
  const digest = createHash("sha256");
  digest.update(JSON.stringify([llamaBuildVersions, llamaBuildSettings(platform, "")]));
  for (const path of ["CMakeLists.txt", "zig"]) digest.update(await Deno.readFile(`${checkout}scripts/llama/${path}`));
  return digest.digest("hex").slice(0, 8);
}

if (import.meta.main) {
  const platforms = Deno.args.length > 0 ? Deno.args : [llamaPlatform(Deno.build.os, Deno.build.arch) ?? ""];
  const unknown = platforms.find((platform) => !Object.hasOwn(llamaBuildTargets, platform));
  if (unknown !== undefined) {
    const known = Object.keys(llamaBuildTargets).join(", ");
    console.error(`Cannot build llama.cpp for ${unknown || Deno.build.target}: there are ${known}`);
    Deno.exit(2);
  }
  const { note, clear } = stderrNotes();
  try {
    for (const platform of platforms as LlamaBuildPlatform[]) {
      const folder = await buildLlama(platform, note);
      clear();
      console.log(folder);
    }
  } catch (error) {
    clear();
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
