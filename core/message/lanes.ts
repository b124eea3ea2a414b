import type { Clock } from "../ports/clock.ts";

/**
 * What became of the item at the head of its lane: it leaves, or stays and is tried again. `orWoken`: or as soon as
 * {@link Lanes.wake} is called.
 */
export type LaneResult =
  | { readonly kind: "done" }
  | { readonly kind: "again"; readonly afterMs: number; readonly orWoken?: boolean };

/**
 * Lanes: items of one lane run one at a time, in the order they were pushed; different lanes run side by side, at
 * most `concurrency` at once, taken in turn. An item that waits to be tried again holds its lane, but no place.
 * Turns run in a lane a session, deliveries in a lane a conversation: that is what keeps both in order.
 */
export interface Lanes<Item> {
  /** Puts an item at the end of its lane. Ignored once the signal has aborted. */
  push(lane: string, item: Item): void;
  /** Puts items directly behind the one that runs in this lane: it turned out to be several. */
  follow(lane: string, items: readonly Item[]): void;
  /** Tries again at once what waits to be woken. */
  wake(): void;
  /** Whether nothing waits or runs in this lane. */
  isIdle(lane: string): boolean;
  /** Whether an item of an idle lane would begin at once. */
  hasRoom(): boolean;
  /** How many items wait or run. */
  count(): number;
  /** Resolves when no item runs (after the signal aborted, none begins any more). */
  quiet(): Promise<void>;
}

/** What {@link createLanes} needs. `run` must not reject for what is expected: a rejection is reported and drops the item. */
export interface LanesOptions<Item> {
  readonly clock: Clock;
  readonly concurrency: number;
  readonly run: (item: Item, lane: string) => Promise<LaneResult>;
  readonly failed: (item: Item, error: unknown) => void;
  readonly signal: AbortSignal;
}

/** Makes empty lanes. */
export function createLanes<Item>({ clock, concurrency, run, failed, signal }: LanesOptions<Item>): Lanes<Item> {
  const lanes = new Map<string, Item[]>();
  const ready: string[] = [];
  const waiters: (() => void)[] = [];
  let running = 0;
  let items = 0;
  let waking = new AbortController();

  function pump(): void {
    while (running < concurrency && !signal.aborted) {
      const lane = ready.shift();
      if (lane === undefined) break;
      running++;
      void work(lane);
    }
    if (running === 0) { for (const resolve of waiters.splice(0)) resolve(); }
  }

  async function work(lane: string): Promise<void> {
    const queue = lanes.get(lane)!;
    const item = queue[0]!;
    let result: LaneResult = { kind: "done" };
    try {
      result = await run(item, lane);
    } catch (error) {
      failed(item, error);
    }
    running--;
    if (result.kind === "done") {
      queue.shift();
      items--;
      if (queue.length > 0) ready.push(lane);
      else lanes.delete(lane);
    } else {
      void wait(lane, result);
    }
    pump();
  }

  async function wait(lane: string, { afterMs, orWoken }: Extract<LaneResult, { kind: "again" }>): Promise<void> {
    await clock.sleep(afterMs, orWoken === true ? AbortSignal.any([signal, waking.signal]) : signal);
    ready.push(lane);
    pump();
  }

  return {
    push(lane, item) {
      if (signal.aborted) return;
      items++;
      const queue = lanes.get(lane);
      if (queue !== undefined) return void queue.push(item);
      lanes.set(lane, [item]);
      ready.push(lane);
      pump();
    },
    follow(lane, more) {
      items += more.length;
      lanes.get(lane)!.splice(1, 0, ...more);
    },
    wake() {
      waking.abort();
      waking = new AbortController();
    },
    isIdle: (lane) => !lanes.has(lane),
    hasRoom: () => running < concurrency && ready.length === 0 && !signal.aborted,
    count: () => items,
    quiet: () => running === 0 ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve)),
  };
}
