import { harmless } from "../../core/harmless.ts";
import type { Output } from "./context.ts";

/**
 * An output that can't be forgotten to be protected: what is written to a terminal is made harmless here, for every
 * command, also for its errors and its JSON (where the escapes say the same). Only what a command drew itself goes out
 * as it is, by {@link Output.draw}.
 *
 * @param put Takes all of it.
 */
export function createOutput(
  put: (text: string) => void,
  { isTerminal, colours, columns }: {
    readonly isTerminal: boolean;
    readonly colours: boolean;
    /** Asked each time: a window changes. */
    readonly columns: () => number;
  },
): Output {
  return {
    write: (text) => put(isTerminal ? harmless(text) : text),
    draw: put,
    isTerminal,
    colours,
    get columns() {
      return columns();
    },
  };
}
