import type { Priority } from "../../../core/priority.ts";

/** So long nobody waits because others are more urgent: then background work comes among the conversations. */
export const agingMs = 60_000;

const ranks: Readonly<Record<Priority, number>> = { alarm: 0, conversation: 1, background: 2 };

/** How urgent what came at `atMs` is now: 0 before 1 before 2. Nothing grows into an alarm. */
export function rankOf({ job, atMs }: Urgent, nowMs: number): number {
  const rank = ranks[job.priority];
  return rank > ranks.conversation && nowMs - atMs >= agingMs ? ranks.conversation : rank;
}

/** What has a rank. */
export interface Urgent {
  readonly job: { readonly priority: Priority };
  readonly atMs: number;
}

/** Whether it is of the rank before which everything else stands still. */
export function isAlarm({ job }: Urgent): boolean {
  return job.priority === "alarm";
}
