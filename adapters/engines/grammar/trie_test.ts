import { ok, strictEqual } from "node:assert/strict";
import { readGbnf } from "../../../tests/gbnf.ts";
import { seeded } from "../../../tests/seeded.ts";
import type { Grammar } from "../../../core/ports/grammar.ts";
import { grammarOf } from "./mod.ts";

const gbnfOf = (grammar: Grammar) => {
  const result = grammarOf({ kind: "grammar", grammar });
  ok(result.kind === "grammar", JSON.stringify(result));
  return result.gbnf;
};
const text = (text: string): Grammar => ({ kind: "text", text });

// Goal: that options share their beginnings changes nothing of what may be written.
// Method: many texts of few characters, some of them before something else, and every text that is nearly one of them.
seeded("a choice among many texts allows each of them, and nothing else", (random) => {
  const alphabet = ["a", "b", "🙂", "🙃", '"', " "];
  const word = () =>
    Array.from({ length: Math.floor(random() * 5) }, () => alphabet[Math.floor(random() * 6)]).join("");
  const texts = Array.from({ length: 16 + Math.floor(random() * 60) }, word);
  const before = Array.from({ length: 8 }, word);
  const options = [
    ...texts.map(text),
    ...before.map((one): Grammar => ({
      kind: "sequence",
      parts: [text(one), { kind: "choice", options: [text("1"), text("2")] }],
    })),
  ];
  const allowed = new Set([...texts, ...before.flatMap((one) => [`${one}1`, `${one}2`])]);
  const grammar = readGbnf(gbnfOf({ kind: "choice", options }));
  for (const one of [...allowed, ...Array.from({ length: 100 }, word)]) {
    for (const near of [one, one.slice(0, -1), `${one}a`]) {
      if (near.isWellFormed()) strictEqual(grammar.accepts(near), allowed.has(near), near);
    }
  }
}, { runs: 60 });

Deno.test("options that begin alike are written once", () => {
  const gbnf = gbnfOf({
    kind: "choice",
    options: Array.from({ length: 3_000 }, (_, index) => text(`device ${index}`)),
  });
  strictEqual(gbnf.split("device").length - 1, 1);
  ok(gbnf.length < 40_000, `${gbnf.length}`);
});

Deno.test("what begins alike again and again stays readable", () => {
  const grammar = readGbnf(
    gbnfOf({ kind: "choice", options: Array.from({ length: 300 }, (_, index) => text("a".repeat(index))) }),
  );
  ok(grammar.accepts("a".repeat(299)) && grammar.accepts("") && !grammar.accepts("a".repeat(300)));
});
