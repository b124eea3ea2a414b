import { choice, empty, type Expression, never, oneOf, optional, repeat, sequence, text } from "./rules.ts";

/** Between which values a number lies; absent: as far as fifteen digits reach, which every double tells apart. */
export interface NumberRange {
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
}

const digitsMax = 15;
const wholeMax = 10n ** BigInt(digitsMax) - 1n;
const digit = oneOf([[0x30, 0x39]]);

/** Whole numbers of the range, without leading zeros and without a minus before 0. */
export function integers(range: NumberRange): Expression {
  const { low, high } = scaled(range, 0);
  return signed(low, high, wholesBetween);
}

/** Numbers of the range, with at most fifteen digits after the point; with an exponent only where there is no range. */
export function numbers(range: NumberRange): Expression {
  const bounds = [range.minimum, range.exclusiveMinimum, range.maximum, range.exclusiveMaximum]
    .filter((bound) => bound !== undefined);
  if (bounds.length === 0) {
    const whole = choice(text("0"), sequence(oneOf([[0x31, 0x39]]), repeat(digit, 0, digitsMax - 1)));
    const exponent = sequence(
      oneOf([[0x45, 0x45], [0x65, 0x65]]),
      optional(oneOf([[0x2B, 0x2B], [0x2D, 0x2D]])),
      repeat(digit, 1, 2),
    );
    const fraction = sequence(text("."), repeat(digit, 1, digitsMax));
    return sequence(optional(text("-")), whole, optional(fraction), optional(exponent));
  }
  // So few digits that what is written next to a bound never reads as the bound itself.
  const spacing = Math.max(...bounds.map((bound) => Math.abs(bound))) * 2 ** -51;
  const places = spacing === 0 ? digitsMax : Math.max(0, Math.min(digitsMax, Math.floor(-Math.log10(spacing))));
  const { low, high } = scaled(range, places);
  return signed(low, high, (from, to) => decimalsBetween(from, to, places));
}

function signed(low: bigint, high: bigint, between: (from: bigint, to: bigint) => Expression): Expression {
  const options: Expression[] = [];
  if (low < 0n) options.push(sequence(text("-"), between(high < 0n ? -high : 1n, -low)));
  if (high >= 0n) options.push(between(low > 0n ? low : 0n, high));
  return choice(...options);
}

/** The range in units of the last of so many places, both ends included. */
function scaled(range: NumberRange, places: number): { readonly low: bigint; readonly high: bigint } {
  let high = (wholeMax + 1n) * 10n ** BigInt(places) - 1n;
  let low = -high;
  const up = (value: bigint) => low = value > low ? value : low;
  const down = (value: bigint) => high = value < high ? value : high;
  if (range.minimum !== undefined) up(unitsOf(range.minimum, places).ceiling);
  if (range.exclusiveMinimum !== undefined) up(unitsOf(range.exclusiveMinimum, places).floor + 1n);
  if (range.maximum !== undefined) down(unitsOf(range.maximum, places).floor);
  if (range.exclusiveMaximum !== undefined) down(unitsOf(range.exclusiveMaximum, places).ceiling - 1n);
  return { low, high };
}

/** A double, as its shortest decimal, in units of the last of so many places. */
function unitsOf(value: number, places: number): { readonly floor: bigint; readonly ceiling: bigint } {
  const [, sign, whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(`${value}`) ?? [];
  const digits = BigInt(sign + whole + fraction);
  const shift = Number(exponent) - fraction.length + places;
  if (shift >= 0) {
    const units = digits * 10n ** BigInt(shift);
    return { floor: units, ceiling: units };
  }
  const divisor = 10n ** BigInt(-shift);
  const rest = digits % divisor;
  const towardsZero = digits / divisor;
  return { floor: rest < 0n ? towardsZero - 1n : towardsZero, ceiling: rest > 0n ? towardsZero + 1n : towardsZero };
}

/** Whole numbers from `from` to `to`, neither negative. */
function wholesBetween(from: bigint, to: bigint): Expression {
  if (from > to) return never;
  const options: Expression[] = [];
  for (let low = from; low <= to;) {
    const length = `${low}`.length;
    const end = 10n ** BigInt(length) - 1n;
    const high = end < to ? end : to;
    options.push(digitsBetween(`${low}`, `${high}`));
    low = high + 1n;
  }
  return choice(...options);
}

/** Digits of one length, from one number to another. */
function digitsBetween(low: string, high: string): Expression {
  if (low === "") return empty;
  const rest = low.length - 1;
  if (/^0*$/.test(low.slice(1)) && /^9*$/.test(high.slice(1))) {
    return sequence(digitsFrom(low[0]!, high[0]!), repeat(digit, rest, rest));
  }
  if (low[0] === high[0]) return sequence(text(low[0]!), digitsBetween(low.slice(1), high.slice(1)));
  const inner = digitsFrom(String(Number(low[0]) + 1), String(Number(high[0]) - 1));
  return choice(
    sequence(text(low[0]!), digitsBetween(low.slice(1), "9".repeat(rest))),
    ...inner === never ? [] : [sequence(inner, repeat(digit, rest, rest))],
    sequence(text(high[0]!), digitsBetween("0".repeat(rest), high.slice(1))),
  );
}

function digitsFrom(low: string, high: string): Expression {
  return low > high || low.length > 1 ? never : oneOf([[low.charCodeAt(0), high.charCodeAt(0)]]);
}

/** Numbers with a point and at most so many digits after it, from `from` to `to` units of the last place. */
function decimalsBetween(from: bigint, to: bigint, places: number): Expression {
  if (from > to) return never;
  if (places === 0) return wholesBetween(from, to);
  const unit = 10n ** BigInt(places);
  const split = (units: bigint) => [units / unit, `${units % unit}`.padStart(places, "0")] as const;
  const [lowWhole, low] = split(from);
  const [highWhole, high] = split(to);
  const any = optional(sequence(text("."), repeat(digit, 1, places)));
  if (lowWhole === highWhole) return sequence(text(`${lowWhole}`), pointed(placesBetween(low, high)));
  return choice(
    sequence(text(`${lowWhole}`), pointed(placesBetween(low, "9".repeat(places)))),
    ...lowWhole + 1n < highWhole ? [sequence(wholesBetween(lowWhole + 1n, highWhole - 1n), any)] : [],
    sequence(text(`${highWhole}`), pointed(placesBetween("0".repeat(places), high))),
  );
}

/** Digits behind a point, and whether they may be left out because they stand for 0. */
interface Places {
  readonly digits: Expression;
  readonly isOptional: boolean;
}

function pointed({ digits, isOptional }: Places): Expression {
  const fraction = sequence(text("."), digits);
  return isOptional ? optional(fraction) : fraction;
}

/** Digits of `low.length` places at most, of which those left out are zeros. */
function placesBetween(low: string, high: string): Places {
  const rest = low.length - 1;
  const isOptional = /^0*$/.test(low);
  const options: Expression[] = [];
  for (let first = Number(low[0]); first <= Number(high[0]); first++) {
    // What the digits after this one must be; runs of digits that leave them free are one range.
    const lowRest = first === Number(low[0]) ? low.slice(1) : "0".repeat(rest);
    const highRest = first === Number(high[0]) ? high.slice(1) : "9".repeat(rest);
    if (/^0*$/.test(lowRest) && /^9*$/.test(highRest)) {
      let last = first;
      while (last < Number(high[0]) - 1 || (last < Number(high[0]) && /^9*$/.test(high.slice(1)))) last++;
      options.push(sequence(digitsFrom(String(first), String(last)), repeat(digit, 0, rest)));
      first = last;
      continue;
    }
    const inner = placesBetween(lowRest, highRest);
    options.push(sequence(text(String(first)), inner.isOptional ? optional(inner.digits) : inner.digits));
  }
  return { digits: choice(...options), isOptional };
}
