import { decimalOf, numberOf, times, wholeQuotient } from "./decimal.ts";
import type { ModbusTag } from "../schema/devices.ts";

/** What decides which number some registers are. */
export type NumberForm = Pick<ModbusTag, "type" | "scale" | "wordSwap">;

/** Registers that hold a number, in the order of their addresses; or why none can. */
export type Registers = { readonly kind: "registers"; readonly words: readonly number[] } | {
  readonly kind: "refused";
  readonly reason: string;
};

const ranges = {
  uint16: { min: 0n, max: 0xffffn, words: 1 },
  int16: { min: -0x8000n, max: 0x7fffn, words: 1 },
  uint32: { min: 0n, max: 0xffff_ffffn, words: 2 },
  int32: { min: -0x8000_0000n, max: 0x7fff_ffffn, words: 2 },
} as const;

/** How many registers a number takes. */
export function registerCount({ type }: Pick<NumberForm, "type">): 1 | 2 {
  return type === "float32" ? 2 : ranges[type].words;
}

/**
 * The registers that hold exactly `value`, which is in the tag's unit: read back, they are that number again, sign for
 * sign as it is printed. What would have to be rounded is refused. There is no negative zero.
 */
export function encodeNumber(form: NumberForm, value: number): Registers {
  if (!Number.isFinite(value)) return refused(`${value} isn't a number that a register can hold`);
  return form.type === "float32" ? encodeFloat(form, value) : encodeWhole(form, form.type, value);
}

/** The number that registers hold, in the tag's unit. Not a number, or an infinite one, is refused. */
export function decodeNumber(
  form: NumberForm,
  words: readonly number[],
): { readonly kind: "number"; readonly value: number } | { readonly kind: "refused"; readonly reason: string } {
  const bytes = new DataView(new ArrayBuffer(4));
  const [high = 0, low = 0] = form.wordSwap ? [...words].reverse() : words;
  bytes.setUint16(0, high);
  bytes.setUint16(2, low);
  const raw = {
    uint16: () => bytes.getUint16(0),
    int16: () => bytes.getInt16(0),
    uint32: () => bytes.getUint32(0),
    int32: () => bytes.getInt32(0),
    float32: () => shortest(bytes.getFloat32(0)),
  }[form.type]();
  if (!Number.isFinite(raw)) return refused(`it holds ${raw}, which isn't a number that can be shown`);
  const value = numberOf(times(decimalOf(raw), decimalOf(form.scale)));
  if (!Number.isFinite(value)) return refused("it holds a number that is too large to be shown");
  return { kind: "number", value: value === 0 ? 0 : value };
}

function encodeWhole(form: NumberForm, type: keyof typeof ranges, value: number): Registers {
  const scale = decimalOf(form.scale);
  const raw = wholeQuotient(decimalOf(value), scale);
  const { min, max, words } = ranges[type];
  if (raw === undefined) {
    return refused(form.scale === 1 ? `it holds whole numbers, not ${value}` : `it holds steps of ${form.scale}`);
  }
  if (raw < min || raw > max) {
    const ends = [min, max].map((end) => numberOf(times({ digits: end, exponent: 0 }, scale))).sort((a, b) => a - b);
    return refused(`it holds ${ends[0]} to ${ends[1]}, not ${value}`);
  }
  const bits = BigInt.asUintN(words * 16, raw);
  return registersOf(form, words === 1 ? [Number(bits)] : [Number(bits >> 16n), Number(bits & 0xffffn)]);
}

function encodeFloat(form: NumberForm, value: number): Registers {
  const raw = Math.fround(value / form.scale);
  const bytes = new DataView(new ArrayBuffer(4));
  bytes.setFloat32(0, raw === 0 ? 0 : raw);
  const registers = registersOf(form, [bytes.getUint16(0), bytes.getUint16(2)]);
  const held = decodeNumber(form, registers.words);
  if (held.kind === "refused") return refused(`it can't hold ${value}`);
  return held.value === value ? registers : refused(`it can't hold ${value} exactly: the nearest is ${held.value}`);
}

function registersOf({ wordSwap }: NumberForm, words: readonly number[]) {
  return { kind: "registers", words: wordSwap ? [...words].reverse() : words } as const;
}

/** The shortest number that 32 bits read as `float`: 0.1, not 0.10000000149011612. Nine digits always suffice. */
function shortest(float: number): number {
  if (!Number.isFinite(float)) return float;
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(float.toPrecision(digits));
    if (Math.fround(short) === float) return short;
  }
  return Number(float.toPrecision(9));
}

function refused(reason: string): { readonly kind: "refused"; readonly reason: string } {
  return { kind: "refused", reason };
}
