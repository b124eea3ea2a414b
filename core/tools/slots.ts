import { type Field, meaningsNamed, written } from "./fields.ts";
import { inFormat, type Moment, momentsIn, type Now } from "./moments.ts";
import { matcherOf, type StepBudget } from "./pattern.ts";
import type { Sentence, Span } from "./sentence.ts";
import { type Touch, touchedOptions } from "./touch.ts";

/** One value that may stand in a line, and where in the sentence it comes from. */
export interface Value {
  readonly written: string;
  readonly value: unknown;
  readonly span?: Span;
  readonly touch?: Touch;
}

/**
 * What may stand at one place of a line: one of these values, any text, or nothing of which the sentence speaks.
 * `missing`: the sentence doesn't say it. `outOfRange`: it says a number, and the field doesn't take it.
 */
export type Slot =
  | {
    readonly kind: "values";
    readonly values: readonly Value[];
    readonly isSaid: boolean;
    /** The sentence surely gives it, so it isn't left out though it might be. */
    readonly isCertain?: true;
  }
  | { readonly kind: "line"; readonly lengthMax: number }
  | { readonly kind: "missing"; readonly why: "unsaid" | "outOfRange" | "relative" | "unit" };

/** Choices of which nothing is said, and which the model may make nevertheless: what is done, out of so many. */
const guessedMax = 24;
const spansMax = 400;
const spanWordsMax = 16;

/** What is known of a tool in a sentence, for all of its fields. */
export interface ToolInSentence {
  readonly now: Now;
  /** Tokens of numbers that are a part of what is acted upon, like that of "pump 7". */
  readonly taken: ReadonlySet<number>;
  /** Tokens that speak of the tool or of one of its values, verbs and small words: a text may begin and end beside them. */
  readonly accounted: ReadonlySet<number>;
  /** Tokens that speak of the tool itself. */
  readonly at: ReadonlySet<number>;
  /** What a text of it may be, made once: a long sentence has thousands of stretches. @param many For a list of texts. */
  readonly texts: (many: boolean) => Texts;
  /** What the patterns of all its fields may take together. */
  readonly steps: StepBudget;
}

/** With what a number begins: those of names, like "pump 7" or 百叶窗, are no values. */
const numeral = /^[\d零〇一二两三四五六七八九十百千万]/;

/** What a sentence lets a field be. */
export function slotOf(
  field: Field,
  sentence: Sentence,
  schema: Readonly<Record<string, unknown>> | undefined,
  { now, taken, accounted, at, texts, steps }: ToolInSentence,
): Slot {
  const { of } = field;
  switch (of.kind) {
    case "choice": {
      const all = touchedOptions(of.options, sentence);
      // What is done is told by other words than those that name the tool: "pause the sweeper" doesn't ask to sweep.
      const apart = field.isObject
        ? all
        : all.filter((touch) =>
          [...touch.at].some((index) =>
            !at.has(index) && sentence.words?.empty.has(sentence.tokens[index]!.key) !== true
          )
        );
      const touches = apart.length > 0 ? apart : all;
      if (touches.length > 0) {
        const names = new Map<string, number>();
        for (const { name } of touches) names.set(written(name), (names.get(written(name)) ?? 0) + 1);
        const values = touches.map((touch) => {
          const name = written(touch.name);
          return { written: names.get(name) === 1 ? name : touch.option.names[0]!, value: touch.option.value, touch };
        });
        const isCertain = touches.some(({ isWhole, at }) =>
          isWhole &&
          ![...at].some((index) =>
            sentence.quoted.some(({ start, end }) =>
              start <= sentence.tokens[index]!.start && sentence.tokens[index]!.end <= end
            )
          )
        );
        return { kind: "values", values: unique(values), isSaid: true, ...(isCertain ? { isCertain } : {}) };
      }
      if (!field.isRequired || field.isObject || of.options.length > guessedMax) {
        return { kind: "missing", why: "unsaid" };
      }
      const values = of.options.map(({ value, names }) => ({ written: names[0]!, value }));
      return { kind: "values", values, isSaid: false };
    }
    case "number": {
      const inNames = new Set(
        [...taken, ...at].map((index) => sentence.tokens[index]!).filter(({ key }) => numeral.test(key)).map((
          { start },
        ) => start),
      );
      const free = sentence.numbers.filter(({ start, end }) => ![...inNames].some((at) => start <= at && at < end));
      if (free.length === 0) return { kind: "missing", why: "unsaid" };
      if (sentence.words?.relative.test(sentence.small) === true && !isDifference(field)) {
        return { kind: "missing", why: "relative" };
      }
      const measured = free.filter(({ unit }) => of.unit === undefined || unit === undefined || unit === of.unit);
      if (measured.length === 0) return { kind: "missing", why: "unit" };
      const exact = measured.filter(({ unit }) => unit !== undefined && unit === of.unit);
      const numbers = (exact.length > 0 ? exact : measured).filter(({ value }) =>
        !of.isWhole || Number.isInteger(value)
      );
      const fitting = numbers.filter(({ value }) => value >= of.min && value <= of.max);
      if (fitting.length === 0) return { kind: "missing", why: "outOfRange" };
      if (!field.isRequired && !isNamed(field, sentence) && exact.length === 0) {
        return { kind: "missing", why: "unsaid" };
      }
      const values = fitting.map(({ text, value, start, end }) => ({
        written: text.trim(),
        value,
        span: { start, end },
      }));
      const isCertain = exact.length > 0;
      return { kind: "values", values: unique(values), isSaid: true, ...(isCertain ? { isCertain } : {}) };
    }
    case "flag": {
      const said = (own: readonly string[], listed: readonly string[]) =>
        [...own, ...listed].some((word) => {
          const small = word.toLowerCase();
          return meaningsNamed(small).some((name) => sentence.meanings.has(name)) ||
            (/\p{Script=Han}/u.test(small)
              ? sentence.small.includes(small)
              : ` ${sentence.small} `.includes(` ${small} `));
        });
      const flags = sentence.words?.flags;
      const yes = said(of.words.yes, flags?.yes ?? []);
      const no = said(of.words.no, flags?.no ?? []);
      const named = isNamed(field, sentence);
      if (!field.isRequired && !named) return { kind: "missing", why: "unsaid" };
      const values = [{ written: "yes", value: true }, { written: "no", value: false }];
      if (yes !== no) {
        return {
          kind: "values",
          values: values.filter(({ value }) => value === yes),
          isSaid: true,
          ...(named ? { isCertain: named } : {}),
        };
      }
      if (!field.isRequired) return { kind: "values", values: [values[0]!], isSaid: true, isCertain: true };
      return { kind: "values", values, isSaid: named };
    }
    case "text": {
      const pattern = typeof schema?.pattern === "string" ? matcherOf(schema.pattern, steps) : undefined;
      if (!field.isRequired && !isNamed(field, sentence) && of.format === undefined && schema?.pattern === undefined) {
        return { kind: "missing", why: "unsaid" };
      }
      if (of.format !== undefined && /^(?:date|time|date-time)$/.test(of.format)) {
        const values = inFormat(momentsIn(sentence, now), of.format, now).map(({ start, end, value }) => ({
          written: value,
          value,
          span: { start, end },
        }));
        return values.length === 0
          ? { kind: "missing", why: "unsaid" }
          : { kind: "values", values: unique(values), isSaid: true };
      }
      // What is free may still be said word by word, and a pattern is a reason to look for it in the sentence first.
      if (of.isFree && schema?.pattern === undefined) {
        // Where nothing is left of the sentence to make a text of, the model would invent one.
        const isAnythingLeft = sentence.quoted.length > 0 || sentence.tokens.some((_, index) => !accounted.has(index));
        return isAnythingLeft ? { kind: "line", lengthMax: of.lengthMax } : { kind: "missing", why: "unsaid" };
      }
      const fits = ({ value }: TextValue) =>
        value.length <= of.lengthMax && (pattern === undefined || pattern(value)) && fitsFormat(of.format, value);
      const { all, whole } = texts(field.many !== undefined);
      const fitting = pattern === undefined ? firstOf(whole, fits) : [];
      const values = fitting.length > 0 ? fitting : firstOf(all, fits);
      return values.length === 0 ? { kind: "missing", why: "unsaid" } : { kind: "values", values, isSaid: true };
    }
  }
}

function firstOf(values: readonly TextValue[], fits: (value: TextValue) => boolean): readonly TextValue[] {
  const first: TextValue[] = [];
  for (const value of values) {
    if (first.length === spansMax) break;
    if (fits(value)) first.push(value);
  }
  return first;
}

/** Whether the sentence has a word of the field's name or description. */
export function isNamed(field: Field, sentence: Sentence): boolean {
  const option = { value: field.label, names: [field.label] };
  const touches = touchedOptions([option], sentence);
  if (touches.length > 0) return true;
  return field.about.split(/[^\p{L}]+/u).some((word) =>
    /\p{Script=Han}/u.test(word)
      ? word.length >= 2 && sentence.small.includes(word)
      : word.length >= 4 && sentence.small.includes(word.toLowerCase()) && sentence.words?.empty.has(word) !== true
  );
}

function isDifference({ about }: Field): boolean {
  return /\b(?:by|delta|difference|step|steps|change|amount|increment|offset)\b|差|步|幅度|增量/i.test(about);
}

function fitsFormat(format: string | undefined, text: string): boolean {
  switch (format) {
    case "email":
      return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text);
    case "uri":
    case "url":
      return /^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(text);
    case "ipv4":
      return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text);
    case "hostname":
      return /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/i.test(text);
    case "uuid":
      return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
    default:
      return true;
  }
}

/** A stretch of the sentence, as it is written. */
interface TextValue extends Value {
  readonly value: string;
  readonly span: Span;
}

/** Stretches that a text may be; those of them that are whole things, not pieces of them. Each once. */
export interface Texts {
  readonly all: readonly TextValue[];
  readonly whole: readonly TextValue[];
}

/** What a text may be, of one tool: beside a whole one stands what something else accounts for. */
export function textsOf(
  sentence: Sentence,
  { accounted, at, verbs, spoken, now, many }: Pick<ToolInSentence, "accounted" | "at" | "now"> & {
    /** The sentence's own verbs: no text begins with one. */
    readonly verbs: readonly Span[];
    /** Days and times that another field takes: no part of a text. */
    readonly spoken: readonly Moment[];
    readonly many: boolean;
  },
): Texts {
  const all = textValues(sentence, momentsIn(sentence, now), many);
  const standsWhole = wholeIn(sentence, accounted);
  const splits = splittingIn(sentence, at);
  const whole = all.filter(({ span }) =>
    standsWhole(span) && !splits(span) && !addresses(span, sentence, at) &&
    !verbs.some(({ start, end }) =>
      (start <= span.start && span.start < end) || (start < span.end && span.end <= end)
    ) &&
    !spoken.some(({ start, end }) => start < span.end && span.start < end)
  );
  return { all: unique(all), whole: unique(whole) };
}

/** Stretches of the sentence that a text may be: what is quoted, else words that stand together; and days and times. */
function textValues(sentence: Sentence, moments: readonly Moment[], many: boolean): readonly TextValue[] {
  const { text, quoted, words, small } = sentence;
  const at = ({ start, end }: Span) => {
    const value = text.slice(start, end);
    return { written: value, value, span: { start, end } };
  };
  const said = moments.flatMap(({ start, end, date, time }) =>
    [date, time].filter((value) => value !== undefined).map((value) => ({
      written: value,
      value,
      span: { start, end },
    }))
  );
  if (quoted.length > 0) return [...quoted.map(at), ...said].filter(isWritable);
  // Pieces between which there is a space; what has no spaces is cut between its characters.
  const pieces = [...text.matchAll(/\p{Script=Han}|[^\s\p{Script=Han}]+/gu)]
    .map((match) => trimmed(text, { start: match.index, end: match.index + match[0].length }))
    .filter(({ start, end }) => start < end);
  const joins = !many || words === undefined ? [] : [...small.matchAll(words.join)];
  const spans: Span[] = [];
  const isEdge = ({ start, end }: Span) => words?.edge.test(small.slice(start, end)) === true;
  const isFull = ({ start, end }: Span) => words?.empty.has(small.slice(start, end)) !== true;
  for (let from = 0; from < pieces.length; from++) {
    const isHan = /\p{Script=Han}/u.test(text[pieces[from]!.start]!);
    if (isHan && isEdge(pieces[from]!)) continue;
    if (!isHan && !isFull(pieces[from]!) && !isWorthIt(small, pieces[from]!)) continue;
    for (let to = from; to < Math.min(pieces.length, from + (isHan ? 2 : 1) * spanWordsMax); to++) {
      const span = { start: pieces[from]!.start, end: pieces[to]!.end };
      if (isEdge(pieces[to]!)) continue;
      if (joins.some((join) => join.index < span.end && span.start < join.index + join[0].length)) break;
      spans.push(span);
    }
  }
  return [...spans.map(at), ...said].filter(isWritable);
}

/** Small words with which a text may begin all the same. */
function isWorthIt(small: string, { start, end }: Span): boolean {
  return /^(?:the|a|an|my|our|i|we|don'?t|please|call|what|how)$/.test(small.slice(start, end));
}

/** Whether the words on both sides of a stretch, as far as there are some, belong to something else. */
function wholeIn({ tokens, small, words }: Sentence, accounted: ReadonlySet<number>): (span: Span) => boolean {
  const isSmall = (index: number) => words?.empty.has(tokens[index]!.key) === true;
  const isOther = (index: number, gap: string) => accounted.has(index) || (words !== undefined && /[:：]/.test(gap));
  const isBefore = remembered((start) => {
    let before = tokens.findLastIndex((token) => token.end <= start);
    while (before >= 0 && isSmall(before)) before--;
    return before < 0 || isOther(before, small.slice(tokens[before]!.end, start));
  });
  const isAfter = remembered((end) => {
    let after = tokens.findIndex((token) => token.start >= end);
    while (after >= 0 && after < tokens.length && isSmall(after)) after++;
    return after < 0 || after >= tokens.length || isOther(after, "");
  });
  return ({ start, end }) => isBefore(start) && isAfter(end);
}

/** Many stretches begin, and end, at the same place. */
function remembered(find: (place: number) => boolean): (place: number) => boolean {
  const known = new Map<number, boolean>();
  return (place) => {
    const found = known.get(place) ?? find(place);
    known.set(place, found);
    return found;
  };
}

/** Whether the span begins with whom the tool speaks to: "housekeeping to" of "tell housekeeping to change the towels". */
function addresses({ start, end }: Span, { tokens, words, small }: Sentence, at: ReadonlySet<number>): boolean {
  let index = tokens.findIndex((token) => token.start >= start);
  if (index < 0 || !at.has(index)) return false;
  while (at.has(index)) index++;
  const next = tokens[index];
  return next !== undefined && next.end < end && words?.edge.test(small.slice(next.start, next.end)) === true;
}

/** Whether an end of a stretch lies between two words that name the tool together: "the shopping" of "the shopping list". */
function splittingIn({ tokens }: Sentence, at: ReadonlySet<number>): (span: Span) => boolean {
  const isBetween = remembered((place) =>
    tokens.some((token, index) => {
      const next = tokens[index + 1];
      return next !== undefined && at.has(index) && at.has(index + 1) && token.end <= place && next.start >= place;
    })
  );
  return ({ start, end }) => isBetween(start) || isBetween(end);
}

function isWritable({ written }: { readonly written: string }): boolean {
  return written !== "" && !/[|\p{Cc}\u2028\u2029\ufffd]| \+ /u.test(written);
}

/** Without the signs around a word that belong to the sentence. */
function trimmed(text: string, { start, end }: Span): Span {
  while (start < end && /[,.;:!?，。；：！？、"“”()（）]/.test(text[start]!)) start++;
  while (start < end && /[,.;:!?，。；：！？、"“”()（）]/.test(text[end - 1]!)) end--;
  return { start, end };
}

function unique<T extends { readonly written: string }>(values: readonly T[]): readonly T[] {
  const seen = new Set<string>();
  return values.filter(({ written }) => !seen.has(written) && seen.add(written));
}
