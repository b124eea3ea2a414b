import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { brokenScripts, fileBytesMax, largeFiles, leftoverLines } from "./check_files.ts";

const file = (path: string, text: string) => ({ path, bytes: new TextEncoder().encode(text) });

Deno.test("largeFiles() lets only screenshots be large", () => {
  const large = "x".repeat(fileBytesMax + 1);
  deepStrictEqual(
    largeFiles([file("docs/page.png", large), file("core/a.ts", large), file("core/b.ts", large.slice(1))]),
    ["core/a.ts: 500001 bytes; at most 500000 are tracked"],
  );
});

Deno.test("leftoverLines() finds what isn't done or isn't run", () => {
  const planted = [
    `// ${"TO" + "DO"}: later`,
    `# ${"FIX" + "ME"} soon`,
    `Deno.test.${"on" + "ly"}("a", () => {});`,
    `Deno.test({ ${"ign" + "ore"}: true, name: "a" });`,
    `${"<".repeat(7)} HEAD`,
  ];
  for (const line of planted) strictEqual(leftoverLines([file("core/a.ts", `ok\n${line}\n`)]).length, 1, line);
  deepStrictEqual(leftoverLines([file("core/a.ts", "// todo lists are what people ask for\nonly: false\n")]), []);
});

Deno.test("brokenScripts() finds scripts that their shell can't read", async () => {
  const good = file("scripts/good", "#!/bin/sh\nif true; then echo; fi\n");
  const bash = file("scripts/bash", "#!/usr/bin/env bash\na=(1 2)\n");
  deepStrictEqual(await brokenScripts([good, bash, file("a.ts", "if (")]), []);
  const [problem = ""] = await brokenScripts([good, file("scripts/bad", "#!/bin/sh\nif true; then echo\n")]);
  match(problem, /^scripts\/bad: /);
});
