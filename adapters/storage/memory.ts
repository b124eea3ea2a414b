import { InvariantError, unreachable } from "../../core/errors.ts";
import type { FindOptions, ReadTx, Store, Tx, Where } from "../../core/ports/store.ts";
import { foreignKeys, type TableName, type Tables, uniqueKeys } from "../../core/tables.ts";
import { type GroupBackend, GroupCommit, synchronous } from "./group.ts";
import { type Bound, boundsOf, checkValue, type Row, type Value } from "./values.ts";

/** Where a memory store is told to fail. What a hook throws ends the group; a `ProcessCrash` ends the store. */
export interface MemoryFaults {
  /** Before a group becomes durable. Throw `StoreError("full")`, or `ProcessCrash`: nothing of the group is stored. */
  beforeCommit?(): void;
  /** After it became durable, before anybody was told. Throw `ProcessCrash`: stored, but never acknowledged. */
  afterCommit?(): void;
}

/** How a memory store runs. */
export interface MemoryOptions {
  /** State that an earlier store left: what a disk is to a process. Default: empty. */
  readonly backing?: MemoryBacking;
  /** Runs the flush of a group once, soon. Default: `queueMicrotask`. */
  readonly schedule?: (flush: () => void) => void;
  readonly faults?: MemoryFaults;
}

/** A store in memory, with the same rules as the one on disk. Survives as long as its `backing` is kept. */
export interface MemoryStore extends Store {
  readonly backing: MemoryBacking;
}

/** Makes a store in memory: for tests and the simulator, and deterministic when `schedule` is. */
export function createMemoryStore(options: MemoryOptions = {}): MemoryStore {
  const { backing = new MemoryBacking(), schedule = queueMicrotask, faults = {} } = options;
  const tx = new MemoryTx(backing);
  const backend: GroupBackend = {
    begin: () => void (tx.active = true),
    attempt(work) {
      const mark = tx.mark();
      try {
        return work(tx);
      } catch (error) {
        tx.undoTo(mark);
        throw error;
      }
    },
    commit() {
      faults.beforeCommit?.();
      tx.forget();
      tx.active = false;
    },
    rollback() {
      tx.undoTo(0);
      tx.active = false;
    },
  };
  const group = new GroupCommit({
    ...backend,
    commit() {
      backend.commit();
      faults.afterCommit?.();
    },
  }, schedule);
  return {
    backing,
    write: (work) => group.write(work),
    read: <R>(work: (tx: ReadTx) => R) =>
      group.open ? new Promise<R>((resolve) => resolve(synchronous(work(tx)))) : group.ended<R>(),
    close: () => Promise.resolve(group.close()),
  };
}

/** Committed rows. Opaque: only stores touch it. */
export class MemoryBacking {
  readonly #tables = new Map<TableName, MemoryTable>();

  /** The table of that name, made when it is first named. */
  table(name: TableName): MemoryTable {
    let table = this.#tables.get(name);
    if (table === undefined) this.#tables.set(name, table = new MemoryTable(name));
    return table;
  }
}

interface UniqueIndex {
  readonly columns: readonly string[];
  readonly ids: Map<string, string>;
}

class MemoryTable {
  readonly rows = new Map<string, Row>();
  /** Ids in order: rows come mostly by age, so most are added at the end. */
  readonly ids: string[] = [];
  readonly uniques: readonly UniqueIndex[];
  readonly parents: readonly (readonly [column: string, table: TableName])[];
  readonly children: readonly (readonly [table: TableName, column: string])[];

  constructor(name: TableName) {
    this.uniques = (uniqueKeys[name] ?? []).map((columns) => ({ columns, ids: new Map() }));
    this.parents = Object.entries(foreignKeys[name] ?? {});
    this.children = Object.entries(foreignKeys).flatMap(([child, columns]) =>
      Object.entries(columns).flatMap(([column, parent]) =>
        parent === name ? [[child as TableName, column]] as const : []
      )
    );
  }

  /** Puts a row in the place of the one that is there; `undefined` removes it. Keeps the indexes. */
  place(id: string, row: Row | undefined): void {
    const before = this.rows.get(id);
    for (const { columns, ids } of this.uniques) {
      const keyBefore = before && uniqueKey(columns, before);
      const key = row && uniqueKey(columns, row);
      if (keyBefore === key) continue;
      if (keyBefore !== undefined) ids.delete(keyBefore);
      if (key !== undefined) ids.set(key, id);
    }
    if (row === undefined) {
      if (this.rows.delete(id)) this.ids.splice(this.#position(id), 1);
      return;
    }
    this.rows.set(id, row);
    if (before === undefined) this.ids.splice(this.#position(id), 0, id);
  }

  /** Where `id` is, or would be. */
  #position(id: string): number {
    let low = 0;
    let high = this.ids.length;
    const last = this.ids[high - 1];
    if (last === undefined || compareText(last, id) < 0) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareText(this.ids[middle]!, id) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Reads and writes rows in place, and remembers how to undo each change. */
class MemoryTx implements Tx {
  /** Whether a group is open: a closure that kept its `tx` for later is found out. */
  active = false;
  readonly #backing: MemoryBacking;
  #undo: { readonly table: MemoryTable; readonly id: string; readonly before: Row | undefined }[] = [];

  constructor(backing: MemoryBacking) {
    this.#backing = backing;
  }

  mark(): number {
    return this.#undo.length;
  }

  undoTo(mark: number): void {
    for (const { table, id, before } of this.#undo.splice(mark).reverse()) table.place(id, before);
  }

  forget(): void {
    this.#undo = [];
  }

  get<T extends TableName>(name: T, id: string): Tables[T] | undefined {
    const row = this.#backing.table(name).rows.get(id);
    return row && (copy(row) as unknown as Tables[T]);
  }

  find<T extends TableName>(name: T, where: Where<Tables[T]>, options: FindOptions<Tables[T]> = {}): Tables[T][] {
    return this.#select(name, where, options).map((row) => copy(row) as unknown as Tables[T]);
  }

  count<T extends TableName>(name: T, where: Where<Tables[T]>): number {
    return this.#select(name, where, {}).length;
  }

  insert<T extends TableName>(name: T, given: Tables[T]): void {
    const table = this.#backing.table(name);
    const row = copy(given as unknown as Row);
    const id = given.id;
    if (table.rows.has(id)) throw new InvariantError(`Cannot insert into ${name}: the id is taken`);
    this.#check(name, table, row, undefined);
    this.#place(table, id, undefined, row);
  }

  update<T extends TableName>(name: T, id: string, changes: Partial<Omit<Tables[T], "id">>): void {
    const table = this.#backing.table(name);
    const before = table.rows.get(id);
    if (before === undefined) throw new InvariantError(`Cannot update ${name}: there is no such row`);
    const row = copy({ ...before, ...changes as unknown as Row, id });
    this.#check(name, table, row, before);
    this.#place(table, id, before, row);
  }

  remove<T extends TableName>(name: T, id: string): void {
    const table = this.#backing.table(name);
    const before = table.rows.get(id);
    if (before === undefined) return;
    for (const [child, column] of table.children) {
      for (const row of this.#backing.table(child).rows.values()) {
        if (row[column] === id && (child !== name || row.id !== id)) {
          throw new InvariantError(`Cannot remove from ${name}: ${child} still names the row`);
        }
      }
    }
    this.#place(table, id, before, undefined);
  }

  #place(table: MemoryTable, id: string, before: Row | undefined, row: Row | undefined): void {
    if (!this.active) throw new InvariantError("A transaction was used after its closure had ended");
    this.#undo.push({ table, id, before });
    table.place(id, row);
  }

  #check(name: TableName, table: MemoryTable, row: Row, before: Row | undefined): void {
    for (const column in row) checkValue(column, row[column]);
    for (const { columns, ids } of table.uniques) {
      const key = uniqueKey(columns, row);
      const holder = key === undefined ? undefined : ids.get(key);
      if (holder !== undefined && holder !== before?.id) {
        throw new InvariantError(`Cannot write ${name}: ${columns.join(", ")} is taken`);
      }
    }
    for (const [column, parent] of table.parents) {
      const id = row[column];
      if (typeof id !== "string" || id === before?.[column] || (parent === name && id === row.id)) continue;
      if (!this.#backing.table(parent).rows.has(id)) {
        throw new InvariantError(`Cannot write ${name}: ${column} names no row of ${parent}`);
      }
    }
  }

  /** Stored rows, not copies. */
  #select<T extends TableName>(name: T, where: Where<Tables[T]>, options: FindOptions<Tables[T]>): Row[] {
    const table = this.#backing.table(name);
    const matches = compile(where);
    const order = (options.order ?? []).map((by) => typeof by === "string" ? { by, sign: 1 } : { by: by[0], sign: -1 });
    const limit = options.limit ?? Infinity;
    const found: Row[] = [];
    const candidate = candidateOf(table, where as Readonly<Record<string, unknown>>);
    if (candidate !== undefined) {
      if (limit > 0 && candidate !== null && matches(candidate)) found.push(candidate);
      return found;
    }
    if (order.length === 0 || order[0]!.by === "id") {
      const { ids } = table;
      const descending = order[0]?.sign === -1;
      for (let index = 0; index < ids.length && found.length < limit; index++) {
        const row = table.rows.get(ids[descending ? ids.length - 1 - index : index]!)!;
        if (matches(row)) found.push(row);
      }
      return found;
    }
    for (const id of table.ids) {
      const row = table.rows.get(id)!;
      if (matches(row)) found.push(row);
    }
    found.sort((a, b) => {
      for (const { by, sign } of order) {
        const difference = compareValues(a[by]!, b[by]!);
        if (difference !== 0) return difference * sign;
      }
      return 0; // The sort is stable, so equal rows stay in the order of their ids.
    });
    return found.length > limit ? found.slice(0, limit) : found;
  }
}

/** The only row that can match, `null` when none can, `undefined` when the table must be walked. */
function candidateOf(table: MemoryTable, where: Readonly<Record<string, unknown>>): Row | null | undefined {
  if (typeof where.id === "string") return table.rows.get(where.id) ?? null;
  for (const { columns, ids } of table.uniques) {
    if (!columns.every((column) => typeof where[column] === "string" || typeof where[column] === "number")) continue;
    const id = ids.get(uniqueKey(columns, where as Row)!);
    return id === undefined ? null : table.rows.get(id)!;
  }
  return undefined;
}

function compile(where: object): (row: Row) => boolean {
  const tests = Object.entries(where).map(([column, condition]) => {
    if (condition === null || typeof condition !== "object") {
      checkValue(column, condition);
      return (row: Row) => row[column] === condition;
    }
    const bounds = boundsOf(column, condition).map(([name, bound]) => within(name, bound));
    return (row: Row) => row[column] !== null && bounds.every((holds) => holds(row[column]!));
  });
  return (row) => tests.every((test) => test(row));
}

function within(name: Bound, bound: unknown): (value: Value) => boolean {
  if (name === "in") {
    const members = new Set(bound as readonly Value[]);
    return (value) => members.has(value);
  }
  return (value) => {
    const difference = compareValues(value, bound as Value);
    switch (name) {
      case "lt":
        return difference < 0;
      case "lte":
        return difference <= 0;
      case "gt":
        return difference > 0;
      case "gte":
        return difference >= 0;
      default:
        return unreachable(name);
    }
  };
}

/** `undefined` when a null leaves the row free. */
function uniqueKey(columns: readonly string[], row: Row): string | undefined {
  const values = columns.map((column) => row[column]);
  return values.includes(null) || values.includes(undefined) ? undefined : values.join("\0"); // No value holds a NUL.
}

/** SQLite's order: null, numbers, texts by their UTF-8 bytes. Blobs are never compared. */
function compareValues(a: Value, b: Value): number {
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  if (typeof a === "number" && typeof b === "number") return a - b;
  return rank(a) - rank(b);
}

function rank(value: Value): number {
  return value === null ? 0 : typeof value === "number" ? 1 : 2;
}

/** Order of the UTF-8 bytes: that of UTF-16, but surrogates (U+10000 and above) come after U+E000 to U+FFFF. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  let at = 0;
  while (at < length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  if (at === length) return a.length - b.length;
  return codeRank(a.charCodeAt(at)) - codeRank(b.charCodeAt(at));
}

function codeRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** Rows go in and out as copies, blobs too: what a caller does to its own never reaches the store. */
function copy(row: Row): Row {
  const own: Record<string, Value> = { ...row };
  for (const column in own) {
    const value = own[column];
    if (value instanceof Uint8Array) own[column] = value.slice();
  }
  return own;
}
