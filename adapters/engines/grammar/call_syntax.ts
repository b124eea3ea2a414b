/**
 * How a model writes that it calls a tool: `opening`, the name, `between`, the arguments as a JSON object, `closing`;
 * and `separator` before the next one, if there may be several in one answer.
 */
export interface CallSyntax {
  readonly opening: string;
  readonly between: string;
  readonly closing: string;
  readonly separator: string | undefined;
}

/** What tells in the middle of a text that a call begins: all of the opening up to white space or the JSON in it. */
export function triggerOf({ opening }: CallSyntax): string {
  return /^[^\s{[]+/.exec(opening)?.[0] ?? opening;
}

/** How models write calls that have seen too few in their own syntax: the object alone, often in a fence. */
export const looseCallSyntax: CallSyntax = {
  opening: '{"name": "',
  between: '", "arguments": ',
  closing: "}",
  separator: undefined,
};

/**
 * Whether an answer begins with a call in {@link looseCallSyntax} of one of these tools: then what was written after its
 * opening, without white space at the end; else whether it may yet become one.
 */
export function looseBeginning(text: string, names: readonly string[]): { readonly begun: string } | "maybe" | "no" {
  const match = /^\s*(?:```(?:json)?\s*)?\{\s*"name"\s*:\s*"/.exec(text);
  if (match !== null) {
    const begun = text.slice(match[0].length).trimEnd();
    if (names.some((name) => begun.startsWith(`${name}"`))) return { begun };
    return names.some((name) => `${name}"`.startsWith(begun)) ? "maybe" : "no";
  }
  const dense = text.replace(/\s/g, "");
  return ['```json{"name":"', '```{"name":"', '{"name":"'].some((start) => start.startsWith(dense)) ? "maybe" : "no";
}

/** The call that stands at `from`, and where it ends; undefined when there is none, or not the whole of one. */
export function callAt(
  syntax: CallSyntax,
  text: string,
  from: number,
): { readonly name: string; readonly arguments: string; readonly end: number } | undefined {
  const { opening, between, closing } = syntax;
  if (!text.startsWith(opening, from)) return undefined;
  const nameAt = from + opening.length;
  const betweenAt = text.indexOf(between, nameAt);
  if (betweenAt < 0) return undefined;
  const argumentsAt = betweenAt + between.length;
  const argumentsEnd = objectEnd(text, argumentsAt);
  if (argumentsEnd < 0 || !text.startsWith(closing, argumentsEnd)) return undefined;
  try {
    // Written anew, so that it is plain JSON, whatever spaces and escapes the model took.
    const value = JSON.stringify(JSON.parse(text.slice(argumentsAt, argumentsEnd)));
    return { name: text.slice(nameAt, betweenAt), arguments: value, end: argumentsEnd + closing.length };
  } catch {
    return undefined;
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
