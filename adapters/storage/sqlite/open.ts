import { DatabaseSync } from "node:sqlite";
import { MendableError } from "../../../core/errors.ts";
import { primaryCodeOf, resultCode } from "./errors.ts";
import { type Migration, migrations as known } from "./migrations.ts";

/** Why a database wasn't opened. None of these changed the file. */
export type OpenProblem = "in-use" | "newer" | "foreign" | "corrupt" | "full" | "unreachable";

/** A database that can't be opened: one line for a person, and which case it is. */
export class DatabaseOpenError extends MendableError {
  constructor(readonly kind: OpenProblem, path: string, why: string, mend?: string, options?: ErrorOptions) {
    super(`Cannot open the database ${path}`, why, mend, options);
  }
}

/** How a database is opened. */
export interface OpenOptions {
  readonly path: string;
  /** The program's version, which the database remembers for those who come later. */
  readonly programVersion: string;
  /** Unix milliseconds. */
  readonly nowMs: number;
  /** Only tests give others. */
  readonly migrations?: readonly Migration[];
}

/** "Claw" in ASCII: tells our files from other programs'. Source: https://www.sqlite.org/pragma.html#pragma_application_id */
const applicationId = 0x436c6177;

/** Up to this size a file is checked whole at each start: 4 MiB take about 10 ms. */
const checkedBytesMax = 4 * 1024 * 1024;

/** How many bytes the write-ahead log keeps on disk after it was longer. */
const journalBytesMax = 16 * 1024 * 1024;

/** Which migrations were made, by which program. */
const migrationsTable = `
  CREATE TABLE migrations (
    id INTEGER PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    program TEXT NOT NULL,
    applied_ms INTEGER NOT NULL
  ) STRICT`;

/**
 * Opens a database file for this process alone, makes it if it isn't there (0600), and brings it to the newest schema.
 * A file that isn't ours, or is newer than this program, is left as it is.
 *
 * @throws {DatabaseOpenError} For everything that a person can mend.
 */
export function openDatabase(options: OpenOptions): DatabaseSync {
  const { path } = options;
  const isNew = create(path);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { enableForeignKeyConstraints: true });
    // Without shared memory: no second process can come between, and no `-shm` file is needed.
    query(database, "PRAGMA locking_mode = EXCLUSIVE");
    if (!isNew && Deno.statSync(path).size <= checkedBytesMax) check(database, path);
    const done = inspect(database, options);
    configure(database, path);
    migrate(database, options, done);
    // Whoever looks at the file while this process has it open sees no more than the last checkpoint: at least the schema.
    if (done < (options.migrations ?? known).length) query(database, "PRAGMA wal_checkpoint(TRUNCATE)");
    return database;
  } catch (error) {
    database?.close();
    throw explain(path, error);
  }
}

/** Makes the file, readable by its owner only, so that the files beside it get the same mode. Tells whether it did. */
function create(path: string): boolean {
  try {
    Deno.openSync(path, { createNew: true, write: true, mode: 0o600 }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    if (error instanceof Deno.errors.NotFound) {
      throw new DatabaseOpenError("unreachable", path, "its folder doesn't exist", undefined, { cause: error });
    }
    throw explain(path, error);
  }
}

function check(database: DatabaseSync, path: string): void {
  const [first] = query(database, "PRAGMA quick_check(1)");
  const found = first?.quick_check;
  if (found !== "ok") throw corrupt(path, `${found}`.replaceAll(/\s+/g, " "));
}

/** How many migrations the file has had. Reads only. */
function inspect(database: DatabaseSync, { path, programVersion, migrations = known }: OpenOptions): number {
  const [{ count = 0 } = {}] = query(database, "SELECT count(*) AS count FROM sqlite_schema");
  if (count === 0) return 0;
  const [{ application_id: found } = {}] = query(database, "PRAGMA application_id");
  if (found !== applicationId) throw foreign(path);
  const made = query(database, "SELECT id, name, program FROM migrations ORDER BY id");
  if (made.length > migrations.length) {
    const writer = made.at(-1)!.program;
    throw new DatabaseOpenError(
      "newer",
      path,
      `clawdbot ${writer} wrote it (schema ${made.length}), and this is clawdbot ${programVersion} (schema ` +
        `${migrations.length}): start clawdbot ${writer} or newer, or restore a backup made before the upgrade`,
    );
  }
  const stranger = made.find(({ name }, index) => name !== migrations[index]!.name);
  if (stranger !== undefined) throw corrupt(path, `its migration "${stranger.name}" is unknown to this program`);
  return made.length;
}

function configure(database: DatabaseSync, path: string): void {
  // Where the system confines this process it may not remove files, and going over to a log would remove a new file's journal.
  const [{ pages } = {}] = query(database, "SELECT page_count AS pages FROM pragma_page_count");
  if (pages === 0) query(database, "PRAGMA journal_mode = MEMORY");
  const [{ journal_mode: mode } = {}] = query(database, "PRAGMA journal_mode = WAL");
  if (mode !== "wal") {
    throw new DatabaseOpenError("unreachable", path, "its file system can't hold a write-ahead log; use a local disk");
  }
  for (
    const pragma of [
      "synchronous = FULL",
      // On macOS fsync returns before the disk has the bytes; these ask for F_FULLFSYNC. Elsewhere they do nothing.
      "fullfsync = ON",
      "checkpoint_fullfsync = ON",
      "foreign_keys = ON",
      "trusted_schema = OFF",
      "cell_size_check = ON",
      "temp_store = MEMORY",
      // What people erase is overwritten, not only let go.
      "secure_delete = ON",
      `journal_size_limit = ${journalBytesMax}`,
    ]
  ) query(database, `PRAGMA ${pragma}`);
}

/** Makes the migrations that are missing, each in a transaction of its own. Writes nothing when none is. */
function migrate(database: DatabaseSync, options: OpenOptions, done: number): void {
  const { programVersion, nowMs, migrations = known } = options;
  migrations.slice(done).forEach(({ name, sql }, index) => {
    const id = done + index + 1;
    transact(database, () => {
      if (id === 1) {
        query(database, `PRAGMA application_id = ${applicationId}`);
        database.exec(migrationsTable);
      }
      database.exec(sql);
      database.prepare("INSERT INTO migrations (id, name, program, applied_ms) VALUES (?, ?, ?, ?)")
        .run(id, name, programVersion, nowMs);
    });
  });
}

function transact(database: DatabaseSync, work: () => void): void {
  query(database, "BEGIN IMMEDIATE");
  try {
    work();
    query(database, "COMMIT");
  } catch (error) {
    if (database.isTransaction) query(database, "ROLLBACK");
    throw error;
  }
}

/** Prepared even for one use: errors of `exec` carry no result code. */
function query(database: DatabaseSync, sql: string): Record<string, unknown>[] {
  return database.prepare(sql).all();
}

function explain(path: string, error: unknown): unknown {
  if (error instanceof DatabaseOpenError) return error;
  const options = { cause: error };
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
    return new DatabaseOpenError("unreachable", path, "this program may not read and write it", undefined, options);
  }
  switch (primaryCodeOf(error)) {
    case resultCode.busy:
    case resultCode.locked:
      return new DatabaseOpenError(
        "in-use",
        path,
        "it is in use by another instance of clawdbot; stop that one first",
        "clawdbot status",
        options,
      );
    case resultCode.notDatabase:
      return foreign(path, options);
    case resultCode.corrupt:
      return corrupt(path, "its pages don't fit together", options);
    case resultCode.full:
      return new DatabaseOpenError("full", path, "the disk is full; make room and start again", undefined, options);
    default:
      return error instanceof Error
        ? new DatabaseOpenError("unreachable", path, error.message.split("\n")[0]!, undefined, options)
        : error;
  }
}

function foreign(path: string, options?: ErrorOptions): DatabaseOpenError {
  const why = "it isn't a database of clawdbot; name another file under storage.path, or move this one away";
  return new DatabaseOpenError("foreign", path, why, undefined, options);
}

function corrupt(path: string, found: string, options?: ErrorOptions): DatabaseOpenError {
  return new DatabaseOpenError("corrupt", path, `it is damaged (${found}); restore a backup`, undefined, options);
}
