/**
 * Plays the launcher while the program runs from source: same plan, same flags, same frames, but bytes are pumped
 * between a connection and its runner's pipes, and the operating system confines nothing. Never shipped.
 *
 *   deno run -A scripts/supervise.ts [--config FILE] [--model NAME|FILE] [--verbose] [--main FILE]
 *
 * Exits 0 when the host ended on purpose, 1 when the site can't run, 2 for wrong arguments. With --verbose, one JSON
 * line on stderr for each process that starts or ends. --main runs another module under host's and runners' flags.
 */
import { MendableError } from "../core/errors.ts";
import { encodeFrame } from "../core/frames.ts";
import type { LauncherGreeting } from "../core/greeting.ts";
import type { HostStartWire } from "../core/host_start.ts";
import type { ProcessPlan } from "../core/permissions.ts";
import { runnerRoles, type Site } from "../core/site.ts";
import { planSite, startOf } from "./supervise_plan.ts";
import { lock, makeFolders, refuseFolders, removeFile } from "./supervise_files.ts";

/** How long the host may take to end when it was asked to. */
const stopMs = 10_000;
const memoryWatchMs = 50;
/** A runner that leaves this much unread is hung, and reading on is the only way to see its connection close. */
const unreadBytesMax = 64 * 1024 * 1024;
const roleWaitMs = 200;
const backoffMs = 100;
const backoffMsMax = 5_000;
/** A host that lived this long starts with the first backoff again. */
const livedMs = 10_000;

const verbose = Deno.args.includes("--verbose");
const children = new Set<Deno.ChildProcess>();
const stop = new AbortController();

async function supervise(args: readonly string[]): Promise<number> {
  const answer = await planSite(args, (plan) => commandOf(plan, { stdin: "null", stderr: "inherit" }).output());
  if (answer === undefined) return 1;
  const { site, processes } = answer;
  for (const plan of processes) refuseFolders(plan);
  makeFolders(site);
  using _lock = lock(site);
  const planned = (role: string) => processes.find((plan) => plan.role === role)!;
  const start = startOf(answer);
  const listeners = runnerRoles.map((role) => serveRunners(planned(role), site.runnerSockets[role]));
  try {
    return await keepHost(planned("host"), start, site);
  } finally {
    for (const listener of listeners) listener.close();
    for (const child of children) end(child, "SIGKILL");
    Deno.removeSync(site.runtimeFolder, { recursive: true });
  }
}

/** Keeps a host alive until one ends on purpose (exit 0), can't start (exit 2), or all was asked to stop. */
async function keepHost(plan: ProcessPlan, start: HostStartWire, site: Site): Promise<number> {
  for (let waitMs = backoffMs;; waitMs = Math.min(waitMs * 2, backoffMsMax)) {
    removeFile(site.hostSocket); // a killed host leaves it behind, and nothing could listen there again
    const startedMs = performance.now();
    const host = spawn(plan, { stdin: "piped", stdout: "inherit", stderr: "inherit" });
    // Never closed: the end of its stdin is what tells the host that the launcher is gone.
    const stdin = host.stdin.getWriter();
    stdin.write(encodeFrame({ kind: "json", value: start })).catch(() => {}); // its exit status says more
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = () => {
      end(host, "SIGTERM");
      timer = setTimeout(() => end(host, "SIGKILL"), stopMs);
    };
    stop.signal.addEventListener("abort", ask);
    const { code, signal } = await host.status;
    stop.signal.removeEventListener("abort", ask);
    clearTimeout(timer);
    if (signal === null && (code === 0 || code === 2)) return code === 0 ? 0 : 1;
    if (stop.signal.aborted) return 1;
    if (performance.now() - startedMs > livedMs) waitMs = backoffMs;
    console.error(`The host ended unexpectedly (${signal ?? `exit ${code}`}). It is started again.`);
    await pause(waitMs);
    if (stop.signal.aborted) return 0;
  }
}

/** One runner for each connection, up to the role's limit. */
function serveRunners(plan: ProcessPlan, path: string): Deno.Listener {
  removeFile(path);
  const listener = Deno.listen({ transport: "unix", path });
  const running = new Set<Promise<void>>();
  const { processesMax } = plan.limits;
  (async () => {
    for await (const connection of listener) {
      // The process of a connection that was just closed still has some milliseconds to live.
      if (running.size >= processesMax) await Promise.race([...running, pause(roleWaitMs)]);
      if (running.size < processesMax && !stop.signal.aborted) {
        const runner = runnerOf(plan, connection).finally(() => running.delete(runner));
        running.add(runner);
      } else {
        const reason = `at most ${processesMax} ${plan.role} may run at once`;
        await greet(connection, { kind: "unavailable", reason }).catch(() => {});
        close(connection);
      }
    }
  })();
  return listener;
}

/** Starts a runner for a connection and pumps; resolves when both are gone. */
async function runnerOf(plan: ProcessPlan, connection: Deno.Conn): Promise<void> {
  const child = spawn(plan, { stdin: "piped", stdout: "piped", stderr: "inherit" });
  const kill = () => end(child, "SIGKILL");
  protectOthers(child);
  const watch = setInterval(() => watchMemory(plan, child), memoryWatchMs);
  const fromRunner = (async () => {
    await greet(connection, { kind: "started" });
    for await (const chunk of child.stdout) await writeAll(connection, chunk);
  })().catch(kill);
  toRunner(connection, child.stdin.getWriter()).catch(() => {}).finally(kill);
  await child.status;
  clearInterval(watch);
  await Promise.race([fromRunner, pause(roleWaitMs)]); // what it still said before it died
  close(connection);
}

/** Reads ahead of the runner, so that the end of the connection is seen at once, whatever the runner does. */
async function toRunner(connection: Deno.Conn, stdin: WritableStreamDefaultWriter<Uint8Array>): Promise<void> {
  let unreadBytes = 0;
  while (unreadBytes < unreadBytesMax) {
    const chunk = new Uint8Array(64 * 1024);
    const count = await connection.read(chunk);
    if (count === null) return;
    unreadBytes += count;
    stdin.write(chunk.subarray(0, count)).then(() => unreadBytes -= count, () => {});
  }
}

/** A runner that grows past its limit is killed: that costs one connection. Only Linux tells its anonymous memory. */
function watchMemory(plan: ProcessPlan, child: Deno.ChildProcess): void {
  const { memoryBytesMax = Infinity } = plan.limits;
  try {
    const status = Deno.readTextFileSync(`/proc/${child.pid}/status`);
    const bytes = Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
    if (bytes <= memoryBytesMax) return;
    const megabytes = (count: number) => Math.ceil(count / 1e6);
    console.error(
      `The ${plan.role} took ${megabytes(bytes)} MB, and ${megabytes(memoryBytesMax)} MB are allowed. It was ended.`,
    );
    end(child, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error; // it ended, or there is no /proc
  }
}

/** When memory is short, the kernel shall end runners first. */
function protectOthers(child: Deno.ChildProcess): void {
  try {
    Deno.writeTextFileSync(`/proc/${child.pid}/oom_score_adj`, "1000");
  } catch { /* no /proc: the system has no such choice */ }
}

function commandOf(plan: ProcessPlan, stdio: Deno.CommandOptions): Deno.Command {
  const { args, environment: env } = plan;
  // Detached: Ctrl-C at a terminal is for the launcher, which then stops them in order.
  return new Deno.Command(Deno.execPath(), {
    ...stdio,
    args: [...args],
    env,
    clearEnv: true,
    cwd: "/",
    detached: true,
  });
}

function spawn(plan: ProcessPlan, stdio: Deno.CommandOptions): Deno.ChildProcess {
  const child = commandOf(plan, stdio).spawn();
  children.add(child);
  note({ event: "started", role: plan.role, pid: child.pid });
  child.status.then(({ code, signal }) => {
    children.delete(child);
    note({ event: "ended", role: plan.role, pid: child.pid, code, signal });
  });
  return child;
}

function end(child: Deno.ChildProcess, signal: Deno.Signal): void {
  if (children.has(child)) child.kill(signal);
}

function note(fields: Readonly<Record<string, unknown>>): void {
  if (verbose) console.error(JSON.stringify(fields));
}

async function greet(connection: Deno.Conn, greeting: LauncherGreeting): Promise<void> {
  await writeAll(connection, encodeFrame({ kind: "json", value: greeting }));
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch { /* closed before */ }
}

/** Waits, at most until all is asked to stop. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => (clearTimeout(timer), stop.signal.removeEventListener("abort", done), resolve());
    const timer = setTimeout(done, ms);
    stop.signal.addEventListener("abort", done);
    if (stop.signal.aborted) done();
  });
}

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  Deno.addSignalListener(signal, () => {
    if (!stop.signal.aborted) return stop.abort();
    for (const child of children) end(child, "SIGKILL"); // the second one quits at once
    Deno.exit(1);
  });
}
try {
  Deno.exit(await supervise(Deno.args));
} catch (error) {
  if (!(error instanceof MendableError)) throw error;
  console.error(error.message);
  Deno.exit(1);
}
