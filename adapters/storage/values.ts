import { InvariantError } from "../../core/errors.ts";

/** A value as any store keeps it. Numbers are safe integers: SQLite's STRICT columns take nothing else. */
export type Value = string | number | null | Uint8Array;

/** A row whose table isn't known to the compiler any more. */
export type Row = Readonly<Record<string, Value>>;

/**
 * Checks what types can't, the same for every store, so that a mistake shows in a simulation as it would on disk.
 * @throws {InvariantError} For `undefined`, a fraction, or a text with a lone surrogate (UTF-8 can't hold it) or a NUL
 *   (`node:sqlite` reads only what stands before it).
 */
export function checkValue(column: string, value: unknown): asserts value is Value {
  if (value === null || value instanceof Uint8Array) return;
  if (typeof value === "string" ? value.isWellFormed() && !value.includes("\0") : Number.isSafeInteger(value)) return;
  throw new InvariantError(`Cannot store ${typeof value === "number" ? value : typeof value} in column "${column}"`);
}

/** The bounds of one column, as named in a condition. A condition without any is a mistake, so it is refused. */
export function boundsOf(column: string, condition: object): readonly (readonly [name: Bound, value: unknown])[] {
  const bounds = Object.entries(condition) as [Bound, unknown][];
  if (bounds.length === 0) throw new InvariantError(`The condition on column "${column}" has no bound`);
  for (const [name, bound] of bounds) {
    for (const value of name === "in" ? bound as readonly unknown[] : [bound]) checkValue(column, value);
  }
  return bounds;
}

/** How a column may be bounded. */
export type Bound = "lt" | "lte" | "gt" | "gte" | "in";
