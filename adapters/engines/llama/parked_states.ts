import type { Answer } from "./answer.ts";

/** What of a context puts sequences into bytes, and back. */
export interface SequenceStates {
  stateOf(sequence: number): Uint8Array<ArrayBuffer>;
  /** False when it can't: then the sequence is empty. */
  restore(sequence: number, state: Uint8Array<ArrayBuffer>, count: number): boolean;
}

/**
 * What was computed of parked answers whose cells others need. It stays in this process's memory, so that they go on
 * from just these numbers.
 */
export interface ParkedStates {
  /** Positions of which there is still room for the state. */
  readonly cellsLeft: number;
  has(answer: Answer): boolean;
  /** Saves what its sequence has. False when that would be too much: nothing is saved. */
  save(answer: Answer): boolean;
  /** Puts it back into its sequence, which is empty, and forgets it. False when there is none. */
  restore(answer: Answer): boolean;
  forget(answer: Answer): void;
}

/** How much is kept, and what a position takes. */
export interface ParkedStatesBounds {
  readonly bytesMax: number;
  readonly cellBytes: number;
}

/** States of nobody. */
export function createParkedStates(
  context: SequenceStates,
  { bytesMax, cellBytes }: ParkedStatesBounds,
): ParkedStates {
  const states = new Map<Answer, Uint8Array<ArrayBuffer>>();
  let bytes = 0;
  const cellsLeft = () => Math.max(0, Math.floor((bytesMax - bytes) / cellBytes));
  const forget = (answer: Answer) => {
    bytes -= states.get(answer)?.length ?? 0;
    states.delete(answer);
  };
  return {
    get cellsLeft() {
      return cellsLeft();
    },
    has: (answer) => states.has(answer),
    save(answer) {
      if (answer.computed > cellsLeft()) return false;
      const state = context.stateOf(answer.sequence);
      if (bytes + state.length > bytesMax) return false;
      states.set(answer, state);
      bytes += state.length;
      return true;
    },
    restore(answer) {
      const state = states.get(answer);
      if (state === undefined) return false;
      forget(answer);
      return context.restore(answer.sequence, state, answer.computed);
    },
    forget,
  };
}
