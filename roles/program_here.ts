import { llamaLibrariesFolder, llamaPlatform } from "../adapters/engines/llama/release.ts";
import { workerFiles } from "../adapters/engines/llama/worker_files.ts";
import { MendableError } from "../core/errors.ts";
import type { ProcessPlan, Program } from "../core/permissions.ts";

/** The folder of the checkout, or the one that the executable unpacked itself into; without a slash at its end. */
export const checkout: string = decodeURIComponent(new URL("..", import.meta.url).pathname).replace(/\/$/, "");

/** Whether this is the bundle that the executable carries, in its folder `app/`; else it is the source. */
export const isPackaged: boolean = !import.meta.url.endsWith(".ts");

/**
 * The program as it stands here. Needs the rights `env=DENO_DIR,XDG_CACHE_HOME,CLAWDBOT_LLAMA_LIBRARIES`.
 *
 * @param home The person's home folder, where the runtime's cache is unless the environment says otherwise.
 * @throws {MendableError} On a machine that there are no model libraries for.
 */
export function programHere(home: string): Program {
  const platform = llamaPlatform(Deno.build.os, Deno.build.arch);
  if (platform === undefined) throw new MendableError("Cannot start", `no model runs on ${Deno.build.target}`);
  if (isPackaged) return packagedProgram;
  const cacheFolder = Deno.build.os === "darwin" ? `${home}/Library/Caches` : `${home}/.cache`;
  return {
    main: `${checkout}/main.ts`,
    cacheFolder: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("XDG_CACHE_HOME") ?? cacheFolder}/deno`,
    flags: ["--no-check", "--frozen", `--config=${checkout}/deno.json`],
    librariesFolder: Deno.env.get("CLAWDBOT_LLAMA_LIBRARIES") ?? `${checkout}/${llamaLibrariesFolder(platform)}`,
    workerFiles: workerFiles.map((path) => `${checkout}/${path}`),
  };
}

/** Flags of the bundle's processes, none of which gives a right: `adapters/launcher/facts.go` has the same. */
export const packagedFlags: readonly string[] = [
  "--no-check",
  "--no-config",
  "--no-lock",
  "--no-npm",
  "--node-modules-dir=none",
  "--unstable-no-legacy-abort",
];

/** How the launcher lays it out: `adapters/launcher/facts.go` has the same. */
const packagedProgram: Program = {
  main: `${checkout}/app/main.js`,
  cacheFolder: `${checkout}/deno_dir`,
  flags: packagedFlags,
  librariesFolder: `${checkout}/llama`,
  workerFiles: [`${checkout}/app/worker.js`],
};

/**
 * The command that starts a planned process. The executable's launcher confines it first; from source it is the runtime
 * itself. Needs the right `env=CLAWDBOT_EXECUTABLE`.
 */
export function plannedCommand(
  plan: ProcessPlan,
  stdio: Pick<Deno.CommandOptions, "stdin" | "stdout" | "stderr" | "detached">,
): Deno.Command {
  const executable = isPackaged ? Deno.env.get("CLAWDBOT_EXECUTABLE") : undefined;
  const [command, args] = executable === undefined
    ? [Deno.execPath(), plan.args]
    : [executable, ["__run", checkout, JSON.stringify(plan)]];
  const env = { ...plan.environment };
  return new Deno.Command(command, { ...stdio, args: [...args], clearEnv: true, env, cwd: "/" });
}

/** Runs a planned process to its end. */
export async function runPlanned(plan: ProcessPlan, stdin: string): Promise<Deno.CommandOutput> {
  const child = plannedCommand(plan, { stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  // It may end before it has read all: its exit code says why.
  const written = writer.write(new TextEncoder().encode(stdin)).then(() => writer.close()).catch(() => {});
  const output = await child.output();
  await written;
  return output;
}
