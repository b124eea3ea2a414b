import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { failures, runningTest, testCounts } from "./test_output.ts";

const results = `running 3 tests from ./core/config_test.ts
reads bytes ... ok (2ms)
names the line ...
------- output -------
hello
----- output end -----
names the line ... FAILED (8ms)
tells no more ... ok (5ms)
`;

Deno.test("testCounts() takes the last summary, colours and steps or not", () => {
  deepStrictEqual(testCounts(`${results}\nFAILED | 2 passed (3 steps) | 1 failed (13ms)\n`), { passed: 2, failed: 1 });
  deepStrictEqual(testCounts("\x1b[0m\x1b[32mok\x1b[0m | 6 passed | 0 failed \x1b[38;5;245m(487ms)\x1b[0m"), {
    passed: 6,
    failed: 0,
  });
  deepStrictEqual(testCounts("ok | 0 passed | 0 failed | 12 filtered out (3ms)"), { passed: 0, failed: 0 });
});

Deno.test("testCounts() counts single results when there is no summary", () => {
  deepStrictEqual(testCounts(results), { passed: 2, failed: 1 });
  deepStrictEqual(testCounts(""), { passed: 0, failed: 0 });
});

Deno.test("runningTest() and testCounts() understand a test that takes minutes", () => {
  const slow = (minutes: number) => `'50 rounds' has been running for over (${minutes}m0s)\n`;
  const going = `50 rounds ...${slow(1)}${slow(2)}`;
  strictEqual(runningTest(going), "50 rounds");
  strictEqual(runningTest(`${going} FAILED (3m1s)\n`), undefined);
  deepStrictEqual(testCounts(`${going} FAILED (3m1s)\n`), { passed: 0, failed: 1 });
});

Deno.test("runningTest() names the test that has no result yet", () => {
  strictEqual(runningTest(results), undefined);
  strictEqual(runningTest(`${results}hangs here ...`), "hangs here");
  strictEqual(runningTest(`${results}hangs here ...\n------- output -------\nstill here\n`), "hangs here");
  strictEqual(runningTest(""), undefined);
});

Deno.test("failures() names each test or step that failed, with the first line of its error", () => {
  const printed = `${results}
 ERRORS 

names the line => ./core/config_test.ts:3:6
error: AssertionError: 1 !== 2
    at file:///core/config_test.ts:4:3

bad ... inner => ./core/other_test.ts:1:45
error: Error: planted
second

 FAILURES 

names the line => ./core/config_test.ts:3:6
bad ... inner => ./core/other_test.ts:1:45

FAILED | 2 passed | 2 failed (1 step) (24ms)
`;
  deepStrictEqual(failures(printed), [
    "names the line => ./core/config_test.ts:3:6: AssertionError: 1 !== 2",
    "bad ... inner => ./core/other_test.ts:1:45: Error: planted",
  ]);
  deepStrictEqual(failures(results), []);
});
