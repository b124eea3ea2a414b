import type { Option } from "./fields.ts";
import { type KnownName, knownOptions } from "./known_options.ts";
import type { Sentence } from "./sentence.ts";

/** How a sentence speaks of an option. */
export interface Touch {
  readonly option: Option;
  /** The name by which it is touched. */
  readonly name: string;
  /** Which tokens of the sentence do so. */
  readonly at: ReadonlySet<number>;
  /** All words of the name are there. */
  readonly isWhole: boolean;
  /** By a word that was mistyped. */
  readonly isNear: boolean;
  readonly weight: number;
}

/** Among more options than these, nobody looks for mistyped ones. */
const nearOptionsMax = 300;

/** Options that a sentence speaks of, the best first; without those of which another says all that they say, and more. */
export function touchedOptions(options: readonly Option[], sentence: Sentence): readonly Touch[] {
  const ofSentence = kept.get(sentence) ?? new Map<readonly Option[], readonly Touch[]>();
  kept.set(sentence, ofSentence);
  let touches = ofSentence.get(options);
  if (touches === undefined) {
    touches = touchedNow(options, sentence);
    ofSentence.set(options, touches);
  }
  return touches;
}

/** For as long as a sentence is looked at: several checks ask for the same. */
const kept = new WeakMap<Sentence, Map<readonly Option[], readonly Touch[]>>();

function touchedNow(options: readonly Option[], sentence: Sentence): readonly Touch[] {
  const known = knownOptions(options, sentence.words);
  const places = new Set<number>();
  for (const key of sentence.keys) known.byKey.get(key)?.forEach((place) => places.add(place));
  for (const name of sentence.meanings.keys()) known.byMeaning.get(name)?.forEach((place) => places.add(place));
  const touchesAt = (places: Iterable<number>) =>
    Array.from(places, (place) => touchOf(options[place]!, known.names[place]!, sentence))
      .filter((touch) => touch !== undefined);
  const found = touchesAt([...places].sort((a, b) => a - b));
  const exact = found.filter(({ isNear }) => !isNear);
  const near = () => options.length > nearOptionsMax ? found : touchesAt(options.keys());
  return withoutBeaten(exact.length > 0 ? exact : near())
    .sort((a, b) => Number(b.isWhole) - Number(a.isWhole) || b.weight - a.weight);
}

/** Compared by the words that touch them, of which there are few, and not one by one, of which there may be hundreds. */
function withoutBeaten(touches: readonly Touch[]): Touch[] {
  const groups = new Map<string, Touch[]>();
  for (const touch of touches) {
    const key = `${touch.isWhole} ${[...touch.at].sort((a, b) => a - b).join(" ")}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [touch]);
    else group.push(touch);
  }
  const all = [...groups.values()];
  return all.filter((group) => !all.some((other) => other !== group && beats(other[0]!, group[0]!))).flat();
}

/** Options that are touched by the very words that touch one of them, and so aren't told from it. */
export function peersOf(touch: Touch, touches: readonly Touch[]): readonly Touch[] {
  return touches.filter((other) =>
    other !== touch && other.isWhole === touch.isWhole && other.at.size === touch.at.size &&
    [...other.at].every((index) => touch.at.has(index))
  );
}

function beats(a: Touch, b: Touch): boolean {
  if ([...b.at].some((index) => !a.at.has(index))) return false;
  return a.at.size > b.at.size || (a.isWhole && !b.isWhole);
}

/** How the sentence speaks of one option by the best of its names. */
function touchOf(option: Option, names: readonly KnownName[], sentence: Sentence): Touch | undefined {
  const touches = names.map((name) => touchOfName(option, name, sentence)).filter((touch) => touch !== undefined);
  const [best] = touches.toSorted((a, b) => rank(b) - rank(a));
  if (best === undefined || touches.length === 1) return best;
  // What its other names say counts too: "the light in the living room" speaks of "living room spots", a "spotlight".
  const at = new Set(touches.filter(({ isNear }) => isNear === best.isNear).flatMap((touch) => [...touch.at]));
  return { ...best, at };
}

function rank({ isWhole, isNear, weight }: Touch): number {
  return weight + (isWhole ? 0.5 : 0) - (isNear ? 2 : 0);
}

function touchOfName(
  option: Option,
  { name, small: smallName, all, own, meanings: itsMeanings, isHan: isHanName }: KnownName,
  sentence: Sentence,
): Touch | undefined {
  const { tokens, words, small, meanings } = sentence;
  const touch = (at: ReadonlySet<number>, weight: number, isWhole: boolean, isNear = false): Touch => ({
    option,
    name,
    at,
    weight,
    isWhole,
    isNear,
  });
  // As it stands there, in any language: also what has no letters, and short forms that the lists take for empty.
  const named = itsMeanings.filter((meaning) => meanings.has(meaning));
  if (named.length > 0) {
    const spans = named.flatMap((meaning) => meanings.get(meaning)!);
    const at = new Set(
      tokens.flatMap(({ start, end }, index) =>
        spans.some((span) => span.start < end && start < span.end) ? [index] : []
      ),
    );
    // As it is written there, rather than another name for the same.
    return touch(at, small.includes(smallName) ? 1.1 : 1, true);
  }
  const wanted = own.length === 0 ? all : own;
  if (wanted.length === 0) return undefined;
  const at = new Set<number>();
  let [weight, missed, letters, isNear] = [0, 0, 0, false];
  let last = false;
  wanted.forEach((key, index) => {
    const isHan = /\p{Script=Han}/u.test(key);
    let found = tokens.flatMap((token, at) => token.key === key ? [at] : []);
    if (found.length === 0 && !isHan) {
      found = tokens.flatMap((token, at) => isNearly(key, token.key) && !words?.empty.has(token.key) ? [at] : []);
      if (found.length > 0) isNear = true;
    }
    if (found.length === 0) {
      missed++;
      return;
    }
    found.forEach((index) => at.add(index));
    weight += isHan ? 0.5 : /^\d/.test(key) ? 0.6 : 1;
    if (!/^\d/.test(key)) letters++;
    if (index === wanted.length - 1) last = true;
  });
  if (at.size === 0) return undefined;
  // A key that has names is whole only as it is written, not by words that happen to mean the same as its parts.
  const isKey = name === option.names[0] && option.names.length > 1;
  const isWhole = missed === 0 && (!isKey || standsTogether(all, tokens.map(({ key }) => key)));
  // A number alone says nothing of "pump 7", one character little of a longer name: only what it is, which stands last.
  if (!isWhole && letters === 0) return undefined;
  if (!isWhole && isHanName && letters === 1 && weight <= 0.5 && !last) return undefined;
  if (!isWhole && own.length === 0) return undefined;
  // Nothing but small words: they must stand together.
  if (own.length === 0 && !` ${small} `.includes(` ${smallName} `)) return undefined;
  return touch(at, weight, isWhole, isNear);
}

function standsTogether(part: readonly string[], whole: readonly string[]): boolean {
  return whole.some((_, start) => part.every((key, index) => whole[start + index] === key));
}

/** One slip of the finger apart, in a word that is long enough for it not to be another. */
export function isNearly(a: string, b: string): boolean {
  if (Math.min(a.length, b.length) < 5 || Math.abs(a.length - b.length) > 1 || a === b || /\d/.test(a + b)) {
    return false;
  }
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const [restA, restB] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  if (restA.length <= 1 && restB.length <= 1) return true;
  return restA.length === 2 && restB.length === 2 && restA[0] === restB[1] && restA[1] === restB[0];
}
