import { createHash } from "node:crypto";
import { parseTarGzip } from "nanotar";
import { checkout } from "./checkout.ts";
import { fetchNpmTarball } from "./npm_tarball.ts";
import { exists, writeWhole } from "./package_files.ts";
import type { Note } from "./package_note.ts";

/** Where `scripts/deno_release.txt` pins a platform. */
export interface DenoRelease {
  readonly version: string;
  /** SHA-256 of the executable, in hex. */
  readonly sha256: string;
  /** npm's digest of the tarball that carries it. */
  readonly integrity: string;
}

/** What `scripts/deno_release.txt` says of a platform. @throws {Error} One line, when it says nothing. */
export function parseDenoRelease(text: string, platform: string): DenoRelease {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).map((line) => line.split(" "));
  const version = lines.find(([name]) => name === "version")?.[1];
  const [, sha256, integrity] = lines.find(([name]) => name === platform) ?? [];
  if (version === undefined || sha256 === undefined || integrity === undefined) {
    throw new Error(`Cannot find Deno for ${platform}: scripts/deno_release.txt doesn't pin it`);
  }
  return { version, sha256, integrity };
}

/** As {@link parseDenoRelease}, of this checkout. */
export async function denoRelease(platform: string): Promise<DenoRelease> {
  return parseDenoRelease(await Deno.readTextFile(`${checkout}scripts/deno_release.txt`), platform);
}

/**
 * The pinned runtime for a platform, fetched from npm unless it is in `.tools/` already. Its digest is checked at each
 * call: what is there may have been written by anyone.
 *
 * @throws {Error} One line, when the registry doesn't answer or sends something else than what is pinned.
 */
export async function denoExecutable(platform: string, note: Note): Promise<Uint8Array<ArrayBuffer>> {
  const { version, sha256, integrity } = await denoRelease(platform);
  const kept = `${checkout}.tools/package/deno-${version}-${platform}`;
  for (const path of [kept, `${checkout}.tools/deno/${version}/deno`]) {
    if (!(await exists(path))) continue;
    const bytes = await Deno.readFile(path);
    if (sha256Hex(bytes) === sha256) return bytes;
  }
  const tarball = await fetchNpmTarball(`@deno/${platform}`, version, integrity, (have, total) => {
    note(`Fetching Deno for ${platform}`, have, total);
  });
  const [entry] = await parseTarGzip(tarball, { filter: ({ name }) => name === "package/deno" });
  if (entry?.data === undefined || sha256Hex(entry.data) !== sha256) {
    throw new Error(`Cannot use @deno/${platform}@${version}: its executable isn't what is pinned`);
  }
  const bytes = new Uint8Array(entry.data);
  await writeWhole(kept, bytes);
  return bytes;
}

/** SHA-256, in hex. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
