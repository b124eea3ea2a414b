import { ok, strictEqual } from "node:assert/strict";
import { seeded } from "../tests/seeded.ts";
import { repetitionIn } from "./repetition.ts";

const loops: [name: string, before: string, unit: string, times: number][] = [
  ["a word", "Beware of ", "rust, ", 50],
  ["one sign", "", "=", 300],
  ["Chinese", "常见故障：", "泵壳断裂、泵轴断裂、", 40],
  [
    "a paragraph",
    "It said:\n\n",
    `${"I am not sure what to tell you, but I will tell you what I am. ".repeat(4)}\n`,
    8,
  ],
];
for (const [name, before, unit, times] of loops) {
  Deno.test(`repetitionIn() finds ${name} that is repeated, and where it begins to say nothing new`, () => {
    const text = before + unit.repeat(times);
    const at = repetitionIn(text)!;
    // Never before the second time; a loop begins up to a unit before it is seen by a reader (", rust" for "rust, ").
    ok(at >= before.length + unit.length, `${at}`);
    if (text.length <= 2_400) ok(at <= before.length + 2 * unit.length, `${at}`);
    strictEqual(repetitionIn(text + unit.slice(0, 3)) === undefined, false, "in the middle of a unit");
  });
}

const texts: [name: string, text: string][] = [
  ["nothing", ""],
  ["a short row of signs", "-".repeat(120)],
  ["a list", Array.from({ length: 60 }, (_, index) => `${index + 1}. Check valve ${index + 1}\n`).join("")],
  ["a table of zeros", "| 0 | 0 | 0 |\n".repeat(5)],
  ["code that is given twice", "def leap(year):\n    return year % 4 == 0\n\n".repeat(5)],
  ["a loop that it has left", `${"rust, ".repeat(50)}and then something else entirely happened to the pump`],
];
for (const [name, text] of texts) {
  Deno.test(`repetitionIn() leaves ${name} alone`, () => strictEqual(repetitionIn(text), undefined));
}

seeded("repetitionIn() finds every loop behind any text", (random) => {
  const letters = (length: number) =>
    Array.from({ length }, () => String.fromCharCode(97 + Math.floor(26 * random()))).join("");
  const unit = letters(1 + Math.floor(30 * random()));
  const before = letters(Math.floor(200 * random()));
  strictEqual(repetitionIn(before), undefined);
  strictEqual(repetitionIn(before + unit.repeat(Math.ceil(400 / unit.length) + 6)) === undefined, false);
});
