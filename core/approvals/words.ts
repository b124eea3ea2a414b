import { harmless, oneLine } from "../harmless.ts";
import { type Locale, text } from "../text/mod.ts";
import type { TagValue } from "../devices.ts";
import type { Card, ProposedWrite } from "../tools/types.ts";

/** The longest value that a message shows whole, in UTF-16 code units; the page shows all of it. */
export const valueLengthMax = 400;
/** The longest text of an outcome that is told, in UTF-16 code units. */
export const outcomeLengthMax = 2_000;
const digestLength = 12;

/** A card in the words of a message. */
export interface CardWords {
  readonly card: Card;
  /** Who asked, as code. */
  readonly requester: string;
  readonly needs: number;
  readonly expiresMs: number;
}

/** What exactly will happen, in Markdown: it is all that an approver on a chat program sees. */
export function cardText({ card, requester, needs, expiresMs }: CardWords, locale: Locale): string {
  const said = text(locale).approvals;
  const { tool, digest, writes } = card;
  const given = Object.entries(card.arguments);
  const facts = [
    said.asked(requester),
    said.file(asCode(shortDigest(digest))),
    said.until(timeText(expiresMs, locale)),
  ];
  return [
    said.title(asCode(tool)),
    given.length === 0
      ? said.without
      : table([said.arguments, said.value], given.map(([name, value]) => [asCode(name), shown(value, locale)])),
    ...(writes.length === 0 ? [] : [writesTable(writes, locale)]),
    facts.join(" · "),
    ...(needs > 1 ? [said.twoPeople] : []),
  ].join("\n\n");
}

/** The beginning of a digest: enough to compare by eye. */
export function shortDigest(digest: string): string {
  return digest.slice(0, digestLength);
}

/** A point in time as a sentence says it: the host doesn't know the reader's zone. */
export function timeText(ms: number, locale: Locale): string {
  const iso = new Date(ms).toISOString();
  return text(locale).approvals.untilTime(iso.slice(0, 10), iso.slice(11, 16));
}

/** Words that came from a plugin or a device, as a quotation; empty when there are none. */
export function quoted(words: string): string {
  const plain = harmless(words).trim();
  if (plain === "") return "";
  const cut = plain.length > outcomeLengthMax ? `${plain.slice(0, outcomeLengthMax).toWellFormed()}…` : plain;
  return `\n\n${cut.split("\n").map((line) => `> ${line}`).join("\n")}`;
}

/** Shown as it is, whatever it holds: it can't become a link, a heading, or the next cell of a table. */
export function asCode(words: string): string {
  return `\`${oneLine(words).replaceAll("`", "'").replaceAll("|", "\\|") || " "}\``;
}

/** A tag's value with its name and unit. */
export function tagValueText(
  value: TagValue,
  { unit, name }: { readonly unit?: string; readonly name?: string },
): string {
  const plain = unit === undefined || unit === "" ? `${value}` : `${value} ${unit}`;
  return name === undefined ? plain : `${name} (${plain})`;
}

/** What may be written to a tag. */
export function rangeText({ min, max, unit }: ProposedWrite, locale: Locale): string {
  const said = text(locale).approvals;
  const value = (bound: number) => tagValueText(bound, unit === undefined ? {} : { unit });
  if (min !== undefined && max !== undefined) return said.range(`${min}`, value(max));
  if (min !== undefined) return said.atLeast(value(min));
  return max !== undefined ? said.atMost(value(max)) : said.anyValue;
}

/** The two values of a write as people read them. */
export function writeValues(
  { present, value, unit, presentName, valueName }: ProposedWrite,
): { readonly present: string; readonly value: string } {
  const of = (name: string | undefined) => ({
    ...(unit === undefined ? {} : { unit }),
    ...(name === undefined ? {} : { name }),
  });
  return { present: tagValueText(present, of(presentName)), value: tagValueText(value, of(valueName)) };
}

function writesTable(writes: readonly ProposedWrite[], locale: Locale): string {
  const said = text(locale).approvals;
  const tagOf = ({ device, tag }: ProposedWrite) => `${device}.${tag}`;
  const values = table(
    [said.place, said.present, said.wanted, said.allowed],
    writes.map((write) => {
      const { present, value } = writeValues(write);
      return [tagOf(write), present, value, rangeText(write, locale)].map(asCode);
    }),
  );
  return [values, ...writes.map((write) => said.where(asCode(tagOf(write)), asCode(write.place)))].join("\n\n");
}

function shown(value: unknown, locale: Locale): string {
  const plain = typeof value === "string" ? value : JSON.stringify(value) ?? "";
  const left = plain.length - valueLengthMax;
  if (left <= 0) return asCode(plain);
  return `${asCode(plain.slice(0, valueLengthMax).toWellFormed())} ${text(locale).approvals.cut(left)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
