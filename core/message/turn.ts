import { InvariantError, unreachable } from "../errors.ts";
import type { EngineFailure } from "../ports/engine.ts";

/** How often a turn may be begun before it is given up with a plain sentence. */
export const attemptsMax = 3;

/** Why a turn ended without an answer: a machine word, never content. */
export type TurnFailure =
  | "engine-crashed"
  | "engine-unavailable"
  | "engine-hung"
  | "engine-refused"
  | "overflow"
  | "interrupted"
  | "internal";

/** Where the work of answering one message stands. */
export type TurnStatus =
  | { readonly kind: "queued"; readonly attempt: number }
  | { readonly kind: "running"; readonly attempt: number }
  | { readonly kind: "answered"; readonly attempt: number }
  | { readonly kind: "failed"; readonly attempt: number; readonly reason: TurnFailure }
  | { readonly kind: "cancelled"; readonly attempt: number };

/**
 * What can happen to a turn. `died`: the host ended while it ran. `released`: the host stops in good order and puts
 * it back, which costs no attempt.
 */
export type TurnEvent =
  | { readonly kind: "begun" }
  | { readonly kind: "answered" }
  | { readonly kind: "stopped" }
  | { readonly kind: "died" }
  | { readonly kind: "released" }
  | { readonly kind: "broken" }
  | { readonly kind: "engine"; readonly failure: EngineFailure };

/**
 * A turn's only transition function. Pure.
 *
 * A crash of host or runner costs an attempt and puts the turn back, until {@link attemptsMax}; what would happen
 * again in the same way (a hang, an overflow, a refusal) ends it at once.
 *
 * @throws {InvariantError} If `event` cannot happen in `status`: a bug in the caller.
 */
export function nextTurn(status: TurnStatus, event: TurnEvent): TurnStatus {
  const { attempt } = status;
  if (status.kind === "queued") {
    if (event.kind === "begun") return { kind: "running", attempt: attempt + 1 };
    if (event.kind === "stopped") return { kind: "cancelled", attempt };
  }
  if (status.kind !== "running" || event.kind === "begun") {
    throw new InvariantError(`Cannot apply "${event.kind}" to a turn that is ${status.kind}`);
  }
  switch (event.kind) {
    case "answered":
      return { kind: "answered", attempt };
    case "stopped":
      return { kind: "cancelled", attempt };
    case "released":
      return { kind: "queued", attempt: attempt - 1 };
    case "died":
      return again(attempt, "interrupted");
    case "broken":
      return { kind: "failed", attempt, reason: "internal" };
    case "engine":
      return afterEngine(attempt, event.failure);
    default:
      return unreachable(event);
  }
}

function afterEngine(attempt: number, { kind }: EngineFailure): TurnStatus {
  switch (kind) {
    case "crashed":
    case "unavailable":
      return again(attempt, `engine-${kind}`);
    case "hung":
      return { kind: "failed", attempt, reason: "engine-hung" };
    case "refused":
    case "invalid":
      return { kind: "failed", attempt, reason: "engine-refused" };
    case "overflow":
      return { kind: "failed", attempt, reason: "overflow" };
    default:
      return unreachable(kind);
  }
}

function again(attempt: number, reason: TurnFailure): TurnStatus {
  return attempt < attemptsMax ? { kind: "queued", attempt } : { kind: "failed", attempt, reason };
}
