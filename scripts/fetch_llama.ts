/**
 * Fetches llama.cpp's libraries for this platform into `.tools/llama/` and prints their folder.
 *
 *   deno run -A scripts/fetch_llama.ts [PLATFORM]
 */
import { parseTarGzip } from "nanotar";
import {
  llamaLibrariesFolder,
  llamaPackageVersion,
  type LlamaPlatform,
  llamaPlatform,
  llamaPlatforms,
} from "../adapters/engines/llama/release.ts";
import { fetchNpmTarball } from "./npm_tarball.ts";

const checkout = new URL("..", import.meta.url).pathname;

/**
 * The folder with the libraries, which are fetched if they aren't there. The folder gets its name only when it is
 * whole, so that a run that was cut off leaves nothing half.
 *
 * @param note Called with a line about the progress, without a line break; on a terminal the next may overwrite it.
 * @throws {Error} One line, when the registry doesn't answer or sends something else than what is pinned.
 */
export async function fetchLlama(platform: LlamaPlatform, note: (line: string) => void = () => {}): Promise<string> {
  const folder = checkout + llamaLibrariesFolder(platform);
  if (await exists(folder)) return folder;
  let shownPercent = -1;
  const tarball = await fetchNpmTarball(
    `@node-llama-cpp/${platform}`,
    llamaPackageVersion,
    llamaPlatforms[platform],
    (have, total) => {
      const percent = total > 0 ? Math.floor((have / total) * 100) : 0;
      if (percent === shownPercent) return;
      shownPercent = percent;
      note(`llama.cpp libraries: ${(have / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB (${percent} %)`);
    },
  );
  const parent = folder.slice(0, folder.lastIndexOf("/"));
  await Deno.mkdir(parent, { recursive: true });
  const unfinished = await Deno.makeTempDir({ dir: parent, prefix: ".unfinished-" });
  try {
    for (const entry of await parseTarGzip(tarball)) {
      const name = entry.name.slice(entry.name.lastIndexOf("/") + 1);
      const wanted = entry.name === "package/LICENSE" ||
        entry.name === `package/bins/${platform}/${name}` && isNeededLibrary(name);
      if (wanted && entry.data !== undefined) await Deno.writeFile(`${unfinished}/${name}`, entry.data);
    }
    await Deno.chmod(unfinished, 0o755);
    await Deno.rename(unfinished, folder);
  } catch (error) {
    await Deno.remove(unfinished, { recursive: true });
    if (!(await exists(folder))) throw error; // else another run was faster, and its folder is as good
  }
  return folder;
}

/** llama.cpp and its backends; not `libllama-common` and the Node addon, which nothing here uses. */
export function isNeededLibrary(name: string): boolean {
  return /^lib(ggml|llama)[\w.-]*\.(so|dylib)$/.test(name) && !name.startsWith("libllama-common");
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

if (import.meta.main) {
  const platform = Deno.args[0] ?? llamaPlatform(Deno.build.os, Deno.build.arch);
  if (platform === undefined || !Object.hasOwn(llamaPlatforms, platform)) {
    const known = Object.keys(llamaPlatforms).join(", ");
    console.error(`Cannot fetch llama.cpp: no libraries for ${platform ?? Deno.build.target}; there are ${known}`);
    Deno.exit(1);
  }
  const terminal = Deno.stderr.isTerminal();
  const note = (line: string) => Deno.stderr.writeSync(new TextEncoder().encode(`\r${line}\x1b[K`));
  try {
    const folder = await fetchLlama(platform as LlamaPlatform, terminal ? note : undefined);
    if (terminal) note("");
    console.log(folder);
  } catch (error) {
    console.error(`${terminal ? "\n" : ""}${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}
