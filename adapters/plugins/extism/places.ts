/** Who has a place, and gives it up when it is asked while it has nothing to do. */
export interface Holder {
  /** Undefined while it is at work. Else since when it isn't, on whatever clock all holders use. */
  idleSince(): number | undefined;
  /** It has no place any more. */
  giveUp(): void;
}

/** A bounded number of places, each a process. Whoever has been idle for longest makes room. */
export interface Places {
  /** Waits for a place. False when `signal` aborted first, or too many wait already. */
  take(holder: Holder, signal: AbortSignal): Promise<boolean>;
  /** Gives a place back. Nothing happens when the holder has none. */
  free(holder: Holder): void;
  /** Tells that a holder has nothing to do any more: whoever waits may want its place. */
  idle(): void;
  readonly count: number;
}

interface Waiting {
  readonly holder: Holder;
  readonly resolve: (got: boolean) => void;
}

/** Makes places. @param waitingMax Beyond so many that wait, nobody is taken any more. */
export function createPlaces(placesMax: number, waitingMax: number): Places {
  const holders = new Set<Holder>();
  const waiting: Waiting[] = [];

  function makeRoom(): boolean {
    if (holders.size < placesMax) return true;
    let longest: { readonly holder: Holder; readonly since: number } | undefined;
    for (const holder of holders) {
      const since = holder.idleSince();
      if (since !== undefined && (longest === undefined || since < longest.since)) longest = { holder, since };
    }
    if (longest === undefined) return false;
    holders.delete(longest.holder);
    longest.holder.giveUp();
    return true;
  }

  function serve(): void {
    while (waiting.length > 0 && makeRoom()) {
      const { holder, resolve } = waiting.shift()!;
      holders.add(holder);
      resolve(true);
    }
  }

  return {
    get count() {
      return holders.size;
    },
    idle: serve,
    free(holder) {
      if (holders.delete(holder)) serve();
    },
    async take(holder, signal) {
      if (signal.aborted || waiting.length >= waitingMax) return false;
      if (waiting.length === 0 && makeRoom()) {
        holders.add(holder);
        return true;
      }
      return await new Promise<boolean>((resolve) => {
        const settle = (got: boolean) => {
          signal.removeEventListener("abort", leave);
          resolve(got);
        };
        const mine: Waiting = { holder, resolve: settle };
        const leave = () => {
          waiting.splice(waiting.indexOf(mine), 1);
          settle(false);
        };
        signal.addEventListener("abort", leave, { once: true });
        waiting.push(mine);
      });
    },
  };
}
