import type { GgufHeader } from "../../core/gguf.ts";
import { readGguf } from "../../core/gguf.ts";
import {
  modelFile,
  type ModelRecord,
  type QuantiseFailure,
  type QuantiseRequest,
  type QuantiseResult,
} from "../../core/ports/models.ts";
import { isQuantised, quantisations, quantisedBytes } from "../../core/quantisation.ts";
import { writeRecord } from "./model_record.ts";
import { openPart, sha256Of, syncFolder } from "./part.ts";
import { diskError, PullError } from "./pull_error.ts";

/** A process that makes a smaller model of a file, and ends. */
export interface QuantizerProcess {
  /** What it writes. */
  readonly path: string;
  /** Whether it says that the file is whole. Never rejects. */
  readonly ended: Promise<boolean>;
  /** Ends it at once. Safe to call twice. */
  kill(): void;
}

/** What a smaller model is made with. */
export interface QuantiseDeps {
  /** Starts a process that reads this one file and writes this one folder. */
  readonly start: (
    order: {
      readonly sourcePath: string;
      readonly folder: string;
      readonly fileType: number;
      readonly allowRequantize: boolean;
    },
  ) => { readonly kind: "started"; readonly process: QuantizerProcess } | {
    readonly kind: "refused";
    readonly reason: string;
  };
  /** What may still be written where a folder is. */
  readonly freeBytes: (folder: string) => Promise<number>;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly nowMs: () => number;
}

/** Between two looks at how long the file is, in milliseconds. */
const lookEveryMs = 250;

/**
 * Makes a smaller model of a file. The process writes into a folder that is made for it alone, beside the models; what
 * comes out gets its name only when it is whole. A run that was killed leaves that folder, and the next one begins anew.
 */
export async function quantise(
  request: QuantiseRequest,
  deps: QuantiseDeps,
  signal: AbortSignal,
): Promise<QuantiseResult> {
  const { file, name, folder, licence, quantisation } = request;
  const path = modelFile(folder, name);
  const work = `${path}.work.part`;
  try {
    const { header, bytes: fileBytes } = await headerOf(file);
    if (header === undefined) return failed({ kind: "not-made" });
    if (!request.allowRequantize && isQuantised(header)) return failed({ kind: "already" });
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 }).catch((error) => {
      throw diskError(error, `${folder}/`);
    });
    const totalBytes = quantisedBytes(header, fileBytes, quantisation);
    using part = await openPart(`${path}.part`);
    try {
      await removeAll(work);
      const freeBytes = await deps.freeBytes(folder);
      if (freeBytes < totalBytes) return failed({ kind: "no-room", folder, neededBytes: totalBytes, freeBytes });
      await Deno.mkdir(work, { mode: 0o700 }).catch((error) => {
        throw diskError(error, work);
      });
      const made = await run(request, { ...deps, work, totalBytes }, signal);
      if (made.kind === "failed") return made;
      const record: ModelRecord = {
        source: file,
        ...await checked(made.path, header, request, signal),
        ...(licence === undefined ? {} : { licence }),
        addedMs: deps.nowMs(),
      };
      await writeRecord(path, record);
      await Deno.rename(made.path, path);
      await syncFolder(folder);
      return { kind: "made", path, record };
    } finally {
      await removeAll(work);
      await Deno.remove(part.path).catch(() => {});
    }
  } catch (error) {
    if (signal.aborted) return { kind: "cancelled" };
    if (error instanceof NotWhole) return failed({ kind: "not-whole" });
    if (!(error instanceof PullError)) throw error;
    const { failure } = error;
    if (failure.kind !== "no-room" && failure.kind !== "busy" && failure.kind !== "disk") throw error;
    return failed(failure);
  }
}

class NotWhole extends Error {}

/** Runs the process to its end, and tells how long the file is meanwhile. */
async function run(
  { file, folder, quantisation, allowRequantize, onProgress }: QuantiseRequest,
  { start, sleep, freeBytes, work, totalBytes }: QuantiseDeps & { readonly work: string; readonly totalBytes: number },
  signal: AbortSignal,
): Promise<{ readonly kind: "made"; readonly path: string } | ReturnType<typeof failed>> {
  signal.throwIfAborted();
  const { fileType } = quantisations[quantisation];
  const started = start({ sourcePath: file, folder: work, fileType, allowRequantize });
  if (started.kind === "refused") return failed({ kind: "path", reason: started.reason });
  const { process } = started;
  const kill = () => process.kill();
  signal.addEventListener("abort", kill, { once: true });
  const done = new AbortController();
  const ended = process.ended.finally(() => done.abort());
  try {
    while (!done.signal.aborted) {
      const doneBytes = Math.min(totalBytes, await lengthOf(process.path));
      onProgress?.({ phase: "downloading", doneBytes, totalBytes });
      await sleep(lookEveryMs, done.signal);
    }
    const whole = await ended;
    signal.throwIfAborted();
    if (whole) return { kind: "made", path: process.path };
  } finally {
    signal.removeEventListener("abort", kill);
    process.kill();
    await ended;
  }
  // It doesn't say what was in its way: a full disk can be seen.
  const missingBytes = totalBytes - await lengthOf(process.path);
  const isFull = await freeBytes(folder) < missingBytes;
  return failed(isFull ? { kind: "no-room", folder, neededBytes: totalBytes } : { kind: "not-made" });
}

/** Judges what a process wrote that had a stranger's file in its hands: a whole model of the same parts, as asked for. */
async function checked(
  path: string,
  source: GgufHeader,
  { quantisation, onProgress }: QuantiseRequest,
  signal: AbortSignal,
): Promise<Pick<ModelRecord, "bytes" | "sha256">> {
  const { isFile } = await Deno.lstat(path).catch(() => ({ isFile: false }));
  if (!isFile) throw new NotWhole("it isn't a file");
  const { header, bytes } = await headerOf(path);
  const isAsked = header?.metadata.get("general.file_type") === quantisations[quantisation].fileType;
  if (!isAsked || header.tensors.length !== source.tensors.length) throw new NotWhole("it isn't what was asked for");
  onProgress?.({ phase: "verifying", doneBytes: bytes, totalBytes: bytes });
  const sha256 = await sha256Of(path, signal);
  using written = await Deno.open(path);
  await written.sync();
  return { bytes, sha256 };
}

/** The header of a file that is a whole model. */
async function headerOf(path: string): Promise<{ readonly header: GgufHeader | undefined; readonly bytes: number }> {
  using file = await Deno.open(path).catch((error) => {
    throw diskError(error, path);
  });
  const { size: bytes } = await file.stat();
  const read = (at: number, length: number) => {
    file.seekSync(at, Deno.SeekMode.Start);
    const piece = new Uint8Array(length);
    let have = 0;
    for (let count: number | null = 0; count !== null && have < length; have += count ?? 0) {
      count = file.readSync(piece.subarray(have));
    }
    return piece.subarray(0, have);
  };
  const result = readGguf({ bytes, read });
  return { header: result.kind === "read" ? result.header : undefined, bytes };
}

async function lengthOf(path: string): Promise<number> {
  return await Deno.lstat(path).then(({ size }) => size, () => 0);
}

async function removeAll(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw diskError(error, path);
  });
}

function failed(failure: QuantiseFailure): { readonly kind: "failed"; readonly failure: QuantiseFailure } {
  return { kind: "failed", failure };
}
