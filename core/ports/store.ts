import type { TableName, Tables } from "../tables.ts";

/** A value that a column may be compared with. */
export type Scalar = string | number | null;

/** A condition on one column: equality, or a bound. Encrypted columns can't be compared. */
export type Condition = Scalar | {
  readonly lt?: string | number;
  readonly lte?: string | number;
  readonly gt?: string | number;
  readonly gte?: string | number;
  readonly in?: readonly (string | number)[];
};

/** All conditions must hold. A column that isn't named isn't compared. */
export type Where<Row> = { readonly [Column in keyof Row]?: Condition };

/** Order and bound of what {@link ReadTx.find} returns. `order` columns apply left to right. */
export interface FindOptions<Row> {
  readonly order?: readonly (keyof Row & string | readonly [keyof Row & string, "desc"])[];
  readonly limit?: number;
}

/** What a closure may do inside a read. Rows are plain records; blobs are owned by the caller. */
export interface ReadTx {
  /** The row with this id, or `undefined`. */
  get<T extends TableName>(table: T, id: string): Tables[T] | undefined;
  /** Rows that meet `where`. Without `order`, by id (UUIDv7: by age). */
  find<T extends TableName>(table: T, where: Where<Tables[T]>, options?: FindOptions<Tables[T]>): Tables[T][];
  /** How many rows meet `where`. */
  count<T extends TableName>(table: T, where: Where<Tables[T]>): number;
}

/** What a closure may do inside a group commit. Nothing here waits; a throw undoes this closure's work only. */
export interface Tx extends ReadTx {
  /** Adds a row. Throws when its id, or a unique column, is taken: callers look first, so that is a bug. */
  insert<T extends TableName>(table: T, row: Tables[T]): void;
  /** Changes columns of one row. Throws when there is no such row: a bug in the caller. */
  update<T extends TableName>(table: T, id: string, changes: Partial<Omit<Tables[T], "id">>): void;
  /** Removes one row, if it is there. */
  remove<T extends TableName>(table: T, id: string): void;
}

/** Why the store didn't commit. `full`: no room left; nothing of the group was stored. */
export class StoreError extends Error {
  constructor(readonly kind: "full" | "failed" | "closed", message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/**
 * One database. Closures that arrive together are committed together (group commit, at most 2 ms of waiting),
 * each under a savepoint of its own. No transaction is open across an `await`.
 */
export interface Store {
  /**
   * Runs `work` in the next group commit and resolves with its result after the commit is durable.
   * Rejects with what `work` threw (only its own changes are undone), or with {@link StoreError} when the
   * commit itself failed (then nothing of the group is stored). `work` may run again only if its first run
   * was undone, so it must have no effect but its `tx`.
   */
  write<R>(work: (tx: Tx) => R): Promise<R>;
  /** Reads committed state. */
  read<R>(work: (tx: ReadTx) => R): Promise<R>;
  /** Whether its file is still where it was opened. Absent where there is no file. */
  isInPlace?(): boolean;
  /** Commits what is queued, then closes. Later calls reject with {@link StoreError} `closed`. */
  close(): Promise<void>;
}
