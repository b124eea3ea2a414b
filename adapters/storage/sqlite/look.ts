import { DatabaseSync } from "node:sqlite";
import { InvariantError } from "../../../core/errors.ts";
import type { Store } from "../../../core/ports/store.ts";
import { migrations } from "./migrations.ts";
import { SqliteTx } from "./transaction.ts";

/** A database file that is looked at by another process than the one that owns it. */
export interface SeenDatabase extends Disposable {
  readonly fileBytes: number;
  /** What SQLite finds wrong with its pages; empty when nothing is. */
  problems(): readonly string[];
  /** Schema versions: the file's and this program's. */
  readonly schema: { readonly found: number; readonly known: number };
  /** Reads only: `write` rejects. */
  readonly store: Pick<Store, "read" | "write">;
  /** Whether the file changed since it was opened: then what was found says nothing. */
  hasChanged(): boolean;
}

/**
 * Opens a database file for looking. Of a live one its main file is read without a lock, as it was at the last checkpoint:
 * the owner's write-ahead log isn't looked at, and the owner isn't held up. Of one that nobody has open, log and file are
 * read together; what SQLite makes for that is removed again.
 *
 * @throws {Error} When it isn't a database that can be opened; the message is one line.
 */
export function lookAtDatabase(path: string, { isLive }: { readonly isLive: boolean }): SeenDatabase {
  const before = Deno.statSync(path);
  const hasLog = !isLive && bytesOf(`${path}-wal`) > 0;
  const hadShared = bytesOf(`${path}-shm`) >= 0;
  const address = new URL(`file://${encodeURI(path).replaceAll("?", "%3F").replaceAll("#", "%23")}`);
  if (!hasLog) address.searchParams.set("immutable", "1");
  const database = new DatabaseSync(address, { readOnly: true });
  const tx = new SqliteTx(database);
  const close = () => {
    if (database.isOpen) database.close();
    if (hasLog && !hadShared) removeIfThere(`${path}-shm`);
  };
  let found = 0;
  try {
    const tables = database.prepare("SELECT count(*) AS count FROM sqlite_schema WHERE name = 'migrations'").get();
    if (tables?.count === 1) found = Number(database.prepare("SELECT count(*) AS count FROM migrations").get()?.count);
  } catch (error) {
    close();
    throw error;
  }
  return {
    fileBytes: before.size,
    problems: () =>
      database.prepare("PRAGMA quick_check(5)").all()
        .map(({ quick_check }) => `${quick_check}`.replaceAll(/\s+/g, " "))
        .filter((line) => line !== "ok"),
    schema: { found, known: migrations.length },
    store: {
      read: <R>(work: (tx: SqliteTx) => R) => new Promise<R>((resolve) => resolve(work(tx))),
      write: () => Promise.reject(new InvariantError("A database that is looked at isn't written")),
    },
    hasChanged() {
      const now = Deno.statSync(path);
      return now.size !== before.size || now.mtime?.getTime() !== before.mtime?.getTime();
    },
    [Symbol.dispose]: close,
  };
}

/** -1 where there is no file. */
function bytesOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return -1;
    throw error;
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
