/** A server that runs as a child of the test, and is asked in lines. */
export interface ChildServer extends AsyncDisposable {
  /** The next line that it prints. */
  line(): Promise<string>;
  /** Says a line, and gives back the next that it prints; one after the other. */
  ask(line: string): Promise<string>;
}

/**
 * Starts it.
 * @param options `missing`: what to do when it ends before it has printed anything.
 */
export async function startServer(
  command: string,
  args: readonly string[],
  { env, missing }: { readonly env: Readonly<Record<string, string>>; readonly missing: string },
): Promise<ChildServer> {
  const child = new Deno.Command(command, {
    args: [...args],
    env: { ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: Deno.env.has("CLAWDBOT_TEST_VERBOSE") ? "inherit" : "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  let last: Promise<unknown> = Promise.resolve();
  const line = async (): Promise<string> => {
    while (!said.includes("\n")) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`${command} ended; ${missing}`);
      said += value;
    }
    const end = said.indexOf("\n");
    const first = said.slice(0, end);
    said = said.slice(end + 1);
    return first;
  };
  return {
    line,
    ask(text) {
      const answer = last.then(async () => {
        await writer.write(new TextEncoder().encode(`${text}\n`));
        return await line();
      });
      last = answer.catch(() => {});
      return answer;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await reader.cancel();
      await writer.close().catch(() => {});
      await child.status;
    },
  };
}
