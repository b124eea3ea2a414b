/**
 * Columns that a text takes on a terminal: two for wide characters (Chinese, Japanese, Korean, full-width forms,
 * emoji), none for combining marks. Source: Unicode 16, UAX #11 (classes W and F).
 */
export function displayWidth(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += isWide(segment.codePointAt(0)!) ? 2 : 1;
  return width;
}

/** The text, filled up with spaces to this many columns. */
export function padEnd(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - displayWidth(text)));
}

/** The text, cut to this many columns; `…` says that something is missing. */
export function truncate(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let kept = "";
  for (const { segment } of graphemes.segment(text)) {
    if (displayWidth(kept + segment) > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Rows in aligned columns, two spaces apart. The last column isn't filled up. */
export function table(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from(
    { length: columns },
    (_, column) => Math.max(0, ...rows.map((row) => displayWidth(row[column] ?? ""))),
  );
  return rows
    .map((row) =>
      row.map((cell, column) => column === row.length - 1 ? cell : padEnd(cell, widths[column]!)).join("  ")
    )
    .map((line) => `${line}\n`)
    .join("");
}

/** ANSI codes of the few looks that are used, each beside a word that says the same. Source: ECMA-48, 8.3.117. */
const looks = { good: 32, waiting: 33, bad: 31, quiet: 2 } as const;

/** The text in a colour, where colours may be used. */
export function paint(look: keyof typeof looks, text: string, { colours }: { readonly colours: boolean }): string {
  return colours ? `\x1b[${looks[look]}m${text}\x1b[0m` : text;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

const wideRanges: readonly (readonly [from: number, to: number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2329, 0x232a],
  [0x2e80, 0x303e],
  [0x3041, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1faff],
  [0x20000, 0x3fffd],
];

function isWide(codePoint: number): boolean {
  return wideRanges.some(([from, to]) => codePoint >= from && codePoint <= to);
}
