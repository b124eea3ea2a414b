/** One object while it is written. Exactly one of {@link commit} and {@link discard} ends it. */
export interface ObjectWriter {
  /** Resolves when the next piece may come. Rejects with {@link ObjectError}. */
  write(piece: Uint8Array): Promise<void>;
  /** Gives what was written its name, when it is durable. An object of that name stays as it is: it has the same content. */
  commit(name: string): Promise<void>;
  /** Leaves nothing behind. Never rejects. */
  discard(): Promise<void>;
}

/** Why an object couldn't be written or read. `full`: no room left. */
export class ObjectError extends Error {
  constructor(readonly kind: "full" | "failed" | "missing", message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/**
 * Where large content lies: pieces of bytes under names of `[0-9a-f]{64}`, never changed. What they mean, and that they
 * are sealed, is the core's affair: this port sees neither plain content nor keys.
 */
export interface Objects {
  create(): Promise<ObjectWriter>;
  /** The content in pieces of any size. Rejects with {@link ObjectError} `missing` when there is no such object. */
  open(name: string, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Nothing happens when there is no such object. */
  remove(name: string): Promise<void>;
  /** Names of all objects, in any order. */
  list(): AsyncIterable<string>;
}
