import { checkout } from "./checkout.ts";
import { bundleProgram, type PayloadFile } from "./package_bundle.ts";
import { sha256Hex } from "./package_deno.ts";
import type { Go } from "./package_go.ts";
import { goParts } from "./package_go_modules.ts";
import { buildLauncher } from "./package_launcher.ts";
import { licencesText } from "./package_licences.ts";
import { minimumSystem } from "./package_minimum.ts";
import type { Note } from "./package_note.ts";
import { npmParts } from "./package_npm.ts";
import type { Part } from "./package_part.ts";
import { pluginFiles, pluginParts } from "./package_plugins.ts";
import { type CompressedPayload, compressPayload, manifest, payloadFiles } from "./package_payload.ts";
import { denoPart, llamaPart } from "./package_runtime_parts.ts";
import { type LibrarySource, packageTargets, type TargetName } from "./package_targets.ts";

/** How executables are built. */
export interface BuildOptions {
  readonly go: Go;
  /** Absent: what each target has in `package_targets.ts`. */
  readonly libraries?: LibrarySource;
  /** Of zstd. */
  readonly level: number;
  readonly forTests: boolean;
  /** An Ed25519 public key in PEM, which upgrades must be signed for; empty for none. */
  readonly releaseKey: Uint8Array;
  readonly note: Note;
}

/** The program, bundled once for all targets, with what comes beside it, and the packages that are in it. */
export interface Program {
  readonly version: string;
  readonly files: readonly PayloadFile[];
  readonly parts: readonly Part[];
}

/** One executable that was built. */
export interface Executable {
  readonly target: TargetName;
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  /** What it unpacks. */
  readonly files: readonly PayloadFile[];
  readonly payload: CompressedPayload;
  readonly parts: readonly Part[];
}

/** Bundles the program and builds its plugins. @throws {Error} One line, when something can't be fetched or built. */
export async function buildProgram(note: Note): Promise<Program> {
  const { version } = JSON.parse(await Deno.readTextFile(`${checkout}deno.json`));
  const bundle = await bundleProgram(note);
  const files = [...bundle, ...await pluginFiles(note)];
  return { version, files, parts: [...await npmParts(bundle), ...await pluginParts(note)] };
}

/** Builds one executable at a path. @throws {Error} One line, when something can't be fetched or compiled. */
export async function buildExecutable(
  target: TargetName,
  path: string,
  program: Program,
  options: BuildOptions,
): Promise<Executable> {
  const { go, note, libraries = packageTargets[target].libraries } = options;
  const runtime = await payloadFiles(target, { program: program.files, libraries, note });
  const parts = [
    await denoPart(target, runtime),
    llamaPart(target, runtime, libraries),
    ...program.parts,
    ...await goParts(go, target),
  ];
  const text = new TextEncoder();
  const files = [{ path: "LICENSES.txt", bytes: text.encode(licencesText(parts)) }, ...runtime];
  note(`Compressing for ${target}`);
  const payload = await compressPayload(files, options.level);
  note(`Compiling for ${target}`);
  const unfinished = `${path}.unfinished-${crypto.randomUUID().slice(0, 8)}`;
  await buildLauncher(go, {
    target,
    payload: {
      "payload.tar.zst": payload.bytes,
      "payload.sha256": text.encode(`${sha256Hex(payload.bytes)}\n`),
      "MANIFEST": text.encode(manifest(files)),
      "minimum.txt": text.encode(minimumSystem(target, files)),
      "release_key.pub": options.releaseKey,
    },
    version: program.version,
    forTests: options.forTests,
    output: unfinished,
  });
  await Deno.rename(unfinished, path);
  const bytes = await Deno.readFile(path);
  return {
    target,
    path,
    sha256: sha256Hex(bytes),
    bytes: bytes.length,
    files,
    payload,
    parts,
  };
}
