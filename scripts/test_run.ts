import { failures, runningTest, type TestCounts, testCounts } from "./test_output.ts";

/** Time that a run which is told to end has for it. */
const stopMsMax = 5_000;

/** One `deno test`. */
export interface TestRun {
  readonly name: string;
  readonly files: readonly string[];
  readonly filter?: string;
  readonly env: Readonly<Record<string, string>>;
  /** How long it may take before it counts as hanging. */
  readonly msMax: number;
}

/** How it went. */
export type TestOutcome = TestCounts & {
  /** What failed, a line each. */
  readonly failures: readonly string[];
};

/** Where output goes to. */
export type Output = { write(chunk: Uint8Array): Promise<number> };

/**
 * Runs the tests of some files and passes on what they print. What ends without a summary (a crash, a hang, a file
 * that can't be loaded) counts as one failure more, and a hang is told with the test that hung. With a filter it is
 * no failure that nothing ran.
 */
export async function runTests(
  { name, files, filter, env, msMax }: TestRun,
  to: { readonly stdout: Output; readonly stderr: Output },
): Promise<TestOutcome> {
  const say = (line: string) => to.stdout.write(new TextEncoder().encode(`${line}\n`));
  if (files.length === 0) {
    const nothing = `${name}: there are no test files`;
    await say(nothing);
    return filter === undefined
      ? { passed: 0, failed: 1, failures: [nothing] }
      : { passed: 0, failed: 0, failures: [] };
  }
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "-A",
      "--no-check", // `deno task check` has the types.
      ...(filter === undefined ? [] : ["--filter", filter]),
      ...files,
    ],
    env: { ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let isHanging = false;
  const guard = setTimeout(() => {
    isHanging = true;
    endTree(child);
  }, msMax);
  const interrupt = () => void endTree(child);
  Deno.addSignalListener("SIGINT", interrupt);
  Deno.addSignalListener("SIGTERM", interrupt);
  const output: string[] = [];
  const pass = async (from: ReadableStream<Uint8Array>, to: Output) => {
    const decoder = new TextDecoder();
    for await (const chunk of from) {
      output.push(decoder.decode(chunk, { stream: true }));
      for (let at = 0; at < chunk.length;) at += await to.write(chunk.subarray(at));
    }
  };
  const [{ code }] = await Promise.all([child.status, pass(child.stdout, to.stdout), pass(child.stderr, to.stderr)]);
  clearTimeout(guard);
  Deno.removeSignalListener("SIGINT", interrupt);
  Deno.removeSignalListener("SIGTERM", interrupt);
  const text = output.join("");
  const outcome = { ...testCounts(text), failures: failures(text) };
  const oneMore = (why: string) => ({ ...outcome, failed: outcome.failed + 1, failures: [...outcome.failures, why] });
  if (isHanging) {
    const hang = `${name}: not done after ${msMax / 60_000} minutes, in: ${runningTest(text) ?? "loading its files"}`;
    await say(`\n${hang}`);
    return oneMore(hang);
  }
  if (code === 0 || outcome.failed > 0) return outcome;
  return oneMore(`${name}: ended with code ${code}, in: ${runningTest(text) ?? "loading its files"}`);
}

/** Ends a process and its descendants: politely, then without asking. */
async function endTree(child: Deno.ChildProcess): Promise<void> {
  const pids = [child.pid, ...await descendants(child.pid)];
  for (const pid of pids) kill(pid, "SIGTERM");
  await Promise.race([child.status, new Promise((resolve) => setTimeout(resolve, stopMsMax))]);
  for (const pid of pids) kill(pid, "SIGKILL");
}

function kill(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    // It ended by itself.
    if (!(error instanceof Deno.errors.NotFound) && !(error instanceof TypeError)) throw error;
  }
}

async function descendants(root: number): Promise<number[]> {
  const { stdout } = await new Deno.Command("ps", { args: ["-A", "-o", "pid=,ppid="] }).output();
  const children = new Map<number, number[]>();
  for (const line of new TextDecoder().decode(stdout).trim().split("\n")) {
    const [pid, parent] = line.trim().split(/\s+/).map(Number);
    children.set(parent!, [...children.get(parent!) ?? [], pid!]);
  }
  const found: number[] = [];
  for (let level = [root]; level.length > 0;) {
    level = level.flatMap((pid) => children.get(pid) ?? []);
    found.push(...level);
  }
  return found;
}
