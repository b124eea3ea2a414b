import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../../../tests/seeded.ts";
import { chosenToken } from "./probabilities.ts";

const pieceOf = (token: number) => Uint8Array.of(0x61 + token % 26);

Deno.test("chosenToken() gives the logarithm of each probability", () => {
  const logits = Float32Array.of(Math.log(0.5), Math.log(0.25), Math.log(0.25), -Infinity).map((logit) => logit + 7);
  const { text, bytes, logprob, top } = chosenToken(logits, 2, 2, pieceOf);
  deepStrictEqual([text, bytes], ["c", [0x63]]);
  ok(Math.abs(logprob - Math.log(0.25)) < 1e-6);
  deepStrictEqual(top.map(({ text }) => text), ["a", "b"]);
  ok(Math.abs(top[0]!.logprob - Math.log(0.5)) < 1e-6);
  strictEqual(chosenToken(logits, 3, 0, pieceOf).logprob, -9_999);
  deepStrictEqual(chosenToken(logits, 3, 0, pieceOf).top, []);
});

seeded("chosenToken() names the most probable in their order", (random) => {
  const logits = Float32Array.from({ length: 60 }, () => Math.floor(random() * 20));
  const count = Math.floor(random() * 21);
  const { top } = chosenToken(logits, 0, count, (token) => Uint8Array.of(token));
  const sorted = Array.from(logits.keys()).sort((a, b) => logits[b]! - logits[a]! || a - b).slice(0, count);
  deepStrictEqual(top.map(({ bytes }) => bytes[0]), sorted);
}, { runs: 200 });
