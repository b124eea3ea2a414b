import { type Fence, fenceLengthMax, fencesOf } from "./fences.ts";

/** A part of a text: UTF-16 code units from `from` up to `to`. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

/** Below this, what fences add would leave too little room: then code is split as any text. */
const fencedLengthMin = 4 * fenceLengthMax;
/** What remains of a line that a cut goes through must not begin so. */
const mayBeFence = /^\s*(`{3}|~{3})/;
/** Where nothing better is found, so much of the room must lie before a cut that leaves blocks of code whole. */
const anywhereShare = 0.1;
/** Indentation of a line that a part may begin with. */
const indentLengthMax = 64;

/**
 * Cuts a text into parts of which each, as {@link partText} gives it, has at most `lengthMax` code units and shows
 * something. The parts follow each other without a gap. Cut is behind a paragraph or a block of code, else a line, else
 * a word or a mark of punctuation, else a grapheme, and never within a code point; behind the one that comes before
 * another only where that leaves the part full enough.
 *
 * @param lengthMax At least 2.
 */
export function splitText(text: string, lengthMax: number): readonly Part[] {
  if (text.length <= lengthMax) return [{ from: 0, to: text.length }];
  const fences = fencesFor(text, lengthMax);
  const parts: Part[] = [];
  for (let from = 0; from < text.length;) {
    const to = partText(text, { from, to: text.length }, lengthMax).length <= lengthMax
      ? text.length
      : withBlank(text, from, bestCut(text, from, { lengthMax, fences }), fences);
    // What shows nothing is no part: it becomes the beginning of the next, or the end of the last.
    const shown = parts.at(-1);
    if (shown !== undefined && partText(text, shown, lengthMax) === "") parts[parts.length - 1] = { ...shown, to };
    else parts.push({ from, to });
    from = to;
  }
  return parts;
}

/**
 * What is sent as a part of a text. A block of code that the cut goes through is closed at the end of the one part, and
 * opened again with its language at the beginning of the other. Blank lines at a cut are left out. All of a text that
 * is short enough is given as it is.
 */
export function partText(text: string, { from, to }: Part, lengthMax: number): string {
  if (from === 0 && to === text.length && text.length <= lengthMax) return text;
  const fences = fencesFor(text, lengthMax);
  const before = fenceAt(fences, from);
  const after = to < text.length ? fenceAt(fences, to) : undefined;
  let body = text.slice(from, to);
  if (from === 0) body = body.replace(/^\s*\n/, "");
  if (after !== undefined) return `${openingOf(before)}${body}${closingOf(after, body)}`;
  if (to < text.length || text.length - from > lengthMax) body = body.trimEnd();
  if (body.length > lengthMax) body = body.trimStart();
  return openingOf(before) + body;
}

function fencesFor(text: string, lengthMax: number): readonly Fence[] {
  return lengthMax < fencedLengthMin ? [] : fencesOf(text);
}

/** The block whose code a cut here goes through. */
function fenceAt(fences: readonly Fence[], at: number): Fence | undefined {
  return fences.find(({ bodyFrom, bodyTo }) => bodyFrom <= at && at <= bodyTo);
}

function openingOf(fence: Fence | undefined): string {
  return fence === undefined ? "" : `${fence.opening}\n`;
}

function closingOf(fence: Fence, body: string): string {
  return body.endsWith("\n") ? fence.closing : `\n${fence.closing}`;
}

interface Bounds {
  readonly lengthMax: number;
  readonly fences: readonly Fence[];
}

/** Kinds of borders, the best first, each with the share of the room that must lie before it. */
const borders:
  readonly (readonly [is: (text: string, at: number, fences: readonly Fence[]) => boolean, share: number])[] = [
    [isParagraph, 0.5],
    [isLine, 0.3],
    [isWord, 0.1],
  ];

function bestCut(text: string, from: number, { lengthMax, fences }: Bounds): number {
  const room = lengthMax - openingOf(fenceAt(fences, from)).length;
  const near = fences.filter((fence) => fence.to >= from && fence.from <= from + room);
  const fits = (at: number) => {
    const fence = fenceAt(near, at);
    return at - from + (fence === undefined ? 0 : closingOf(fence, text.slice(at - 1, at)).length) <= room;
  };
  for (const [isBorder, share] of borders) {
    for (let at = from + room; at > from + room * share; at--) {
      if (isBorder(text, at, near) && fits(at) && keepsFences(text, at, near)) return at;
    }
  }
  let fitting = from + room;
  while (!fits(fitting) && fitting > from + 1) fitting--;
  for (let at = fitting; at > from + room * anywhereShare; at--) {
    if (fits(at) && keepsFences(text, at, near)) return graphemeCut(text, from, at, near);
  }
  return graphemeCut(text, from, fitting, []);
}

/** The last border between graphemes that isn't behind `at`; between code points where one grapheme fills the part. */
function graphemeCut(text: string, from: number, at: number, fences: readonly Fence[]): number {
  const graphemes = new Intl.Segmenter("en").segment(text.slice(from, at + 64));
  for (let cut = at; cut > from;) {
    const { index } = graphemes.containing(cut - from)!;
    if (index === 0) break;
    if (keepsFences(text, from + index, fences)) return from + index;
    cut = from + index - 1;
  }
  const isWithinPair = /[\ud800-\udbff]/.test(text[at - 1]!) && /[\udc00-\udfff]/.test(text[at] ?? "");
  return isWithinPair ? Math.max(at - 1, from + 2 > at ? at + 1 : at - 1) : at;
}

function isParagraph(text: string, at: number, fences: readonly Fence[]): boolean {
  if (text[at - 1] !== "\n" || fenceAt(fences, at) !== undefined) return false;
  if (fences.some(({ from, to }) => from === at || to === at)) return true;
  return text[at] !== "\n" && /\n[ \t]*\n$/.test(text.slice(Math.max(0, at - 80), at));
}

function isLine(text: string, at: number): boolean {
  return text[at - 1] === "\n";
}

function isWord(text: string, at: number): boolean {
  return /[\s\u3001\u3002\uff01\uff0c\uff1b\uff1f]/.test(text[at - 1]!);
}

/**
 * Whether a cut leaves what opens and closes blocks as it is: not within such a line, not between it and the code, and
 * not so that what is left of a line looks like one.
 */
function keepsFences(text: string, at: number, fences: readonly Fence[]): boolean {
  const cutsOne = fences.some(({ from, bodyFrom, bodyTo, to }) =>
    (from < at && at <= bodyFrom) || (bodyTo <= at && at < to)
  );
  if (cutsOne) return false;
  if (text[at - 1] === "\n") return true;
  const lineFrom = text.lastIndexOf("\n", at - 1) + 1;
  return !mayBeFence.test(text.slice(lineFrom, at)) && !mayBeFence.test(text.slice(at, at + indentLengthMax));
}

/** Takes what is blank behind a cut into the part before it, but for the indentation of a line. */
function withBlank(text: string, from: number, at: number, fences: readonly Fence[]): number {
  if (fenceAt(fences, at) !== undefined) return at;
  const blank = /^\s+/.exec(text.slice(at))?.[0] ?? "";
  const behind = blank.lastIndexOf("\n") + 1;
  const indents = behind > 0 || text[at - 1] === "\n";
  const to = indents && blank.length - behind <= indentLengthMax ? at + behind : at + blank.length;
  return to > from ? to : at;
}
