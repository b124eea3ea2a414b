/** One object while it is written. Exactly one of {@link commit} and {@link discard} ends it. */
export interface ObjectWriter {
  /** Resolves when the next piece may come. Rejects with {@link ObjectError}: then only {@link discard} is left to do. */
  write(piece: Uint8Array): Promise<void>;
  /**
   * Gives what was written its name and resolves when that is durable. It takes the place of an object of that name: a
   * crash leaves the one or the other, whole. Rejects with {@link ObjectError}: then nothing of it is left.
   */
  commit(name: string): Promise<void>;
  /** Leaves nothing behind. Never rejects. */
  discard(): Promise<void>;
}

/** Why an object couldn't be written or read. `full`: no room left. `damaged`: it isn't what was sealed under its key. */
export class ObjectError extends Error {
  constructor(readonly kind: "full" | "failed" | "missing" | "damaged", message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/**
 * Where large content lies: pieces of bytes under names of `[0-9a-f]{64}`, never changed. What they mean, and that they
 * are sealed, is the core's affair: this port sees neither plain content nor keys. What a crash left unfinished is gone
 * at the next start.
 */
export interface Objects {
  /** Begins an object. Rejects with {@link ObjectError}. */
  create(): Promise<ObjectWriter>;
  /**
   * The content in pieces of any size. Rejects with {@link ObjectError}, `missing` when there is no such object, and with
   * the signal's reason once it has aborted.
   */
  open(name: string, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Nothing happens when there is no such object. Rejects with {@link ObjectError}. */
  remove(name: string): Promise<void>;
  /** Names of all objects, in any order; those that come or go meanwhile may be among them. */
  list(): AsyncIterable<string>;
}
