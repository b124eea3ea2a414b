/** Who used the cores. Source: proc(5), `stat` of a process and of the machine; in steps of 10 ms. */

/** `CLK_TCK`, which is 100 on every Linux that Deno runs on. */
const tickMs = 10;

/** Between its start and a later moment: what named processes used, and all others together. */
export interface CoresUsed {
  readonly tookMs: number;
  /** Processor time of each process, in the order of their ids. */
  readonly ownMs: readonly number[];
  /** Cores that other programs used, also those beside which this machine is a guest. */
  readonly othersCores: number;
}

/**
 * Begins to look; what it returns tells what was used until then. Children of a process that ended meanwhile count as
 * its own.
 *
 * @param pids Processes that live until then.
 */
export function watchCores(pids: readonly number[]): () => CoresUsed {
  const fromMs = performance.now();
  const fromMachineMs = machineMs();
  const fromOwnMs = pids.map(processMs);
  return () => {
    const tookMs = performance.now() - fromMs;
    const ownMs = pids.map((pid, index) => processMs(pid) - (fromOwnMs[index] ?? 0));
    const others = machineMs() - fromMachineMs - ownMs.reduce((sum, ms) => sum + ms, 0);
    return { tookMs, ownMs, othersCores: Math.max(0, others / tookMs) };
  };
}

/** Processor time of a process and of its children that ended, since its start. */
export function processMs(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  // After the name, which may hold spaces: state is the 3rd field, and the times are the 14th to 17th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * tickMs;
}

/** Time that all cores worked since the start of the machine, with what other guests took from it. */
function machineMs(): number {
  const first = Deno.readTextFileSync("/proc/stat").split("\n")[0]!;
  // user, nice, system, idle, iowait, irq, softirq, steal
  const [user, nice, system, , , irq, softirq, steal] = first.trim().split(/\s+/).slice(1).map(Number);
  return [user, nice, system, irq, softirq, steal].reduce<number>((sum, ticks) => sum + (ticks ?? 0), 0) * tickMs;
}
