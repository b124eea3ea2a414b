import { deepStrictEqual } from "node:assert/strict";
import { sentenceProblems } from "./check_text.ts";

Deno.test("sentenceProblems() compares keys and finds empty sentences", () => {
  const en = { a: { one: "One", two: (count: number) => `${count}`, list: ["x"] }, b: "B" };
  deepStrictEqual(
    sentenceProblems({ en, "zh-CN": { a: { one: "一", two: () => "", list: ["x", "y"] }, b: "乙" } }),
    [],
  );
  deepStrictEqual(sentenceProblems({ en, "zh-CN": { a: { one: " ", two: "二", list: [""] }, c: "丙" } }), [
    "zh-CN: a.one is empty",
    "zh-CN: a.list is empty",
    "zh-CN: a.two is a string, in en a function",
    "zh-CN: c isn't in en",
    "zh-CN: b is missing",
  ]);
});
