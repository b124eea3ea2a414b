import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../../../tests/seeded.ts";
import { createPerplexity, surprise, windowsOf } from "./perplexity.ts";

const near = (found: number, wanted: number) => ok(Math.abs(found - wanted) < 1e-9, `${found}, not ${wanted}`);

Deno.test("a perplexity of two tokens is that of the pencil", () => {
  // 1/2 and 1/8 of e^0 : e^0 and e^0 : seven more of them.
  const half = new Float32Array([0, 0]);
  const eighth = new Float32Array(8);
  near(surprise(half, 1), Math.log(2));
  near(surprise(eighth, 7), Math.log(8));
  const gathered = createPerplexity();
  gathered.add(surprise(half, 1));
  gathered.add(surprise(eighth, 7));
  const { perplexity, uncertainty } = gathered.result();
  near(perplexity, 4); // √(2 × 8)
  near(uncertainty, 4 * Math.log(2)); // the logarithms are ln 4 ± ln 2, of two
  strictEqual(gathered.scoredTokens, 2);
});

seeded("surprise() is minus the logarithm of the softmax, however large the logits are", (random) => {
  const shift = (random() - 0.5) * 400;
  const logits = Float32Array.from({ length: 50 }, () => shift + (random() - 0.5) * 60);
  const token = Math.floor(random() * 50);
  const most = Math.max(...logits);
  const sum = logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0);
  const wanted = most + Math.log(sum) - logits[token]!;
  ok(Math.abs(surprise(logits, token) - wanted) < 1e-6 * Math.max(1, wanted));
});

Deno.test("windowsOf() cuts whole windows, each with the token that every text of the model begins with", () => {
  const tokens = Array.from({ length: 1_100 }, (_, index) => index + 10);
  const windows = windowsOf(tokens, 1);
  deepStrictEqual(windows.map((window) => [window.length, window[0], window[1], window.at(-1)]), [
    [512, 1, 11, 521],
    [512, 1, 523, 1_033],
  ]);
  strictEqual(windowsOf(tokens, undefined)[1]?.[0], 522);
});

Deno.test("windowsOf() makes one window of a short text, and none of one that says nothing", () => {
  deepStrictEqual(windowsOf(Array.from({ length: 40 }, () => 5), undefined).map(({ length }) => length), [40]);
  deepStrictEqual(windowsOf(Array.from({ length: 31 }, () => 5), undefined), []);
});
