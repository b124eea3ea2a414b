import type { ProcessUse } from "../core/metrics/site_metrics.ts";
import type { ProcessPlan } from "../core/permissions.ts";
import { plannedCommand, runPlanned } from "../roles/program_here.ts";

/** The processes that one launcher started and that still live. */
export interface Processes {
  /** Runs a process to its end, with this on its stdin. */
  run(plan: ProcessPlan, stdin: string): Promise<Deno.CommandOutput>;
  spawn(plan: ProcessPlan, stdio: Pick<Deno.CommandOptions, "stdin" | "stdout" | "stderr">): Deno.ChildProcess;
  /** Does nothing to a process that has ended. */
  end(child: Deno.ChildProcess, signal: "SIGTERM" | "SIGKILL"): void;
  /** What those that live take, and this one. None where the system has no /proc. */
  use(): readonly ProcessUse[];
  /** Resolves when none lives any more. */
  killAll(): Promise<void>;
}

/** @param note Called with one record for each process that started or ended. */
export function createProcesses(note: (fields: Readonly<Record<string, unknown>>) => void): Processes {
  const living = new Map<Deno.ChildProcess, string>();
  const processes: Processes = {
    run: runPlanned,
    spawn(plan, stdio) {
      const child = commandOf(plan, stdio).spawn();
      living.set(child, plan.role);
      note({ event: "started", role: plan.role, pid: child.pid });
      child.status.then(({ code, signal }) => {
        living.delete(child);
        note({ event: "ended", role: plan.role, pid: child.pid, code, signal });
      });
      return child;
    },
    end(child, signal) {
      if (living.has(child)) child.kill(signal);
    },
    use: () =>
      [[Deno.pid, "launcher"] as const, ...[...living].map(([{ pid }, role]) => [pid, role] as const)].flatMap(
        ([pid, role]) => useOf(pid, role) ?? [],
      ),
    async killAll() {
      const children = [...living.keys()];
      for (const child of children) processes.end(child, "SIGKILL");
      await Promise.all(children.map(({ status }) => status));
    },
  };
  return processes;
}

/** `undefined` of a process that has just ended. */
function useOf(pid: number, role: string): ProcessUse | undefined {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    const memoryBytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
    return { role, memoryBytes, descriptors: [...Deno.readDirSync(`/proc/${pid}/fd`)].length };
  } catch {
    return undefined;
  }
}

/** Detached: Ctrl-C at a terminal is for the launcher, which then stops them in order. */
function commandOf(plan: ProcessPlan, stdio: Pick<Deno.CommandOptions, "stdin" | "stdout" | "stderr">): Deno.Command {
  return plannedCommand(plan, { ...stdio, detached: true });
}

/** Waits, at most until `signal` aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
