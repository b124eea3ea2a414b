/** A bug in the caller: what was asked can't happen. Ends the turn or the request, never the host. */
export class InvariantError extends Error {}

/**
 * What a person can mend. The message is one line: what failed, why, and the command that mends it.
 *
 * @example
 * ```ts
 * throw new MendableError("Cannot start channel telegram", 'secret file "secrets/telegram" is missing', "clawdbot init");
 * // Cannot start channel telegram: secret file "secrets/telegram" is missing; run `clawdbot init`
 * ```
 */
export class MendableError extends Error {
  constructor(readonly what: string, readonly why: string, readonly mend?: string, options?: ErrorOptions) {
    super(mend === undefined ? `${what}: ${why}` : `${what}: ${why}; run \`${mend}\``, options);
  }
}

/** Marks the end of an exhaustive `switch`: a case that was added and not handled fails to compile here. */
export function unreachable(state: never): never {
  throw new InvariantError(`Unreachable: ${JSON.stringify(state)}`);
}
