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
