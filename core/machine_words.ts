import type { TagValue } from "./devices.ts";
import { harmless } from "./harmless.ts";
import type { WriteOutcome } from "./machines.ts";
import { type Locale, text } from "./text/mod.ts";
import type { ProposedWrite } from "./tools/types.ts";

/** A write as people approve it: what, where, from which value to which, and what is allowed. One thing a line. */
export function proposedLines(write: ProposedWrite, locale: Locale): readonly string[] {
  const words = text(locale).devices;
  const { tag, device, present, value, min, max, place } = write;
  const shown = (of: TagValue, name: string | undefined) => valueWords(of, { ...write, name }, locale);
  const change = words.change(tag, device, shown(present, write.presentName), shown(value, write.valueName));
  const [least, most] = [min, max].map((end) => end === undefined ? undefined : shown(end, undefined));
  const allowed = least !== undefined && most !== undefined
    ? words.allowed(least, most)
    : least !== undefined
    ? words.allowedFrom(least)
    : most === undefined
    ? undefined
    : words.allowedTo(most);
  return [change, ...(allowed === undefined ? [] : [allowed]), place];
}

/** What became of a write, as one sentence. */
export function outcomeWords(write: ProposedWrite, outcome: WriteOutcome, locale: Locale): string {
  const words = text(locale).devices;
  const { tag, device, value, valueName, unit } = write;
  const ordered = valueWords(value, { unit, name: valueName }, locale);
  switch (outcome.kind) {
    case "done":
      return words.done(tag, device, valueWords(outcome.value, { unit, name: valueName }, locale));
    case "different":
      return words.different(tag, device, ordered, valueWords(outcome.value, { unit }, locale));
    default:
      return words[outcome.kind](tag, device, harmless(outcome.reason));
  }
}

/** "900 rpm", "1 (running)". What a device said as text may be anything. */
function valueWords(
  value: TagValue,
  { unit, name }: { readonly unit?: string | undefined; readonly name?: string | undefined },
  locale: Locale,
): string {
  const withUnit = typeof value === "string" ? JSON.stringify(harmless(value)) : `${value}${unit ? ` ${unit}` : ""}`;
  return name === undefined ? withUnit : text(locale).devices.named(withUnit, name);
}
