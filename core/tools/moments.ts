import type { Sentence, Span } from "./sentence.ts";

/** A day or a time of day that a sentence names. */
export interface Moment extends Span {
  readonly date?: string;
  /** `HH:MM`. */
  readonly time?: string;
}

/** Where and when the person is. */
export interface Now {
  readonly nowMs: number;
  /** An IANA name; absent: the machine's. */
  readonly timeZone?: string;
}

const dayMs = 86_400_000;

/** Days and times of day in a sentence, in the order in which they stand there. */
export function momentsIn({ small, words }: Sentence, now: Now): readonly Moment[] {
  const found: Moment[] = [];
  const add = (match: RegExpExecArray, moment: Pick<Moment, "date" | "time"> | undefined) => {
    const span = { start: match.index, end: match.index + match[0].length };
    if (moment === undefined || found.some((other) => span.start < other.end && other.start < span.end)) return;
    found.push({ ...span, ...moment });
  };
  const today = localDate(now);
  for (const match of small.matchAll(/(?<!\d)(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?!\d)/g)) {
    add(match, dateOf(Number(match[1]), Number(match[2]), Number(match[3])));
  }
  for (const match of small.matchAll(/(?<!\d)(\d{1,2})月(\d{1,2})[日号]?/g)) {
    add(match, nextDate(today, Number(match[1]), Number(match[2])));
  }
  for (const match of small.matchAll(monthPattern)) {
    const month = 1 + months.findIndex((name) => (match[2] ?? match[3] ?? "").startsWith(name));
    add(match, nextDate(today, month, Number(match[1] ?? match[4])));
  }
  for (const match of small.matchAll(/(?<![\d:])(\d{1,2})[:：](\d\d)(?!\d)\s*(am|pm|a\.m\.|p\.m\.)?/g)) {
    add(match, timeOf(Number(match[1]), Number(match[2]), match[3]));
  }
  for (const match of small.matchAll(/(?<![\d:.])(\d{1,2})\s*(am|pm|a\.m\.|p\.m\.|o'?clock)(?![a-z])/g)) {
    add(match, timeOf(Number(match[1]), 0, match[2]));
  }
  const zhTime =
    /(凌晨|早上|上午|中午|下午|傍晚|晚上|今晚|明晚|明早)?([0-9]{1,2}|[零一二两三四五六七八九十]{1,3})点(?:钟|(半)|([0-9]{1,2}|[零一二三四五六七八九十]{1,3})分?)?/g;
  for (const match of small.matchAll(zhTime)) {
    if (words?.language !== "zh") break;
    const value = (text: string | undefined) =>
      text === undefined ? 0 : /^\d/.test(text) ? Number(text) : words.numeralValue(text) ?? NaN;
    const half = /下午|傍晚|晚/.test(match[1] ?? "") || (match[1] === "中午" && value(match[2]) < 3) ? "pm" : undefined;
    // Whether it is the afternoon may stand before the day's name is taken: then both are kept.
    const time = timeOf(value(match[2]), match[3] === undefined ? value(match[4]) : 30, half);
    const day = match[1] === undefined ? undefined : words.days[match[1]];
    const date = day === undefined ? undefined : dayOf(today, day);
    add(match, time === undefined ? undefined : { ...time, ...(date === undefined ? {} : { date }) });
  }
  for (const [name, day] of Object.entries(words?.days ?? {}).sort(([a], [b]) => b.length - a.length)) {
    const pattern = words?.language === "zh" ? new RegExp(name, "g") : new RegExp(`\\b${name}\\b`, "g");
    for (const match of small.matchAll(pattern)) add(match, { date: dayOf(today, day) });
  }
  return found.sort((a, b) => a.start - b.start);
}

/** What a moment, or a day and a time together, are in a format of JSON Schema. */
export function inFormat(moments: readonly Moment[], format: string, now: Now): readonly (Span & { value: string })[] {
  const dates = moments.filter(({ date }) => date !== undefined);
  const times = moments.filter(({ time }) => time !== undefined);
  if (format === "date") return dates.map(({ start, end, date }) => ({ start, end, value: date! }));
  if (format === "time") {
    return times.map(({ start, end, time }) => ({
      start,
      end,
      value: `${time}:00${offsetAt(localDate(now), time!, now)}`,
    }));
  }
  if (format !== "date-time") return [];
  const today = localDate(now);
  return times.flatMap((at) =>
    (at.date !== undefined || dates.length === 0 ? [{ ...at, date: at.date ?? today }] : dates).map((day) => ({
      start: Math.min(at.start, day.start),
      end: Math.max(at.end, day.end),
      value: `${day.date}T${at.time}:00${offsetAt(day.date!, at.time!, now)}`,
    }))
  );
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const monthName = "(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|" +
  "oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";
const monthPattern = new RegExp(
  `\\b(\\d{1,2})(?:st|nd|rd|th)?(?: of)? ${monthName}\\b|\\b${monthName} (\\d{1,2})(?:st|nd|rd|th)?\\b`,
  "g",
);

function localDate({ nowMs, timeZone }: Now): string {
  return new Intl.DateTimeFormat("en-CA", { ...(timeZone === undefined ? {} : { timeZone }), dateStyle: "short" })
    .format(nowMs);
}

function dayOf(today: string, day: number | { readonly weekday: number }): string {
  const fromMs = Date.parse(today);
  // A weekday is the next one, and today is none of them.
  const days = typeof day === "number" ? day : (day.weekday - new Date(fromMs).getUTCDay() + 6) % 7 + 1;
  return new Date(fromMs + days * dayMs).toISOString().slice(0, 10);
}

function nextDate(today: string, month: number, day: number): Pick<Moment, "date"> | undefined {
  const year = Number(today.slice(0, 4));
  const own = dateOf(year, month, day);
  return own !== undefined && own.date < today ? dateOf(year + 1, month, day) : own;
}

function dateOf(year: number, month: number, day: number): { readonly date: string } | undefined {
  const two = (part: number) => `${part}`.padStart(2, "0");
  const date = `${year}-${two(month)}-${two(day)}`;
  const ms = Date.parse(date);
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== date ? undefined : { date };
}

function timeOf(hours: number, minutes: number, half: string | undefined): Pick<Moment, "time"> | undefined {
  let hour = hours;
  if (half?.startsWith("p") && hours < 12) hour += 12;
  if (half?.startsWith("a") && hours === 12) hour = 0;
  if (!(hour <= 23 && minutes <= 59)) return undefined;
  return { time: `${`${hour}`.padStart(2, "0")}:${`${minutes}`.padStart(2, "0")}` };
}

/** The offset from UTC at a local time, like `+02:00`. */
function offsetAt(date: string, time: string, { timeZone }: Now): string {
  const part = new Intl.DateTimeFormat("en", {
    ...(timeZone === undefined ? {} : { timeZone }),
    timeZoneName: "longOffset",
  }).formatToParts(Date.parse(`${date}T${time}:00Z`)).find(({ type }) => type === "timeZoneName")?.value ?? "GMT";
  return part === "GMT" ? "Z" : part.replace("GMT", "");
}
