/**
 * Grammars as data: what may be written, as rules that name each other. Made here and nowhere else, so that what
 * llama.cpp gets to read is right by construction and bounded: it parses grammars in C++, where a wrong one is told to
 * stderr, and one that recurses on its left side without end takes the process down.
 */
import type { Characters } from "./characters.ts";

/** What may stand at one place. A choice of nothing can't be written at all. */
export type Expression =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "characters"; readonly characters: Characters }
  | { readonly kind: "sequence"; readonly parts: readonly Expression[] }
  | { readonly kind: "choice"; readonly options: readonly Expression[] }
  | { readonly kind: "repeat"; readonly of: Expression; readonly min: number; readonly max: number }
  | { readonly kind: "rule"; readonly name: string };

/** Rules by their names, of which `root` is the whole. */
export type Rules = ReadonlyMap<string, Expression>;

/** What is refused, in words for whoever wrote the schema. */
export class GrammarError extends Error {}

/** Nothing at all: always right. */
export const empty: Expression = { kind: "text", text: "" };
/** What can't be written. */
export const never: Expression = { kind: "choice", options: [] };

/** Exactly this. @throws {GrammarError} For what isn't a text in UTF-8, or would end llama.cpp's notation early. */
export function text(text: string): Expression {
  if (!text.isWellFormed()) throw new GrammarError("half a character can't be written");
  if (text.includes("\0")) throw new GrammarError("the character U+0000 can't be written");
  return { kind: "text", text };
}

/** One of these characters. */
export function oneOf(characters: Characters): Expression {
  return characters.length === 0 ? never : { kind: "characters", characters };
}

/** One after the other. Texts that meet become one. */
export function sequence(...parts: readonly Expression[]): Expression {
  const flat: Expression[] = [];
  for (const part of parts.flatMap((part) => part.kind === "sequence" ? part.parts : [part])) {
    const before = flat.at(-1);
    if (part.kind === "text" && before?.kind === "text") {
      flat[flat.length - 1] = { kind: "text", text: before.text + part.text };
    } else if (part.kind !== "text" || part.text !== "") flat.push(part);
  }
  if (flat.length === 0) return empty;
  return flat.length === 1 ? flat[0]! : { kind: "sequence", parts: flat };
}

/** One of these. */
export function choice(...options: readonly Expression[]): Expression {
  const flat = options.flatMap((option) => option.kind === "choice" ? option.options : [option]);
  return flat.length === 1 ? flat[0]! : { kind: "choice", options: flat };
}

/** Once or not at all. */
export function optional(expression: Expression): Expression {
  return choice(expression, empty);
}

/** `min` to `max` times; `max` may be infinite. What is repeated must not be empty. */
export function repeat(of: Expression, min: number, max: number): Expression {
  if (max < min) return never;
  if (max === 0) return empty;
  return min === 1 && max === 1 ? of : { kind: "repeat", of, min, max };
}

/** What stands under this name. */
export function rule(name: string): Expression {
  return { kind: "rule", name };
}

/**
 * Without what can't be written to its end: an option that needs a rule which needs itself, or one that is a
 * contradiction. Empty when nothing can be written.
 */
export function prune(rules: Rules): Rules {
  const possible = new Set<string>();
  const isPossible = (expression: Expression): boolean => {
    switch (expression.kind) {
      case "text":
      case "characters":
        return true;
      case "sequence":
        return expression.parts.every(isPossible);
      case "choice":
        return expression.options.some(isPossible);
      case "repeat":
        return expression.min === 0 || isPossible(expression.of);
      case "rule":
        return possible.has(expression.name);
    }
  };
  // Turn by turn from both ends: chains of rules are soon through, whichever way they are written.
  const ordered = [...rules];
  for (let before = -1; before !== possible.size; ordered.reverse()) {
    before = possible.size;
    for (const [name, expression] of ordered) if (!possible.has(name) && isPossible(expression)) possible.add(name);
  }
  if (!possible.has("root")) return new Map();

  const kept = new Map<string, Expression>();
  const clean = (expression: Expression): Expression => {
    switch (expression.kind) {
      case "text":
      case "characters":
        return expression;
      case "sequence":
        return sequence(...expression.parts.map(clean));
      case "choice":
        return choice(...expression.options.filter(isPossible).map(clean));
      case "repeat":
        return isPossible(expression.of) ? { ...expression, of: clean(expression.of) } : empty;
      case "rule":
        keep(expression.name);
        return expression;
    }
  };
  const waiting: string[] = [];
  const seen = new Set<string>();
  const keep = (name: string) => {
    if (!seen.has(name)) waiting.push(name);
    seen.add(name);
  };
  keep("root");
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const expression = rules.get(name);
    if (expression !== undefined) kept.set(name, clean(expression));
  }
  return kept;
}
