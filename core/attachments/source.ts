import type { Clock } from "../ports/clock.ts";

/** Where a content came from broke off, or gave nothing for too long: not this machine's fault, and worth another try. */
export class SourceError extends Error {}

/** How long a source may take. */
export interface Patience {
  /** For the whole content, in milliseconds. */
  readonly allMs: number;
  /** For its next piece, in milliseconds. */
  readonly pieceMs: number;
}

/**
 * The pieces of a content that comes from outside. Rejects with {@link SourceError} for whatever goes wrong there and
 * when it takes too long, and with the signal's reason once that has aborted. The source is then left to end by itself,
 * and is told to.
 */
export async function* piecesOf(
  open: (signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>,
  { clock, patience, signal }: { readonly clock: Clock; readonly patience: Patience; readonly signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted();
  const ending = new AbortController();
  const all = AbortSignal.any([ending.signal, signal]);
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true, signal: ending.signal });
  });
  aborted.catch(() => {});
  const late = clock.sleep(patience.allMs, all).then(() => {
    if (!all.aborted) throw new SourceError("it took too long");
  });
  late.catch(() => {});

  const soon = async <R>(work: () => Promise<R>): Promise<R> => {
    const done = new AbortController();
    const idle = clock.sleep(patience.pieceMs, AbortSignal.any([done.signal, all])).then((): never | Promise<never> => {
      if (!done.signal.aborted && !all.aborted) throw new SourceError("nothing came for too long");
      return new Promise<never>(() => {});
    });
    idle.catch(() => {});
    try {
      return await Promise.race([
        Promise.resolve().then(work).catch(broken),
        idle,
        aborted,
        late.then(() => new Promise<never>(() => {})),
      ]);
    } finally {
      done.abort();
    }
  };

  let pieces: AsyncIterator<Uint8Array> | undefined;
  try {
    pieces = (await soon(() => open(all)))[Symbol.asyncIterator]();
    for (;;) {
      const next = await soon(() => pieces!.next());
      if (next.done) return;
      yield next.value;
    }
  } finally {
    ending.abort();
    pieces?.return?.()?.catch(() => {});
  }
}

function broken(cause: unknown): never {
  throw new SourceError("the source broke off", { cause });
}
