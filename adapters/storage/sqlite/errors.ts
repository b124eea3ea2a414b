import { InvariantError } from "../../../core/errors.ts";
import { StoreError } from "../../../core/ports/store.ts";

/** Primary result codes. Source: https://www.sqlite.org/rescode.html */
export const resultCode = {
  error: 1,
  permission: 3,
  busy: 5,
  locked: 6,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cantOpen: 14,
  tooBig: 18,
  constraint: 19,
  mismatch: 20,
  notDatabase: 26,
} as const;

/** Extended codes after which nobody knows what the disk holds. Source: https://www.sqlite.org/rescode.html */
const ioFsync = 1034;
const ioDirectoryFsync = 1290;

/** SQLite's extended result code of an error of `node:sqlite`; `undefined` for any other error. */
export function resultCodeOf(error: unknown): number | undefined {
  const code = (error as { readonly errcode?: unknown } | null)?.errcode;
  return typeof code === "number" ? code : undefined;
}

/** SQLite's primary result code; `undefined` for an error that isn't SQLite's. */
export function primaryCodeOf(error: unknown): number | undefined {
  const code = resultCodeOf(error);
  return code === undefined ? undefined : code & 0xff;
}

/** Whether the database must not be written any more before it was opened anew. */
export function isFinal(error: unknown): boolean {
  const code = resultCodeOf(error);
  const primary = primaryCodeOf(error);
  return code === ioFsync || code === ioDirectoryFsync || primary === resultCode.corrupt ||
    primary === resultCode.notDatabase;
}

/** What a failed statement means to core: a bug of the caller, or a store that can't. */
export function translate(error: unknown): unknown {
  switch (primaryCodeOf(error)) {
    case undefined:
      return error;
    case resultCode.constraint:
    case resultCode.error:
    case resultCode.tooBig:
    case resultCode.mismatch:
      return new InvariantError(`The database refused a statement: ${messageOf(error)}`, { cause: error });
    case resultCode.full:
      return new StoreError("full", "The disk is full: nothing was stored", { cause: error });
    case resultCode.corrupt:
    case resultCode.notDatabase:
      return new StoreError("failed", "The database file is damaged: restore a backup", { cause: error });
    default:
      return new StoreError("failed", `The database can't be used: ${messageOf(error)}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
