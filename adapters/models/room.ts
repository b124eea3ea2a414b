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

/** cgroup v2 and v1, as a container sees its own. */
const cgroupRoots = [
  { limit: "/sys/fs/cgroup/memory.max", used: "/sys/fs/cgroup/memory.current" },
  { limit: "/sys/fs/cgroup/memory/memory.limit_in_bytes", used: "/sys/fs/cgroup/memory/memory.usage_in_bytes" },
];

function groupFreeBytes({ limit, used }: { readonly limit: string; readonly used: string }): number {
  try {
    const limitBytes = Number(Deno.readTextFileSync(limit)); // "max" is NaN: no limit
    const usedBytes = Number(Deno.readTextFileSync(used));
    return Number.isFinite(limitBytes) ? Math.max(0, limitBytes - usedBytes) : Infinity;
  } catch {
    return Infinity; // no control group, or none that can be read
  }
}
