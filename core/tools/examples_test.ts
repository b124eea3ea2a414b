import { strictEqual } from "node:assert/strict";
import { isLikeAnExample } from "./examples.ts";

const tool = {
  examples: [{ say: "what is 19% of 250", arguments: {} }, { say: "2 的 100 次方是多少", arguments: {} }, {
    say: "what is the time",
    arguments: {},
  }],
};

for (
  const [text, is] of [
    ["What is 12.5% of 3,200?", true],
    ["2的64次方是多少？", true],
    ["what is 19% of the price of 250", false],
    ["what is the time", false], // without a number, words alone must tell
    ["2 方是多少", false],
  ] as const
) {
  Deno.test(`isLikeAnExample() is ${is} for ${text}`, () => strictEqual(isLikeAnExample(tool, { text }), is));
}
