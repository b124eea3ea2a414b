import type { Site } from "../../../core/site.ts";
import { folderOf } from "../site_files.ts";

/** What a purge would remove, one entry each. */
export interface Leftover {
  readonly what: "data" | "database" | "objects" | "key" | "program";
  readonly path: string;
  readonly bytes: number;
}

/**
 * What of a site is on the disk, but for what people wrote themselves: the configuration, its backup, the secrets.
 *
 * @param programs Folders of unpacked versions.
 */
export function leftoversOf(site: Site, programs: readonly string[]): Leftover[] {
  const { dataFolder, configPath, databasePath, objectsFolder, keyPath } = site;
  const isInside = (path: string) => path.startsWith(`${dataFolder}/`);
  const isHome = configPath !== undefined && folderOf(configPath) === dataFolder;
  const written = (name: string) =>
    name === "secrets" || name.startsWith(configPath?.slice(dataFolder.length + 1) ?? "\0");
  const data = isHome
    ? namesIn(dataFolder).filter((name) => !written(name)).map((name) => `${dataFolder}/${name}`)
    : [dataFolder];
  const wanted: [Leftover["what"], readonly string[]][] = [
    ["data", data],
    ["database", isInside(databasePath) ? [] : ["", "-wal", "-shm", "-journal"].map((end) => databasePath + end)],
    // Outside, other sites may keep theirs there too, each in a folder of its own.
    ["objects", isInside(objectsFolder) || namesIn(objectsFolder).length > 1 ? [] : [objectsFolder]],
    ["key", [keyPath]],
    ["program", programs],
  ];
  return wanted.flatMap(([what, paths]) =>
    paths.flatMap((path) => {
      const bytes = bytesOf(path);
      return bytes === undefined ? [] : [{ what, path, bytes }];
    })
  );
}

/** Removes all of it, also folders that nobody may write in. */
export function removeLeftovers(leftovers: readonly Leftover[]): void {
  for (const { path } of leftovers) {
    allowWriting(path);
    Deno.removeSync(path, { recursive: true });
  }
}

/** The bytes of a file, or of all files in a folder; `undefined` when nothing is there. Links aren't followed. */
function bytesOf(path: string): number | undefined {
  const info = lstat(path);
  if (info === undefined || !info.isDirectory) return info?.size;
  return namesIn(path).reduce((sum, name) => sum + (bytesOf(`${path}/${name}`) ?? 0), 0);
}

function allowWriting(path: string): void {
  if (!lstat(path)?.isDirectory) return;
  Deno.chmodSync(path, 0o700);
  for (const name of namesIn(path)) allowWriting(`${path}/${name}`);
}

function namesIn(folder: string): string[] {
  if (!lstat(folder)?.isDirectory) return [];
  return Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
}

function lstat(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}
