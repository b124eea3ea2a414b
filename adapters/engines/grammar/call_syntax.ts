/**
 * How a model writes that it calls a tool: `opening`, the name, `between`, the arguments, `closing`; for each further
 * call `next` instead of `opening`, if there may be several; and `end` after the last one. In any of these texts
 * {@link idMark} stands for an id of the call, as some families want one.
 */
export interface CallSyntax {
  readonly opening: string;
  readonly between: string;
  readonly closing: string;
  readonly next: string | undefined;
  readonly end: string;
  /** Absent: the arguments are a JSON object. */
  readonly tags?: ArgumentTags;
}

/** Arguments one by one: `key`, the name, `value`, the value, `closing`. Texts stand there as they are, the rest as JSON. */
export interface ArgumentTags {
  readonly key: string;
  readonly value: string;
  readonly closing: string;
}

/** All that a syntax writes around names, values and ids. */
export function textOfSyntax({ opening, between, closing, next = "", end, tags }: CallSyntax): string {
  const written = [opening, between, tags?.key, tags?.value, tags?.closing, closing, next, end];
  return written.join("").replaceAll(idMark, "");
}

/** Stands for nine letters or digits: what Mistral's templates take as an id. */
export const idMark = "\uE003";
/** Characters of an id. */
export const idLength = 9;

/** What tells in the middle of a text that a call begins: all of the opening up to white space or the JSON in it. */
export function triggerOf({ opening }: CallSyntax): string {
  return /^(?:[^\s{[]+|\[[A-Z_]+\])/.exec(opening)?.[0] ?? opening;
}

/**
 * How models write calls that have seen too few in their own syntax: the object alone, or a list of them, often in a
 * fence. What stands between name and arguments is as in their own, where that is a bare object as well.
 */
export function looseCallSyntax(own: CallSyntax, isList: boolean): CallSyntax {
  const opening = `${isList ? "[" : ""}{"name": "`;
  const between = own.opening.startsWith("{") ? own.between : '", "arguments": ';
  return isList
    ? { opening, between, closing: "}", next: ', {"name": "', end: "]" }
    : { opening, between, closing: "}", next: undefined, end: "" };
}

/**
 * Whether an answer begins with a call in {@link looseCallSyntax} of one of these tools: then what was written after its
 * opening, without white space at the end; else whether it may yet become one.
 */
export function looseBeginning(
  text: string,
  names: readonly string[],
): { readonly begun: string; readonly isList: boolean } | "maybe" | "no" {
  const match = /^\s*(?:```(?:json)?\s*|functools\s*)?(\[\s*)?\{\s*"name"\s*:\s*"/.exec(text);
  if (match !== null) {
    const begun = text.slice(match[0].length).trimEnd();
    const isList = match[1] !== undefined;
    if (names.some((name) => begun.startsWith(`${name}"`))) return { begun, isList };
    return names.some((name) => `${name}"`.startsWith(begun)) ? "maybe" : "no";
  }
  const dense = text.replace(/\s/g, "");
  return looseStarts.some((start) => start.startsWith(dense)) ? "maybe" : "no";
}

const looseStarts = ["", "```json", "```", "functools"].flatMap((fence) => [
  `${fence}{"name":"`,
  `${fence}[{"name":"`,
]);

/** Whether a value of this tool and name is written as it is, without quotes: see {@link ArgumentTags}. */
export type IsPlainText = (tool: string, name: string) => boolean;

/** A call as it was read, and where it ends. */
export interface ReadCall {
  readonly name: string;
  /** JSON. */
  readonly arguments: string;
  readonly end: number;
}

/** The call that stands at `from` after `begin`; undefined when there is none, or not the whole of one. */
export function callAt(
  syntax: CallSyntax,
  text: string,
  { from, begin, isPlainText }: {
    readonly from: number;
    readonly begin: string;
    readonly isPlainText: IsPlainText;
  },
): ReadCall | undefined {
  const { between, closing, tags } = syntax;
  const nameAt = after(text, begin, from);
  if (nameAt === undefined) return undefined;
  const name = /^[a-zA-Z0-9_-]{1,64}/.exec(text.slice(nameAt, nameAt + 64))?.[0];
  if (name === undefined) return undefined;
  const argumentsAt = after(text, between, nameAt + name.length);
  if (argumentsAt === undefined) return undefined;
  const read = tags === undefined
    ? objectAt(text, argumentsAt)
    : taggedAt(tags, text, argumentsAt, (key) => isPlainText(name, key));
  const end = read && after(text, closing, read.end);
  return end === undefined ? undefined : { name, arguments: read!.json, end };
}

/** Where what is written like `written` ends that stands at `from`; undefined when it doesn't stand there. */
export function after(text: string, written: string, from: number): number | undefined {
  let at = from;
  for (const [index, part] of written.split(idMark).entries()) {
    if (index > 0) {
      if (!/^[a-zA-Z0-9]{9}$/.test(text.slice(at, at + idLength))) return undefined;
      at += idLength;
    }
    if (!text.startsWith(part, at)) return undefined;
    at += part.length;
  }
  return at;
}

interface ReadArguments {
  readonly json: string;
  readonly end: number;
}

function objectAt(text: string, from: number): ReadArguments | undefined {
  const end = objectEnd(text, from);
  if (end < 0) return undefined;
  try {
    // Written anew, so that it is plain JSON, whatever spaces and escapes the model took.
    return { json: JSON.stringify(JSON.parse(text.slice(from, end))), end };
  } catch {
    return undefined;
  }
}

function taggedAt(
  { key, value, closing }: ArgumentTags,
  text: string,
  from: number,
  isPlainText: (key: string) => boolean,
): ReadArguments | undefined {
  const read: Record<string, unknown> = {};
  let at = from;
  while (text.startsWith(key, at)) {
    const nameAt = at + key.length;
    const valueAt = text.indexOf(value, nameAt);
    if (valueAt < 0) return undefined;
    const closingAt = text.indexOf(closing, valueAt + value.length);
    if (closingAt < 0) return undefined;
    const name = text.slice(nameAt, valueAt);
    const written = text.slice(valueAt + value.length, closingAt);
    // By definition, so that no name means anything else.
    Object.defineProperty(read, name, {
      value: isPlainText(name) ? written : jsonOr(written),
      enumerable: true,
      configurable: true,
    });
    at = closingAt + closing.length;
  }
  return { json: JSON.stringify(read), end: at };
}

function jsonOr(written: string): unknown {
  try {
    return JSON.parse(written);
  } catch {
    return written;
  }
}

/** Where the JSON object ends that begins here; -1 when it doesn't. */
function objectEnd(text: string, from: number): number {
  if (text[from] !== "{") return -1;
  let depth = 0;
  let isText = false;
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (isText) {
      if (character === "\\") at++;
      else if (character === '"') isText = false;
    } else if (character === '"') isText = true;
    else if (character === "{" || character === "[") depth++;
    else if ((character === "}" || character === "]") && --depth === 0) return at + 1;
  }
  return -1;
}
