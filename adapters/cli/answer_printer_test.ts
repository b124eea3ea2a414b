import { deepStrictEqual } from "node:assert/strict";
import { createAnswerPrinter } from "./answer_printer.ts";
import { createOutput } from "./output.ts";

function print(
  isTerminal: boolean,
): { readonly out: () => string; readonly anew: () => number } & ReturnType<typeof createAnswerPrinter> {
  let text = "";
  let count = 0;
  const output = createOutput((piece) => text += piece, { isTerminal, colours: false, columns: () => 80 });
  return { ...createAnswerPrinter(output, () => count++), out: () => text, anew: () => count };
}

Deno.test("createAnswerPrinter() prints each piece once and ends the line", () => {
  const printer = print(false);
  printer.show("The");
  printer.show("The capital");
  printer.end("The capital is Paris.");
  deepStrictEqual([printer.out(), printer.anew()], ["The capital is Paris.\n", 0]);
});

Deno.test("createAnswerPrinter() prints the record alone when nothing came before", () => {
  const printer = print(false);
  printer.end("Paris.\n");
  deepStrictEqual(printer.out(), "Paris.\n");
});

Deno.test("createAnswerPrinter() says so when a repeated attempt differs, and is quiet when it doesn't", () => {
  const same = print(false);
  same.show("The capital");
  same.show("");
  same.show("The");
  same.end("The capital is Paris.");
  deepStrictEqual([same.out(), same.anew()], ["The capital is Paris.\n", 0]);
  const other = print(false);
  other.show("The capital");
  other.show("It");
  other.end("It is Paris.");
  deepStrictEqual([other.out(), other.anew()], ["The capital\nIt is Paris.\n", 1]);
});

Deno.test("createAnswerPrinter() lets no answer steer a terminal, and changes nothing in a file", () => {
  const answer = "a\x1b[2Jb";
  const [terminal, file] = [print(true), print(false)];
  terminal.end(answer);
  file.end(answer);
  deepStrictEqual([terminal.out(), file.out()], ["a\\u001b[2Jb\n", `${answer}\n`]);
});
