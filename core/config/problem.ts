/**
 * One thing that is wrong with a configuration, and where. Values that may be secrets are told by their kind only. `path` is empty when the whole file is meant.
 */
export interface ConfigProblem {
  readonly kind: "syntax" | "unknown" | "missing" | "value" | "later";
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  /** Keys and list indexes, joined by dots: `access.rules.0.effect`. */
  readonly path: string;
  readonly found: string;
  readonly expected: string;
  /** The key, or the value, that was probably meant. */
  readonly nearest?: string;
}

/**
 * A problem as one line for people. What the file's author wrote appears escaped, never raw.
 *
 * @example
 * ```ts
 * formatProblem(problem); // config.yaml:12:3: web.lissten: unknown key; did you mean "listen"?
 * ```
 */
export function formatProblem(problem: ConfigProblem): string {
  const { file, line, column, path, found, expected, nearest } = problem;
  const where = `${file}:${line}:${column}: ${path === "" ? "" : `${path}: `}`;
  switch (problem.kind) {
    case "unknown":
      return `${where}unknown key; ${nearest === undefined ? `expected ${expected}` : `did you mean "${nearest}"?`}`;
    case "missing":
      return `${where}missing; add ${expected}`;
    case "value":
      return `${where}found ${found}, expected ${expected}${
        nearest === undefined ? "" : `; did you mean "${nearest}"?`
      }`;
    case "later":
      return `${where}isn't in this version yet; remove it`;
    case "syntax":
      return `${where}found ${found}, expected ${expected}`;
  }
}

/** A path as people read it. Keys that aren't plain words are quoted. */
export function formatPath(path: readonly (string | number)[]): string {
  return path.map((part) => /^[\w-]{1,64}$/.test(`${part}`) ? `${part}` : quote(`${part}`)).join(".");
}

/** A value as an error shows it: its text where that is short and harmless, else its kind. */
export function formatFound(value: unknown, secret: boolean): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  if (secret) return typeof value === "string" ? "text" : `a ${typeof value}`;
  return typeof value === "string" ? quote(value) : `${value}`;
}

/** `a`, `b` or `c`. */
export function formatChoice(choices: readonly string[]): string {
  return choices.length < 2 ? choices.join() : `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
}

/** Longest text of the author's that an error repeats, in UTF-16 code units. */
const quotedLengthMax = 60;

/** In double quotes, cut, and without what could change a terminal or the direction of reading. */
function quote(text: string): string {
  const cut = text.length > quotedLengthMax ? `${text.slice(0, quotedLengthMax)}…` : text;
  return JSON.stringify(cut).replace(
    /[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
