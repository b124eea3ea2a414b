import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { text } from "../../core/text/mod.ts";
import { threeDigits } from "./bench.ts";
import { type ComparedModel, comparisonWire, comparisonWords } from "./comparison.ts";

const model = (name: string, fileBytes: number, perplexities: readonly number[]): ComparedModel => ({
  name,
  fileBytes,
  speed: {
    kind: "speed",
    promptTokens: 512,
    prefillRate: 412.4,
    answerTokens: 128,
    decodeRate: 61.25,
    firstTokenMs: 80,
    firstPromptTokens: 25,
    memoryBytes: 300e6,
    tokenBytes: fileBytes,
  },
  perplexities: perplexities.map((perplexity) => {
    return { perplexity, uncertainty: 0.5, scoredTokens: 510, windowTokens: 512 };
  }),
});
const models = [model("big", 271e6, [20, 40]), model("small", 105e6, [21, 39])];
const texts = [{ label: "English", text: "" }, { label: "Chinese", text: "" }];

Deno.test("comparisonWords() is a table of size, memory, speed and loss against the first", () => {
  const lines = comparisonWords(models, texts, text("en").models).trimEnd().split("\n");
  strictEqual(lines.length, 3);
  match(lines[0]!, /^MODEL +SIZE +MEMORY +PREFILL +DECODE +PERPLEXITY \(English\) +LOSS +PERPLEXITY \(Chinese\) +LOSS/);
  match(lines[1]!, /^big +271 MB +300 MB +412 tokens\/s +61\.3 tokens\/s +20\.0 +40\.0/);
  match(lines[2]!, /^small +105 MB .* 21\.0 +\+5\.0 % +39\.0 +−2\.5 %/);
});

Deno.test("comparisonWire() has the loss as a share", () => {
  const [, small] = comparisonWire(models, texts) as { perplexity: { text: string; loss: number }[] }[];
  deepStrictEqual(small!.perplexity.map(({ text, loss }) => [text, Math.round(loss * 1e6)]), [
    ["English", 50_000],
    ["Chinese", -25_000],
  ]);
});

Deno.test("threeDigits() gives three of them, and no fraction where there are more", () => {
  deepStrictEqual([1.234, 12.34, 123.4, 1_234.5, 9.999, 99.96].map(threeDigits), [
    "1.23",
    "12.3",
    "123",
    "1235",
    "10.0",
    "100",
  ]);
});
