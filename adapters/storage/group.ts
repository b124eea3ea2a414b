import { InvariantError } from "../../core/errors.ts";
import { StoreError, type Tx } from "../../core/ports/store.ts";

/** How many closures one transaction takes at most; the rest wait for the next, so that the event loop breathes. */
const groupMax = 512;

/** What a store must be able to do for {@link GroupCommit}. Nothing here waits. */
export interface GroupBackend {
  /** Begins the transaction. */
  begin(): void;
  /** Runs one closure under a savepoint of its own; when it throws, its changes are undone and the error passes. */
  attempt<R>(work: (tx: Tx) => R): R;
  /** Makes the group durable. Throws {@link StoreError} when it can't, also for what a closure met and hid. */
  commit(): void;
  /** Undoes the group. Never throws. */
  rollback(): void;
}

/** Thrown by a fault hook: the process ends here. Nothing of the store settles any more, as after a power cut. */
export class ProcessCrash extends Error {}

/** One transaction that is durable. */
export interface Committed {
  /** All of it, in milliseconds: its closures and the flush to the disk. */
  readonly tookMs: number;
  /** How many closures it had. */
  readonly writes: number;
}

interface Job {
  readonly work: (tx: Tx) => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Collects closures and commits them together: the half of the store port that every adapter shares. */
export class GroupCommit {
  readonly #backend: GroupBackend;
  readonly #schedule: (flush: () => void) => void;
  #queue: Job[] = [];
  #scheduled = false;
  #state: "open" | "closed" | "crashed" = "open";
  readonly #committed: (group: Committed) => void;

  /**
   * @param schedule Runs the flush once, soon: what arrives until then shares a commit.
   * @param committed Told of each commit.
   */
  constructor(
    backend: GroupBackend,
    schedule: (flush: () => void) => void,
    committed: (group: Committed) => void = () => {},
  ) {
    this.#backend = backend;
    this.#schedule = schedule;
    this.#committed = committed;
  }

  /** The store port's `write`. */
  write<R>(work: (tx: Tx) => R): Promise<R> {
    if (this.#state !== "open") return this.ended();
    return new Promise<R>((resolve, reject) => {
      this.#queue.push({ work, resolve: resolve as (value: unknown) => void, reject });
      this.#wake();
    });
  }

  /** What a call gets after {@link close}: a rejection. After a crash it gets nothing, ever. */
  ended<R>(): Promise<R> {
    if (this.#state === "crashed") return new Promise(() => {});
    return Promise.reject(new StoreError("closed", "The store is closed"));
  }

  /** Whether calls are still taken. */
  get open(): boolean {
    return this.#state === "open";
  }

  /** Commits what is queued and takes no more. */
  close(): void {
    while (this.#queue.length > 0 && this.#state === "open") this.#flush();
    if (this.#state === "open") this.#state = "closed";
  }

  #wake(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#schedule(() => {
      this.#scheduled = false;
      if (this.#state === "open") this.#flush();
    });
  }

  #flush(): void {
    const group = this.#queue.splice(0, groupMax);
    if (group.length === 0) return;
    if (this.#queue.length > 0) this.#wake();
    const outcomes = new Map<Job, () => void>();
    const startMs = performance.now();
    try {
      this.#backend.begin();
      for (const job of group) {
        try {
          const value = this.#backend.attempt((tx) => synchronous(job.work(tx)));
          outcomes.set(job, () => job.resolve(value));
        } catch (error) {
          if (error instanceof StoreError || error instanceof ProcessCrash) throw error;
          outcomes.set(job, () => job.reject(error));
        }
      }
      this.#backend.commit();
      this.#committed({ tookMs: performance.now() - startMs, writes: group.length });
    } catch (error) {
      this.#backend.rollback();
      if (error instanceof ProcessCrash) {
        this.#state = "crashed";
        return;
      }
      for (const job of group) outcomes.set(job, () => job.reject(error));
    }
    for (const settle of outcomes.values()) settle();
  }
}

/**
 * What a closure returned. One that waits would write outside its transaction.
 * @throws {InvariantError} When it is a promise.
 */
export function synchronous<R>(result: R): R {
  if (typeof (result as { then?: unknown } | null | undefined)?.then !== "function") return result;
  throw new InvariantError("A store closure returned a promise: nothing may wait inside a transaction");
}
