import { parsePattern, type Place } from "./pattern_syntax.ts";

/** Longer texts match nothing. */
export const patternTextMax = 400;
const patternLengthMax = 500;

/** Steps that are left: one for each place that is reached, and for each part of a class that is looked at. */
export interface StepBudget {
  left: number;
}

/** What the patterns of one tool may take together, for one sentence or one call: about 20 milliseconds. */
export const patternStepsMax = 500_000;

/** Whether it is a pattern as JSON Schema has it, without looking around, references back and names of groups. */
export function isPattern(source: string): boolean {
  return read(source) !== undefined;
}

/**
 * A pattern that a plugin wrote, as a test that surely ends soon. All ways to lay the pattern over the text are gone at
 * once, character by character and never back, so that a text takes at most as many steps as it has characters, times
 * the size of the pattern. Without steps left, and where it isn't a pattern, nothing matches.
 */
export function matcherOf(
  source: string,
  steps: StepBudget = { left: patternStepsMax },
): (text: string) => boolean {
  const pattern = read(source);
  if (pattern === undefined) return () => false;
  const { start, isAnchored } = pattern;
  // Another one for each character of each text: places remember when they were reached last.
  let moment = 0;
  return (text) => {
    if (text.length > patternTextMax) return false;
    const characters = Array.from(text, (character) => character.codePointAt(0)!);
    let waiting: Extract<Place, { kind: "character" }>[] = [];
    let isMatched = false;
    /** Goes on to all places that are reached without a character. */
    const reach = (place: Place, index: number) => {
      if (place.reachedAt === moment) return;
      place.reachedAt = moment;
      steps.left--;
      switch (place.kind) {
        case "end":
          isMatched = true;
          break;
        case "character":
          waiting.push(place);
          break;
        case "edge":
          if (place.isHere(characters[index - 1], characters[index])) reach(place.next, index);
          break;
        case "fork":
          for (const next of place.to) reach(next, index);
      }
    };
    for (let index = 0; index <= characters.length && steps.left > 0; index++) {
      const before = waiting;
      waiting = [];
      moment++;
      for (const { of, next } of before) {
        steps.left -= of.cost;
        if (of.has(characters[index - 1]!)) reach(next, index);
      }
      if (index === 0 || !isAnchored) reach(start, index);
      if (isMatched) return true;
      if (waiting.length === 0 && isAnchored) return false;
    }
    return false;
  };
}

function read(source: string): ReturnType<typeof parsePattern> | undefined {
  if (source.length > patternLengthMax) return undefined;
  try {
    return parsePattern(source, patternTextMax);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
