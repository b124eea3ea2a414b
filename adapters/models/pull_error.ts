import type { PullFailure } from "../../core/ports/models.ts";

/** Carries a stated failure from where it happened to the pull, which gives it back as a value. */
export class PullError extends Error {
  constructor(readonly failure: PullFailure, options?: ErrorOptions) {
    super(failure.kind, options);
  }
}

/** What the disk said, as a failure. `neededBytes`: what the whole file takes, for the sentence about a full disk. */
export function diskError(error: unknown, path: string, neededBytes = 0): PullError {
  const reason = error instanceof Error ? error.message : String(error);
  const isFull = /os error (28|122|27)\b|ENOSPC|EDQUOT/.test(reason); // no space, over quota, file too large
  const folder = path.slice(0, path.lastIndexOf("/"));
  const failure: PullFailure = isFull ? { kind: "no-room", folder, neededBytes } : { kind: "disk", path, reason };
  return new PullError(failure, { cause: error });
}
