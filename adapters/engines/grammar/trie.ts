import { choice, empty, type Expression, sequence, text } from "./rules.ts";

/** Fewer options are walked one by one as fast. */
const optionsMin = 16;
/** Deeper, what begins alike stays side by side: llama.cpp reads groups in groups by recursion. */
const depthMax = 32;

/** An option by its text at the beginning, and what follows that. */
interface Branch {
  readonly head: string;
  readonly rest: Expression;
}

/**
 * A choice whose options that begin alike share their beginning: of thousands of texts, only as many are looked at for a
 * character as there are characters that may come next. It allows the same.
 */
export function asTrie(options: readonly Expression[]): Expression {
  return options.length < optionsMin ? { kind: "choice", options } : grow(options.map(branchOf), 0);
}

function grow(branches: readonly Branch[], depth: number): Expression {
  if (depth === depthMax) return choice(...branches.map(expressionOf));
  const byFirst = new Map<string, Branch[]>();
  const others: Expression[] = [];
  for (const branch of branches) {
    if (branch.head === "") {
      if (branch.rest !== empty || !others.includes(empty)) others.push(branch.rest);
      continue;
    }
    const first = String.fromCodePoint(branch.head.codePointAt(0)!);
    const alike = byFirst.get(first);
    if (alike === undefined) byFirst.set(first, [branch]);
    else alike.push(branch);
  }
  const shared = [...byFirst.values()].map((alike) => {
    if (alike.length === 1) return expressionOf(alike[0]!);
    const beginning = commonBeginning(alike.map(({ head }) => head));
    const rests = alike.map(({ head, rest }) => ({ head: head.slice(beginning.length), rest }));
    return sequence(text(beginning), grow(rests, depth + 1));
  });
  return choice(...shared, ...others);
}

function branchOf(option: Expression): Branch {
  if (option.kind === "text") return { head: option.text, rest: empty };
  const [first, ...rest] = option.kind === "sequence" ? option.parts : [];
  return first?.kind === "text" ? { head: first.text, rest: sequence(...rest) } : { head: "", rest: option };
}

function expressionOf({ head, rest }: Branch): Expression {
  return sequence(text(head), rest);
}

/** In whole code points. */
function commonBeginning(texts: readonly string[]): string {
  let [length, shortest] = [texts[0]!.length, texts[0]!];
  for (const one of texts) {
    let at = 0;
    while (at < length && at < one.length && one[at] === shortest[at]) at++;
    length = at;
    shortest = shortest.slice(0, at);
  }
  return /[\uD800-\uDBFF]$/.test(shortest) ? shortest.slice(0, -1) : shortest;
}
