import { decodeFrames, encodeFrame } from "../../core/frames.ts";
import type { ProcessPlan } from "../../core/permissions.ts";
import type { Connection, Runners } from "../../core/ports/runner.ts";

/** Runners that end with this process, which can wait for that. */
export interface SpawnedRunners extends Runners {
  /** Resolves when each process that was started is gone. Close their connections first. */
  gone(): Promise<void>;
}

/**
 * Runners as children of this process, as they were planned, for a command that is its own host. Frames go through their
 * pipes.
 *
 * @param plans One of them is taken for each connection of its role.
 * @param command How a planned process is started, and where its stderr goes: from source, nothing confines it but the
 *   runtime's own rights.
 */
export function createSpawnedRunners(
  plans: readonly ProcessPlan[],
  command: (plan: ProcessPlan, stdio: Deno.CommandOptions) => Deno.Command,
): SpawnedRunners {
  const children: Deno.ChildProcess[] = [];
  return {
    gone: async () => void await Promise.all(children.map(({ status }) => status)),
    async connect(role, signal) {
      if (signal.aborted) return { kind: "unavailable", reason: "cancelled" };
      const plan = plans.find((plan) => plan.role === role);
      if (plan === undefined) return { kind: "unavailable", reason: `no process of the role ${role} is planned` };
      const child = command(plan, {
        stdin: "piped",
        stdout: "piped",
        detached: true, // Ctrl-C is for this program, which then stops the answer and ends the runner itself.
      }).spawn();
      children.push(child);
      return { kind: "connected", connection: connectionTo(child) };
    },
  };
}

function connectionTo(child: Deno.ChildProcess): Connection {
  const writer = child.stdin.getWriter();
  writer.closed.catch(() => {}); // said by the frames' end
  child.status.then(() => isEnded = true);
  let isEnded = false;
  return {
    frames: decodeFrames(child.stdout),
    send: (frame) => writer.write(encodeFrame(frame)),
    close() {
      if (isEnded) return;
      isEnded = true;
      try {
        child.kill("SIGKILL");
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // it ended in this moment
      }
    },
  };
}
