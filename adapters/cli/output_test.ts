import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { createOutput } from "./output.ts";

function open(isTerminal: boolean) {
  let text = "";
  const output = createOutput((piece) => text += piece, { isTerminal, colours: isTerminal, columns: () => 80 });
  return { output, text: () => text };
}

Deno.test("createOutput() shows a terminal what would steer it, and only draws what it is told to draw", () => {
  const { output, text } = open(true);
  output.write("a\x1b]0;title\x07\n");
  output.draw("\rb\x1b[31m");
  strictEqual(text(), "a\\u001b]0;title\\u0007\n\rb\x1b[31m");
});

Deno.test("createOutput() passes text on as it is where no terminal reads it", () => {
  const { output, text } = open(false);
  output.write("a\x1b[31m\u202e\r\n");
  strictEqual(text(), "a\x1b[31m\u202e\r\n");
});

Deno.test("JSON on a terminal is made harmless and says the same", () => {
  const { output, text } = open(true);
  const value = { answer: "\x9b31m \x1b[2J \u202eabc\u2066 \x7f 中\n" };
  output.write(`${JSON.stringify(value)}\n`);
  // deno-lint-ignore no-control-regex
  strictEqual(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2066]/.test(text()), false);
  deepStrictEqual(JSON.parse(text()), value);
});
