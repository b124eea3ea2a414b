/** A fenced block of code in a Markdown text; indices are UTF-16 code units. */
export interface Fence {
  /** Where the opening line begins, and what follows it. */
  readonly from: number;
  readonly bodyFrom: number;
  /** Where the closing line begins, and what follows it; both the text's length when it isn't closed. */
  readonly bodyTo: number;
  readonly to: number;
  /** A line that opens the same block again, and one that closes it, without line feeds. */
  readonly opening: string;
  readonly closing: string;
}

/**
 * Lines longer than this are no fences to us, nor are indentations, marks and languages beyond these: so what is added to
 * a part of a text has a bound.
 */
const lineLengthMax = 100;
const fenceLine = /^([ \t]{0,8})(`{3,16}|~{3,16})([^\n]*)$/;
const languageLengthMax = 24;

/** The longest opening and closing line, with their line feeds, that {@link Fence} can have. */
export const fenceLengthMax = 2 * (8 + 16 + 1) + languageLengthMax;

/** The fenced blocks of a text, in order. Source: CommonMark 0.31, section 4.5, with deeper indentation, as in lists. */
export function fencesOf(text: string): Fence[] {
  const fences: Fence[] = [];
  let open: Omit<Fence, "bodyTo" | "to"> & { readonly mark: string } | undefined;
  for (let at = 0; at < text.length;) {
    const end = text.indexOf("\n", at);
    const next = end < 0 ? text.length : end + 1;
    const line = readFenceLine(text.slice(at, end < 0 ? text.length : end));
    if (open !== undefined) {
      if (
        line !== undefined && line.mark[0] === open.mark[0] && line.mark.length >= open.mark.length && line.info === ""
      ) {
        const { mark: _, ...fence } = open;
        fences.push({ ...fence, bodyTo: at, to: next });
        open = undefined;
      }
    } else if (line !== undefined) {
      const { indent, mark, info } = line;
      const language = /^\S+/.exec(info)?.[0] ?? "";
      const opening = indent + mark + (language.length > languageLengthMax ? "" : language);
      open = { from: at, bodyFrom: next, opening, closing: indent + mark, mark };
    }
    at = next;
  }
  if (open !== undefined) {
    const { mark: _, ...fence } = open;
    fences.push({ ...fence, bodyTo: text.length, to: text.length });
  }
  return fences;
}

function readFenceLine(line: string): { indent: string; mark: string; info: string } | undefined {
  if (line.length > lineLengthMax) return undefined;
  const [, indent, mark, rest] = fenceLine.exec(line) ?? [];
  if (indent === undefined || mark === undefined || rest === undefined) return undefined;
  if (rest.startsWith(mark[0]!) || (mark[0] === "`" && rest.includes("`"))) return undefined;
  return { indent, mark, info: rest.trim() };
}
