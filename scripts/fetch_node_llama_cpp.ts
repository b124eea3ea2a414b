/**
 * Installs node-llama-cpp into `.tools/node_llama_cpp/VERSION/`, for the bench and the tests that compare the engine
 * with it: the very version whose platform libraries the engine uses, with these libraries and no others. No package's
 * install script runs. Never shipped. Prints the folder; its programs run under Node.
 *
 *   deno run -A scripts/fetch_node_llama_cpp.ts
 */
import { llamaPackageVersion, llamaPlatform, llamaPlatforms, llamaSource } from "../adapters/engines/llama/release.ts";
import { checkout } from "./checkout.ts";
import { exists } from "./package_files.ts";
import { runTool } from "./package_run.ts";

/** Where it is, once it was installed: `node_modules` is in it. */
export const nodeLlamaCppFolder: string = `${checkout}.tools/node_llama_cpp/${llamaPackageVersion}`;

/**
 * Installs it if it isn't there. The folder gets its name only when it is whole, and is what the registry says of it
 * by the digests that the engine pins.
 *
 * @throws {Error} One line, when npm fails, or what it installed is something else than what is pinned.
 */
export async function fetchNodeLlamaCpp(): Promise<string> {
  if (await exists(nodeLlamaCppFolder)) return nodeLlamaCppFolder;
  const platform = llamaPlatform(Deno.build.os, Deno.build.arch);
  if (platform === undefined) throw new Error(`there is no node-llama-cpp for ${Deno.build.target}`);
  const parent = nodeLlamaCppFolder.slice(0, nodeLlamaCppFolder.lastIndexOf("/"));
  await Deno.mkdir(parent, { recursive: true });
  const unfinished = await Deno.makeTempDir({ dir: parent, prefix: ".unfinished-" });
  try {
    const digests = {
      [llamaSource.package]: llamaSource.integrity,
      [`@node-llama-cpp/${platform}`]: llamaPlatforms[platform],
    };
    const dependencies = Object.fromEntries(Object.keys(digests).map((name) => [name, llamaPackageVersion]));
    await Deno.writeTextFile(
      `${unfinished}/package.json`,
      JSON.stringify({ private: true, type: "module", dependencies }),
    );
    // The other platforms' libraries are optional dependencies: those for graphics cards are 1 GB.
    const quietly = ["--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund", "--silent"];
    await runTool("npm", ["install", ...quietly, "--prefix", unfinished]);
    const lock = JSON.parse(await Deno.readTextFile(`${unfinished}/package-lock.json`));
    for (const [name, integrity] of Object.entries(digests)) {
      const found = lock.packages?.[`node_modules/${name}`]?.integrity;
      if (found !== integrity) throw new Error(`the digest of ${name} is ${found}, expected ${integrity}`);
    }
    await Deno.chmod(unfinished, 0o755);
    await Deno.rename(unfinished, nodeLlamaCppFolder);
  } catch (error) {
    await Deno.remove(unfinished, { recursive: true });
    if (!await exists(nodeLlamaCppFolder)) throw error; // else another run was faster, and its folder is as good
  }
  return nodeLlamaCppFolder;
}

if (import.meta.main) {
  try {
    console.log(await fetchNodeLlamaCpp());
  } catch (error) {
    console.error(`Cannot install node-llama-cpp: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}
