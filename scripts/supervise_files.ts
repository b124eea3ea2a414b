/** What the launcher makes, locks and checks on the disk before it starts anything. */
import { MendableError } from "../core/errors.ts";
import type { ProcessPlan } from "../core/permissions.ts";
import { parentOf, type Site } from "../core/site.ts";

/** Makes the folders that the site keeps its data in, and the private folder of the sockets. */
export function makeFolders(site: Site): void {
  const parent = parentOf(site.databasePath);
  const folders = [
    site.dataFolder,
    parent,
    site.objectsFolder,
    site.logsFolder,
    site.pluginsFolder,
    parentOf(site.proposalPath),
  ];
  for (const folder of folders) {
    if (statOf(folder) === undefined) Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
  Deno.chmodSync(site.dataFolder, 0o700);
  try {
    Deno.mkdirSync(site.runtimeFolder, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
  // In /tmp anyone could have made it: a link, or a folder of someone who then sees the sockets.
  const { isDirectory, uid, mode } = Deno.lstatSync(site.runtimeFolder);
  if (!isDirectory || uid !== Deno.uid() || ((mode ?? 0) & 0o077) !== 0) {
    throw new MendableError("Cannot start", `"${site.runtimeFolder}" isn't a private folder of this user; remove it`);
  }
}

/** The data folder, held. */
export interface Held extends Disposable {
  /** Whether what is held is still where it was: it may have been moved away, and another one be in its place. */
  isInPlace(): boolean;
}

/** Holds the data folder for this launcher until it is disposed, or its process ends. */
export function lock(site: Site): Held {
  const file = Deno.openSync(site.lockPath, { read: true, write: true, create: true, mode: 0o600 });
  if (!file.tryLockSync(true)) {
    const pid = Deno.readTextFileSync(site.lockPath).trim();
    file.close();
    const used = `the data folder "${site.dataFolder}" is in use by another Clawdbot`;
    if (pid === "") throw new MendableError("Cannot start", `${used} that starts at this moment`);
    throw new MendableError("Cannot start", `${used}, process ${pid}`, `kill ${pid}`);
  }
  file.truncateSync(0);
  file.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
  const { dev, ino } = file.statSync();
  return {
    isInPlace() {
      const now = statOf(site.lockPath);
      return now?.dev === dev && now.ino === ino;
    },
    [Symbol.dispose]: () => file.close(),
  };
}

/** The key-encryption key, which is made when neither it nor a database is there. */
export function keyEncryptionKey(site: Site): Uint8Array {
  const { keyPath, databasePath } = site;
  if (statOf(keyPath) === undefined) {
    if ((statOf(databasePath)?.size ?? 0) > 0) {
      throw new MendableError(
        "Cannot start",
        `the key "${keyPath}" is missing, and without it nobody can read "${databasePath}"; put it back`,
      );
    }
    makeKey(keyPath);
  }
  const key = Deno.readFileSync(keyPath);
  if (((Deno.statSync(keyPath).mode ?? 0) & 0o077) !== 0) {
    throw new MendableError("Cannot start", `others may read the key "${keyPath}"`, `chmod 600 ${keyPath}`);
  }
  if (key.length !== 32) {
    throw new MendableError("Cannot start", `the key "${keyPath}" has ${key.length} bytes instead of 32; put it back`);
  }
  return key;
}

/** Whole or not at all, and never over another launcher's: the name is given when the bytes are on the disk. */
function makeKey(path: string): void {
  const folder = path.slice(0, path.lastIndexOf("/"));
  Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const unfinished = `${folder}/.key-${Deno.pid}`;
  removeFile(unfinished);
  {
    using file = Deno.openSync(unfinished, { write: true, createNew: true, mode: 0o600 });
    file.writeSync(crypto.getRandomValues(new Uint8Array(32)));
    file.syncSync();
  }
  try {
    Deno.linkSync(unfinished, path);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
  Deno.removeSync(unfinished);
  using parent = Deno.openSync(folder);
  parent.syncSync();
}

/** A right to a file that is in truth a folder would open all that is in it. */
export function refuseFolders({ role, rights }: ProcessPlan): void {
  for (const path of [...rights.readFiles, ...rights.writeFiles]) {
    if (statOf(path)?.isDirectory) {
      throw new MendableError("Cannot start", `"${path}" is a folder, and ${role} needs a file`);
    }
  }
}

/** Removes a file or socket, if it is there. */
export function removeFile(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** What is at this path, links followed. */
export function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}
