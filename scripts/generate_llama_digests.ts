/**
 * Writes the digests of llama.cpp's libraries, file by file, out of the tarballs that `release.ts` pins: to be run when
 * the version there changes. Downloads some 100 MB.
 *
 *   deno run -A scripts/generate_llama_digests.ts
 */
import { parseTarGzip } from "nanotar";
import { llamaPackageVersion, type LlamaPlatform, llamaPlatforms } from "../adapters/engines/llama/release.ts";
import { isNeededLibrary } from "./fetch_llama.ts";
import { fetchNpmTarball } from "./npm_tarball.ts";

const digests: Record<string, Record<string, string>> = {};
for (const [platform, integrity] of Object.entries(llamaPlatforms) as [LlamaPlatform, string][]) {
  const tarball = await fetchNpmTarball(`@node-llama-cpp/${platform}`, llamaPackageVersion, integrity, () => {});
  const files: [string, string][] = [];
  for (const { name: path, data } of await parseTarGzip(tarball)) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (path !== `package/bins/${platform}/${name}` || !isNeededLibrary(name) || data === undefined) continue;
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", data as Uint8Array<ArrayBuffer>));
    files.push([name, hash.toHex()]);
  }
  digests[platform] = Object.fromEntries(files.sort(([one], [other]) => one < other ? -1 : 1));
  console.error(`${platform}: ${files.length} files`);
}
const file = new URL("../adapters/engines/llama/library_digests.ts", import.meta.url);
await Deno.writeTextFile(
  file,
  `import type { LlamaPlatform } from "./release.ts";

/**
 * SHA-256 of each library of {@link llamaPackageVersion} by platform, in hex. Written by
 * \`scripts/generate_llama_digests.ts\` out of the tarballs whose digests \`release.ts\` pins.
 */
export const libraryDigests: Readonly<Record<LlamaPlatform, Readonly<Record<string, string>>>> = ${
    JSON.stringify(digests, null, 2)
  };
`,
);
await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", file.pathname] }).spawn().status;
