import { checkout } from "./checkout.ts";
import { bundleProgram, type PayloadFile } from "./package_bundle.ts";
import { sha256Hex } from "./package_deno.ts";
import type { Go } from "./package_go.ts";
import { buildLauncher } from "./package_launcher.ts";
import { minimumSystem } from "./package_minimum.ts";
import type { Note } from "./package_note.ts";
import { archive, compress, type LibrarySource, manifest, payloadFiles } from "./package_payload.ts";
import type { TargetName } from "./package_targets.ts";

/** How executables are built. */
export interface BuildOptions {
  readonly go: Go;
  readonly libraries: LibrarySource;
  /** Of zstd. */
  readonly level: number;
  readonly forTests: boolean;
  /** An Ed25519 public key in PEM, which upgrades must be signed for; empty for none. */
  readonly releaseKey: Uint8Array;
  readonly note: Note;
}

/** What one executable is made of. Sizes are in bytes. */
export interface Executable {
  readonly target: TargetName;
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
  /** The payload's files, as they are unpacked. */
  readonly files: readonly PayloadFile[];
  readonly payloadSize: number;
}

/** The version in `deno.json`. */
export async function programVersion(): Promise<string> {
  return JSON.parse(await Deno.readTextFile(`${checkout}deno.json`)).version;
}

/** Bundles the program once, for {@link buildExecutable}. */
export function buildProgram(options: BuildOptions): Promise<PayloadFile[]> {
  return bundleProgram(options.note);
}

/** Builds one executable at a path. @throws {Error} One line, when something can't be fetched or compiled. */
export async function buildExecutable(
  target: TargetName,
  path: string,
  program: readonly PayloadFile[],
  options: BuildOptions,
): Promise<Executable> {
  const files = await payloadFiles(target, { program, libraries: options.libraries, note: options.note });
  options.note(`Compressing for ${target}`);
  const payload = await compress(archive(files), options.level);
  options.note(`Compiling for ${target}`);
  const unfinished = `${path}.unfinished-${crypto.randomUUID().slice(0, 8)}`;
  const text = new TextEncoder();
  await buildLauncher(options.go, {
    target,
    payload: {
      "payload.tar.zst": payload,
      "payload.sha256": text.encode(`${sha256Hex(payload)}\n`),
      "MANIFEST": text.encode(manifest(files)),
      "minimum.txt": text.encode(minimumSystem(target, files)),
      "release_key.pub": options.releaseKey,
    },
    version: await programVersion(),
    forTests: options.forTests,
    output: unfinished,
  });
  await Deno.rename(unfinished, path);
  const bytes = await Deno.readFile(path);
  return { target, path, sha256: sha256Hex(bytes), size: bytes.length, files, payloadSize: payload.length };
}
