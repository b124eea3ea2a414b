import { strictEqual } from "node:assert/strict";
import { displayWidth, table, truncate } from "./terminal_text.ts";

const widths: [text: string, columns: number][] = [
  ["", 0],
  ["abc", 3],
  ["中文字", 6],
  ["\uff0c\u3002", 4],
  ["é", 1],
  ["e\u0301", 1],
  ["\uff21\uff22", 4],
  ["한글", 4],
  ["模型 a", 6],
];
for (const [text, columns] of widths) {
  Deno.test(`displayWidth() of "${text}" is ${columns}`, () => strictEqual(displayWidth(text), columns));
}

Deno.test("table() aligns Chinese beside Latin", () => {
  strictEqual(table([["名称", "大小"], ["smollm2", "98 MB"]]), "名称     大小\nsmollm2  98 MB\n");
});

Deno.test("truncate() never cuts a wide character in half", () => {
  strictEqual(truncate("中文字", 6), "中文字");
  strictEqual(truncate("中文字", 5), "中文…");
  strictEqual(truncate("中文字", 4), "中…");
});
