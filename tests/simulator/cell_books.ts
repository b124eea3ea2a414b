/**
 * A cache that keeps books instead of computing: which token stands in which cell, and which cells are a sequence. It
 * fails whatever would give wrong answers, or end the process, in a real one.
 */
import { ok, strictEqual } from "node:assert/strict";
import type { Context } from "../../adapters/engines/llama/context.ts";

/** How a model remembers: every position; of some layers only a window of them; or what came of the whole. */
export type CellKind = "attention" | "window" | "whole";

/** Positions that a layer with a window looks back at. */
export const booksWindow = 12;

/** The books, and the context that they are behind. */
export interface CellBooks {
  readonly context: Pick<
    Context,
    "cut" | "share" | "shareable" | "divisible" | "windowTokens" | "stateOf" | "restore"
  >;
  /** A step may take what has left a window, as its sequences are now. */
  beginStep(): void;
  /** Writes one token behind what a sequence has. */
  write(sequence: number, position: number, token: number): void;
  tokensOf(sequence: number): number[];
  /** Cells of these sequences together; of all where none are named. */
  taken(of?: readonly number[]): number;
}

interface Cell {
  readonly token: number;
  /** Sequences that it is in. */
  owners: number;
}

interface Sequence {
  readonly cells: Cell[];
  /** Of a window's layers, what is left begins here. */
  left: number;
}

/** Empty books. `forgets`: whether what left a sequence's window is given to others now. */
export function createCellBooks(
  { cellsMax, kind = "attention", forgets = () => false }: {
    readonly cellsMax: number;
    readonly kind?: CellKind;
    readonly forgets?: () => boolean;
  },
): CellBooks {
  const sequences = new Map<number, Sequence>();
  let owned = 0;
  const of = (sequence: number): Sequence => {
    const known = sequences.get(sequence);
    if (known !== undefined) return known;
    const one = { cells: [], left: 0 };
    sequences.set(sequence, one);
    return one;
  };
  const tokensOf = (sequence: number) => of(sequence).cells.map(({ token }) => token);
  const add = ({ cells }: Sequence, added: readonly Cell[]) => {
    for (const cell of added) {
      if (cell.owners++ === 0) owned++;
      cells.push(cell);
    }
    ok(owned <= cellsMax, "the cache is full");
  };
  const remove = ({ cells }: Sequence, from: number) => {
    for (const cell of cells.splice(from)) if (--cell.owners === 0) owned--;
  };
  const windowTokens = kind === "window" ? booksWindow : 0;
  const canGoOn = ({ left }: Sequence, count: number) =>
    windowTokens === 0 || left <= Math.max(0, count - windowTokens + 1);
  return {
    tokensOf,
    taken: (named) => named === undefined ? owned : new Set(named.flatMap((sequence) => of(sequence).cells)).size,
    beginStep() {
      if (windowTokens === 0) return;
      for (const one of sequences.values()) {
        if (forgets()) one.left = Math.max(one.left, one.cells.length - windowTokens + 1);
      }
    },
    write(sequence, position, token) {
      const one = of(sequence);
      strictEqual(position, one.cells.length, `sequence ${sequence} has a hole`);
      ok(canGoOn(one, position), `sequence ${sequence} looks back at what is gone`);
      add(one, [{ token, owners: 0 }]);
    },
    context: {
      divisible: kind !== "whole",
      windowTokens,
      cut(sequence, from) {
        const one = of(sequence);
        if (kind === "whole" && from > 0 && from < one.cells.length) return false;
        remove(one, from);
        if (from === 0) one.left = 0;
        return true;
      },
      shareable(sequence, count) {
        const one = of(sequence);
        if (count > one.cells.length) return false;
        return kind === "whole" ? count === one.cells.length : canGoOn(one, count);
      },
      share(from, to, end, first = 0) {
        const source = of(from);
        ok(source.cells.length >= end && of(to).cells.length === first && end > first);
        if (kind === "whole") ok(first === 0 && end === source.cells.length);
        if (kind === "window") ok(first === 0 && canGoOn(source, end));
        add(of(to), source.cells.slice(first, end));
        of(to).left = source.left;
      },
      stateOf: (sequence) => new TextEncoder().encode(JSON.stringify(tokensOf(sequence))),
      restore(sequence, state, count) {
        strictEqual(of(sequence).cells.length, 0);
        const tokens: number[] = JSON.parse(new TextDecoder().decode(state));
        if (tokens.length !== count) return false;
        add(of(sequence), tokens.map((token) => ({ token, owners: 0 })));
        of(sequence).left = windowTokens === 0 ? 0 : Math.max(0, count - windowTokens + 1);
        return true;
      },
    },
  };
}
