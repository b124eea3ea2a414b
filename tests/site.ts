import type { RunnerRole } from "../core/ports/runner.ts";
import { siteHere } from "../roles/site_here.ts";
import { checkout } from "../roles/program_here.ts";
import { bundled, executables, isByExecutable, runtimeParent } from "./executable.ts";
import { freePort } from "./free_port.ts";

/** Roles whose processes a site tells. */
export type SiteRole = "launcher" | "host" | RunnerRole;

/** A site that really runs: launcher, host and runners as processes of their own, in a folder of its own. */
export interface Site extends AsyncDisposable {
  /** Holds `config.yaml`, `data/` and `home/`. */
  readonly folder: string;
  /** The page's address, without a slash at its end. */
  readonly url: string;
  readonly hostSocket: string;
  /** What the launcher and all below it wrote to stderr so far. */
  stderr(): string;
  /** Resolves when stderr says this: a process's last words arrive after its end is seen. Rejects after 10 s. */
  untilSaid(pattern: RegExp): Promise<void>;
  /** What they wrote to stdout so far. */
  stdout(): string;
  /** Processes of a role that live now. */
  pids(role: SiteRole): number[];
  /** Resolves with the first process of this role that isn't in `except` and lives; rejects after `timeoutMs`. */
  untilStarted(role: SiteRole, except?: readonly number[], timeoutMs?: number): Promise<number>;
  /** Resolves when none of these processes lives any more; rejects after `timeoutMs`. */
  untilEnded(pids: readonly number[], timeoutMs?: number): Promise<void>;
  /** Resolves when the host takes connections at its socket. */
  untilListening(timeoutMs?: number): Promise<void>;
  /** Resolves when `/readyz` says 200; rejects with what was written to stderr when the site ended first. */
  untilReady(timeoutMs?: number): Promise<void>;
  /** Calls the host over its Unix socket, as the command line does: the principal is `local`. */
  api(path: string, init?: RequestInit): Promise<Response>;
  /** A new login code for the page. */
  loginCode(): Promise<string>;
  /** The launcher's exit code, when it and all below it have ended. */
  readonly ended: Promise<number>;
  /** SIGTERM, and SIGKILL after 15 s. Resolves with the launcher's exit code. Safe to call twice. */
  stop(): Promise<number>;
  /** SIGKILL to the launcher alone. */
  kill(): Promise<void>;
}

/** What differs from a site with the test model on a free port. */
export interface SiteOptions {
  /** `config.yaml` without `web.listen`. */
  readonly config?: string;
  /** A folder of the caller's, which stays: an earlier site's data and key are used on. Else a new one, which goes. */
  readonly folder?: string;
  /** A GGUF file, or a name of the catalogue; "" leaves the choice to the launcher. */
  readonly model?: string;
  /** The page's port, instead of a free one. */
  readonly port?: number;
  /** What is started, instead of the launcher. */
  readonly command?: string;
  /** Further arguments for the launcher. */
  readonly args?: readonly string[];
  /** Environment of the launcher; `HOME` is the site's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** A module that runs as host and runners instead of the program, under their very flags. */
  readonly main?: string;
  /** Which launcher; see {@link isByExecutable} for what it is else. */
  readonly by?: "source" | "executable";
}

/** Starts a site and resolves at once; see {@link Site.untilReady}. */
export async function startSite(options: SiteOptions = {}): Promise<Site> {
  const folder = options.folder ?? await Deno.makeTempDir({ prefix: "clawdbot-site-" });
  const home = `${folder}/home`;
  await Deno.mkdir(home, { recursive: true });
  const port = options.port ?? freePort();
  const model = options.model ?? (/^model:/m.test(options.config ?? "") ? "" : testModel());
  const configPath = `${folder}/config.yaml`;
  await Deno.writeTextFile(configPath, `${options.config ?? ""}\nweb: { listen: "127.0.0.1:${port}" }\n`);
  const { hostSocket } = siteHere(configPath);
  const [command, ...args] = options.command === undefined ? await launcherWords(options) : [options.command];
  const launcher = new Deno.Command(command!, {
    args: [
      ...args,
      ...["--verbose", `--config=${configPath}`],
      ...(model === "" ? [] : [`--model=${model}`]),
      ...(options.args ?? []),
    ],
    env: { ...toolEnvironment(), ...options.env, HOME: home },
    clearEnv: true,
    cwd: folder,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stdout = collect(launcher.stdout);
  const stderr = collect(launcher.stderr);
  let code: number | undefined;
  const exited = launcher.status.then((status) => code = status.code);
  /** With its last words: all that is below it has ended too, unless it was killed. */
  const ended = exited.then(async (status) => {
    await Promise.all([stdout.ended, stderr.ended]);
    return status;
  });
  let killed = false;
  let stopping: Promise<number> | undefined;

  const until = async <R>(what: string, timeoutMs: number, ask: () => R | undefined | Promise<R | undefined>) => {
    for (const endMs = Date.now() + timeoutMs;;) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      if (Date.now() > endMs) throw new Error(`Not ${what} after ${timeoutMs} ms; stderr:\n${stderr.text()}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const failIfEnded = () => {
    if (code !== undefined) throw new Error(`The site ended with exit ${code}; stderr:\n${stderr.text()}`);
  };
  const pids = (role: SiteRole) =>
    role === "launcher" ? (code === undefined ? [launcher.pid] : []) : livingOf(stderr.text(), role);

  const site: Site = {
    folder,
    url: `http://127.0.0.1:${port}`,
    hostSocket,
    stderr: stderr.text,
    stdout: stdout.text,
    pids,
    async untilSaid(pattern) {
      await until(`said: ${pattern}`, 10_000, () => pattern.test(stderr.text()) || undefined);
    },
    untilStarted: (role, except = [], timeoutMs = 20_000) =>
      until(`started: ${role}`, timeoutMs, () => pids(role).find((pid) => !except.includes(pid))),
    async untilEnded(wanted, timeoutMs = 10_000) {
      await until(`ended: ${wanted}`, timeoutMs, () => wanted.some(lives) ? undefined : true);
    },
    async untilListening(timeoutMs = 20_000) {
      await until("listening", timeoutMs, async () => {
        failIfEnded();
        try {
          (await Deno.connect({ transport: "unix", path: hostSocket })).close();
          return true;
        } catch {
          return undefined; // not yet
        }
      });
    },
    async untilReady(timeoutMs = 60_000) {
      await until("ready", timeoutMs, async () => {
        failIfEnded();
        const response = await fetch(`${site.url}/readyz`).catch(() => undefined);
        await response?.body?.cancel();
        return response?.ok ? true : undefined;
      });
    },
    async api(path, init = {}) {
      using client = Deno.createHttpClient({ proxy: { transport: "unix", path: hostSocket } });
      const response = await fetch(`http://localhost${path}`, { ...init, client });
      return new Response(await response.arrayBuffer(), response);
    },
    async loginCode() {
      const response = await site.api("/api/login-codes", { method: "POST" });
      if (!response.ok) throw new Error(`No login code: ${response.status} ${await response.text()}`);
      return (await response.json()).code;
    },
    ended,
    stop: () =>
      stopping ??= (async () => {
        if (code === undefined) launcher.kill("SIGTERM");
        const timer = setTimeout(() => code === undefined && site.kill(), 15_000);
        await exited;
        clearTimeout(timer);
        await Promise.all([stdout.ended, stderr.ended]);
        // A launcher that was killed leaves its sockets behind.
        if (killed) {
          await Deno.remove(hostSocket.slice(0, hostSocket.lastIndexOf("/")), { recursive: true }).catch(
            () => {},
          );
        }
        if (options.folder === undefined) await Deno.remove(folder, { recursive: true });
        return ended;
      })(),
    async kill() {
      killed = true;
      launcher.kill("SIGKILL");
      await exited;
    },
    [Symbol.asyncDispose]: async () => void await site.stop(),
  };
  return site;
}

/** The command that starts a site, with a module in the place of the program where a test has one. */
export async function launcherWords({ main, by }: Pick<SiteOptions, "main" | "by"> = {}): Promise<readonly string[]> {
  if (by === "executable" || (by === undefined && isByExecutable())) {
    const { released, forTests } = executables();
    return main === undefined ? [released] : [forTests, `--main=${await bundled(main)}`];
  }
  return [
    ...[Deno.execPath(), "run", "-A", "--quiet", "--no-check", `--config=${checkout}/deno.json`],
    `${checkout}/scripts/supervise.ts`,
    ...(main === undefined ? [] : [`--main=${main}`]),
  ];
}

/** The model that tests use: `CLAWDBOT_TEST_MODEL`, else where `scripts/test` puts it. */
export function testModel(): string {
  return Deno.env.get("CLAWDBOT_TEST_MODEL") ?? `${checkout}/.tools/models/smollm2-135m.gguf`;
}

/** The model that tests embed with: `CLAWDBOT_TEST_EMBEDDING_MODEL`, else where `scripts/test` puts it. */
export function embeddingModel(): string {
  return Deno.env.get("CLAWDBOT_TEST_EMBEDDING_MODEL") ?? `${checkout}/.tools/models/multilingual-e5-small.gguf`;
}

/** True while a process lives; a zombie doesn't. */
export function lives(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || isEndedMeanwhile(error)) return false;
    throw error;
  }
}

/** A process that ends between the opening of its file and the reading: ESRCH, for which Deno has no class or code. */
function isEndedMeanwhile(error: unknown): boolean {
  return error instanceof Error && error.message.includes("(os error 3)");
}

/** The processes of a role that the launcher's lines say have started and not ended. */
function livingOf(stderr: string, role: SiteRole): number[] {
  const living = new Set<number>();
  for (const line of stderr.split("\n")) {
    if (!line.startsWith('{"event":')) continue;
    const { event, role: of, pid } = JSON.parse(line);
    if (of !== role) continue;
    if (event === "started") living.add(pid);
    else living.delete(pid);
  }
  return [...living];
}

/** What a process needs to find this machine's tools and packages, whatever its home is. */
function toolEnvironment(): Record<string, string> {
  const { DENO_DIR, XDG_CACHE_HOME, HOME, PATH, CLAWDBOT_LLAMA_LIBRARIES } = Deno.env.toObject();
  return {
    DENO_DIR: DENO_DIR ?? `${XDG_CACHE_HOME ?? `${HOME}/.cache`}/deno`,
    CLAWDBOT_RUNTIME: runtimeParent,
    ...(PATH === undefined ? {} : { PATH }),
    ...(CLAWDBOT_LLAMA_LIBRARIES === undefined ? {} : { CLAWDBOT_LLAMA_LIBRARIES }),
  };
}

function collect(stream: ReadableStream<Uint8Array>): { text(): string; readonly ended: Promise<void> } {
  let text = "";
  return {
    text: () => text,
    ended: (async () => {
      for await (const chunk of stream.pipeThrough(new TextDecoderStream())) text += chunk;
    })(),
  };
}
