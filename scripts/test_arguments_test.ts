import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { parseTestArguments, partFiles, testParts } from "./test_arguments.ts";

Deno.test("parseTestArguments() means every part when none is named", () => {
  const plain = { long: false, soak: false, executable: false };
  deepStrictEqual(parseTestArguments([]), { kind: "parsed", parts: testParts, files: [], ...plain });
});

Deno.test("parseTestArguments() takes parts, files and options in any order", () => {
  const options = ["--soak", "--executable", "--long"];
  deepStrictEqual(parseTestArguments(["e2e", "--filter", "kill", "unit", "core/config_test.ts", ...options]), {
    kind: "parsed",
    parts: ["unit", "e2e"],
    files: ["core/config_test.ts"],
    long: true,
    soak: true,
    executable: true,
    filter: "kill",
  });
});

Deno.test("parseTestArguments() refuses what it doesn't know, with the nearest word", () => {
  deepStrictEqual(parseTestArguments(["simulater"]), {
    kind: "refused",
    reason: '"simulater" isn\'t understood; did you mean "simulator"?',
  });
  strictEqual(parseTestArguments(["--filter"]).kind, "refused");
});

Deno.test("partFiles() puts every test file of the checkout into exactly one part", async () => {
  const { stdout } = await new Deno.Command("git", {
    args: ["ls-files", "*_test.ts"],
    cwd: new URL("..", import.meta.url),
  }).output();
  const parts = testParts.flatMap(partFiles);
  for (const file of new TextDecoder().decode(stdout).trim().split("\n")) {
    strictEqual(parts.filter((name) => name === file).length, 1, file);
  }
  ok(parts.includes("scripts/test_arguments_test.ts"));
});
