import { checkout } from "../roles/program_here.ts";
import { executables, isByExecutable, runtimeParent } from "./executable.ts";

/** What a run of the command line came to. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What differs from a run in an empty home, in English, with nothing to read. */
export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array<ArrayBuffer>;
  readonly cwd?: string;
  readonly home?: string;
}

/** A command that runs; its output is collected. */
export interface RunningCommand {
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  kill(signal: "SIGINT" | "SIGKILL"): void;
  /** Resolves when `seen` is true of what was written so far; rejects when the command ended before. */
  until(seen: (stdout: string, stderr: string) => boolean): Promise<void>;
  readonly ended: Promise<CommandResult>;
}

/** The words that `clawdbot` stands for: the executable, or the runtime from source, as `scripts/clawdbot` has it. */
export function clawdbotWords(): readonly [string, ...string[]] {
  if (isByExecutable()) return [executables().released];
  const config = `--config=${checkout}/deno.json`;
  return [Deno.execPath(), "run", "-A", "--quiet", "--no-check", config, `${checkout}/main.ts`];
}

/** The environment in which tests run the command line: nothing of the developer's own but where tools are. */
export function commandEnvironment({ env, home = "/nonexistent" }: CommandOptions): Record<string, string> {
  const { DENO_DIR, XDG_CACHE_HOME, HOME, PATH = "", CLAWDBOT_LLAMA_LIBRARIES } = Deno.env.toObject();
  return {
    DENO_DIR: DENO_DIR ?? `${XDG_CACHE_HOME ?? `${HOME}/.cache`}/deno`,
    CLAWDBOT_RUNTIME: runtimeParent,
    PATH,
    HOME: home,
    LANG: "C.UTF-8",
    NO_COLOR: "1",
    ...(CLAWDBOT_LLAMA_LIBRARIES === undefined ? {} : { CLAWDBOT_LLAMA_LIBRARIES }),
    ...env,
  };
}

/** Starts `clawdbot ARGS…`. */
export function startCommand(args: readonly string[], options: CommandOptions = {}): RunningCommand {
  const [command, ...words] = clawdbotWords();
  const child = new Deno.Command(command, {
    args: [...words, ...args],
    clearEnv: true,
    env: commandEnvironment(options),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const text = { stdout: "", stderr: "" };
  const watchers = new Set<() => void>();
  const read = async (name: "stdout" | "stderr"): Promise<void> => {
    for await (const piece of child[name].pipeThrough(new TextDecoderStream())) {
      text[name] += piece;
      for (const look of watchers) look();
    }
  };
  const done = Promise.all([read("stdout"), read("stderr"), feed(child, options.stdin)]);
  const ended = (async () => {
    const { code } = await child.status;
    await done;
    return { code, ...text };
  })();
  return {
    pid: child.pid,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    kill: (signal) => child.kill(signal),
    until: (seen) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!seen(text.stdout, text.stderr)) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
        ended.then(({ code }) => reject(new Error(`ended with ${code} before: ${text.stderr}`)));
      }),
    ended,
  };
}

/** Runs `clawdbot ARGS…` to its end. */
export async function runCommand(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  return await startCommand(args, options).ended;
}

async function feed(child: Deno.ChildProcess, stdin: CommandOptions["stdin"]): Promise<void> {
  if (stdin === undefined) return;
  const writer = child.stdin.getWriter();
  try {
    await writer.write(typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin);
    await writer.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error; // it had read enough
  }
}
