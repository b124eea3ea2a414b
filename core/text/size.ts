import type { Locale } from "./mod.ts";

const units = ["B", "KB", "MB", "GB"] as const;

/** A size as people read it: decimal units, two digits of it at least. */
export function sizeIn(locale: Locale, bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000;
    unit++;
  }
  const digits = unit === 0 || value >= 9.95 ? 0 : 1;
  return `${value.toLocaleString(locale, { maximumFractionDigits: digits })} ${units[unit]}`;
}
