/** What a process takes, in MB. Source: proc(5), `smaps_rollup`. */
export interface Memory {
  /** Its share: what several processes map counts in parts. */
  readonly pss: number;
  readonly rss: number;
  /** What is its own and can't be read from a file again. */
  readonly privateDirty: number;
}

/** What a living process takes now. */
export function memoryOf(pid: number): Memory {
  const text = Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`);
  const mb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1]) * 1024 / 1e6;
  return { pss: mb("Pss"), rss: mb("Rss"), privateDirty: mb("Private_Dirty") };
}
