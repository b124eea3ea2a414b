/** They end by themselves when whoever started them is gone. */
const msMax = 120_000;

/** Programs that do nothing but compute, for as long as the block lasts; at most two minutes. */
export interface BusyLoops extends AsyncDisposable {
  readonly pids: readonly number[];
}

/** Starts so many, one thread each, and waits until they compute. */
export async function startBusyLoops(count: number): Promise<BusyLoops> {
  const children = Array.from({ length: count }, () =>
    new Deno.Command(Deno.execPath(), {
      args: ["eval", `const until = Date.now() + ${msMax}; while (Date.now() < until);`],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn());
  await new Promise((resolve) => setTimeout(resolve, 500)); // their start is over
  return {
    pids: children.map(({ pid }) => pid),
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill("SIGKILL");
      await Promise.all(children.map(({ status }) => status));
    },
  };
}
