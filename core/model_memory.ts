import type { Clock } from "./ports/clock.ts";
import type { Engine } from "./ports/engine.ts";

/** What of an engine the memory it takes depends on. */
export type Resident = Pick<Engine, "load" | "embed" | "generate" | "countTokens" | "state" | "unload" | "close">;

/** One model's part in the memory for all. */
export interface ModelPlace {
  /**
   * Called by the engine before it loads: resolves with the bytes that it may take. Others that were used longest ago
   * are unloaded for it, but none that somebody needs now; for those it waits, and after a while, or when `signal`
   * aborts, takes what there is.
   */
  room(signal: AbortSignal): Promise<number>;
  /** The engine as others are to use it, so that it is known when it was. To be called once. */
  keep<E extends Resident>(engine: E): E;
}

/** The memory that all models have together. */
export interface ModelMemory {
  /**
   * @param needBytes What the model takes, as far as it is known before it was loaded; absent: whatever it can get.
   * @param limitBytes What its process may take at most, whatever is free.
   */
  place(options: { readonly needBytes?: number; readonly limitBytes: number }): ModelPlace;
}

/** How long a model waits for another one that is needed, before it makes do with the memory that there is. */
export const roomWaitMsMax = 30_000;

interface Held {
  readonly limitBytes: number;
  needBytes: number;
  engine?: Resident;
  /** What it was told that it may take, while it loads. */
  grantedBytes: number;
  users: number;
  usedAtMs: number;
}

/** Shares `limitBytes` among the models that get a place: the one that was used longest ago makes room. */
export function createModelMemory(
  { limitBytes, clock }: { readonly limitBytes: number; readonly clock: Clock },
): ModelMemory {
  const all = new Set<Held>();
  /** Woken when a model isn't needed any more. */
  let freed = Promise.withResolvers<void>();

  function bytesOf({ engine, grantedBytes }: Held): number {
    const state = engine?.state();
    if (state?.kind === "ready") return state.info.memoryBytes ?? grantedBytes;
    return state?.kind === "loading" ? grantedBytes : 0;
  }

  const leftFor = (held: Held) => {
    const others = [...all].filter((other) => other !== held).reduce((sum, other) => sum + bytesOf(other), 0);
    return Math.min(held.limitBytes, Math.max(0, limitBytes - others));
  };

  /** Unloads others until `held` has what it needs; false when it hasn't, and nobody is left who could go. */
  async function makeRoom(held: Held): Promise<boolean> {
    const wantedBytes = Math.min(held.needBytes, held.limitBytes, limitBytes);
    // One that somebody needs says so, and stays.
    const others = [...all].filter((other) => other !== held && bytesOf(other) > 0)
      .sort((a, b) => a.usedAtMs - b.usedAtMs);
    for (const other of others) {
      if (leftFor(held) >= wantedBytes) break;
      await other.engine?.unload();
    }
    return leftFor(held) >= wantedBytes;
  }

  async function wait(signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<void>();
    const abort = () => aborted.resolve();
    signal.addEventListener("abort", abort, { once: true });
    await Promise.race([freed.promise, aborted.promise]);
    signal.removeEventListener("abort", abort);
  }

  function use(held: Held): () => void {
    held.users++;
    return () => {
      held.users--;
      held.usedAtMs = clock.nowMs();
      // What it takes is known from now on, also when it is loaded again.
      const state = held.engine?.state();
      if (state?.kind === "ready") held.needBytes = state.info.memoryBytes ?? held.needBytes;
      if (held.users > 0) return;
      freed.resolve();
      freed = Promise.withResolvers();
    };
  }

  return {
    place({ needBytes = Infinity, limitBytes: ownBytes }) {
      const held: Held = { limitBytes: ownBytes, needBytes, grantedBytes: 0, users: 0, usedAtMs: clock.nowMs() };
      all.add(held);
      return {
        async room(signal) {
          held.grantedBytes = 0;
          const late = new AbortController();
          const done = new AbortController();
          void clock.sleep(roomWaitMsMax, AbortSignal.any([signal, done.signal])).then(() => late.abort());
          const over = AbortSignal.any([signal, late.signal]);
          while (!await makeRoom(held) && !over.aborted) await wait(over);
          done.abort();
          return held.grantedBytes = leftFor(held);
        },
        keep(engine) {
          held.engine = engine;
          const during = async <R>(work: () => Promise<R>): Promise<R> => {
            const leave = use(held);
            try {
              return await work();
            } finally {
              leave();
            }
          };
          return {
            ...engine,
            load: (signal) => during(() => engine.load(signal)),
            countTokens: (texts, signal) => during(() => engine.countTokens(texts, signal)),
            embed: (request, signal) => during(() => engine.embed(request, signal)),
            async *generate(request, signal) {
              const leave = use(held);
              try {
                yield* engine.generate(request, signal);
              } finally {
                leave();
              }
            },
          };
        },
      };
    },
  };
}
