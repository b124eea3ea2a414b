import { MendableError } from "../../core/errors.ts";
import { ObjectError, type Objects, type ObjectWriter } from "../../core/ports/objects.ts";
import { checkObjectName, isObjectName } from "./names.ts";

/** How much is read at once. */
const pieceBytes = 64 * 1024;
/** Where objects grow: on the same disk as all others, so that a rename is all that a commit takes. */
const unfinished = "unfinished";

/**
 * Objects as files of one folder that nobody else can read (0700, files 0600): `ab/cd/abcd…`, so that no folder gets
 * long. Each grows under `unfinished/` and is renamed into its place once its content is on the disk; then the folders
 * that name it are, too. What an earlier life left unfinished is removed here.
 *
 * @throws {MendableError} When the folder can't be made or used.
 */
export async function open({ path }: { readonly path: string }): Promise<Objects> {
  const growing = `${path}/${unfinished}`;
  try {
    // Their parent must be there: where the data was moved away, nothing is begun in its place.
    for (const folder of [path, growing]) await makeFolder(folder);
    for await (const { name, isFile } of Deno.readDir(growing)) {
      if (isFile && /^[0-9a-f-]{36}$/.test(name)) await Deno.remove(`${growing}/${name}`); // Nothing that isn't ours.
    }
  } catch (cause) {
    throw new MendableError(`Cannot use the folder ${path} for files`, reasonOf(cause), undefined, { cause });
  }
  return createObjects(path, growing);
}

function createObjects(path: string, growing: string): Objects {
  /** Folders that are known to be on the disk. */
  const durable = new Set<string>();

  async function ensureFolder(folder: string): Promise<void> {
    if (durable.has(folder)) return;
    await makeFolder(folder);
    await syncFolder(parentOf(folder));
    durable.add(folder);
  }

  async function create(): Promise<ObjectWriter> {
    const unfinishedPath = `${growing}/${crypto.randomUUID()}`;
    const file = await expecting(() => Deno.open(unfinishedPath, { createNew: true, write: true, mode: 0o600 }));
    let isOpen = true;
    const close = () => {
      if (isOpen) file.close();
      isOpen = false;
    };
    const discard = async () => {
      close();
      await Deno.remove(unfinishedPath).catch(() => {}); // Whatever stays is removed at the next start.
    };
    return {
      discard,
      write: (piece) =>
        expecting(async () => {
          for (let at = 0; at < piece.length;) at += await file.write(piece.subarray(at));
        }),
      async commit(name) {
        checkObjectName(name);
        const place = placeOf(path, name);
        try {
          await expecting(async () => {
            await file.sync();
            close();
            await ensureFolder(parentOf(parentOf(place)));
            await ensureFolder(parentOf(place));
            await Deno.rename(unfinishedPath, place);
            await syncFolder(parentOf(place));
          });
        } catch (error) {
          durable.clear(); // The folder may have been moved away; it is looked at anew.
          await discard();
          throw error;
        }
      },
    };
  }

  async function* read(name: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    checkObjectName(name);
    signal.throwIfAborted();
    using file = await expecting(() => Deno.open(placeOf(path, name)), "missing");
    for (;;) {
      const piece = new Uint8Array(pieceBytes);
      const count = await expecting(() => file.read(piece));
      signal.throwIfAborted();
      if (count === null) return;
      yield piece.subarray(0, count);
    }
  }

  async function* list(): AsyncGenerator<string> {
    for await (const first of names(path)) {
      if (first.length !== 2) continue;
      for await (const second of names(`${path}/${first}`)) {
        for await (const name of names(`${path}/${first}/${second}`)) if (isObjectName(name)) yield name;
      }
    }
  }

  return {
    create,
    open: read,
    list,
    async remove(name) {
      checkObjectName(name);
      await expecting(() =>
        Deno.remove(placeOf(path, name)).catch((error) => {
          if (!(error instanceof Deno.errors.NotFound)) throw error;
        })
      );
    },
  };
}

function placeOf(path: string, name: string): string {
  return `${path}/${name.slice(0, 2)}/${name.slice(2, 4)}/${name}`;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** Names in a folder; a file, or what has just gone, has none. */
async function* names(folder: string): AsyncGenerator<string> {
  try {
    for await (const { name } of Deno.readDir(folder)) yield name;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return;
    throw objectError(error);
  }
}

/** Puts what a folder names onto the disk. */
async function syncFolder(folder: string): Promise<void> {
  using opened = await Deno.open(folder);
  await opened.sync();
}

/** @param notFound What it means that a file isn't there. */
async function expecting<T>(work: () => Promise<T>, notFound: "missing" | "failed" = "failed"): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (notFound === "missing" && error instanceof Deno.errors.NotFound) {
      throw new ObjectError("missing", "There is no such object", { cause: error });
    }
    throw objectError(error);
  }
}

function objectError(cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause;
  const code = (cause as { readonly code?: string }).code;
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  if (isFull) return new ObjectError("full", "No room is left on the disk for files", { cause });
  return new ObjectError("failed", `The folder of files can't be used: ${reasonOf(cause)}`, { cause });
}

/** Why, without the path: it stands before, or is no affair of who reads this. */
function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.PermissionDenied) return "the system doesn't allow it";
  const { code, message } = error as { readonly code?: string; readonly message?: string };
  if (code === "ENOSPC" || code === "EDQUOT") return "no room is left on the disk";
  if (code === "EROFS") return "it can only be read";
  return code ?? message?.replace(/[:,] .*/s, "") ?? String(error);
}

async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}
