/** What `init` and `config apply` write: whole or not at all, and nothing that others could read. */

/** Writes a file so that it is the old one or the new one at every moment. @param mode Of the file, whatever it was. */
export function writeWhole(path: string, content: string | Uint8Array, mode: number): void {
  giveName(writeUnfinished(path, content, mode), path);
}

/** Writes what is to become a file under another name beside it, and returns that name. */
export function writeUnfinished(path: string, content: string | Uint8Array, mode: number): string {
  const unfinished = `${folderOf(path)}/.${path.slice(path.lastIndexOf("/") + 1)}.${Deno.pid}`;
  removeIfThere(unfinished);
  try {
    using file = Deno.openSync(unfinished, { write: true, createNew: true, mode });
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
    Deno.chmodSync(unfinished, mode); // a umask takes rights away, and never gives any
    file.syncSync();
    return unfinished;
  } catch (error) {
    removeIfThere(unfinished);
    throw error;
  }
}

/** Gives an unfinished file its name, in place of what had it. */
export function giveName(unfinished: string, path: string): void {
  try {
    Deno.renameSync(unfinished, path);
  } catch (error) {
    removeIfThere(unfinished);
    throw error;
  }
  using folder = Deno.openSync(folderOf(path));
  folder.syncSync();
}

/**
 * Writes a secret that only this user may read. Its folder is made where it isn't there.
 * @param folderIsOurs The folder is for secrets alone, so others are kept out of it too.
 * @returns Whether others could read what lay there before.
 */
export function writeSecret(path: string, secret: string, folderIsOurs: boolean): { readonly mended: boolean } {
  const mended = makePrivate(path, folderIsOurs);
  writeWhole(path, `${secret}\n`, 0o600);
  return { mended };
}

/** As {@link writeSecret}, for a secret that is there already, or isn't yet. Tells whether others could read it. */
export function makePrivate(path: string, folderIsOurs: boolean): boolean {
  const folder = folderOf(path);
  makeFolder(folder);
  const takeRights = (place: string, mode: number): boolean => {
    const isOpen = ((statOf(place)?.mode ?? 0) & 0o077) !== 0;
    if (isOpen) Deno.chmodSync(place, mode);
    return isOpen;
  };
  if (folderIsOurs) takeRights(folder, 0o700);
  return takeRights(path, 0o600);
}

/** Makes a folder of this user's own, if it isn't there. */
export function makeFolder(path: string): void {
  if (statOf(path) === undefined) Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
}

/** Removes a file, if it is there. */
export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** The folder that a file is in. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

/** What is at a path, links followed; `undefined` where nothing is. */
export function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}
