import type { Priority } from "../../../core/priority.ts";
import { createScheduler } from "../../../core/scheduler.ts";

/** Who has a place, and gives it up when it is asked while it has nothing to do. */
export interface Holder {
  /** Undefined while it is at work. Else since when it isn't, on whatever clock all holders use. */
  idleSince(): number | undefined;
  /** It has no place any more. */
  giveUp(): void;
}

/** A bounded number of places, each a process. Whoever has been idle for longest makes room. */
export interface Places {
  /** Waits for a place, the most urgent first. False when `signal` aborted first, or too many wait already. */
  take(holder: Holder, priority: Priority, signal: AbortSignal): Promise<boolean>;
  /** Gives a place back. Nothing happens when the holder has none. */
  free(holder: Holder): void;
  /** Tells that a holder has nothing to do any more: whoever waits may want its place. */
  idle(): void;
  readonly count: number;
}

/** What places are made of. */
export interface PlacesOptions {
  readonly placesMax: number;
  /** Beyond so many that wait, nobody is taken any more. */
  readonly waitingMax: number;
  readonly nowMs: () => number;
}

/** Background work comes before people who call so much later. */
const agingMs = 10_000;

interface Waiting {
  readonly holder: Holder;
  readonly resolve: (got: boolean) => void;
}

/** Makes places: what a task of the scheduler needs is one of them. */
export function createPlaces({ placesMax, waitingMax, nowMs }: PlacesOptions): Places {
  const scheduler = createScheduler<Waiting>({ pool: { cpu: placesMax }, nowMs, agingMs });
  /** Each with the task that holds its place. */
  const holders = new Map<Holder, number>();
  let idNext = 0;

  function release(holder: Holder): boolean {
    const id = holders.get(holder);
    if (id === undefined) return false;
    holders.delete(holder);
    scheduler.finish(id);
    return true;
  }

  function makeRoom(): boolean {
    let longest: { readonly holder: Holder; readonly since: number } | undefined;
    for (const holder of holders.keys()) {
      const since = holder.idleSince();
      if (since !== undefined && (longest === undefined || since < longest.since)) longest = { holder, since };
    }
    if (longest === undefined) return false;
    release(longest.holder);
    longest.holder.giveUp();
    return true;
  }

  function serve(): void {
    do {
      for (const { id, value: { holder, resolve } } of scheduler.start()) {
        holders.set(holder, id as number);
        resolve(true);
      }
    } while (scheduler.waitingCount > 0 && makeRoom());
  }

  return {
    get count() {
      return holders.size;
    },
    idle: serve,
    free(holder) {
      if (release(holder)) serve();
    },
    async take(holder, priority, signal) {
      if (holders.has(holder)) return true;
      if (signal.aborted || scheduler.waitingCount >= waitingMax) return false;
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const id = idNext++;
      const leave = () => scheduler.cancel(id) && resolve(false);
      signal.addEventListener("abort", leave, { once: true });
      scheduler.add({ id, priority, needs: { cpu: 1 }, value: { holder, resolve } });
      serve();
      return await promise.finally(() => signal.removeEventListener("abort", leave));
    },
  };
}
