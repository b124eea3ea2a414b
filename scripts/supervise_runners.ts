import { encodeFrame } from "../core/frames.ts";
import type { LauncherGreeting } from "../core/greeting.ts";
import type { ProcessPlan } from "../core/permissions.ts";
import { removeFile } from "./supervise_files.ts";
import { pause, type Processes } from "./supervise_processes.ts";
import type { Saying } from "./supervise_said.ts";

const memoryWatchMs = 50;
/** A runner that leaves this much unread is hung, and reading on is the only way to see its connection close. */
const unreadBytesMax = 64 * 1024 * 1024;
/** How long a process that was killed, or what it still said, is waited for. */
const lingerMs = 200;

/**
 * Listens at a runner's socket and starts one runner for each connection, up to the role's limit. Closing resolves when
 * the socket's file is gone: the runtime removes it with the listener, and one that was made anew meanwhile, too.
 */
export function serveRunners(
  plan: ProcessPlan,
  path: string,
  processes: Processes,
  saying: Saying,
  stop: AbortSignal,
): { close(): Promise<void> } {
  removeFile(path);
  const listener = Deno.listen({ transport: "unix", path });
  const running = new Set<Promise<void>>();
  const { processesMax } = plan.limits;
  const accepting = (async () => {
    for await (const connection of listener) {
      // The process of a connection that was just closed still has some milliseconds to live.
      if (running.size >= processesMax) await Promise.race([...running, pause(lingerMs, stop)]);
      if (running.size < processesMax && !stop.aborted) {
        const runner = runnerOf(plan, connection, processes, saying, stop).finally(() => running.delete(runner));
        running.add(runner);
      } else {
        const reason = `at most ${processesMax} ${plan.role} may run at once`;
        await greet(connection, { kind: "unavailable", reason }).catch(() => {});
        close(connection);
      }
    }
  })();
  return {
    async close() {
      listener.close();
      await accepting;
    },
  };
}

/** Starts a runner for a connection and pumps; resolves when both are gone. */
async function runnerOf(
  plan: ProcessPlan,
  connection: Deno.Conn,
  processes: Processes,
  saying: Saying,
  stop: AbortSignal,
): Promise<void> {
  const child = processes.spawn(plan, { stdin: "piped", stdout: "piped", stderr: "piped" });
  const heard = saying.hear(plan.role, child.pid, child.stderr).catch(() => {});
  const kill = () => processes.end(child, "SIGKILL");
  sacrifice(child.pid);
  const watch = setInterval(() => isTooLarge(plan, child.pid, saying) && kill(), memoryWatchMs);
  const fromRunner = (async () => {
    await greet(connection, { kind: "started" });
    for await (const chunk of child.stdout) await writeAll(connection, chunk);
  })().catch(kill);
  toRunner(connection, child.stdin.getWriter()).catch(() => {}).finally(kill);
  await child.status;
  clearInterval(watch);
  await Promise.race([Promise.all([fromRunner, heard]), pause(lingerMs, stop)]);
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

/** A runner that grows past its limit costs one connection. Only Linux tells the anonymous memory of a process. */
function isTooLarge({ role, limits: { memoryBytesMax } }: ProcessPlan, pid: number, { say }: Saying): boolean {
  let status: string;
  try {
    status = Deno.readTextFileSync(`/proc/${pid}/status`);
  } catch {
    return false; // it has just ended, or there is no /proc
  }
  const bytes = Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  if (memoryBytesMax === undefined || bytes <= memoryBytesMax) return false;
  const megabytes = (count: number) => Math.ceil(count / 1e6);
  say(
    `The ${role} was ended: it took ${megabytes(bytes)} MB of memory, and ${megabytes(memoryBytesMax)} MB are allowed`,
  );
  return true;
}

/** When memory is short, the kernel shall end runners first. */
function sacrifice(pid: number): void {
  try {
    Deno.writeTextFileSync(`/proc/${pid}/oom_score_adj`, "1000");
  } catch { /* no /proc: the system has no such choice */ }
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
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error; // closed before
  }
}
