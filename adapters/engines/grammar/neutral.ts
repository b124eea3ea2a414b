/** From a grammar of the core to rules, to a pattern, and to the list of its texts. */
import type { Grammar } from "../../../core/ports/grammar.ts";
import { type Characters, charactersOf, complement, intersection } from "./characters.ts";
import { sizeProblem } from "./limits.ts";
import { choice, type Expression, GrammarError, oneOf, repeat, sequence, text } from "./rules.ts";

/** What a line is made of: no control character, no end of a line, no surrogate, nothing that marks broken text. */
const inLines = complement(charactersOf([
  [0, 0x1F],
  [0x7F, 0x9F],
  [0x2028, 0x2029],
  [0xD800, 0xDFFF],
  [0xFFFD, 0xFFFD],
]));

/** The same, of a text in hand. */
// deno-lint-ignore no-control-regex
const outsideLines = /[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffd]/;

/**
 * The grammar as an expression without rules.
 * @throws {GrammarError} When it is too large, or repeats what may be empty.
 */
export function expressionOf(grammar: Grammar): Expression {
  const problem = sizeProblem(grammar);
  if (problem !== undefined) throw new GrammarError(problem);
  const visit = (part: Grammar): Expression => {
    switch (part.kind) {
      case "text":
        return text(part.text);
      case "choice":
        return choice(...part.options.map(visit));
      case "sequence":
        return sequence(...part.parts.map(visit));
      case "repeat":
        if (mayBeEmpty(part.of)) throw new GrammarError("what may be empty is repeated");
        return repeat(visit(part.of), part.min, part.max);
      case "line":
        return repeat(oneOf(charactersOfLine(part.without)), part.min, part.max);
    }
  };
  return visit(grammar);
}

/** The grammar as a pattern of JSON Schema, from the beginning of the text to its end. */
export function patternOf(grammar: Grammar): string {
  const visit = (part: Grammar): string => {
    switch (part.kind) {
      case "text":
        return part.text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
      case "choice":
        return `(?:${part.options.map(visit).join("|")})`;
      case "sequence":
        return part.parts.map(visit).join("");
      case "repeat":
        return `(?:${visit(part.of)}){${part.min},${part.max}}`;
      case "line": {
        const without = part.without.replace(/[\\\]^-]/g, "\\$&");
        return `[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029\\ufffd${without}]{${part.min},${part.max}}`;
      }
    }
  };
  return `^${visit(grammar)}$`;
}

/**
 * Whether a text is one of the grammar's. All ways to lay it over the text are gone at once: what plugins call their
 * arguments shapes a grammar, and a matcher that goes back could be made to try for ever.
 */
export function accepts(grammar: Grammar, text: string): boolean {
  /** Where the part may end, of the places where it may begin. */
  const endsOf = (part: Grammar, begins: ReadonlySet<number>): ReadonlySet<number> => {
    switch (part.kind) {
      case "text":
        return new Set([...begins].filter((at) => text.startsWith(part.text, at)).map((at) => at + part.text.length));
      case "choice":
        return new Set(part.options.flatMap((option) => [...endsOf(option, begins)]));
      case "sequence":
        return part.parts.reduce((at, inner) => endsOf(inner, at), begins);
      case "repeat":
        return repeated(part, begins, (at) => endsOf(part.of, at));
      case "line":
        return repeated(part, begins, (at) => charactersAfter(at, part.without));
    }
  };
  const charactersAfter = (begins: ReadonlySet<number>, without: string): ReadonlySet<number> => {
    const ends = new Set<number>();
    for (const at of begins) {
      const code = text.codePointAt(at);
      if (code === undefined) continue;
      const character = String.fromCodePoint(code);
      if (!outsideLines.test(character) && !without.includes(character)) ends.add(at + character.length);
    }
    return ends;
  };
  return endsOf(grammar, new Set([0])).has(text.length);
}

/** Where something may end that stands there `min` to `max` times. What was reached by fewer isn't gone over again. */
function repeated(
  { min, max }: { readonly min: number; readonly max: number },
  begins: ReadonlySet<number>,
  once: (begins: ReadonlySet<number>) => ReadonlySet<number>,
): ReadonlySet<number> {
  let at = begins;
  for (let count = 0; count < min && at.size > 0; count++) at = once(at);
  const ends = new Set(at);
  for (let count = min; count < max && at.size > 0; count++) {
    at = new Set([...once(at)].filter((end) => !ends.has(end)));
    at.forEach((end) => ends.add(end));
  }
  return ends;
}

/** Each text of the grammar once; undefined when there are more than `countMax`. */
export function textsOf(grammar: Grammar, countMax: number): readonly string[] | undefined {
  /** All of `heads` with each of `tails` behind it. */
  const joined = (heads: readonly string[], tails: readonly string[]): readonly string[] | undefined =>
    heads.length * tails.length > countMax ? undefined : heads.flatMap((head) => tails.map((tail) => head + tail));
  const visit = (part: Grammar): readonly string[] | undefined => {
    switch (part.kind) {
      case "text":
        return [part.text];
      case "choice": {
        const texts: string[] = [];
        for (const option of part.options) {
          const some = visit(option);
          if (some === undefined || texts.length + some.length > countMax) return undefined;
          texts.push(...some);
        }
        return texts;
      }
      case "sequence":
        return part.parts.reduce<readonly string[] | undefined>((heads, inner) => {
          const tails = visit(inner);
          return heads === undefined || tails === undefined ? undefined : joined(heads, tails);
        }, [""]);
      case "repeat": {
        const once = visit(part.of);
        if (once === undefined || part.max > countMax) return undefined;
        const texts: string[] = [];
        let level: readonly string[] | undefined = [""];
        for (let count = 0; count <= part.max; count++) {
          if (count >= part.min) texts.push(...level);
          if (texts.length > countMax) return undefined;
          level = joined(level, once);
          if (level === undefined) return count === part.max ? texts : undefined;
        }
        return texts;
      }
      case "line":
        return part.max === 0 ? [""] : undefined;
    }
  };
  const texts = visit(grammar);
  return texts === undefined ? undefined : [...new Set(texts)];
}

function charactersOfLine(without: string): Characters {
  return intersection(
    inLines,
    complement(charactersOf(Array.from(without, (one) => [one.codePointAt(0)!, one.codePointAt(0)!] as const))),
  );
}

function mayBeEmpty(part: Grammar): boolean {
  switch (part.kind) {
    case "text":
      return part.text === "";
    case "choice":
      return part.options.some(mayBeEmpty);
    case "sequence":
      return part.parts.every(mayBeEmpty);
    case "repeat":
      return part.min === 0 || mayBeEmpty(part.of);
    case "line":
      return part.min === 0;
  }
}
