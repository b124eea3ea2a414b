import { meaningsNamed, nameTokens, type Option } from "./fields.ts";
import type { Words } from "./words.ts";

/** A name as it is compared with sentences of one language. */
export interface KnownName {
  readonly name: string;
  readonly small: string;
  /** Keys of all its words, and of those with a meaning of their own. */
  readonly all: readonly string[];
  readonly own: readonly string[];
  /** What it asks for as a whole, like "stop". */
  readonly meanings: readonly string[];
  readonly isHan: boolean;
}

/** Options with their names, to be found by a word. */
export interface KnownOptions {
  /** In the order of the options. */
  readonly names: readonly (readonly KnownName[])[];
  /** Places of options by the keys of their words, and by what they ask for. */
  readonly byKey: ReadonlyMap<string, readonly number[]>;
  readonly byMeaning: ReadonlyMap<string, readonly number[]>;
}

const kept = new WeakMap<readonly Option[], Map<string, KnownOptions>>();

/** What is known of options for sentences of a language: computed once, as a site may have hundreds of them. */
export function knownOptions(options: readonly Option[], words: Words | undefined): KnownOptions {
  const language = words?.language ?? "other";
  const languages = kept.get(options) ?? new Map<string, KnownOptions>();
  kept.set(options, languages);
  let known = languages.get(language);
  if (known === undefined) {
    known = knownOf(options, words);
    languages.set(language, known);
  }
  return known;
}

function knownOf(options: readonly Option[], words: Words | undefined): KnownOptions {
  const byKey = new Map<string, number[]>();
  const byMeaning = new Map<string, number[]>();
  const put = (map: Map<string, number[]>, key: string, index: number) => {
    const places = map.get(key);
    if (places === undefined) map.set(key, [index]);
    else if (places.at(-1) !== index) places.push(index);
  };
  const names = options.map(({ names }, index) =>
    names.map((name): KnownName => {
      const all = nameTokens(name, words).map(({ key }) => key);
      const own = all.filter((key) => words === undefined || !words.empty.has(key) || /\d/.test(key));
      const meanings = meaningsNamed(name);
      all.forEach((key) => put(byKey, key, index));
      meanings.forEach((meaning) => put(byMeaning, meaning, index));
      return { name, small: name.toLowerCase(), all, own, meanings, isHan: /\p{Script=Han}/u.test(name) };
    })
  );
  return { names, byKey, byMeaning };
}
