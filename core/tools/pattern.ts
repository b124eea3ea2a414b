/** Longer texts match nothing. */
export const patternTextMax = 400;
const patternLengthMax = 500;
/** Ways that a matcher may have to try on the longest text, of some nanoseconds each. */
export const waysMax = 1_000_000;

/**
 * A pattern that a plugin wrote, as a test that surely ends soon. One that could ask for ever longer work, or that isn't
 * a pattern, matches nothing.
 */
export function matcherOf(source: string): (text: string) => boolean {
  if (waysOf(source) > waysMax) return () => false;
  try {
    const pattern = new RegExp(source, "u");
    return (text) => text.length <= patternTextMax && pattern.test(text);
  } catch {
    return () => false;
  }
}

/**
 * In how many ways, at most, a pattern can be laid over the longest text: each repetition that may end at several places
 * and each alternative multiplies them. Infinite where they multiply with the text's own length: a group that is
 * repeated with something undecided in it, a look around, a reference back.
 */
export function waysOf(source: string): number {
  if (source.length > patternLengthMax) return Infinity;
  if (/\\[1-9]|\\k<|\(\?(?!:)/.test(source.replace(/\\\\/g, ""))) return Infinity;
  // Classes and escapes are one character each to what follows.
  const bare = source.replace(/\\[pP]\{[^}]*\}/g, "a").replace(/\\./g, "a").replace(/\[\^?\]?[^\]]*\]/g, "a")
    .replaceAll("(?:", "(");
  const ranges = (text: string) => {
    let ways = 1;
    for (const [whole, least, comma, most] of text.matchAll(/[*+]|\{(\d+)(,?)(\d*)\}/g)) {
      if (whole.length === 1 || (comma !== "" && most === "")) ways *= patternTextMax;
      else if (comma !== "") ways *= Math.max(1, Number(most) - Number(least) + 1);
    }
    return ways;
  };
  // A group that is repeated must leave nothing open inside, or the ways of one round multiply with those of the next.
  const repeated = [...bare.matchAll(/\)(?:[*+]|\{\d+,?\d*\})/g)].length;
  const closed = [...bare.matchAll(/\([^()*+?{|]*(?:\{\d+\}[^()*+?{|]*)*\)(?:[*+]|\{\d+,?\d*\})/g)].length;
  if (repeated > closed) return Infinity;
  const optional = bare.replace(/([*+}])\?/g, "$1").match(/\?/g)?.length ?? 0;
  const alternatives = bare.match(/\|/g)?.length ?? 0;
  return ranges(bare) * 2 ** (optional + alternatives) * (source.startsWith("^") ? 1 : patternTextMax);
}
