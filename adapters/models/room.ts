import { statfs } from "node:fs/promises";
import type { Room } from "../../core/catalogue.ts";

/** Free memory and disk for a model in `folder`, which need not exist yet. */
export async function room(folder: string): Promise<Room> {
  return { memoryBytes: freeMemoryBytes(), diskBytes: await freeDiskBytes(folder) };
}

/** What this person may still write where `folder` is, or will be. */
export async function freeDiskBytes(folder: string): Promise<number> {
  for (let path = folder; path !== ""; path = path.slice(0, path.lastIndexOf("/"))) {
    try {
      const { bavail, bsize } = await statfs(path);
      return bavail * bsize;
    } catch {
      // not there yet: its parent decides
    }
  }
  const { bavail, bsize } = await statfs("/");
  return bavail * bsize;
}

/** What the system can give without swapping, and no more than a control group leaves. */
function freeMemoryBytes(): number {
  return Math.min(Deno.systemMemoryInfo().available, ...cgroupRoots.map(groupFreeBytes));
}

interface CgroupFiles {
  readonly limit: string;
  readonly used: string;
  readonly stat: string;
}

/** cgroup v2 and v1, as a container sees its own. */
const cgroupRoots: readonly CgroupFiles[] = [
  {
    limit: "/sys/fs/cgroup/memory.max",
    used: "/sys/fs/cgroup/memory.current",
    stat: "/sys/fs/cgroup/memory.stat",
  },
  {
    limit: "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    used: "/sys/fs/cgroup/memory/memory.usage_in_bytes",
    stat: "/sys/fs/cgroup/memory/memory.stat",
  },
];

function groupFreeBytes({ limit, used, stat }: CgroupFiles): number {
  try {
    const limitBytes = Number(Deno.readTextFileSync(limit)); // "max" is NaN: no limit
    // Files that were read and aren't needed count as used, and are given up at once.
    const cachedBytes = Number(/^(?:total_)?inactive_file (\d+)$/m.exec(Deno.readTextFileSync(stat))?.[1] ?? 0);
    const usedBytes = Number(Deno.readTextFileSync(used)) - cachedBytes;
    return Number.isFinite(limitBytes) ? Math.max(0, limitBytes - usedBytes) : Infinity;
  } catch {
    return Infinity; // no control group, or none that can be read
  }
}
