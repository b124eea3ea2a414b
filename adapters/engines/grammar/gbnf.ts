import { type Expression, GrammarError, never, prune, repeat, rule, type Rules, sequence } from "./rules.ts";
import { asTrie } from "./trie.ts";

/** Rules, and what llama.cpp makes of them, at most: some megabytes, read in some tens of milliseconds. */
const rulesMax = 20_000;
const elementsMax = 200_000;
/** llama.cpp looks for left recursion by recursion, without remembering where it was. */
const leftDepthMax = 500;
const leftStepsMax = 1_000_000;
/** It writes repetitions out: 2,000 is its limit, and beyond that it takes a limit for none. */
const repetitionsMax = 256;
const chunk = 64;

/**
 * Rules as llama.cpp's notation, of which `root` is the whole.
 * @throws {GrammarError} When nothing can be written, or the grammar is too large.
 */
export function toGbnf(rules: Rules): string {
  const pruned = prune(rules);
  if (pruned.size === 0) throw new GrammarError("nothing can satisfy it");
  const flat = writeOut(pruned);
  checkSize(flat);
  checkLeft(flat);
  return [...flat].map(([name, expression]) => `${name} ::= ${write(expression)}\n`).join("");
}

/** Repetitions of what is a rule by itself, each few enough. */
function writeOut(rules: Rules): Rules {
  const flat = new Map<string, Expression>();
  let count = 0;
  const hoist = (expression: Expression): Expression => {
    if (expression.kind === "rule" || expression.kind === "characters") return expression;
    const name = `x${count++}`;
    flat.set(name, expression);
    if (flat.size > rulesMax) throw new GrammarError("the grammar would be too large");
    return rule(name);
  };
  const times = (of: Expression, min: number, max: number): Expression => {
    if (max === 0) return repeat(of, 0, 0);
    if ((max === Infinity ? min : max) <= repetitionsMax) return repeat(of, min, max);
    const chunks = hoist(repeat(of, chunk, chunk));
    const least = sequence(
      times(chunks, Math.floor(min / chunk), Math.floor(min / chunk)),
      times(of, min % chunk, min % chunk),
    );
    if (max === Infinity) return sequence(least, repeat(of, 0, Infinity));
    // 0 to n: some whole chunks, then the rest with one more chunk's worth, so that every number can be had.
    const more = max - min;
    if (more <= repetitionsMax) return sequence(least, times(of, 0, more));
    return sequence(least, times(chunks, 0, Math.floor(more / chunk) - 1), times(of, 0, chunk + more % chunk));
  };
  const visit = (expression: Expression): Expression => {
    switch (expression.kind) {
      case "text":
      case "characters":
      case "rule":
        return expression;
      case "sequence":
        return sequence(...expression.parts.map(visit));
      case "choice":
        return asTrie(expression.options.map(visit));
      case "repeat":
        return times(hoist(visit(expression.of)), expression.min, expression.max);
    }
  };
  for (const [name, expression] of rules) flat.set(name, visit(expression));
  return flat;
}

function checkSize(rules: Rules): void {
  let elements = 0;
  let count = rules.size;
  const visit = (expression: Expression): void => {
    switch (expression.kind) {
      case "text":
        elements += expression.text.length;
        return;
      case "characters":
        elements += 2 * expression.characters.length;
        return;
      case "sequence":
        return expression.parts.forEach(visit);
      case "choice":
        elements += expression.options.length;
        count++;
        return expression.options.forEach(visit);
      case "repeat": {
        const { of, min, max } = expression;
        const size = of.kind === "characters" ? 2 * of.characters.length : 1;
        const more = max === Infinity ? 1 : max - min;
        elements += size * min + (size + 3) * more;
        count += more;
        return;
      }
      case "rule":
        elements++;
    }
  };
  for (const expression of rules.values()) visit(expression);
  if (elements > elementsMax || count > rulesMax) throw new GrammarError("the grammar would be too large");
}

/** What llama.cpp's own search for left recursion would cost; that there is none is a matter of how rules are made. */
function checkLeft(rules: Rules): void {
  const known = new Map<string, { readonly depth: number; readonly steps: number }>();
  const open = new Set<string>();
  let total = 0;
  const costOf = (name: string): { readonly depth: number; readonly steps: number } => {
    const before = known.get(name);
    if (before !== undefined) return before;
    if (open.has(name) || open.size > leftDepthMax) throw new GrammarError("the grammar would be too deep");
    open.add(name);
    let [depth, steps] = [0, 1];
    for (const next of leftOf(rules.get(name) ?? never)) {
      const cost = costOf(next);
      depth = Math.max(depth, cost.depth);
      steps += cost.steps;
    }
    open.delete(name);
    const cost = { depth: depth + 1, steps };
    known.set(name, cost);
    total += steps;
    if (cost.depth > leftDepthMax || total > leftStepsMax) throw new GrammarError("the grammar would be too deep");
    return cost;
  };
  for (const name of rules.keys()) costOf(name);
}

/** The rules that an expression may begin with. */
function leftOf(expression: Expression): string[] {
  switch (expression.kind) {
    case "text":
    case "characters":
      return [];
    case "rule":
      return [expression.name];
    case "choice":
      return expression.options.flatMap(leftOf);
    case "repeat":
      return leftOf(expression.of);
    case "sequence": {
      const names: string[] = [];
      for (const part of expression.parts) {
        names.push(...leftOf(part));
        if (part.kind !== "choice" && part.kind !== "repeat") break;
      }
      return names;
    }
  }
}

function write(expression: Expression): string {
  switch (expression.kind) {
    case "text":
      return `"${expression.text.replace(/["\\\n\r\t]/g, (character) => escapes[character] ?? character)}"`;
    case "characters":
      return `[${
        expression.characters.map(([low, high]) => low === high ? hex(low) : `${hex(low)}-${hex(high)}`).join("")
      }]`;
    case "rule":
      return expression.name;
    case "sequence":
      return expression.parts.map((part) => part.kind === "choice" ? `(${write(part)})` : write(part)).join(" ");
    case "choice":
      return expression.options.map(write).join(" | ");
    case "repeat": {
      const { of, min, max } = expression;
      return `${write(of)}{${min}${max === min ? "" : `,${max === Infinity ? "" : max}`}}`;
    }
  }
}

const escapes: Readonly<Record<string, string>> = { '"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function hex(codePoint: number): string {
  if (/^[0-9A-Za-z]$/.test(String.fromCodePoint(codePoint))) return String.fromCodePoint(codePoint);
  return codePoint > 0xFFFF
    ? `\\U${codePoint.toString(16).padStart(8, "0")}`
    : `\\u${codePoint.toString(16).padStart(4, "0")}`;
}
