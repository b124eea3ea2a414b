import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { runTests, type TestRun } from "./test_run.ts";

/** Runs one file of tests; `printed` has what came out. */
async function runFile(
  source: string,
  options: Partial<TestRun> = {},
): Promise<{ counts: unknown; named: readonly string[]; printed: string }> {
  const folder = await Deno.makeTempDir();
  const chunks: Uint8Array[] = [];
  const output = { write: (chunk: Uint8Array) => Promise.resolve(chunks.push(chunk.slice()) && chunk.length) };
  try {
    const file = `${folder}/one_test.ts`;
    await Deno.writeTextFile(file, source);
    const run = { name: "part", files: [file], env: { NO_COLOR: "1" }, msMax: 60_000, ...options };
    const outcome = await runTests(run, { stdout: output, stderr: output });
    const { failures: named, ...counts } = outcome;
    return { counts, named, printed: chunks.map((chunk) => new TextDecoder().decode(chunk)).join("") };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const passing = 'Deno.test("good", () => {});';

Deno.test("runTests() counts what passed and what failed", async () => {
  const { counts, named, printed } = await runFile(
    `${passing} Deno.test("bad", () => { throw new Error("planted"); });`,
  );
  deepStrictEqual(counts, { passed: 1, failed: 1 });
  ok(printed.includes("planted"));
  match(named.join("\n"), /^bad => \S+one_test\.ts:1:\d+: Error: planted$/);
});

Deno.test("runTests() counts a file that can't be loaded as a failure", async () => {
  deepStrictEqual((await runFile(`import "./nowhere.ts"; ${passing}`)).counts, { passed: 0, failed: 1 });
});

Deno.test("runTests() counts a crash in the middle as a failure", async () => {
  deepStrictEqual((await runFile(`${passing} Deno.test("dies", () => Deno.kill(Deno.pid, "SIGKILL"));`)).counts, {
    passed: 1,
    failed: 1,
  });
});

Deno.test("runTests() counts an empty part as a failure, unless a filter left nothing", async () => {
  deepStrictEqual((await runFile("", { files: [] })).counts, { passed: 0, failed: 1 });
  deepStrictEqual((await runFile("", { files: [], filter: "good" })).counts, { passed: 0, failed: 0 });
  deepStrictEqual((await runFile(passing, { filter: "other" })).counts, { passed: 0, failed: 0 });
  deepStrictEqual((await runFile(passing, { filter: "goo" })).counts, { passed: 1, failed: 0 });
});

Deno.test("runTests() ends a hang and its processes, and names the test", async () => {
  const { counts, printed } = await runFile(
    `${passing}
    Deno.test("spins for ever", () => {
      const child = new Deno.Command("sleep", { args: ["1000"] }).spawn();
      console.log(\`child \${child.pid}\`);
      for (;;);
    });`,
    { msMax: 3_000 },
  );
  deepStrictEqual(counts, { passed: 1, failed: 1 });
  ok(printed.includes("part: not done after 0.05 minutes, in: spins for ever"), printed);
  const pid = /child (\d+)/.exec(printed)?.[1];
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "stat=", "-p", `${pid}`] }).output();
  strictEqual(new TextDecoder().decode(stdout).trim().replace(/^Z.*/, ""), "");
});
