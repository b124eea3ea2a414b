/** Places of a pattern, with what is repeated a number of times written out. */
const placesMax = 1_000;

/** How far one may have come in a pattern. */
export type Place =
  & { reachedAt?: number }
  & (
    | { readonly kind: "end" }
    | { readonly kind: "character"; readonly of: Class; readonly next: Place }
    | { readonly kind: "edge"; readonly isHere: IsHere; readonly next: Place }
    | { readonly kind: "fork"; readonly to: readonly Place[] }
  );

/** A set of characters, as code points. `cost`: of how many parts it is made. */
interface Class {
  readonly cost: number;
  has(codePoint: number): boolean;
}

/** Whether it is between these characters; undefined is beyond the ends of the text. */
type IsHere = (before: number | undefined, after: number | undefined) => boolean;

/** A part of a pattern: how many places it takes, and how they lie before what follows. */
interface Part {
  readonly count: number;
  lie(next: Place): Place;
}

/**
 * Reads a regular expression of JavaScript with the flag `u`, as far as it can be matched without going back. None is
 * made of what is written there but for names of properties.
 *
 * @param textMax The longest text, in characters: more often than that is as often as one likes.
 * @throws {SyntaxError} For what isn't one or isn't supported, and for what takes more than 1,000 places.
 * Source: https://tc39.es/ecma262/#sec-patterns
 */
export function parsePattern(source: string, textMax: number): {
  readonly start: Place;
  /** It matches nowhere but from the beginning of a text. */
  readonly isAnchored: boolean;
} {
  let at = 0;
  let isAnchored = true;

  function take(token: RegExp): RegExpExecArray | undefined {
    token.lastIndex = at;
    const found = token.exec(source);
    if (found === null) return undefined;
    at += found[0].length;
    return found;
  }
  const bad = () => new SyntaxError(`the pattern isn't understood from its character ${at} on`);

  function alternatives(depth: number): Part {
    const options = [sequence(depth)];
    while (take(/\|/y)) options.push(sequence(depth));
    if (options.length === 1) return options[0]!;
    return part(1 + sum(options), (next) => ({ kind: "fork", to: options.map((option) => option.lie(next)) }));
  }

  function sequence(depth: number): Part {
    if (depth === 0 && source[at] !== "^") isAnchored = false;
    const parts: Part[] = [];
    while (at < source.length && source[at] !== "|" && source[at] !== ")") parts.push(term(depth));
    return part(Math.max(1, sum(parts)), (next) => parts.reduceRight((behind, one) => one.lie(behind), next));
  }

  function term(depth: number): Part {
    const edge = take(/[\^$]|\\[bB]/y);
    if (edge) return part(1, (next) => ({ kind: "edge", isHere: edges[edge[0]]!, next }));
    if (take(/\((?:\?:|(?!\?))/y)) {
      const inner = alternatives(depth + 1);
      if (!take(/\)/y)) throw bad();
      return repeated(inner);
    }
    const of = take(/\[/y) ? classOf() : asClass(take(/\./y) ? everyKind["."]! : character(/[^\\^$.*+?()[\]{}|]/uy));
    return repeated(part(1, (next) => ({ kind: "character", of, next })));
  }

  function repeated(of: Part): Part {
    const found = take(/(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/y);
    if (!found) return of;
    const [, sign, least, comma, most] = found;
    const min = sign === undefined ? Number(least) : sign === "+" ? 1 : 0;
    const max = sign === "?" ? 1 : sign !== undefined ? Infinity : comma === "" ? min : Number(most || Infinity);
    if (max < min) throw bad();
    const isEndless = max > Math.max(min, textMax);
    return part(isEndless ? of.count * (min + 1) + 1 : of.count * max + max - min, (next) => {
      let behind = next;
      if (isEndless) {
        const to: Place[] = [];
        behind = { kind: "fork", to };
        to.push(of.lie(behind), next);
      } else for (let count = min; count < max; count++) behind = { kind: "fork", to: [of.lie(behind), next] };
      for (let count = 0; count < min; count++) behind = of.lie(behind);
      return behind;
    });
  }

  /** Behind "[". The first plain "]" ends it, also at its beginning. */
  function classOf(): Class {
    const isNegated = take(/\^/y) !== undefined;
    const members: Class["has"][] = [];
    while (!take(/\]/y)) {
      const low = character(/[^\\\]]/suy, true);
      const high = take(/-(?!\])/y) ? character(/[^\\\]]/suy, true) : low;
      if (low !== high && (typeof low !== "number" || typeof high !== "number" || low > high)) throw bad();
      members.push(asClass(low, high).has);
    }
    return {
      cost: Math.max(1, members.length),
      has: (codePoint) => members.some((has) => has(codePoint)) !== isNegated,
    };
  }

  /** A character that stands for itself, if it is one of these, or one behind a backslash; or a kind of characters. */
  function character(plain: RegExp, isInClass = false): number | RegExp {
    const itself = take(plain);
    if (itself) return itself[0].codePointAt(0)!;
    const kind = take(/\\[dDwWsS]/y);
    if (kind) return everyKind[kind[0]]!;
    const property = take(/\\[pP]\{[A-Za-z_]+(?:=[A-Za-z_]+)?\}/y);
    if (property) return propertyOf(property[0]);
    const pair = take(/\\u([dD][89abAB][\da-fA-F]{2})\\u([dD][c-fC-F][\da-fA-F]{2})/y);
    if (pair) return String.fromCharCode(parseInt(pair[1]!, 16), parseInt(pair[2]!, 16)).codePointAt(0)!;
    const digits = take(/\\(?:u\{([\da-fA-F]+)\}|u([\da-fA-F]{4})|x([\da-fA-F]{2}))/y);
    const codePoint = digits && parseInt(digits[1] ?? digits[2] ?? digits[3]!, 16);
    if (codePoint !== undefined && codePoint <= 0x10FFFF) return codePoint;
    const control = take(/\\c([a-zA-Z])/y);
    if (control) return control[1]!.charCodeAt(0) % 32;
    const letter = take(isInClass ? /\\(?:[btnvfr]|0(?!\d))/y : /\\(?:[tnvfr]|0(?!\d))/y);
    if (letter) return letters[letter[0][1]!]!;
    const sign = take(isInClass ? /\\[\^$\\.*+?()[\]{}|\/-]/y : /\\[\^$\\.*+?()[\]{}|\/]/y);
    if (sign) return sign[0].charCodeAt(1);
    throw bad();
  }

  const whole = alternatives(0);
  if (at < source.length) throw bad();
  return { start: whole.lie({ kind: "end" }), isAnchored };
}

/** Counted before it is laid out, so that what is too large never is; also what is no number is too large. */
function part(count: number, lie: Part["lie"]): Part {
  if (!(count <= placesMax)) throw new SyntaxError(`the pattern takes more than ${placesMax} places`);
  return { count, lie };
}

function sum(parts: readonly Part[]): number {
  return parts.reduce((all, { count }) => all + count, 0);
}

const letters: Readonly<Record<string, number>> = { 0: 0, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };
const everyKind: Readonly<Record<string, RegExp>> = {
  ".": /./u,
  "\\d": /\d/u,
  "\\D": /\D/u,
  "\\w": /\w/u,
  "\\W": /\W/u,
  "\\s": /\s/u,
  "\\S": /\S/u,
};

/** By how they are written. Those that there are are few; to make one takes a tenth of a millisecond. */
const properties = new Map<string, RegExp>();

function propertyOf(written: string): RegExp {
  const known = properties.get(written) ?? new RegExp(written, "u");
  properties.set(written, known);
  return known;
}

/** One character, or those from it to another one, or a kind of them. */
function asClass(low: number | RegExp, high = low): Class {
  const has = typeof low === "number"
    ? (codePoint: number) => low <= codePoint && codePoint <= (high as number)
    : (codePoint: number) => low.test(String.fromCodePoint(codePoint));
  return { cost: 1, has };
}

const isInWords = (codePoint: number | undefined) =>
  codePoint !== undefined && /\w/u.test(String.fromCodePoint(codePoint));
const isWordEdge: IsHere = (before, after) => isInWords(before) !== isInWords(after);
const edges: Readonly<Record<string, IsHere>> = {
  "^": (before) => before === undefined,
  "$": (_, after) => after === undefined,
  "\\b": isWordEdge,
  "\\B": (before, after) => !isWordEdge(before, after),
};
