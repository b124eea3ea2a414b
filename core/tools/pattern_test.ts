import { ok, strictEqual } from "node:assert/strict";
import { matcherOf, waysOf } from "./pattern.ts";

const endless = [
  "^(a+)+$",
  "^(a|a)*$",
  "^(?:a?){40}$",
  "(a*)*b",
  "^(\\w+\\s?)*$",
  "^(.+)\\1$",
  "^(?=a+)a$",
  "(x+x+)+y",
];
for (const source of endless) {
  Deno.test(`a pattern that may take for ever matches nothing: ${source}`, () => {
    const startMs = performance.now();
    strictEqual(matcherOf(source)(`${"a".repeat(300)}!`), false);
    strictEqual(matcherOf(source)("aa"), false);
    ok(performance.now() - startMs < 1_000, "it was tried");
  });
}

const harmless: [source: string, yes: string, no: string][] = [
  ["^[A-Z]\\d{3}$", "A204", "a204"],
  ["^[A-Z]{1,3}-\\d{2,5}(-[a-z]{1,2})?$", "AB-123-x", "AB-1"],
  ["^\\d\\d:\\d\\d$", "07:15", "7:15"],
  ["^(?:red|green|blue)$", "green", "pink"],
  ["^[a-z]+@[a-z]+$", "a@b", "a@"],
  ["^(\\d{3}-){2}\\d{4}$", "555-123-4567", "555-1234"],
];
for (const [source, yes, no] of harmless) {
  Deno.test(`an ordinary pattern matches as it says: ${source}`, () => {
    ok(waysOf(source) < Infinity);
    strictEqual(matcherOf(source)(yes), true);
    strictEqual(matcherOf(source)(no), false);
  });
}

Deno.test("what isn't a pattern matches nothing", () => strictEqual(matcherOf("^(")("("), false));

Deno.test("the worst pattern that is let is soon done", () => {
  for (const source of ["^[a-z]*[a-z]*$", "^a{0,99}a{0,99}a{0,99}$", "^a*a{0,90}b?b?b?b?$", "a*b"]) {
    if (waysOf(source) > 1_000_000) continue;
    const startMs = performance.now();
    matcherOf(source)(`${"a".repeat(399)}!`);
    ok(performance.now() - startMs < 2_000, source);
  }
});
