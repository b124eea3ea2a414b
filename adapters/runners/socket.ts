import { decodeFrames, encodeFrame, type Frame } from "../../core/frames.ts";
import { type LauncherGreeting, parseGreeting } from "../../core/greeting.ts";
import type { Connection, RunnerRole, Runners } from "../../core/ports/runner.ts";

/**
 * Runners behind the launcher's Unix sockets. Each connection begins with the launcher's greeting, which says
 * whether a process was started for it.
 *
 * @param sockets The absolute path of each role's socket.
 */
export function createSocketRunners(sockets: Readonly<Record<RunnerRole, string>>): Runners {
  return {
    async connect(role, signal) {
      if (signal.aborted) return { kind: "unavailable", reason: "cancelled" };
      let socket: Deno.UnixConn;
      try {
        socket = await Deno.connect({ transport: "unix", path: sockets[role] });
      } catch (error) {
        if (error instanceof Deno.errors.NotCapable) throw error;
        return { kind: "unavailable", reason: `the launcher of ${role} processes doesn't answer` };
      }
      using _aborting = onAbort(signal, () => close(socket));
      const frames = decodeFrames(read(socket));
      const greeting = await greetingOf(frames);
      if (signal.aborted) return { kind: "unavailable", reason: "cancelled" };
      if (greeting.kind === "unavailable") {
        close(socket);
        return greeting;
      }
      return { kind: "connected", connection: connectionOf(socket, frames) };
    },
  };
}

async function greetingOf(frames: AsyncGenerator<Frame>): Promise<LauncherGreeting> {
  const first = await frames.next();
  if (first.done) return { kind: "unavailable", reason: "the launcher closed the connection" };
  return parseGreeting(first.value);
}

function connectionOf(socket: Deno.UnixConn, frames: AsyncGenerator<Frame>): Connection {
  let sent: Promise<void> = Promise.resolve();
  return {
    frames,
    send(frame) {
      const bytes = encodeFrame(frame);
      // One after the other: two writes at once would mix their bytes.
      const writing = sent.then(() => write(socket, bytes));
      sent = writing.catch(() => {});
      return writing;
    },
    close: () => close(socket),
  };
}

/** What arrives, until the end. A connection that was closed or reset ended, too: the process is gone either way. */
async function* read(socket: Deno.UnixConn): AsyncGenerator<Uint8Array> {
  for (;;) {
    // A new one each time: a frame that isn't whole yet keeps it.
    const buffer = new Uint8Array(64 * 1024);
    let count: number | null;
    try {
      count = await socket.read(buffer);
    } catch (error) {
      if (isGone(error)) return;
      throw error;
    }
    if (count === null) return;
    yield buffer.subarray(0, count);
  }
}

async function write(socket: Deno.UnixConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await socket.write(bytes.subarray(at));
}

function close(socket: Deno.UnixConn): void {
  try {
    socket.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error; // closed before
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted ||
    error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.ConnectionAborted;
}

/** Runs `then` when `signal` aborts before the end of the block. */
function onAbort(signal: AbortSignal, then: () => void): Disposable {
  signal.addEventListener("abort", then, { once: true });
  return { [Symbol.dispose]: () => signal.removeEventListener("abort", then) };
}
