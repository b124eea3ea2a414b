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
  let failure: { readonly reason: unknown } | undefined;
  /** Ends the step that is waited for. */
  let cut: ((reason: unknown) => void) | undefined;
  const fail = (reason: unknown) => {
    failure = { reason };
    cut?.(reason);
  };
  signal.addEventListener("abort", () => fail(signal.reason), { once: true, signal: ending.signal });
  clock.sleep(patience.allMs, all).then(() => all.aborted || fail(new SourceError("it took too long")));

  // No promise that lives as long as the content is raced with a piece: it would hold that piece until then.
  const soon = <R>(work: () => Promise<R>): Promise<R> =>
    new Promise<R>((resolve, reject) => {
      if (failure !== undefined) return reject(failure.reason);
      const done = new AbortController();
      cut = (reason) => {
        cut = undefined;
        done.abort();
        reject(reason);
      };
      clock.sleep(patience.pieceMs, done.signal).then(() => {
        if (!done.signal.aborted) cut?.(new SourceError("nothing came for too long"));
      });
      Promise.resolve().then(work).then((value) => {
        if (done.signal.aborted) return;
        cut = undefined;
        done.abort();
        resolve(value);
      }, (cause) => {
        if (!done.signal.aborted) cut?.(new SourceError("the source broke off", { cause }));
      });
    });

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
