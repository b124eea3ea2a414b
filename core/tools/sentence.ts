import type { Words } from "./words.ts";

/** A stretch of a text, in UTF-16 code units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A word, a Chinese character or a number of a text. `key` is the same for what means the same. */
export interface Token extends Span {
  readonly key: string;
}

/** A number as it stands in a sentence. */
export interface SpelledNumber extends Span {
  /** As it is written there. */
  readonly text: string;
  readonly value: number;
  /** What it measures, by the unit behind it. */
  readonly unit?: string;
}

/** A sentence with what is seen in it without any tool. */
export interface Sentence {
  readonly text: string;
  readonly small: string;
  readonly words?: Words;
  readonly tokens: readonly Token[];
  readonly keys: ReadonlySet<string>;
  /** Names of {@link Words.meanings} with the words that have them. */
  readonly meanings: ReadonlyMap<string, readonly Span[]>;
  readonly numbers: readonly SpelledNumber[];
  /** What stands between quotation marks, without them. */
  readonly quoted: readonly Span[];
}

/** What is read of a sentence, at most: the rest is looked at by nobody, and it isn't one command any more. */
export const sentenceLengthMax = 500;

/** Reads a sentence with a language's lists, or without any. */
export function readSentence(text: string, words: Words | undefined): Sentence {
  const small = text.toLowerCase();
  const tokens = tokensOf(text, words);
  return {
    text,
    small,
    ...(words === undefined ? {} : { words }),
    tokens,
    keys: new Set(tokens.map(({ key }) => key)),
    meanings: meaningsIn(small, words),
    numbers: numbersIn(small, words),
    quoted: quotedIn(text),
  };
}

/** Between quotation marks; else what stands behind the only colon. */
function quotedIn(text: string): readonly Span[] {
  const marked = [
    ...text.matchAll(/"([^"]+)"|“([^”]+)”|「([^」]+)」|『([^』]+)』|‘([^’]+)’|(?<!\p{L})'([^']+)'(?!\p{L})/gu),
  ]
    .map((match) => ({ start: match.index + 1, end: match.index + match[0].length - 1 }));
  if (marked.length > 0) return marked;
  const colon = /^[^:：]{2,}(?<!\d)[:：]\s*(?!\/\/)(?=\S)/.exec(text);
  if (colon === null) return [];
  const end = text.length - (/[\s.。!！]*$/.exec(text)?.[0].length ?? 0);
  return end > colon[0].length ? [{ start: colon[0].length, end }] : [];
}

/**
 * The words of a text: small letters, stems, one key for what means the same. Digits and letters are apart, so that
 * "P101" and "p 101" are the same; a Chinese character is a word.
 */
export function tokensOf(text: string, words: Words | undefined): Token[] {
  const same = sameOf(words);
  const tokens: Token[] = [];
  for (const match of text.toLowerCase().matchAll(/\p{Script=Han}|\d+(?:\.\d+)?|[\p{L}\p{M}]+/gu)) {
    const [word] = match;
    const span = { start: match.index, end: match.index + word.length };
    const digit = words?.language === "zh" ? zhDigits.get(word) : undefined;
    if (digit !== undefined && word !== "一") tokens.push({ ...span, key: digit });
    else if (words?.language === "zh" && word === "一") {
      if (!/^[下点些起直样会定切个把共旦]/.test(text.slice(span.end))) tokens.push({ ...span, key: "1" });
    } else tokens.push({ ...span, key: same.get(word) ?? same.get(stem(word)) ?? enNumbers.get(word) ?? stem(word) });
  }
  return tokens;
}

const zhDigits = new Map(Array.from("零一二三四五六七八九", (character, value) => [character, `${value}`] as const));
zhDigits.set("两", "2");
const enNumbers = new Map(
  "zero _ two three four five six seven eight nine ten eleven twelve".split(" ").map((word, value) =>
    [word, `${value}`] as const
  ),
);
enNumbers.delete("_");

const sames = new WeakMap<Words, ReadonlyMap<string, string>>();

function sameOf(words: Words | undefined): ReadonlyMap<string, string> {
  if (words === undefined || words.language === "zh") return none;
  let same = sames.get(words);
  if (same === undefined) {
    same = new Map(words.same.flatMap((group) => group.map((word) => [word, stem(group[0]!)] as const)));
    sames.set(words, same);
  }
  return same;
}
const none: ReadonlyMap<string, string> = new Map();

/** Without the endings that English puts behind a word; other languages lose nothing that matters for a comparison. */
export function stem(word: string): string {
  if (!/^[a-z]{4,}$/.test(word) || /(?:ss|us|is)$/.test(word)) return word;
  const bare = word.replace(/(?:ies|ied)$/, "y").replace(/(?:ing|ed|es|s)$/, "");
  const kept = bare.length < 3 ? word : bare;
  return kept.replace(/(.)\1$/, (double, letter) => /[lsz]/.test(letter) ? double : letter).replace(/(?<=..)e$/, "");
}

/** Where the phrases of each meaning stand. The longest counts: of "turn off", "off" isn't found once more. */
function meaningsIn(small: string, words: Words | undefined): ReadonlyMap<string, readonly Span[]> {
  const found = new Map<string, Span[]>();
  if (words === undefined) return found;
  const hits: (Span & { readonly name: string; readonly length: number; readonly parts: readonly Span[] })[] = [];
  for (const { name, pattern, length } of phrasesOf(words)) {
    for (const match of small.matchAll(pattern)) {
      const [start, end] = [match.index, match.index + match[0].length];
      // Of what stands between its parts, a phrase says nothing.
      const parts = match.indices!.slice(1).map((span) => ({ start: span![0], end: span![1] }));
      hits.push({ name, length, start, end, parts });
    }
  }
  for (const hit of hits) {
    // Longer phrases that cover this one say what is meant, unless they mean the same.
    const covered = hits.some((other) =>
      other.length > hit.length && other.start <= hit.start && other.end >= hit.end &&
      (other.start < hit.start || other.end > hit.end)
    );
    if (covered) continue;
    found.set(hit.name, [...found.get(hit.name) ?? [], ...hit.parts]);
  }
  return found;
}

interface PhrasePattern {
  readonly name: string;
  readonly pattern: RegExp;
  /** Letters without the gap. */
  readonly length: number;
}
const phrasePatterns = new WeakMap<Words, readonly PhrasePattern[]>();

function phrasesOf(words: Words): readonly PhrasePattern[] {
  let patterns = phrasePatterns.get(words);
  if (patterns === undefined) {
    patterns = words.meanings.flatMap(({ name, phrases }) =>
      phrases.map((phrase) => {
        const parts = phrase.trim().split(/\s*…\s*/).map((part) => part.replace(/[.*+?^$|()[\]{}\\]/g, "\\$&"));
        if (words.language === "zh") {
          return {
            name,
            pattern: new RegExp(parts.map((part) => `(${part})`).join(".{0,12}?"), "dg"),
            length: phrase.length,
          };
        }
        // The verb may have an ending; a particle stands at most eight words behind it.
        const ended = parts.map((part) => part.replace(/^(\w{3,}?)e?\b(?!')/, "$1(?:e|s|es|ed|d|ing|ting|ning|ping)?"));
        const gaps = ended.map((part) => `(${part})`).join("(?:\\s+\\S+){0,8}?\\s+");
        const pattern = new RegExp(`\\b${gaps}\\b`, "dg");
        return { name, pattern, length: phrase.length };
      })
    );
    phrasePatterns.set(words, patterns);
  }
  return patterns;
}

function numbersIn(small: string, words: Words | undefined): SpelledNumber[] {
  const found: SpelledNumber[] = [];
  const isTaken = ({ start, end }: Span) => found.some((other) => start < other.end && other.start < end);
  // Dates and times of day aren't numbers.
  const apart = [
    ...small.matchAll(/\d{1,4}-\d{1,2}-\d{1,4}|\d{1,2}[:：]\d\d|\d{4}年|\d{1,2}月\d{1,2}[日号]?|\d+(?:\.\d+){2,}/g),
  ]
    .map((match) => ({ start: match.index, end: match.index + match[0].length }));
  const add = (number: SpelledNumber) => {
    if (!isTaken(number) && !apart.some((span) => number.start < span.end && span.start < number.end)) {
      found.push(number);
    }
  };
  const written = /(?<![\p{L}\d.])(?:(?:-|−|minus |负|零下)\s*)?\d+(?:,\d{3})*(?:\.\d+)?|\d+(?:\.\d+)?/giu;
  for (const match of small.matchAll(written)) {
    const [text] = match;
    const digits = text.replace(/^(?:-|−|minus |负|零下)\s*/, "").replaceAll(",", "");
    const value = digits === text.replaceAll(",", "") ? Number(digits) : -Number(digits);
    add(withUnit({ start: match.index, end: match.index + text.length, text, value }, small, words));
  }
  if (words !== undefined) {
    for (const match of small.matchAll(words.numeral)) {
      const value = words.numeralValue(match[0]);
      if (value === undefined || !Number.isFinite(value)) continue;
      const number = withUnit(
        { start: match.index, end: match.index + match[0].length, text: match[0], value },
        small,
        words,
      );
      // "The kitchen one", "看一下": only a measured one is a number.
      if (/^(?:one|一|两)$/.test(match[0]) && number.unit === undefined) continue;
      add(match[0].startsWith("百分之") ? { ...number, unit: "percent" } : number);
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

function withUnit(number: SpelledNumber, small: string, words: Words | undefined): SpelledNumber {
  const behind = small.slice(number.end).replace(/^\s*-?/, "");
  let best: { readonly unit: string; readonly length: number } | undefined;
  for (const [unit, names] of Object.entries(words?.units ?? {})) {
    for (const name of names) {
      if (!behind.startsWith(name) || name.length <= (best?.length ?? 0)) continue;
      if (/^[a-z]/.test(name) && /^[\p{L}\d]/u.test(behind.slice(name.length))) continue;
      best = { unit, length: name.length };
    }
  }
  return best === undefined ? number : { ...number, unit: best.unit };
}

/** The names of a unit's field: in its description, its name or `x-unit`. */
export function unitNamed(text: string, words: readonly Words[]): string | undefined {
  const small = ` ${text.toLowerCase().replace(/[_.]/g, " ")} `;
  for (const { units } of words) {
    for (const [unit, names] of Object.entries(units)) {
      if (small.includes(` ${unit} `) || small.includes(` ${unit}s `)) return unit;
      const isNamed = names.some((name) =>
        name.length < 3 && /[a-z]/.test(name)
          ? false
          : /[a-z]/.test(name)
          ? small.includes(` ${name} `)
          : small.includes(name)
      );
      if (isNamed) return unit;
    }
  }
  return undefined;
}
