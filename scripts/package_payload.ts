import { createTar } from "nanotar";
import { fetchLlama } from "./fetch_llama.ts";
import type { PayloadFile } from "./package_bundle.ts";
import type { Compression } from "./package_compress_worker.ts";
import { denoExecutable, sha256Hex } from "./package_deno.ts";
import { filesBelow } from "./package_files.ts";
import type { Note } from "./package_note.ts";
import { packageTargets, type TargetName } from "./package_targets.ts";

/** Where the model libraries come from: npm's packages, or built from llama.cpp's source (`scripts/build_llama.ts`). */
export type LibrarySource = "npm" | "source";

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
  const folder = await fetchLlama(llama, () => options.note(`Fetching llama.cpp's libraries for ${llama}`));
  const libraries = await Promise.all(
    (await filesBelow(folder)).map(async (path) => ({
      path: `llama/${path}`,
      bytes: await Deno.readFile(`${folder}/${path}`),
    })),
  );
  return [runtime, ...options.program, ...libraries].toSorted((a, b) => a.path < b.path ? -1 : 1);
}

/** Only the runtime may be executed, and nothing may be written. */
const modeOf = (path: string) => path === "deno" ? "555" : "444";

/** The longest path that the format holds in one piece. */
const pathBytesMax = 100;

/** An archive of these files and their folders, in this order: nothing in it differs by machine, person or time. */
export function archive(files: readonly PayloadFile[]): Uint8Array<ArrayBuffer> {
  const long = files.find(({ path }) => new TextEncoder().encode(path).length > pathBytesMax);
  if (long !== undefined) throw new Error(`Cannot package ${long.path}: its path is longer than ${pathBytesMax} bytes`);
  const entries = files.map(({ path, bytes }) => ({ name: path, data: bytes, attrs: { mode: modeOf(path) } }));
  const folders = new Set(
    files.flatMap(({ path }) => path.includes("/") ? [path.slice(0, path.lastIndexOf("/"))] : []),
  );
  const folderEntries = [...folders].map((name) => ({ name: `${name}/`, attrs: { mode: "755" } }));
  return createTar([...folderEntries, ...entries], { attrs: { mtime: 0, uid: 0, gid: 0 } }) as Uint8Array<ArrayBuffer>;
}

/** What the launcher compares the unpacked files with: a line `SHA-256 SIZE PATH` each. */
export function manifest(files: readonly PayloadFile[]): string {
  return files.map(({ path, bytes }) => `${sha256Hex(bytes)} ${bytes.length} ${path}\n`).join("");
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
