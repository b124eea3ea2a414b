import { strictEqual } from "node:assert/strict";
import { embeddingText, type EmbeddingTextRules } from "./embedding_text.ts";

const e5: EmbeddingTextRules = { queryPrefix: "query: ", passagePrefix: "passage: ", normalization: "nmt_nfkc" };
const plain: EmbeddingTextRules = { queryPrefix: "", passagePrefix: "", normalization: "none" };

Deno.test("embeddingText() says what a text is for only where the model wants it, and only when asked", () => {
  strictEqual(embeddingText(e5, "a", "query"), "query: a");
  strictEqual(embeddingText(e5, "a", "passage"), "passage: a");
  strictEqual(embeddingText(e5, "a", undefined), "a");
  strictEqual(embeddingText(plain, "Ａ\n", "query"), "Ａ\n");
});

const forms: [text: string, form: string][] = [
  ["Ｈｅｌｌｏ　１２３", "Hello 123"],
  ["ﬁne ½ ①", "fine 1⁄2 1"],
  ["e\u0301", "é"],
  ["a\tb\nc\r\nd", "a b c  d"],
  ["a\u0000b\u0007c\u007fd", "a\u0000bcd"],
  ["zero\u200bwidth\ufeff", "zero width "],
  ["▁typed", " typed"],
  ["１～２", "1～2"],
  ["水泵（左）", "水泵(左)"],
];
for (const [text, form] of forms) {
  Deno.test(`embeddingText() makes ${JSON.stringify(form)} of ${JSON.stringify(text)}`, () => {
    strictEqual(embeddingText(e5, text, undefined), form);
  });
}
