/** What choosing tools has to know of a language. Each has a file of its own. */
import { wordsEn } from "./words_en.ts";
import { wordsZh } from "./words_zh.ts";

/** Words and phrases that ask for one and the same thing: `turn … off`, `stop`. `…` stands for a few words between. */
export interface Meaning {
  readonly name: string;
  readonly phrases: readonly string[];
  /** The meaning that undoes it. */
  readonly against?: string;
}

/** A language's lists. Patterns are matched against the sentence in small letters. */
export interface Words {
  readonly language: "en" | "zh";
  /** Words without a meaning of their own. */
  readonly empty: ReadonlySet<string>;
  readonly meanings: readonly Meaning[];
  /** Words that mean the same; the first stands for all. Single words, or single characters and their compounds. */
  readonly same: readonly (readonly string[])[];
  /** Units by what their numbers measure: a number with one of them isn't meant for a field in another. */
  readonly units: Readonly<Record<string, readonly string[]>>;
  /** Numbers written in words, whole in the match. */
  readonly numeral: RegExp;
  /** What a match of {@link numeral} is worth. */
  readonly numeralValue: (text: string) => number | undefined;
  /** Asks for something to be left as it is. */
  readonly negation: RegExp;
  /** Wants to know and not to have something done; looked for before {@link polite}. */
  readonly question: RegExp;
  /** Asks in the form of a question, and wants something to be done. */
  readonly polite: RegExp;
  /** Never a polite request, whatever {@link polite} says. */
  readonly surelyQuestion: RegExp;
  /** Tells how something is, was or will be; looked for in each clause. */
  readonly statement: RegExp;
  /** A verb that says how things are; in a clause that doesn't begin with a verb to do something, it tells and doesn't ask. */
  readonly finite: RegExp;
  /** What may stand before the verb of a command. */
  readonly lead: RegExp;
  /** Between clauses. */
  readonly clause: RegExp;
  /** Says when, or on what condition. */
  readonly schedule: RegExp;
  /** Of those, a condition: no field of a tool takes it. */
  readonly condition: RegExp;
  /** Between two commands. */
  readonly join: RegExp;
  /** Means each of what is named. */
  readonly every: RegExp;
  /** All but what is named behind it. */
  readonly except: RegExp;
  /** Points at what was spoken of, without naming it. */
  readonly pointing: RegExp;
  /** A number behind it is a difference and not a value. */
  readonly relative: RegExp;
  /** A word with which nothing that is written somewhere ends, and in Chinese nothing begins. */
  readonly edge: RegExp;
  /** The whole of a sentence that agrees. */
  readonly yes: RegExp;
  /** The whole of a sentence that doesn't want it after all. */
  readonly no: RegExp;
  /** Days by their names: how many days from today, or `weekday` and its number (0 is Sunday). */
  readonly days: Readonly<Record<string, number | { readonly weekday: number }>>;
  /** Words that say the wanted state of a yes-or-no field. */
  readonly flags: { readonly yes: readonly string[]; readonly no: readonly string[] };
}

/**
 * The lists for a text; undefined for a language without them. Chinese is told by its characters, English by its
 * commonest words, where those of other languages and words with marks don't outnumber them.
 */
export function wordsOf(text: string, locale: "en" | "zh-CN"): Words | undefined {
  if (/[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(text)) return undefined;
  if (/\p{Script=Han}/u.test(text)) return wordsZh;
  const letters = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  if (letters.length === 0) return locale === "en" ? wordsEn : wordsZh;
  // A name may have marks in an English sentence, too.
  const foreign = letters.filter((word) => foreignWords.has(word) || /[^a-z]/.test(word)).length;
  const english = letters.filter((word) => wordsEn.empty.has(word) || englishVerbs.has(word)).length;
  return foreign > english ? undefined : foreign === 0 || english > 0 ? wordsEn : undefined;
}

/** Single words of the English meanings. */
const englishVerbs = new Set(wordsEn.meanings.flatMap(({ phrases }) => phrases.flatMap((phrase) => phrase.split(" "))));

/** Commonest words of other languages in plain Latin letters that English doesn't have. */
const foreignWords = new Set(
  ("der die das den dem ein eine einen und ist nicht mach bitte schalte licht aus auf im wie von zu mit fur " +
    "le la les une des du est et pas dans allume eteins ouvre ferme lumiere je tu il sur pour avec " +
    "el los las una y en por favor enciende apaga abre cierra luz que no de del con " +
    "il lo gli uno accendi spegni apri chiudi luce per favore di nella o os um uma ligue desligue abra feche " +
    "het een en niet doe zet licht aan uit op open het slaap lamp de").split(" ").filter((word) =>
      !wordsEn.empty.has(word) && !["on", "no", "open", "lamp", "die", "aan", "la", "favor"].includes(word)
    ),
);
