/** Code points from `low` to `high`, both included. */
export type Range = readonly [low: number, high: number];

/** A set of characters: ranges that are sorted and neither meet nor overlap. */
export type Characters = readonly Range[];

const last = 0x10FFFF;

/** The set that these ranges make, in any order. */
export function charactersOf(ranges: Iterable<Range>): Characters {
  const sorted = [...ranges].filter(([low, high]) => low <= high).sort(([a], [b]) => a - b);
  const merged: [number, number][] = [];
  for (const [low, high] of sorted) {
    const before = merged.at(-1);
    if (before !== undefined && low <= before[1] + 1) before[1] = Math.max(before[1], high);
    else merged.push([low, high]);
  }
  return merged;
}

/** One character. */
export function single(codePoint: number): Characters {
  return [[codePoint, codePoint]];
}

/** All characters but these. */
export function complement(characters: Characters): Characters {
  const rest: Range[] = [];
  let from = 0;
  for (const [low, high] of characters) {
    if (low > from) rest.push([from, low - 1]);
    from = high + 1;
  }
  if (from <= last) rest.push([from, last]);
  return rest;
}

/** What is in both. */
export function intersection(a: Characters, b: Characters): Characters {
  return complement(charactersOf([...complement(a), ...complement(b)]));
}

/** Whether the character is one of them. */
export function contains(characters: Characters, codePoint: number): boolean {
  return characters.some(([low, high]) => low <= codePoint && codePoint <= high);
}

/**
 * What a JSON string may hold as it is: no quote, no backslash, no control character. Without surrogates, which UTF-8
 * doesn't have, and without U+FFFD, by which decoders mark what was broken.
 */
export const plainInJson: Characters = [
  [0x20, 0x21],
  [0x23, 0x5B],
  [0x5D, 0xD7FF],
  [0xE000, 0xFFFC],
  [0xFFFE, last],
];

/** The characters that JSON writes as a backslash and a letter, and what it writes. */
export const escapedInJson: readonly (readonly [codePoint: number, written: string])[] = [
  [0x22, '\\"'],
  [0x5C, "\\\\"],
  [0x09, "\\t"],
  [0x0A, "\\n"],
  [0x0D, "\\r"],
];
