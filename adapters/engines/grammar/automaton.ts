import {
  type Characters,
  charactersOf,
  contains,
  escapedInJson,
  intersection,
  plainInJson,
  single,
} from "./characters.ts";
import type { Node } from "./pattern.ts";
import { choice, type Expression, GrammarError, oneOf, rule, sequence, text } from "./rules.ts";

/** A machine that reads a text: from each state, at most one way a character. State 0 is the start. */
export interface Automaton {
  readonly states: readonly State[];
}

/** One state: whether the text may end here, and where characters lead. */
export interface State {
  readonly accepts: boolean;
  readonly ways: readonly { readonly characters: Characters; readonly to: number }[];
}

const statesMax = 1_500;
const looseStatesMax = 3_000;

/** Comparisons of characters that are left, of some nanoseconds each. */
export interface StepBudget {
  left: number;
}

const tooLarge = () => new GrammarError("the pattern needs too many states");

/** One state of the loose machine that is built first: several ways a character, and ways without one. */
interface LooseState {
  readonly free: number[];
  way?: { readonly characters: Characters; readonly to: number };
}

/**
 * The machine of a pattern. Every state is one that a text can still end from.
 * @throws {GrammarError} When it needs too many states: counted repetitions in each other do, and so may a repetition
 *   after a beginning that can stand anywhere.
 */
export function automatonOf(node: Node, steps: StepBudget): Automaton {
  const loose: LooseState[] = [];
  const add = () => {
    if (loose.length >= looseStatesMax) throw tooLarge();
    return loose.push({ free: [] }) - 1;
  };
  /** Puts the node after a state, and gives the state after it. */
  const build = (node: Node, from: number): number => {
    switch (node.kind) {
      case "characters": {
        const [state, to] = [add(), add()];
        loose[from]!.free.push(state);
        loose[state]!.way = { characters: node.characters, to };
        return to;
      }
      case "sequence":
        return node.parts.reduce((at, part) => build(part, at), from);
      case "choice": {
        const to = add();
        for (const option of node.options) {
          const start = add();
          loose[from]!.free.push(start);
          loose[build(option, start)]!.free.push(to);
        }
        return to;
      }
      case "repeat": {
        const { of, min, max } = node;
        if (min > looseStatesMax || (max !== Infinity && max > looseStatesMax)) throw tooLarge();
        let at = from;
        for (let count = 0; count < min; count++) at = build(of, at);
        const to = add();
        if (max === Infinity) {
          const loop = add();
          loose[at]!.free.push(loop);
          loose[build(of, loop)]!.free.push(loop);
          loose[loop]!.free.push(to);
          return to;
        }
        for (let count = min; count < max; count++) {
          loose[at]!.free.push(to);
          const start = add();
          loose[at]!.free.push(start);
          at = build(of, start);
        }
        loose[at]!.free.push(to);
        return to;
      }
    }
  };
  const start = add();
  const end = build(node, start);
  return withoutDeadEnds(determined(loose, { start, end }, steps));
}

/** All states that can be reached without a character. */
function closureOf(loose: readonly LooseState[], from: Iterable<number>): number[] {
  const found = new Set(from);
  for (const state of found) for (const next of loose[state]!.free) found.add(next);
  return [...found].filter((state) => loose[state]!.way !== undefined || loose[state]!.free.length === 0).sort((a, b) =>
    a - b
  );
}

function determined(
  loose: readonly LooseState[],
  { start, end }: { readonly start: number; readonly end: number },
  steps: StepBudget,
): Automaton {
  const states: { accepts: boolean; ways: { characters: Characters; to: number }[] }[] = [];
  const numbers = new Map<string, number>();
  const waiting: number[][] = [];
  const numberOf = (set: number[]): number => {
    const key = set.join();
    const known = numbers.get(key);
    if (known !== undefined) return known;
    if (numbers.size >= statesMax) throw tooLarge();
    const number = numbers.size;
    numbers.set(key, number);
    waiting.push(set);
    return number;
  };
  const reach = (from: Iterable<number>) => {
    const set = closureOf(loose, from);
    steps.left -= 4 * set.length;
    return numberOf(set);
  };
  reach([start]);
  for (let number = 0; number < waiting.length; number++) {
    const set = waiting[number]!;
    const ways = set.flatMap((state) => loose[state]!.way ?? []);
    // Where any way begins or ends, the set of ways that are open may change.
    const cuts = [...new Set(ways.flatMap(({ characters }) => characters.flatMap(([low, high]) => [low, high + 1])))];
    cuts.sort((a, b) => a - b);
    const targets = new Map<number, [number, number][]>();
    for (const [index, low] of cuts.entries()) {
      for (const { characters } of ways) steps.left -= characters.length;
      if (steps.left < 0) throw tooLarge();
      const open = ways.filter(({ characters }) => characters.some(([from, to]) => from <= low && low <= to));
      if (open.length === 0) continue;
      const to = reach(open.map(({ to }) => to));
      targets.set(to, [...targets.get(to) ?? [], [low, cuts[index + 1]! - 1]]);
    }
    states.push({
      accepts: set.includes(end),
      ways: [...targets].map(([to, ranges]) => ({ characters: charactersOf(ranges), to })),
    });
  }
  return { states };
}

/** Only characters that a JSON string can hold, and only states that lead to an end. */
function withoutDeadEnds({ states }: Automaton): Automaton {
  const writable = charactersOf([...plainInJson, ...escapedInJson.map(([codePoint]) => single(codePoint)[0]!)]);
  const kept = states.map(({ accepts, ways }) => ({
    accepts,
    ways: ways.map(({ characters, to }) => ({ characters: intersection(characters, writable), to })),
  }));
  const before = states.map((): number[] => []);
  kept.forEach(({ ways }, from) =>
    ways.forEach(({ characters, to }) => characters.length > 0 && before[to]!.push(from))
  );
  const alive = new Set(kept.flatMap(({ accepts }, index) => accepts ? [index] : []));
  for (const state of alive) for (const from of before[state]!) alive.add(from);
  if (!alive.has(0)) throw new GrammarError("no text matches the pattern");
  const numbers = new Map([0, ...[...alive].filter((state) => state !== 0)].map((state, index) => [state, index]));
  return {
    states: [...numbers.keys()].map((state) => ({
      accepts: kept[state]!.accepts,
      ways: kept[state]!.ways.flatMap(({ characters, to }) => {
        const number = numbers.get(to);
        return number === undefined || characters.length === 0 ? [] : [{ characters, to: number }];
      }),
    })),
  };
}

/** The same machine for texts of `min` to `max` characters. */
export function withLength(automaton: Automaton, min: number, max: number): Automaton {
  const { states } = automaton;
  if (min <= 0 && max === Infinity) return automaton;
  // Beyond `min`, if there is no upper bound, counting is over.
  const top = max === Infinity ? min : max;
  const numbers = new Map<number, number>([[0, 0]]);
  const waiting: [state: number, length: number][] = [[0, 0]];
  const made: { accepts: boolean; ways: { characters: Characters; to: number }[] }[] = [];
  for (const [state, length] of waiting) {
    const ways: { characters: Characters; to: number }[] = [];
    for (const { characters, to } of states[state]!.ways) {
      const next = max === Infinity ? Math.min(length + 1, top) : length + 1;
      if (next > top) continue;
      const key = next * states.length + to;
      if (!numbers.has(key)) {
        if (numbers.size >= statesMax) throw tooLarge();
        numbers.set(key, waiting.length);
        waiting.push([to, next]);
      }
      ways.push({ characters, to: numbers.get(key)! });
    }
    made.push({ accepts: states[state]!.accepts && length >= min, ways });
  }
  return withoutDeadEnds({ states: made });
}

/** The lengths of the texts that it reads to an end; the longest may be infinite. */
export function lengthsOf({ states }: Automaton): { readonly min: number; readonly max: number } {
  let min = 0;
  for (let level = new Set([0]); ![...level].some((state) => states[state]!.accepts); min++) {
    level = new Set([...level].flatMap((state) => states[state]!.ways.map(({ to }) => to)));
  }
  // The longest way, or none where a way comes back: every state leads to an end.
  const longest = new Map<number, number>();
  const open = new Set<number>();
  const visit = (state: number): number => {
    const known = longest.get(state);
    if (known !== undefined) return known;
    if (open.has(state)) return Infinity;
    open.add(state);
    const { accepts, ways } = states[state]!;
    const length = ways.reduce((most, { to }) => Math.max(most, 1 + visit(to)), accepts ? 0 : -Infinity);
    open.delete(state);
    longest.set(state, length);
    return length;
  };
  return { min, max: visit(0) };
}

/** Whether it reads the whole text. */
export function reads({ states }: Automaton, text: string): boolean {
  let state = states[0]!;
  for (const character of text) {
    const codePoint = character.codePointAt(0)!;
    const way = state.ways.find(({ characters }) => contains(characters, codePoint));
    if (way === undefined) return false;
    state = states[way.to]!;
  }
  return state.accepts;
}

/** Rules for the JSON string that holds such a text, closing quote included: one a state, each with its first name. */
export function rulesOf({ states }: Automaton, nameOf: (state: number) => string): [string, Expression][] {
  return states.map(({ accepts, ways }, state) => [
    nameOf(state),
    choice(
      ...ways.flatMap(({ characters, to }) => {
        const plain = intersection(characters, plainInJson);
        const escaped = escapedInJson.flatMap(([codePoint, written]) =>
          intersection(characters, single(codePoint)).length === 0 ? [] : [text(written)]
        );
        return [...plain.length === 0 ? [] : [oneOf(plain)], ...escaped].map((one) => sequence(one, rule(nameOf(to))));
      }),
      ...accepts ? [text('"')] : [],
    ),
  ]);
}
