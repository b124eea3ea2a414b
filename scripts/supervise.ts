/**
 * Plays the launcher while the program runs from source: same plan, same flags, same frames, but bytes are pumped
 * between a connection and its runner's pipes, and the operating system confines nothing. Never shipped.
 *
 *   deno run -A scripts/supervise.ts [--config FILE] [--model NAME|FILE] [--verbose] [--main FILE]
 *
 * Exits 0 when the host ended on purpose, else 1. With --verbose, one JSON line on stderr for each process that starts
 * or ends. --main runs another module as host and runners, under their very flags.
 */
import { MendableError } from "../core/errors.ts";
import { encodeFrame } from "../core/frames.ts";
import type { HostStartWire } from "../core/host_start.ts";
import type { ProcessPlan } from "../core/permissions.ts";
import { runnerRoles, type Site } from "../core/site.ts";
import type { PlanAnswer } from "../roles/plan.ts";
import { refuseExcess } from "./supervise_ceilings.ts";
import { lock, makeFolders, refuseFolders, removeFile } from "./supervise_files.ts";
import { startOf } from "./supervise_start.ts";
import { planSite } from "../roles/plan_here.ts";
import { createProcesses, pause, type Processes } from "./supervise_processes.ts";
import { serveRunners } from "./supervise_runners.ts";
import { createSaying, type Saying } from "./supervise_said.ts";

/** How long the host may take to end when it was asked to. */
const stopMs = 10_000;
const backoffMs = 100;
const backoffMsMax = 5_000;
/** A host that lived this long starts with the first backoff again. */
const livedMs = 10_000;

/** Exit codes of a host that aren't a crash: asked to end; can't start, and starting again doesn't help. */
const [exitStopped, exitUnable] = [0, 2];

/** What a start from source does besides. */
export interface Preparation {
  /** The model that is taken when neither arguments nor configuration name one. */
  modelDefault(modelsFolder: string): Promise<string>;
  /** Called when the plan stands and this launcher has the site: what is missing may be fetched. */
  prepare(answer: PlanAnswer): Promise<void>;
}

/**
 * Runs a site until it ends, and resolves with the exit code.
 * @throws {MendableError} For what a person can mend.
 */
export async function supervise(args: readonly string[], preparation?: Preparation): Promise<number> {
  const verbose = args.includes("--verbose");
  const processes = createProcesses((fields) => verbose && console.error(JSON.stringify(fields)));
  const answer = await planSite(args, processes.run, preparation?.modelDefault);
  if (answer === undefined) return 1;
  const { site } = answer;
  for (const plan of answer.processes) {
    refuseExcess(plan);
    refuseFolders(plan);
  }
  makeFolders(site);
  using _lock = lock(site);
  await preparation?.prepare(answer);
  const start = startOf(answer);
  const stop = stopOnSignal(processes);
  const saying = createSaying();
  const planned = (role: string) => answer.processes.find((plan) => plan.role === role);
  const listeners = runnerRoles.flatMap((role) => {
    const plan = planned(role);
    return plan === undefined ? [] : [serveRunners(plan, site.runnerSockets[role], processes, saying, stop)];
  });
  try {
    return await keepHost(planned("host")!, start, { site, processes, saying, stop });
  } finally {
    for (const listener of listeners) listener.close();
    await processes.killAll();
    saying.end();
    Deno.removeSync(site.runtimeFolder, { recursive: true });
  }
}

/** Keeps a host alive until one ends on purpose, can't start, or all was asked to stop. */
async function keepHost(
  plan: ProcessPlan,
  start: HostStartWire,
  { site, processes, saying, stop }: {
    readonly site: Site;
    readonly processes: Processes;
    readonly saying: Saying;
    readonly stop: AbortSignal;
  },
): Promise<number> {
  for (let waitMs = backoffMs;; waitMs = Math.min(waitMs * 2, backoffMsMax)) {
    removeFile(site.hostSocket); // a killed host leaves it behind, and nothing could listen there again
    const startedMs = performance.now();
    const host = processes.spawn(plan, { stdin: "piped", stdout: "inherit", stderr: "inherit" });
    // Never closed: the end of its stdin is what tells the host that the launcher is gone.
    const stdin = host.stdin.getWriter();
    stdin.write(encodeFrame({ kind: "json", value: start })).catch(() => {}); // its exit status says more
    const endTelling = saying.tell(stdin);
    const { code, signal } = await endOf(host, processes, stop);
    endTelling();
    if (signal === null && code === exitStopped) return 0;
    if (stop.aborted || (signal === null && code === exitUnable)) return 1;
    if (performance.now() - startedMs > livedMs) waitMs = backoffMs;
    saying.say(`The host ended unexpectedly (${signal ?? `exit ${code}`}). It is started again.`);
    await pause(waitMs, stop);
    if (stop.aborted) return 0;
  }
}

/** The end of the host: by itself, or within {@link stopMs} after `stop`. */
async function endOf(host: Deno.ChildProcess, processes: Processes, stop: AbortSignal): Promise<Deno.CommandStatus> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ask = () => {
    processes.end(host, "SIGTERM");
    timer = setTimeout(() => processes.end(host, "SIGKILL"), stopMs);
  };
  stop.addEventListener("abort", ask);
  try {
    return await host.status;
  } finally {
    stop.removeEventListener("abort", ask);
    clearTimeout(timer);
  }
}

/** Aborts at the first signal to end; the second one quits at once. */
function stopOnSignal(processes: Processes): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    Deno.addSignalListener(signal, () => {
      if (!stop.signal.aborted) return stop.abort();
      processes.killAll().then(() => Deno.exit(1));
    });
  }
  return stop.signal;
}

/** Ends this process with the exit code of a run, or with 1 and one line for what a person can mend. */
export async function exitWith(run: Promise<number>): Promise<never> {
  try {
    Deno.exit(await run);
  } catch (error) {
    if (!isExpected(error)) throw error;
    console.error(error instanceof MendableError ? error.message : `Cannot start: ${error.message}`);
    Deno.exit(1);
  }
}

/** What a person can mend, or what the system refused: no room on the disk, a folder of someone else. */
function isExpected(error: unknown): error is Error {
  return error instanceof MendableError || (error instanceof Error && "code" in error);
}

if (import.meta.main) await exitWith(supervise(Deno.args));
