import * as v from "valibot";

const bytesPerUnit = {
  B: 1,
  KB: 1e3,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
} as const;

const msPerUnit = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The bounds of a quantity, both included, and how people read them. */
export interface Bounds {
  readonly description: string;
  readonly min: number;
  readonly max: number;
  /** What is expected, as an error says it. */
  readonly expected: string;
}

/** The schema of a quantity: text with a unit, or for sizes a whole number; its output is one number. */
export type QuantitySchema = v.GenericSchema<string | number, number>;

/** A size: `"3 GB"` (10⁹ bytes), `"3 GiB"` (2³⁰ bytes), or a whole number of bytes. Its output is bytes. */
export function bytes(bounds: Bounds): QuantitySchema {
  return v.pipe(
    v.union([v.string(), v.number()], bounds.expected),
    v.check((value) => within(parseBytes(value), bounds), bounds.expected),
    v.description(bounds.description),
    v.transform((value) => parseBytes(value)!),
  );
}

/** A span of time: `"10 min"`, `"90 s"`, `"12 h"`, `"30 d"`. Its output is milliseconds. */
export function duration(bounds: Bounds): v.GenericSchema<string, number> {
  return v.pipe(
    v.string(bounds.expected),
    v.check((text) => within(parseQuantity(text, msPerUnit), bounds), bounds.expected),
    v.description(bounds.description),
    v.transform((text) => parseQuantity(text, msPerUnit)!),
  );
}

function parseBytes(value: string | number): number | undefined {
  return typeof value === "number" ? value : parseQuantity(value, bytesPerUnit);
}

/** `"1.5 GB"` in the smallest unit, rounded to a whole number; `undefined` when number or unit can't be read. */
function parseQuantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,9})?) ?([A-Za-z]+)$/.exec(text);
  if (match === null || !Object.hasOwn(units, match[2]!)) return undefined;
  return Math.round(Number(match[1]) * units[match[2]!]!);
}

function within(value: number | undefined, { min, max }: Bounds): boolean {
  return value !== undefined && Number.isSafeInteger(value) && value >= min && value <= max;
}
