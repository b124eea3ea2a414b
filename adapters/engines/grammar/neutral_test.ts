import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { Grammar } from "../../../core/ports/grammar.ts";
import { readGbnf } from "../../../tests/gbnf.ts";
import { seeded } from "../../../tests/seeded.ts";
import { grammarOf } from "./mod.ts";
import { accepts, patternOf, textsOf } from "./neutral.ts";

const text = (text: string): Grammar => ({ kind: "text", text });
const choice = (...options: Grammar[]): Grammar => ({ kind: "choice", options });
const sequence = (...parts: Grammar[]): Grammar => ({ kind: "sequence", parts });

const cases: [what: string, grammar: Grammar, allowed: string[], refused: string[]][] = [
  ["a text with what notations mean something by", text('a"b\\c[^.*]-/{1}'), ['a"b\\c[^.*]-/{1}'], ["a", ""]],
  ["a choice where one begins as another", choice(text("pump 7"), text("pump 70")), ["pump 7", "pump 70"], ["pump 71"]],
  [
    "texts one after the other, one of them optional",
    sequence(text("on"), choice(text(" now"), text(""))),
    ["on", "on now"],
    [" now"],
  ],
  [
    "a repetition between bounds",
    { kind: "repeat", of: choice(text("a,"), text("b,")), min: 1, max: 3 },
    ["a,", "b,a,b,"],
    ["", "a,a,a,a,"],
  ],
  [
    "a free line",
    sequence(text("<"), { kind: "line", min: 1, max: 4, without: ">]^-\\" }, text(">")),
    ["<水泵>", "<a🙂c>"],
    ["<>", "<abcde>", "<a\nb>", "<a>b>", "<\u2028>", "<a]>", "<->", "<\\>"],
  ],
];
for (const [what, grammar, allowed, refused] of cases) {
  Deno.test(`a grammar of the core is held: ${what}`, () => {
    const result = grammarOf({ kind: "grammar", grammar });
    ok(result.kind === "grammar", JSON.stringify(result));
    const read = readGbnf(result.gbnf);
    const pattern = new RegExp(patternOf(grammar), "u");
    const by = (one: string) => [read.accepts(one), pattern.test(one), accepts(grammar, one)];
    for (const one of allowed) deepStrictEqual(by(one), [true, true, true], one);
    for (const one of refused) deepStrictEqual(by(one), [false, false, false], one);
  });
}

Deno.test("a text that a grammar could be laid over in ever so many ways is judged at once", () => {
  const either = choice(text("a"), text("a"), text("aa"));
  const grammar = sequence(
    ...Array.from({ length: 40 }, () => ({ kind: "repeat", of: either, min: 0, max: 40 }) as const),
  );
  deepStrictEqual([accepts(grammar, "a".repeat(400)), accepts(grammar, `${"a".repeat(400)}!`)], [true, false]);
});

const unholdable: [what: string, grammar: Grammar, reason: RegExp][] = [
  ["nothing can be written", choice(), /nothing can satisfy it/],
  ["what may be empty is repeated", { kind: "repeat", of: choice(text("")), min: 0, max: 2 }, /repeated/],
  ["a text has half a character", text("a\ud800"), /half a character/],
  ["a text has what ends the notation", choice(text("a\0b"), text("c")), /U\+0000/],
  ["it is too deep", Array.from({ length: 80 }).reduce<Grammar>((of) => sequence(of), text("a")), /levels deep/],
  ["it is too large", choice(...Array.from({ length: 30_000 }, (_, index) => text(`${index}`))), /parts/],
];
for (const [what, grammar, reason] of unholdable) {
  Deno.test(`a grammar of the core isn't held where ${what}`, () => {
    const result = grammarOf({ kind: "grammar", grammar });
    ok(result.kind === "failed" && result.failure.kind === "invalid", JSON.stringify(result));
    match(result.failure.reason, reason);
  });
}

// Goal: the notation of llama.cpp, the pattern and the list of texts mean the same.
seeded("a random grammar of the core means the same in each notation", (random) => {
  const whole = (below: number) => Math.floor(random() * below);
  const make = (depth: number): Grammar => {
    const inner = () => make(depth - 1);
    const some = () => Array.from({ length: 1 + whole(3) }, inner);
    switch (depth === 0 ? 0 : whole(5)) {
      case 1:
        return choice(...some());
      case 2:
        return sequence(...some());
      case 3:
        return { kind: "repeat", of: sequence(text("x"), inner()), min: whole(2), max: 1 + whole(3) };
      case 4:
        return { kind: "line", min: 1, max: 2, without: "a" };
      default:
        return text(["", "a", "|", '"', "水", "a]", "\\"][whole(7)]!);
    }
  };
  const grammar = make(3);
  const result = grammarOf({ kind: "grammar", grammar });
  ok(result.kind === "grammar", JSON.stringify(result));
  const read = readGbnf(result.gbnf);
  const pattern = new RegExp(patternOf(grammar), "u");
  const drawn = read.draw(random);
  ok(pattern.test(drawn), `${patternOf(grammar)} doesn't match ${JSON.stringify(drawn)}`);
  const changed = Array.from(drawn).slice(0, -1).join("");
  deepStrictEqual([accepts(grammar, drawn), accepts(grammar, changed)], [true, read.accepts(changed)]);
  strictEqual(pattern.test(changed), read.accepts(changed));
  for (const one of textsOf(grammar, 200) ?? []) ok(read.accepts(one) && pattern.test(one), one);
  const texts = textsOf(grammar, 200);
  if (texts !== undefined) ok(texts.includes(drawn), drawn);
}, { runs: 300, long: 10_000 });
