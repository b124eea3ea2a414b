/** Behind `./scripts/test`, which says how it is called. */
import { parseTestArguments, partFiles, type TestArguments } from "./test_arguments.ts";
import { runTests } from "./test_run.ts";
import { installTools } from "./test_tools.ts";

const checkout = new URL("..", import.meta.url).pathname;

/** How long one part may take, by far, before it counts as hanging. */
const minutesMax = { ordinary: 70, long: 180 };

const parsed = parseTestArguments(Deno.args);
if (parsed.kind === "refused") {
  console.error(parsed.reason);
  Deno.exit(2);
}
Deno.chdir(checkout);
Deno.exit(await runAll(parsed, await installTools(parsed.parts)));

async function runAll(wanted: TestArguments, tools: Readonly<Record<string, string>>): Promise<number> {
  const total = { passed: 0, failed: 0, failures: [] as string[] };
  const runs = [
    ...wanted.parts.map((part) => ({ name: part as string, files: partFiles(part) })),
    ...(wanted.files.length === 0 ? [] : [{ name: "files", files: wanted.files }]),
  ];
  for (const { name, files } of runs) {
    const startMs = performance.now();
    const counts = await runTests({
      name,
      files,
      ...(wanted.filter === undefined ? {} : { filter: wanted.filter }),
      env: {
        ...tools,
        ...(wanted.long ? { CLAWDBOT_TEST_LONG: "1" } : {}),
        ...(wanted.soak ? { CLAWDBOT_TEST_SOAK: "1" } : {}),
        ...(wanted.executable ? { CLAWDBOT_TEST_BY: "executable" } : {}),
        ...(Deno.stdout.isTerminal() ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" }),
      },
      msMax: (wanted.long || wanted.soak ? minutesMax.long : minutesMax.ordinary) * 60_000,
    }, Deno);
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.failures.push(...counts.failures);
    const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
    console.log(`${name}: ${counts.passed} passed, ${counts.failed} failed (${seconds} s)\n`);
  }
  if (total.passed + total.failed === 0) console.log("No test ran");
  for (const failure of total.failures) console.log(`failed: ${failure}`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}
