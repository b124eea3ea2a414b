/** One line of a difference: in both, only in the old text, or only in the new one. */
export interface DiffLine {
  readonly kind: "both" | "old" | "new";
  readonly text: string;
}

/** Lines that differ and some around them. Numbers count from 1. */
export interface DiffHunk {
  readonly oldLine: number;
  readonly newLine: number;
  readonly lines: readonly DiffLine[];
}

/** Unchanged lines that are shown around a change. */
const contextLines = 3;

/** Of texts whose differing parts have more pairs of lines than this, all old lines stand before all new ones. */
const pairsMax = 4_000_000;

/**
 * The difference between two texts line by line, by their longest common subsequence. Empty when they are the same.
 *
 * @example
 * ```ts
 * formatDiff(textDiff("a\nb\n", "a\nc\n"), { old: "config.yaml", new: "proposal" });
 * ```
 */
export function textDiff(old: string, changed: string): readonly DiffHunk[] {
  return hunksOf(linesOf(splitLines(old), splitLines(changed)));
}

/** The difference as `diff -u` writes it; empty when there is none. */
export function formatDiff(
  hunks: readonly DiffHunk[],
  names: { readonly old: string; readonly new: string },
): readonly DiffText[] {
  if (hunks.length === 0) return [];
  const marks = { both: " ", old: "-", new: "+" } as const;
  return [
    { kind: "head", text: `--- ${names.old}` },
    { kind: "head", text: `+++ ${names.new}` },
    ...hunks.flatMap(({ oldLine, newLine, lines }): DiffText[] => {
      const count = (kind: "old" | "new") => lines.filter((line) => line.kind === "both" || line.kind === kind).length;
      const range = (line: number, length: number) => `${length === 0 ? line - 1 : line},${length}`;
      return [
        { kind: "place", text: `@@ -${range(oldLine, count("old"))} +${range(newLine, count("new"))} @@` },
        ...lines.map(({ kind, text }) => ({ kind, text: `${marks[kind]}${text}` })),
      ];
    }),
  ];
}

/** One line of a written difference, and what it is. */
export interface DiffText {
  readonly kind: DiffLine["kind"] | "head" | "place";
  readonly text: string;
}

function splitLines(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Every line of both texts, in order. */
function linesOf(old: readonly string[], changed: readonly string[]): DiffLine[] {
  const shortest = Math.min(old.length, changed.length);
  let head = 0;
  while (head < shortest && old[head] === changed[head]) head++;
  let tail = 0;
  while (tail < shortest - head && old.at(-1 - tail) === changed.at(-1 - tail)) tail++;
  const both = (lines: readonly string[]) => lines.map((text): DiffLine => ({ kind: "both", text }));
  return [
    ...both(old.slice(0, head)),
    ...middleOf(old.slice(head, old.length - tail), changed.slice(head, changed.length - tail)),
    ...both(old.slice(old.length - tail)),
  ];
}

function middleOf(old: readonly string[], changed: readonly string[]): DiffLine[] {
  const width = changed.length + 1;
  const isLong = old.length * changed.length > pairsMax;
  // common[i * width + j]: the longest common subsequence of what follows.
  const common = new Uint32Array(isLong ? 0 : (old.length + 1) * width);
  for (let i = old.length - 1; i >= 0 && !isLong; i--) {
    for (let j = changed.length - 1; j >= 0; j--) {
      common[i * width + j] = old[i] === changed[j]
        ? common[(i + 1) * width + j + 1]! + 1
        : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < changed.length) {
    if (!isLong && i < old.length && j < changed.length && old[i] === changed[j]) {
      lines.push({ kind: "both", text: old[i++]! });
      j++;
    } else if (
      i < old.length &&
      (isLong || j === changed.length || common[(i + 1) * width + j]! >= common[i * width + j + 1]!)
    ) lines.push({ kind: "old", text: old[i++]! });
    else lines.push({ kind: "new", text: changed[j++]! });
  }
  return lines;
}

function hunksOf(lines: readonly DiffLine[]): DiffHunk[] {
  const shown = new Set<number>();
  for (const [index, { kind }] of lines.entries()) {
    if (kind === "both") continue;
    for (let at = index - contextLines; at <= index + contextLines; at++) shown.add(at);
  }
  const hunks: { oldLine: number; newLine: number; lines: DiffLine[] }[] = [];
  let [oldLine, newLine] = [1, 1];
  for (const [index, line] of lines.entries()) {
    if (shown.has(index)) {
      if (!shown.has(index - 1) || index === 0) hunks.push({ oldLine, newLine, lines: [] });
      hunks.at(-1)!.lines.push(line);
    }
    if (line.kind !== "new") oldLine++;
    if (line.kind !== "old") newLine++;
  }
  return hunks;
}
