import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { arrowProblems, importsOf } from "./check_arrows.ts";

const config = new URL("../deno.json", import.meta.url).pathname;

/** Problems of planted files, which stand in a folder of their own. */
async function problemsOf(files: Readonly<Record<string, string>>): Promise<string[]> {
  const checkout = `${await Deno.realPath(await Deno.makeTempDir())}/`;
  try {
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(`${checkout}${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeTextFile(checkout + path, text);
    }
    return arrowProblems(await importsOf(Object.keys(files), { checkout, config }));
  } finally {
    await Deno.remove(checkout, { recursive: true });
  }
}

const nothing = "export {};";

Deno.test("arrowProblems() lets the arrows of the design pass", async () => {
  deepStrictEqual(
    await problemsOf({
      "main.ts": 'await import("./roles/host.ts");',
      "roles/host.ts": 'import "../adapters/web/mod.ts"; import "../core/a.ts"; import "node:fs";',
      "adapters/web/mod.ts":
        'import "./page.ts"; import "./html/b.ts"; import "../../core/a.ts"; import "../../schema/c.ts"; import "hono";',
      "adapters/web/page.ts": 'import "node:crypto";',
      "adapters/web/html/b.ts": 'import "../page.ts";',
      "adapters/web/page_test.ts": 'import "../models/mod.ts"; import "../../tests/seeded.ts";',
      "adapters/models/mod.ts": nothing,
      "core/a.ts": 'import "../schema/c.ts"; import * as v from "valibot"; export * from "./ports/p.ts"; v;',
      "core/ports/p.ts": nothing,
      "core/a_test.ts": 'import "../adapters/web/mod.ts"; import "../tests/seeded.ts"; import "node:fs";',
      "schema/c.ts": 'import "valibot";',
      "tests/seeded.ts": 'import "../roles/host.ts"; import "../scripts/check.ts";',
      "scripts/check.ts": nothing,
    }),
    [],
  );
});

const planted: [name: string, path: string, text: string, reason: RegExp][] = [
  ["core importing an adapter", "core/a.ts", 'import "../adapters/web/mod.ts";', /core imports no adapter/],
  [
    "core importing a type of an adapter",
    "core/a.ts",
    'import type { A } from "../adapters/web/mod.ts";',
    /no adapter/,
  ],
  ["core importing an adapter lazily", "core/a.ts", 'await import("../adapters/web/mod.ts");', /no adapter/],
  ["core handing an adapter on", "core/a.ts", 'export * from "../adapters/web/mod.ts";', /no adapter/],
  ["core naming an adapter's type", "core/a.ts", 'export type A = import("../adapters/web/mod.ts").A;', /no adapter/],
  ["core importing node", "core/ports/a.ts", 'import { readFileSync } from "node:fs"; readFileSync;', /no node:\*/],
  ["core importing a package with output", "core/a.ts", 'import "hono";', /no package with input or output/],
  ["core importing a role", "core/a.ts", 'import "../roles/host.ts";', /only main.ts and roles/],
  ["core importing a test", "core/a.ts", 'import "../tests/seeded.ts";', /core needs no tests/],
  ["core importing a unit test", "core/a.ts", 'import "./b_test.ts";', /core needs no tests/],
  ["an adapter importing another", "adapters/web/a.ts", 'import "../models/mod.ts";', /meet in core/],
  ["an adapter importing a script", "adapters/web/a.ts", 'import "../../scripts/check.ts";', /needs no scripts/],
  ["an adapter importing a role", "adapters/web/a.ts", 'import "../../roles/host.ts";', /only main.ts and roles/],
  ["schema importing core", "schema/a.ts", 'import "../core/b.ts";', /schema imports nobody/],
  ["schema importing node", "schema/a.ts", 'import "node:fs";', /no node:\*/],
  ["a role importing a test", "roles/a.ts", 'import "../tests/seeded.ts";', /roles needs no tests/],
  ["a package with its version", "adapters/web/a.ts", 'import "npm:valibot@1.5.0";', /stand in deno.json only/],
  ["a test with a package's version", "tests/a.ts", 'import "npm:valibot@1.5.0";', /stand in deno.json only/],
  ["code from the web", "adapters/web/a.ts", 'import "https://example.com/a.ts";', /npm only/],
];
for (const [name, path, text, reason] of planted) {
  Deno.test(`arrowProblems() sees ${name}`, async () => {
    const others = ["adapters/web/mod.ts", "adapters/models/mod.ts", "roles/host.ts", "tests/seeded.ts", "core/b.ts"];
    const files = Object.fromEntries(
      [...others, "core/b_test.ts", "scripts/check.ts"].map((other) => [other, nothing]),
    );
    const problems = await problemsOf({ ...files, [path]: `// A line above.\n${text}\n` });
    strictEqual(problems.length, 1, problems.join("\n"));
    match(problems[0]!, reason);
    strictEqual(problems[0]!.startsWith(`${path}:2: `), true, problems[0]!);
  });
}

Deno.test("arrowProblems() isn't taken in by comments and texts", async () => {
  const text = '// import "../adapters/web/mod.ts";\nexport const text = `import "../adapters/web/mod.ts"`;\n';
  deepStrictEqual(await problemsOf({ "core/a.ts": text, "adapters/web/mod.ts": nothing }), []);
});
