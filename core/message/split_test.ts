import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../../tests/seeded.ts";
import { partText, splitText } from "./split.ts";

const shown = (text: string, lengthMax: number) =>
  splitText(text, lengthMax).map((part) => partText(text, part, lengthMax));

const lines = (count: number, line = "line") =>
  Array.from({ length: count }, (_, index) => `${line} ${index}`).join("\n");

Deno.test("a text that fits is sent as it is, blank lines and all", () => {
  deepStrictEqual(shown("\n\n a \n", 6), ["\n\n a \n"]);
});

const cuts: readonly [where: string, text: string, lengthMax: number, parts: readonly string[]][] = [
  ["behind a paragraph", "one two\n\nthree\nfour", 14, ["one two", "three\nfour"]],
  ["else behind a line", "one two\nthree four", 14, ["one two", "three four"]],
  ["else behind a word", "one two three four", 14, ["one two three", "four"]],
  ["else behind a mark of Chinese punctuation", "今天下雨，明天晴。后天", 10, ["今天下雨，明天晴。", "后天"]],
  ["else behind a grapheme", "👩🏽‍🔧👩🏽‍🔧👩🏽‍🔧", 8, ["👩🏽‍🔧", "👩🏽‍🔧", "👩🏽‍🔧"]],
  ["else behind a code point", "e\u0301\u0302\u0303\u0304\u0305", 4, ["e\u0301\u0302\u0303", "\u0304\u0305"]],
  ["not within a pair", "𠜎𠜎𠜎", 3, ["𠜎", "𠜎", "𠜎"]],
  ["and keeps the indentation of a line", "- one\n  - two", 10, ["- one", "  - two"]],
  ["and leaves blank lines at the cut out", `a\n${"\n".repeat(20)}b`, 10, ["a", "b"]],
  ["and blank lines at the beginning", `${"\n".repeat(20)}a`, 10, ["a"]],
  ["and at the end", `a${" ".repeat(20)}`, 10, ["a"]],
];
for (const [where, text, lengthMax, parts] of cuts) {
  Deno.test(`a long text is cut ${where}`, () => deepStrictEqual(shown(text, lengthMax), parts));
}

Deno.test("a block of code is closed at the end of a part, and opened again with its language", () => {
  const code = lines(60);
  const parts = shown(`Look:\n\n\`\`\`python title="a"\n${code}\n\`\`\`\nDone.`, 400);
  strictEqual(parts.length, 2);
  ok(parts[0]!.startsWith('Look:\n\n```python title="a"\nline 0\n') && parts[0]!.endsWith("\n```"));
  ok(parts[1]!.startsWith("```python\nline ") && parts[1]!.endsWith("\n```\nDone."));
});

Deno.test("the longer fence of a block that holds another is the one that is opened again", () => {
  const text = `~~~~md\n\`\`\`js\n${lines(60)}\n\`\`\`\n~~~\n${lines(10)}\n~~~~`;
  for (const part of shown(text, 400)) ok(part.startsWith("~~~~md\n") && part.endsWith("\n~~~~"), part);
});

Deno.test("a text is cut before a block of code that would go through the cut, when enough stands before it", () => {
  const parts = shown(`${lines(40)}\n\`\`\`\n${lines(30)}\n\`\`\``, 400);
  ok(parts[0]!.endsWith("line 39"));
  ok(parts[1]!.startsWith("```\nline 0"));
});

// Goal: nothing lost, nothing broken, nothing too long, whatever a model writes.
// Method: texts of pieces that are hard to cut; what is code in the text and what isn't, as an independent reader of
// lines sees it, is the same in the text and in its parts.
const pieces: readonly ((random: () => number) => string)[] = [
  () => "word ",
  () => "Hello, *world* and `code`. ",
  () => "今天下雨，明天晴。",
  () => "👩🏽‍🔧🇩🇪𠜎",
  () => "e\u0301\u0302\u0303",
  () => "\n",
  () => "\n\n",
  () => "\n- item\n  - below it\n",
  (random) => " ".repeat(random() * 100),
  (random) => "\n".repeat(random() * 10),
  (random) => "x".repeat(random() * 700),
  (random) => `\n\`\`\`js\n${"let a = `b`;\n".repeat(random() * 60)}\`\`\`\n`,
  (random) => `\n  \`\`\`\`python x=1\n${"\t```\n".repeat(random() * 60)}  \`\`\`\`\n`,
  (random) => `\n~~~\n${"  a ~~~ b ```\n\n".repeat(random() * 40)}~~~~~\n`,
  (random) => `\n\`\`\`\n${"y".repeat(random() * 900)}\n\`\`\`\n`,
  () => "\n```not closed\ncode\n",
  (random) => "see ~~~js ".repeat(random() * 70),
  () => "\n``` a `tick` isn't a fence\n",
];

seeded("a split text loses nothing, breaks no block of code, and no part is too long or empty", (random) => {
  const text = Array.from({ length: 1 + random() * 12 }, () => pieces[Math.floor(random() * pieces.length)]!(random))
    .join("");
  const lengthMax = 300 + Math.floor(random() * 800);
  const parts = splitText(text, lengthMax);
  strictEqual(parts.map(({ from, to }) => text.slice(from, to)).join(""), text);
  const sent = parts.map((part) => partText(text, part, lengthMax));
  for (const part of sent) {
    ok(part.length <= lengthMax, `${part.length} of ${lengthMax}`);
    ok(part.isWellFormed());
    ok(part.trim() !== "" || text.trim() === "");
  }
  for (const part of sent.slice(0, -1)) strictEqual(readCode(part).isOpen, false, "a part leaves a block open");
  const [whole, read] = [readCode(text), sent.map(readCode)];
  const joined = (kind: "code" | "prose") => read.map((part) => part[kind]).join("");
  if (parts.length === 1) return;
  strictEqual(joined("code"), whole.code);
  strictEqual(joined("prose"), whole.prose);
}, { runs: 3_000 });

seeded("any text is split to any length, within no code point", (random) => {
  const text = Array.from({ length: random() * 40 }, () => pieces[Math.floor(random() * 9)]!(random)).join("");
  const lengthMax = 2 + Math.floor(random() * 60);
  const parts = splitText(text, lengthMax);
  strictEqual(parts.map(({ from, to }) => text.slice(from, to)).join(""), text);
  for (const part of parts.map((part) => partText(text, part, lengthMax))) {
    ok(part.length <= lengthMax && part.isWellFormed());
  }
});

/** What is code in a text and what isn't, without blanks; fences themselves are neither. */
function readCode(text: string): { readonly code: string; readonly prose: string; readonly isOpen: boolean } {
  let fence: string | undefined;
  const read = { code: "", prose: "" };
  for (const line of text.split("\n")) {
    const mark = /^\s*(```+(?=[^`]*$)|~~~+)/.exec(line)?.[1];
    const rest = line.trim().slice(mark?.length).trim();
    if (fence === undefined && mark !== undefined) fence = mark;
    else if (fence !== undefined && mark?.startsWith(fence) && rest === "") fence = undefined;
    else read[fence === undefined ? "prose" : "code"] += line.replace(/\s/g, "");
  }
  return { ...read, isOpen: fence !== undefined };
}
