import type { DatabaseSync } from "node:sqlite";
import type { ReadTx, Store } from "../../../core/ports/store.ts";
import { type Committed, type GroupBackend, GroupCommit, synchronous } from "../group.ts";
import { openDatabase, type OpenOptions } from "./open.ts";
import { SqliteTx } from "./transaction.ts";

export { DatabaseOpenError, type OpenProblem } from "./open.ts";

/** How a store in a file is opened. */
export interface SqliteOptions extends OpenOptions {
  /**
   * Runs the flush of a group once, soon. Default: `setImmediate`, so that all closures of one turn of the event loop
   * share a commit and a lone one waits for nothing but the disk.
   */
  readonly schedule?: (flush: () => void) => void;
  /** Told of each commit. */
  readonly committed?: (group: Committed) => void;
}

/**
 * Opens a store in one SQLite file, for this process alone. A process that opens or closes the file by other means
 * while the store is open drops SQLite's lock on it (POSIX locks go with any descriptor): use the store.
 *
 * @throws {DatabaseOpenError} For everything that a person can mend.
 */
export function open(options: SqliteOptions): Promise<Store> {
  const { schedule = (flush) => void setImmediate(flush) } = options;
  const database = openDatabase(options);
  const opened = inodeOf(options.path);
  const tx = new SqliteTx(database);
  const backend: GroupBackend = {
    begin() {
      if (tx.broken !== undefined) throw tx.broken;
      tx.failure = undefined;
      tx.execute("BEGIN IMMEDIATE");
      tx.active = true;
    },
    attempt(work) {
      tx.execute("SAVEPOINT closure");
      let result;
      try {
        result = work(tx);
      } catch (error) {
        if (tx.failure !== undefined) throw tx.failure;
        tx.execute("ROLLBACK TO closure");
        tx.execute("RELEASE closure");
        throw error;
      }
      if (tx.failure !== undefined) throw tx.failure; // The closure met it and hid it.
      tx.execute("RELEASE closure");
      return result;
    },
    commit() {
      tx.execute("COMMIT");
      tx.active = false;
    },
    rollback() {
      tx.active = false;
      try {
        // SQLite ends a transaction by itself for some errors, as a full disk.
        if (database.isTransaction) tx.execute("ROLLBACK");
      } catch {
        tx.broken ??= tx.failure;
      }
    },
  };
  const group = new GroupCommit(backend, schedule, options.committed);
  return Promise.resolve({
    write: (work) => group.write(work),
    read: <R>(work: (tx: ReadTx) => R) =>
      group.open ? new Promise<R>((resolve) => resolve(synchronous(work(tx)))) : group.ended<R>(),
    isInPlace: () => inodeOf(options.path) === opened,
    close: () =>
      new Promise<void>((resolve) => {
        group.close();
        if (database.isOpen) {
          emptyLog(database);
          database.close();
        }
        resolve();
      }),
  });
}

/** Closing removes the log where this process may remove files. Elsewhere it stays, and is to be an empty one. */
function emptyLog(database: DatabaseSync): void {
  try {
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch { /* No room on the disk: what is in the log is read at the next start. */ }
}

/** What tells a file from any other that stands at the same path later; `undefined` when there is none. */
function inodeOf(path: string): string | undefined {
  try {
    const { dev, ino } = Deno.statSync(path);
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}
