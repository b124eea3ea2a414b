/** A number as it is written: `digits` × 10 ^ `exponent`. What people wrote as 0.1 is exactly that. */
export interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

/** The decimal that a number is printed as, and read back from. The number is finite. */
export function decimalOf(value: number): Decimal {
  const [, sign, whole, fraction = "", exponent = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(`${value}`)!;
  return { digits: BigInt(`${sign}${whole}${fraction}`), exponent: Number(exponent) - fraction.length };
}

/** The number nearest to a decimal. */
export function numberOf({ digits, exponent }: Decimal): number {
  return Number(`${digits}e${exponent}`);
}

/** Both multiplied, exactly. */
export function times(a: Decimal, b: Decimal): Decimal {
  return { digits: a.digits * b.digits, exponent: a.exponent + b.exponent };
}

/** How often `b`, which isn't 0, goes into `a`; nothing when that isn't a whole number. */
export function wholeQuotient(a: Decimal, b: Decimal): bigint | undefined {
  const shift = a.exponent - b.exponent;
  const [over, under] = shift >= 0
    ? [a.digits * 10n ** BigInt(shift), b.digits]
    : [a.digits, b.digits * 10n ** BigInt(-shift)];
  return over % under === 0n ? over / under : undefined;
}
