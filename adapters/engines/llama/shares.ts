import type { Job } from "./job.ts";

/**
 * How long each conversation has been computed for, as far as it matters to those beside it: one that comes begins
 * where the least served of its class stands, so that nobody has a debt or a claim from the time when he was alone.
 */
export interface Shares {
  enter(job: Job): void;
  /** Once for each {@link enter}. */
  leave(job: Job): void;
  serve(job: Job, ms: number): void;
  servedMs(job: Job): number;
}

interface Share {
  readonly priority: Job["priority"];
  jobs: number;
  servedMs: number;
}

/** Shares of nobody. A job without a conversation is one of its own. */
export function createShares(): Shares {
  const shares = new Map<string, Share>();
  const keyOf = ({ id, priority, conversation }: Job) =>
    conversation === undefined ? `${id}` : `${priority} ${conversation}`;
  return {
    enter(job) {
      const key = keyOf(job);
      const known = shares.get(key);
      if (known !== undefined) return void known.jobs++;
      let least = Infinity;
      for (const { priority, servedMs } of shares.values()) {
        if (priority === job.priority && servedMs < least) least = servedMs;
      }
      shares.set(key, { priority: job.priority, jobs: 1, servedMs: least === Infinity ? 0 : least });
    },
    leave(job) {
      const key = keyOf(job);
      const known = shares.get(key);
      if (known !== undefined && --known.jobs === 0) shares.delete(key);
    },
    serve(job, ms) {
      const known = shares.get(keyOf(job));
      if (known !== undefined) known.servedMs += ms;
    },
    servedMs: (job) => shares.get(keyOf(job))?.servedMs ?? 0,
  };
}
