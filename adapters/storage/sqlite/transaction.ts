import type { DatabaseSync, StatementSync } from "node:sqlite";
import { InvariantError } from "../../../core/errors.ts";
import { type FindOptions, StoreError, type Tx, type Where } from "../../../core/ports/store.ts";
import type { TableName, Tables } from "../../../core/tables.ts";
import { type Bound, boundsOf, checkValue, type Row, type Value } from "../values.ts";
import { isFinal, translate } from "./errors.ts";

/** How a bound is said in SQL. */
const operators = {
  lt: "< ?",
  lte: "<= ?",
  gt: "> ?",
  gte: ">= ?",
} as const satisfies Record<Exclude<Bound, "in">, string>;

/** So many members of `in` are bound one by one, which is twice as fast; more are given as one JSON array. */
const membersMax = 4;

/**
 * Rows by SQL. Each shape of a call (table, columns, order) is one statement, prepared once. What the database itself
 * refuses is kept in {@link failure}: the group it happened in must not be committed, whoever caught the error.
 */
export class SqliteTx implements Tx {
  /** Whether a group is open: a closure that kept its `tx` for later is found out. */
  active = false;
  /** Why the group can't be committed. */
  failure: StoreError | undefined;
  /** Why the database can't be written any more. */
  broken: StoreError | undefined;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #columns = new Map<TableName, string>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  get<T extends TableName>(table: T, id: string): Tables[T] | undefined {
    checkValue("id", id);
    const sql = () => `SELECT ${this.#columnsOf(table)} FROM ${quote(table)} WHERE id = ?`;
    const row = this.#run(`get ${table}`, sql, (statement) => statement.get(id));
    return row && ({ ...row } as unknown as Tables[T]);
  }

  find<T extends TableName>(table: T, where: Where<Tables[T]>, options: FindOptions<Tables[T]> = {}): Tables[T][] {
    const { key, values, sql: condition } = conditions(where);
    const { order = [], limit } = options;
    values.push(limit ?? -1);
    const sql = () => {
      const terms = [...order, "id"].map((by) => typeof by === "string" ? quote(by) : `${quote(by[0])} DESC`);
      return `SELECT ${this.#columnsOf(table)} FROM ${quote(table)} ${condition()} ORDER BY ${
        terms.join(", ")
      } LIMIT ?`;
    };
    const rows = this.#run(`find ${table} ${key} ${order}`, sql, (statement) => statement.all(...values));
    return rows.map((row) => ({ ...row }) as unknown as Tables[T]);
  }

  count<T extends TableName>(table: T, where: Where<Tables[T]>): number {
    const { key, values, sql: condition } = conditions(where);
    const sql = () => `SELECT count(*) AS count FROM ${quote(table)} ${condition()}`;
    return this.#run(`count ${table} ${key}`, sql, (statement) => statement.get(...values))!.count as number;
  }

  insert<T extends TableName>(table: T, row: Tables[T]): void {
    const [columns, values] = split(row as unknown as Row);
    this.#write(`insert ${table} ${columns}`, () => {
      const marks = columns.map(() => "?").join(", ");
      return `INSERT INTO ${quote(table)} (${columns.map(quote).join(", ")}) VALUES (${marks})`;
    }, values);
  }

  update<T extends TableName>(table: T, id: string, changes: Partial<Omit<Tables[T], "id">>): void {
    const [columns, values] = split(changes as unknown as Row);
    checkValue("id", id);
    // A change of nothing still says whether the row is there.
    const sets = columns.length === 0 ? ["id"] : columns;
    const changed = this.#write(
      `update ${table} ${sets}`,
      () => `UPDATE ${quote(table)} SET ${sets.map((column) => `${quote(column)} = ?`).join(", ")} WHERE id = ?`,
      columns.length === 0 ? [id, id] : [...values, id],
    );
    if (changed === 0) throw new InvariantError(`Cannot update ${table}: there is no such row`);
  }

  remove<T extends TableName>(table: T, id: string): void {
    checkValue("id", id);
    this.#write(`remove ${table}`, () => `DELETE FROM ${quote(table)} WHERE id = ?`, [id]);
  }

  /** Runs one statement that takes no values and gives no rows, as `BEGIN`. */
  execute(sql: string): void {
    this.#run(sql, () => sql, (statement) => statement.run());
  }

  #write(key: string, sql: () => string, values: readonly Value[]): number {
    if (!this.active) throw new InvariantError("A transaction was used after its closure had ended");
    return Number(this.#run(key, sql, (statement) => statement.run(...values)).changes);
  }

  #run<R>(key: string, sql: () => string, use: (statement: StatementSync) => R): R {
    try {
      let statement = this.#statements.get(key);
      if (statement === undefined) this.#statements.set(key, statement = this.#database.prepare(sql()));
      return use(statement);
    } catch (error) {
      const translated = translate(error);
      if (translated instanceof StoreError) {
        this.failure ??= translated;
        if (isFinal(error)) this.broken ??= translated;
      }
      throw translated;
    }
  }

  /** `session_id AS sessionId, …`: the database's own names end here. */
  #columnsOf(table: TableName): string {
    let columns = this.#columns.get(table);
    if (columns === undefined) {
      const rows = this.#database.prepare("SELECT name FROM pragma_table_info(?)").all(snakeCase(table));
      columns = rows.map(({ name }) => `"${name}" AS "${camelCase(name as string)}"`).join(", ");
      this.#columns.set(table, columns);
    }
    return columns;
  }
}

/** The shape of a condition, its values in order, and its SQL, which is asked for only when the shape is unknown. */
function conditions(where: object): { readonly key: string; readonly values: Value[]; readonly sql: () => string } {
  const values: Value[] = [];
  const shape: [column: string, operator: string][] = [];
  for (const [column, condition] of Object.entries(where)) {
    if (condition === null || typeof condition !== "object") {
      checkValue(column, condition);
      shape.push([column, "IS ?"]);
      values.push(condition);
      continue;
    }
    for (const [name, bound] of boundsOf(column, condition)) {
      if (name !== "in") {
        shape.push([column, operators[name]]);
        values.push(bound as Value);
      } else if ((bound as Value[]).length <= membersMax) {
        shape.push([column, `IN (${(bound as Value[]).map(() => "?").join(", ")})`]);
        values.push(...bound as Value[]);
      } else {
        shape.push([column, "IN (SELECT value FROM json_each(?))"]);
        values.push(JSON.stringify(bound));
      }
    }
  }
  const sql = () =>
    shape.length === 0
      ? ""
      : `WHERE ${shape.map(([column, operator]) => `${quote(column)} ${operator}`).join(" AND ")}`;
  return { key: shape.map((term) => term.join(" ")).join(), values, sql };
}

function split(row: Row): readonly [columns: readonly string[], values: readonly Value[]] {
  const columns = Object.keys(row);
  return [
    columns,
    columns.map((column) => {
      checkValue(column, row[column]);
      return row[column]!;
    }),
  ];
}

/** A logical name as SQL says it. Names come from code, never from people; anything else is a bug. */
function quote(name: string): string {
  if (!/^[a-zA-Z]+$/.test(name)) throw new InvariantError(`"${name}" isn't a table or a column`);
  return `"${snakeCase(name)}"`;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
