import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { seeded } from "../tests/seeded.ts";
import { formatDiff, textDiff } from "./text_diff.ts";

const names = { old: "old", new: "new" };
const written = (old: string, changed: string) =>
  formatDiff(textDiff(old, changed), names).map(({ text }) => `${text}\n`).join("");

Deno.test("textDiff() finds nothing between equal texts, and leaves the end of the last line aside", () => {
  deepStrictEqual(textDiff("a\nb\n", "a\nb\n"), []);
  deepStrictEqual(textDiff("a\nb", "a\nb\n"), []);
});

Deno.test("formatDiff() writes what `diff -u` writes", () => {
  const old = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n";
  const changed = "a\nb\nc\nd\nE\nf\ng\nh\ni\nj\nk\n";
  strictEqual(
    written(old, changed),
    "--- old\n+++ new\n@@ -2,9 +2,10 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n i\n j\n+k\n",
  );
  strictEqual(written("", "a\n"), "--- old\n+++ new\n@@ -0,0 +1,1 @@\n+a\n");
  strictEqual(written("a\n", ""), "--- old\n+++ new\n@@ -1,1 +0,0 @@\n-a\n");
});

Deno.test("textDiff() of texts that differ everywhere stays bounded", () => {
  const long = (mark: string) => Array.from({ length: 20_000 }, (_, index) => `${mark}${index}`).join("\n");
  const [hunk] = textDiff(long("a"), long("b"));
  deepStrictEqual([hunk?.lines.length, hunk?.lines[0]?.kind, hunk?.lines.at(-1)?.kind], [40_000, "old", "new"]);
});

// Goal: whoever reads a difference can trust it. Method: the lines that it shows as old or both, with those it leaves out,
// are the old text; likewise the new one.
seeded("textDiff() shows every line that differs", (random) => {
  const text = () =>
    Array.from({ length: Math.floor(random() * 30) }, () => "abcd"[Math.floor(random() * 4)]!).join("\n");
  const [old, changed] = [text(), text()];
  const result = old === "" ? [] : old.split("\n");
  let shift = 0;
  for (const { oldLine, lines } of textDiff(old, changed)) {
    const wanted = lines.filter(({ kind }) => kind !== "new").map((line) => line.text);
    const put = lines.filter(({ kind }) => kind !== "old").map((line) => line.text);
    deepStrictEqual(result.splice(oldLine - 1 + shift, wanted.length, ...put), wanted);
    shift += put.length - wanted.length;
  }
  deepStrictEqual(result, changed === "" ? [] : changed.split("\n"));
});
