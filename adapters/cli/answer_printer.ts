import type { Output } from "./context.ts";

/** Prints an answer while it comes. */
export interface AnswerPrinter {
  /** The answer so far. What was printed stays; if the answer began anew, `anew` is said and it starts on a new line. */
  show(answerSoFar: string): void;
  /** The whole answer, as the record has it, and the line end. */
  end(answer: string): void;
  /** Ends the line, if one was begun. */
  breakLine(): void;
}

/** @param anew Called once for each time that the answer began anew. */
export function createAnswerPrinter(output: Pick<Output, "write">, anew: () => void): AnswerPrinter {
  let printed = "";
  function show(answer: string): void {
    if (answer.startsWith(printed)) {
      if (answer.length > printed.length) output.write(answer.slice(printed.length));
    } else if (!printed.startsWith(answer)) {
      breakLine();
      anew();
      output.write(answer);
    } else return; // a repeated attempt that has said the same so far
    printed = answer;
  }
  function breakLine(): void {
    if (printed !== "" && !printed.endsWith("\n")) output.write("\n");
    printed = "";
  }
  return {
    show,
    end(answer) {
      show(answer);
      // A record that is a beginning of what was shown: a stop cut it.
      if (printed !== "" && !printed.endsWith("\n")) output.write("\n");
      printed = "";
    },
    breakLine,
  };
}
