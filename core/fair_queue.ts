/** Too many wait already, in this lane or in all of them. */
export interface QueueFull {
  readonly kind: "full";
  readonly lane: boolean;
}

/** What became of the wish for a place. */
export type Entry =
  | { readonly kind: "entered"; readonly leave: () => void }
  | QueueFull
  | { readonly kind: "aborted" };

/**
 * Places that many want: who waits gets the next free one lane by lane, so that one who asks a lot never keeps the
 * others waiting. Within a lane it is by arrival.
 */
export interface FairQueue {
  /** Why nobody could even wait now; `undefined` when there is room. */
  full(lane: string): QueueFull | undefined;
  /** Waits for a place until `signal` aborts. `leave` gives it back; calling it twice does nothing more. */
  enter(lane: string, signal: AbortSignal): Promise<Entry>;
}

/** Bounds of a queue: places taken at once, and how many may wait for one. */
export interface FairQueueOptions {
  readonly placesMax: number;
  readonly waitingMax: number;
  readonly waitingMaxOfLane: number;
}

/** Makes an empty queue. */
export function createFairQueue({ placesMax, waitingMax, waitingMaxOfLane }: FairQueueOptions): FairQueue {
  /** Lanes with somebody waiting; the first is the next one's turn. */
  const lanes = new Map<string, Set<() => void>>();
  let taken = 0;
  let waiting = 0;

  function place(): Entry {
    taken++;
    let isHeld = true;
    const leave = () => {
      if (!isHeld) return;
      isHeld = false;
      taken--;
      admitNext();
    };
    return { kind: "entered", leave };
  }

  function admitNext(): void {
    const [first] = lanes;
    if (first === undefined) return;
    const [lane, waiters] = first;
    const [admit] = waiters;
    remove(lane, admit!);
    // To the end of the round.
    if (lanes.delete(lane)) lanes.set(lane, waiters);
    admit!();
  }

  function remove(lane: string, admit: () => void): void {
    const waiters = lanes.get(lane);
    if (waiters === undefined || !waiters.delete(admit)) return;
    waiting--;
    if (waiters.size === 0) lanes.delete(lane);
  }

  function full(lane: string): QueueFull | undefined {
    if (taken < placesMax) return undefined;
    if ((lanes.get(lane)?.size ?? 0) >= waitingMaxOfLane) return { kind: "full", lane: true };
    return waiting >= waitingMax ? { kind: "full", lane: false } : undefined;
  }

  return {
    full,
    async enter(lane, signal) {
      if (signal.aborted) return { kind: "aborted" };
      if (taken < placesMax) return place();
      const isFull = full(lane);
      if (isFull !== undefined) return isFull;
      const waiters = lanes.get(lane) ?? new Set();
      return await new Promise<Entry>((resolve) => {
        const admit = () => {
          signal.removeEventListener("abort", abort);
          resolve(place());
        };
        const abort = () => {
          remove(lane, admit);
          resolve({ kind: "aborted" });
        };
        waiting++;
        lanes.set(lane, waiters.add(admit));
        signal.addEventListener("abort", abort, { once: true });
      });
    },
  };
}
