import { libraryDigests } from "../adapters/engines/llama/library_digests.ts";
import { llamaPlatform } from "../adapters/engines/llama/release.ts";

/**
 * What the libraries in a folder should be: SHA-256 in hex by name, or undefined on a machine that there are none for.
 * The executable carries a list of all that it unpacks, `MANIFEST` beside the libraries' folder, which the launcher
 * holds it against; from source they are npm's.
 *
 * @throws {Deno.errors.PermissionDenied} When the list can't be read.
 */
export function libraryDigestsHere(
  librariesFolder: string,
  isPackaged: boolean,
): Readonly<Record<string, string>> | undefined {
  if (!isPackaged) {
    const platform = llamaPlatform(Deno.build.os, Deno.build.arch);
    return platform === undefined ? undefined : libraryDigests[platform];
  }
  const slash = librariesFolder.lastIndexOf("/");
  const manifest = Deno.readTextFileSync(`${librariesFolder.slice(0, slash)}/MANIFEST`);
  return manifestDigests(manifest, librariesFolder.slice(slash + 1));
}

/** The shared libraries in one folder of a manifest, whose lines are `SHA-256 SIZE PATH`. */
export function manifestDigests(manifest: string, folder: string): Readonly<Record<string, string>> {
  const lines = manifest.split("\n").map((line) => line.split(" "));
  return Object.fromEntries(lines.flatMap(([digest = "", , path = ""]) => {
    const name = path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : "";
    return /\.(?:so|dylib)$/.test(name) ? [[name, digest]] : [];
  }));
}
