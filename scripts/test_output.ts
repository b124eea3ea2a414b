/** How many tests passed and failed. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
}

/**
 * The counts of what `deno test` printed: of its summary, or without one (it was killed, it crashed) of the results
 * so far. Source: `cli/tools/test/reporters` of Deno 2.9.
 */
export function testCounts(output: string): TestCounts {
  const text = plain(output);
  const summaries = [...text.matchAll(/^(?:ok|FAILED) \| (\d+) passed(?: \([^)]*\))? \| (\d+) failed/gm)];
  const summary = summaries.at(-1);
  if (summary !== undefined) return { passed: Number(summary[1]), failed: Number(summary[2]) };
  return {
    passed: [...text.matchAll(/^\S.* \.\.\. ok \(/gm)].length,
    failed: [...text.matchAll(/^\S.* \.\.\. FAILED \(/gm)].length,
  };
}

/** What failed, a line each: the test, where it stands, and the first line of its error. */
export function failures(output: string): string[] {
  const [, errors = ""] = plain(output).split(/^ ERRORS $/m);
  return [...errors.split(/^ FAILURES $/m)[0]!.matchAll(/^(.+ => \S+:\d+:\d+)\nerror: (.*)$/gm)]
    .map(([, where, error]) => `${where}: ${error}`);
}

/** The test that began last and has no result; `undefined` when there is none. */
export function runningTest(output: string): string | undefined {
  let running: string | undefined;
  for (const line of plain(output).split("\n")) {
    const match = /^(\S.*?) \.\.\.(.*)$/.exec(line);
    if (match === null) continue;
    const [, name, result = ""] = match;
    running = / (?:ok|FAILED|ignored)\b/.test(result) ? undefined : name;
  }
  return running;
}

/** Without colours, and without the lines about a test that takes long, which stand between its name and result. */
function plain(output: string): string {
  // deno-lint-ignore no-control-regex
  return output.replace(/\x1b\[[\d;]*m/g, "").replace(/ ?'[^\n]*' has been running for over \([^)\n]*\)\n?/g, "");
}
