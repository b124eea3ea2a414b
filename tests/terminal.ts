import { clawdbotWords, commandEnvironment, type CommandOptions } from "./command_line.ts";

/** A command that runs at a pseudo-terminal of its own, as under a person's hands. */
export interface Terminal extends AsyncDisposable {
  /** Everything that appeared so far, with its control sequences. */
  screen(): string;
  /** Types; `\x03` is Ctrl-C, `\x04` Ctrl-D, `\x1b[A` the up arrow, `\r` Enter. */
  type(keys: string): Promise<void>;
  /** Resolves with what appeared since the last call, once `seen` is true of it. Rejects after 30 s. */
  until(seen: (appeared: string) => boolean): Promise<string>;
  /** The command's exit code. */
  readonly ended: Promise<number>;
}

/** Runs `clawdbot ARGS…` at a pseudo-terminal, which `script` (in every Linux) makes. */
export function openTerminal(args: readonly string[], options: CommandOptions): Terminal {
  const words = [...clawdbotWords(), ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  const child = new Deno.Command("script", {
    args: ["--quiet", "--flush", "--return", "--command", words.join(" "), "/dev/null"],
    clearEnv: true,
    env: { ...commandEnvironment(options), TERM: "xterm", SHELL: "/bin/sh" },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let screen = "";
  let looked = 0;
  let look = (): void => {};
  const read = (async () => {
    for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
      screen += piece;
      look();
    }
  })();
  const writer = child.stdin.getWriter();
  const ended = child.status.then(async ({ code }) => {
    await read;
    return code;
  });
  return {
    screen: () => screen,
    type: (keys) => writer.write(new TextEncoder().encode(keys)),
    until: (seen) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`Not seen: ${JSON.stringify(screen.slice(looked))}`)), 30_000);
        look = () => {
          const appeared = screen.slice(looked);
          if (!seen(appeared)) return;
          looked = screen.length;
          look = () => {};
          clearTimeout(timer);
          resolve(appeared);
        };
        look();
      }),
    ended,
    async [Symbol.asyncDispose]() {
      await writer.close().catch(() => {}); // it may have ended by itself
      // A line that was begun keeps the end of input from being seen.
      const timer = setTimeout(() => child.kill("SIGTERM"), 1_000);
      await ended;
      clearTimeout(timer);
    },
  };
}
