import { createHash } from "node:crypto";
import { diskError, PullError } from "./pull_error.ts";

/** A file that isn't whole yet, for this process alone. */
export interface Part extends Disposable {
  readonly path: string;
  readonly file: Deno.FsFile;
}

/** Opens the part for this process alone. */
export async function openPart(path: string): Promise<Part> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path, { create: true, read: true, write: true });
  } catch (error) {
    throw diskError(error, path);
  }
  if (!await file.tryLock(true)) {
    file.close();
    throw new PullError({ kind: "busy", path });
  }
  return { path, file, [Symbol.dispose]: () => file.close() };
}

/** @param neededBytes What the whole file takes, for the sentence about a full disk. */
export async function writeAll(part: Part, chunk: Uint8Array, neededBytes: number): Promise<void> {
  try {
    for (let at = 0; at < chunk.length;) at += await part.file.write(chunk.subarray(at));
  } catch (error) {
    throw diskError(error, part.path, neededBytes);
  }
}

/** The SHA-256 of a file in hex. Nothing is held: chunks of 1 MB. */
export async function sha256Of(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  const chunk = new Uint8Array(1024 * 1024);
  for (;;) {
    signal.throwIfAborted();
    const count = await file.read(chunk);
    if (count === null) return hash.digest("hex");
    hash.update(chunk.subarray(0, count));
  }
}

/** The file's length; 0 when there is none. */
export async function lengthOf(path: string): Promise<number> {
  return await Deno.stat(path).then(({ size }) => size, () => 0);
}

/** Makes the new name survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  using handle = await Deno.open(folder);
  await handle.sync();
}
