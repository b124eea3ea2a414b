import { createHash } from "node:crypto";
import { type ImportRequest, type ImportResult, modelFile, type ModelRecord } from "../../core/ports/models.ts";
import { writeRecord } from "./model_record.ts";
import { openPart, type Part, syncFolder, writeAll } from "./part.ts";
import { diskError, PullError } from "./pull_error.ts";
import { freeDiskBytes } from "./room.ts";

/**
 * Makes a file of this machine one of the folder's models: read once, its digest computed on the way, and named only
 * when it is whole. With `link` both names are of the same bytes, so that whoever changes one changes the other.
 */
export async function importModel(
  request: ImportRequest,
  { nowMs }: { readonly nowMs: () => number },
  signal: AbortSignal,
): Promise<ImportResult> {
  const { file, name, folder, licence, link } = request;
  const path = modelFile(folder, name);
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 }).catch((error) => {
      throw diskError(error, `${folder}/`);
    });
    using part = await openPart(`${path}.part`);
    try {
      const read = await copy(request, link ? undefined : part, signal);
      const record: ModelRecord = {
        source: file,
        ...read,
        ...(licence === undefined ? {} : { licence }),
        addedMs: nowMs(),
      };
      if (link) await linkOver(file, part.path);
      else part.file.syncSync();
      await writeRecord(path, record);
      await Deno.rename(part.path, path);
      await syncFolder(folder);
      return { kind: "imported", path, record };
    } catch (error) {
      await Deno.remove(part.path).catch(() => {});
      throw error;
    }
  } catch (error) {
    if (signal.aborted) return { kind: "cancelled" };
    if (!(error instanceof PullError)) throw error;
    return { kind: "failed", failure: error.failure };
  }
}

/** Reads the file once: into `part`, if there is one, and into its digest. */
async function copy(
  { file, folder, onProgress }: ImportRequest,
  part: Part | undefined,
  signal: AbortSignal,
): Promise<Pick<ModelRecord, "bytes" | "sha256">> {
  using source = await Deno.open(file).catch((error) => {
    throw diskError(error, file);
  });
  const { size: totalBytes } = await source.stat();
  part?.file.truncateSync(0);
  const freeBytes = await freeDiskBytes(folder);
  if (part !== undefined && freeBytes < totalBytes) {
    throw new PullError({ kind: "no-room", folder, neededBytes: totalBytes, freeBytes });
  }
  const hash = createHash("sha256");
  const chunk = new Uint8Array(1024 * 1024);
  let bytes = 0;
  for (;;) {
    signal.throwIfAborted();
    const count = await source.read(chunk);
    if (count === null) break;
    const piece = chunk.subarray(0, count);
    hash.update(piece);
    if (part !== undefined) await writeAll(part, piece, totalBytes);
    onProgress?.({ phase: "downloading", doneBytes: bytes += count, totalBytes });
  }
  return { bytes, sha256: hash.digest("hex") };
}

async function linkOver(file: string, path: string): Promise<void> {
  try {
    await Deno.remove(path);
    await Deno.link(file, path);
  } catch (error) {
    throw diskError(error, path);
  }
}
