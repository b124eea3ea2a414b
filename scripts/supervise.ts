/**
 * Plays the launcher while the program runs from source: same plan, same flags, same frames, but bytes are pumped
 * between a connection and its runner's pipes, and the operating system confines nothing. Never shipped.
 *
 *   deno run -A scripts/supervise.ts [--config FILE] [--model NAME|FILE] [--verbose] [--main FILE]
 *
 * Exits 0 when the host ended on purpose, else 1. With --verbose, one JSON line on stderr for each process that starts
 * or ends. --main runs another module as host and runners, under their very flags. SIGHUP has the configuration read
 * again, as a change of it or of the files that it names does.
 */
import { MendableError } from "../core/errors.ts";
import { ownConfigPath } from "../core/site.ts";
import type { PlanAnswer } from "../roles/plan.ts";
import { lock, makeFolders } from "./supervise_files.ts";
import { createKeeper, type Keeper } from "./supervise_host.ts";
import { createProcesses, type Processes } from "./supervise_processes.ts";
import { createSaying } from "./supervise_said.ts";
import { isExpected, load } from "./supervise_start.ts";
import { digestOf, type Seen, watch } from "./supervise_watch.ts";

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
  // Chosen once: what is free of memory at a later moment is no reason to change the model.
  let model: Promise<string> | undefined;
  const modelDefault = preparation && ((folder: string) => model ??= preparation.modelDefault(folder));
  const first = await load(args, processes.run, modelDefault);
  if (first.kind === "refused") {
    for (const line of first.lines) console.error(line);
    return 1;
  }
  const { answer } = first.loaded;
  const { site } = answer;
  // Where there is no configuration, one may come.
  const own = site.configPath === undefined ? [ownConfigPath(Deno.env.get("HOME")!)] : [];
  const seen = { digest: await digestOf([...own, ...answer.watched]) };
  makeFolders(site);
  using held = lock(site);
  await preparation?.prepare(answer);
  const saying = createSaying();
  const stop = stopOnSignal(processes);
  const keeper = createKeeper(first.loaded, { processes, saying, stop, held });
  // The same file, wherever somebody puts another meanwhile.
  const sameArgs = site.configPath === undefined ? args : [...args, "--config", site.configPath];
  const watched = () => [...own, ...keeper.watched()];
  const read = () => load(sameArgs, processes.run, modelDefault);
  const reload = reloader({ read, watched, seen, keeper });
  const hup = () => isHungUp() ? Deno.kill(Deno.pid, "SIGTERM") : void reload(true);
  Deno.addSignalListener("SIGHUP", hup);
  void watch(watched, seen, () => reload(false), stop);
  try {
    return await keeper.run();
  } finally {
    Deno.removeSignalListener("SIGHUP", hup);
    await processes.killAll();
    saying.end();
    Deno.removeSync(site.runtimeFolder, { recursive: true });
  }
}

/** Reads the configuration and hands it on, one reading after the other. */
function reloader({ read, watched, seen, keeper }: {
  readonly read: () => ReturnType<typeof load>;
  readonly watched: () => readonly string[];
  readonly seen: Seen;
  readonly keeper: Keeper;
}): (asked: boolean) => Promise<void> {
  let last = Promise.resolve();
  return (asked) =>
    last = last.then(async () => {
      // Before it is read: what changes meanwhile is seen as a change.
      const [paths, digest] = [watched(), await digestOf(watched())];
      const result = await read().catch((error) => {
        if (!isExpected(error)) throw error;
        return { kind: "refused", lines: [error.message] } as const;
      });
      keeper.take(result, asked);
      seen.digest = `${watched()}` === `${paths}` ? digest : await digestOf(watched());
    });
}

/** Whether the terminal that this was started at is gone: then SIGHUP means that, as for any program at a terminal. */
function isHungUp(): boolean {
  return wasAtTerminal && !Deno.stderr.isTerminal();
}
const wasAtTerminal = Deno.stderr.isTerminal();

/** Aborts at the first signal to end; the second one quits at once. */
function stopOnSignal(processes: Processes): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
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

if (import.meta.main) await exitWith(supervise(Deno.args));
