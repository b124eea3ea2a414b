import { type Characters, charactersOf, complement, single } from "./characters.ts";
import { GrammarError } from "./rules.ts";

/** A regular expression as parsed. Where it stands for the whole text or a part of it is said by {@link Pattern}. */
export type Node =
  | { readonly kind: "characters"; readonly characters: Characters }
  | { readonly kind: "sequence"; readonly parts: readonly Node[] }
  | { readonly kind: "choice"; readonly options: readonly Node[] }
  | { readonly kind: "repeat"; readonly of: Node; readonly min: number; readonly max: number };

const lengthMax = 2_000;
const depthMax = 50;

const digit: Characters = [[0x30, 0x39]];
const word = charactersOf([[0x30, 0x39], [0x41, 0x5A], [0x5F, 0x5F], [0x61, 0x7A]]);
const lineEnd = charactersOf([[0x0A, 0x0A], [0x0D, 0x0D], [0x2028, 0x2029]]);
/** WhiteSpace and LineTerminator of ECMAScript. */
const space = charactersOf([
  [0x09, 0x0D],
  [0x20, 0x20],
  [0xA0, 0xA0],
  [0x1680, 0x1680],
  [0x2000, 0x200A],
  [0x2028, 0x2029],
  [0x202F, 0x202F],
  [0x205F, 0x205F],
  [0x3000, 0x3000],
  [0xFEFF, 0xFEFF],
]);
const classes: Readonly<Record<string, Characters>> = {
  d: digit,
  D: complement(digit),
  w: word,
  W: complement(word),
  s: space,
  S: complement(space),
};
const letters: Readonly<Record<string, number>> = { t: 0x09, n: 0x0A, v: 0x0B, f: 0x0C, r: 0x0D, 0: 0x00 };

/** Any text at all. */
const anything: Node = {
  kind: "repeat",
  of: { kind: "characters", characters: [[0, 0x10FFFF]] },
  min: 0,
  max: Infinity,
};

/**
 * What whole texts a pattern of JSON Schema allows: where it isn't tied to the start or the end by `^` and `$`,
 * anything may stand before or after.
 *
 * @throws {GrammarError} For what isn't a regular expression, and for what only a backtracking matcher can do:
 *   look-around, back-references, word boundaries; `^` and `$` inside; Unicode properties.
 */
export function parsePattern(source: string): Node {
  if (source.length > lengthMax) throw new GrammarError(`a pattern has at most ${lengthMax} characters`);
  try {
    new RegExp(source, "u"); // From here on the syntax is right.
  } catch {
    throw new GrammarError("the pattern isn't a regular expression");
  }
  const characters = Array.from(source);
  let at = 0;
  const unsupported = (what: string) => new GrammarError(`the pattern has ${what}, which isn't supported`);
  const take = (wanted: string) => {
    if (!wanted.split("").every((character, index) => characters[at + index] === character)) return false;
    at += wanted.length;
    return true;
  };

  function alternatives(depth: number): Node {
    if (depth > depthMax) throw unsupported("too many groups in each other");
    const options = [sequenceOf(depth)];
    while (take("|")) options.push(sequenceOf(depth));
    return options.length === 1 ? options[0]! : { kind: "choice", options };
  }

  function sequenceOf(depth: number): Node {
    const isTop = depth === 0;
    const parts: Node[] = [];
    if (isTop && !take("^")) parts.push(anything);
    let isOpen = isTop;
    while (at < characters.length && characters[at] !== "|" && characters[at] !== ")") {
      if (isTop && characters[at] === "$" && [undefined, "|"].includes(characters[at + 1])) {
        at++;
        isOpen = false;
        break;
      }
      parts.push(quantified(atom(depth)));
    }
    if (isOpen) parts.push(anything);
    return parts.length === 1 ? parts[0]! : { kind: "sequence", parts };
  }

  function atom(depth: number): Node {
    const character = characters[at++]!;
    switch (character) {
      case "^":
      case "$":
        throw unsupported(`"${character}" inside`);
      case ".":
        return { kind: "characters", characters: complement(lineEnd) };
      case "[":
        return { kind: "characters", characters: characterClass() };
      case "(": {
        if (characters[at] === "?" && !take("?:")) {
          if (!(take("?<") && characters[at] !== "=" && characters[at] !== "!")) {
            throw unsupported("a group that looks around");
          }
          while (characters[at++] !== ">");
        }
        const inner = alternatives(depth + 1);
        at++; // its closing parenthesis
        return inner;
      }
      case "\\":
        return { kind: "characters", characters: escaped(false) };
      default:
        return { kind: "characters", characters: single(character.codePointAt(0)!) };
    }
  }

  function quantified(of: Node): Node {
    let [min, max] = [1, 1];
    if (take("*")) [min, max] = [0, Infinity];
    else if (take("+")) [min, max] = [1, Infinity];
    else if (take("?")) [min, max] = [0, 1];
    else if (take("{")) {
      const close = characters.indexOf("}", at);
      const [least, most] = characters.slice(at, close).join("").split(",");
      at = close + 1;
      min = Number(least);
      max = most === undefined ? min : most === "" ? Infinity : Number(most);
    } else return of;
    take("?"); // lazy or not: the same texts
    return { kind: "repeat", of, min, max };
  }

  function characterClass(): Characters {
    const isNegated = take("^");
    const ranges: [number, number][] = [];
    while (!take("]")) {
      const low = classMember();
      const isRange = characters[at] === "-" && characters[at + 1] !== "]" && isOne(low);
      if (!isRange) {
        for (const [from, to] of low) ranges.push([from, to]);
        continue;
      }
      at++;
      ranges.push([low[0]![0], classMember()[0]![1]]);
    }
    const all = charactersOf(ranges);
    return isNegated ? complement(all) : all;
  }

  function classMember(): Characters {
    const character = characters[at++]!;
    return character === "\\" ? escaped(true) : single(character.codePointAt(0)!);
  }

  /** After a backslash. */
  function escaped(inClass: boolean): Characters {
    const character = characters[at++]!;
    const known = classes[character];
    if (known !== undefined) return known;
    if (character === "b" && inClass) return single(0x08);
    if (/[bBpPkc1-9]/.test(character)) throw unsupported(`"\\${character}"`);
    const letter = letters[character];
    if (letter !== undefined) return single(letter);
    if (character === "x") return single(hexadecimal(2));
    if (character !== "u") return single(character.codePointAt(0)!);
    if (!take("{")) {
      const unit = hexadecimal(4);
      if (unit < 0xD800 || unit > 0xDFFF) return single(unit);
      const pair = String.fromCharCode(unit, take("\\u") ? hexadecimal(4) : 0);
      if (!pair.isWellFormed()) throw unsupported("half a character");
      return single(pair.codePointAt(0)!);
    }
    const close = characters.indexOf("}", at);
    const codePoint = parseInt(characters.slice(at, close).join(""), 16);
    at = close + 1;
    return single(codePoint);
  }

  function hexadecimal(digits: number): number {
    at += digits;
    return parseInt(characters.slice(at - digits, at).join(""), 16);
  }

  return alternatives(0);
}

function isOne(characters: Characters): boolean {
  const [first] = characters;
  return characters.length === 1 && first![0] === first![1];
}
