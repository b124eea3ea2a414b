/**
 * Builds llama.cpp's own server and its own bench into `.tools/llama_peer/`, for `deno task bench inference`: from the
 * very source of the engine's libraries, for this very processor, with what makes them fastest. Prints their folder.
 * Outside CI, and never shipped. Nothing but `gcc`, `git`, `sh` and `sed` is the machine's own.
 *
 *   deno run -A scripts/build_llama_server.ts
 *
 * About 7 minutes of processor time. A run that was cut off is taken up where it was.
 */
import { createHash } from "node:crypto";
import { llamaCommit, llamaPackageVersion } from "../adapters/engines/llama/release.ts";
import { checkout } from "./checkout.ts";
import { llamaBuildTools, llamaBuildVersions } from "./llama_build_tools.ts";
import { checkOutLlamaSource } from "./llama_source.ts";
import { exists } from "./package_files.ts";
import { type Note, stderrNotes } from "./package_note.ts";
import { runTool } from "./package_run.ts";

/** CMake's variables: for this processor, with OpenMP, which its threads are fastest with, and nothing fetched. */
const settings = {
  CMAKE_BUILD_TYPE: "Release", // -O3
  CMAKE_C_COMPILER: "gcc",
  CMAKE_CXX_COMPILER: "g++",
  BUILD_SHARED_LIBS: "OFF",
  GGML_NATIVE: "ON",
  GGML_OPENMP: "ON",
  GGML_CCACHE: "OFF",
  LLAMA_BUILD_NUMBER: "1",
  LLAMA_BUILD_COMMIT: llamaCommit.slice(0, 7),
  LLAMA_ALL_WARNINGS: "OFF",
  LLAMA_BUILD_APP: "OFF",
  LLAMA_BUILD_EXAMPLES: "OFF",
  LLAMA_BUILD_TESTS: "OFF",
  LLAMA_BUILD_UI: "OFF",
  LLAMA_USE_PREBUILT_UI: "OFF",
  LLAMA_OPENSSL: "OFF",
} as const;

/** Each is a step that can be cut off, largest last. */
const targets = ["ggml", "llama", "llama-common", "llama-bench", "llama-server"] as const;

const programs = ["llama-server", "llama-bench"] as const;

/** Where the programs are, once they were built. Another setting or version has another folder. */
export const llamaPeerFolder: string = `${checkout}.tools/llama_peer/${llamaPackageVersion}-${
  createHash("sha256").update(JSON.stringify([settings, llamaCommit])).digest("hex").slice(0, 8)
}`;

/**
 * Builds them if they aren't there. The folder gets its name only when it is whole.
 *
 * @throws {Error} One line, when something can't be fetched or compiled.
 */
export async function buildLlamaServer(note: Note): Promise<string> {
  if (await exists(llamaPeerFolder)) return llamaPeerFolder;
  const work = `${llamaPeerFolder}.building`;
  await Deno.mkdir(work, { recursive: true });
  using lock = await Deno.open(`${work}/lock`, { create: true, write: true });
  await lock.lock(true); // another run that builds the same is waited for
  if (await exists(llamaPeerFolder)) return llamaPeerFolder;
  const { cmake, ninja } = await llamaBuildTools(note);
  const source = `${work}/source`;
  if (!await exists(`${source}/CMakeLists.txt`)) {
    note("Fetching llama.cpp's source");
    await checkOutLlamaSource(source);
  }
  const build = `${work}/build`;
  const defined = Object.entries({
    ...settings,
    CMAKE_MAKE_PROGRAM: ninja,
    "CMAKE_PROJECT_llama.cpp_INCLUDE": `${checkout}scripts/llama/peer.cmake`,
  }).map(([name, value]) => `-D${name}=${value}`);
  note(`Configuring llama.cpp ${llamaPackageVersion} with CMake ${llamaBuildVersions.cmake}`);
  await runTool(cmake, ["-G", "Ninja", "-S", source, "-B", build, ...defined]);
  for (const target of targets) {
    note(`Compiling ${target}`);
    await runTool(ninja, ["-C", build, "-j", `${navigator.hardwareConcurrency}`, target]);
  }
  const built = `${work}/built`;
  await Deno.mkdir(built, { recursive: true });
  for (const name of programs) await Deno.copyFile(`${build}/bin/${name}`, `${built}/${name}`);
  await Deno.copyFile(`${source}/LICENSE`, `${built}/LICENSE`);
  await Deno.rename(built, llamaPeerFolder);
  await Deno.remove(work, { recursive: true });
  return llamaPeerFolder;
}

if (import.meta.main) {
  const { note, clear } = stderrNotes();
  try {
    const folder = await buildLlamaServer(note);
    clear();
    console.log(folder);
  } catch (error) {
    clear();
    console.error(`Cannot build llama-server: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}
