/**
 * Fetches llama.cpp's own server into `.tools/llama_server/`, for the tests that ask a real OpenAI-compatible server.
 * It comes in a Python package (MIT) with the whole of llama.cpp in one module; nothing that is shipped needs it.
 *
 *   deno run -A scripts/fetch_llama_server.ts
 */
import { checkout } from "../roles/program_here.ts";
import { fetchWheel } from "./fetch_wheel.ts";

const [project, version] = ["xllamacpp", "2026.10.11549"];

/** The last tag of the wheel for CPython 3.10 and newer, and its digest. */
const wheels: Readonly<Record<string, readonly [platform: string, sha256: string]>> = {
  "x86_64-unknown-linux-gnu": [
    "manylinux2014_x86_64.manylinux_2_17_x86_64",
    "c54e7d13520ecc989c63dc99d55de3065e2f343a91f43f053d16b5e62077c261",
  ],
  "aarch64-unknown-linux-gnu": [
    "manylinux2014_aarch64.manylinux_2_17_aarch64",
    "e2a3e79e775515de4ad197e667f874070446ef9ac9cf2044bc9866bc4c72289e",
  ],
  "x86_64-apple-darwin": ["macosx_13_0_x86_64", "1f2a08052bb653659bcf1bedbbaf86b97f41dd46aa2763d596d7f27c5d89a689"],
  "aarch64-apple-darwin": ["macosx_13_0_arm64", "4ecda27a308b2403aa13c9d04b270befab95edc556c24ed00b2f8a98bd7f6781"],
};

/** Where the package is, once it was fetched: what `PYTHONPATH` is set to. */
export const llamaServerFolder = `${checkout}/.tools/llama_server/${version}`;

/**
 * Fetches it if it isn't there. The folder gets its name only when it is whole.
 * @throws {Error} When the index doesn't have it, or sends something else than what is pinned.
 */
export async function fetchLlamaServer(): Promise<void> {
  if (exists(llamaServerFolder)) return;
  const [platform, sha256] = wheels[Deno.build.target] ?? [];
  if (platform === undefined || sha256 === undefined) {
    throw new Error(`there is no llama.cpp server for ${Deno.build.target}`);
  }
  const parent = llamaServerFolder.slice(0, llamaServerFolder.lastIndexOf("/"));
  await Deno.mkdir(parent, { recursive: true });
  const unfinished = await Deno.makeTempDir({ dir: parent, prefix: ".unfinished-" });
  try {
    const path = `${unfinished}/package.whl`;
    await Deno.writeFile(path, await fetchWheel({ project, version, platform, sha256 }));
    const unpacked = await new Deno.Command("python3", { args: ["-m", "zipfile", "-e", path, unfinished] }).output();
    if (!unpacked.success) throw new Error(new TextDecoder().decode(unpacked.stderr).trim());
    await Deno.remove(path);
    await Deno.rename(unfinished, llamaServerFolder);
  } catch (error) {
    await Deno.remove(unfinished, { recursive: true });
    if (!exists(llamaServerFolder)) throw error; // else another run was faster, and its folder is as good
  }
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

if (import.meta.main) {
  try {
    await fetchLlamaServer();
    console.log(llamaServerFolder);
  } catch (error) {
    console.error(`Cannot fetch llama.cpp's server: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}
