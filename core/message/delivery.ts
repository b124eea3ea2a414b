import { InvariantError } from "../errors.ts";
import type { DeliveryResult } from "./types.ts";

/** How long the outbox waits between tries, and when it gives up. Milliseconds. */
export type RetryPolicy = Readonly<Record<"backoffMs" | "backoffMsMax" | "expiryMs", number>>;

/** Age alone may be a clock that jumped: an expired delivery was tried this often, too. At most an hour's worth. */
const expiryAttemptsMin = 10;
/** No figure of a platform's holds a delivery longer, in milliseconds. */
export const waitMsMax: number = 24 * 3_600_000;

/** Where one delivery stands in the outbox. Times are Unix milliseconds. */
export type DeliveryState =
  | {
    readonly kind: "pending";
    readonly attempt: number;
    readonly notBeforeMs: number;
    readonly mayBeDuplicate: boolean;
  }
  | { readonly kind: "sending"; readonly attempt: number; readonly mayBeDuplicate: boolean }
  | { readonly kind: "delivered"; readonly platformId: string; readonly mayBeDuplicate: boolean }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "expired"; readonly reason: string };

/** `picked` by the outbox, or what the channel answered. A host that died while sending counts as `mayHaveArrived`. */
export type DeliveryEvent = { readonly kind: "picked" } | DeliveryResult;

/**
 * The outbox's only transition function. Pure: time and chance are passed in.
 * An unreachable platform never ends a delivery: only its refusal, or the expiry, does.
 *
 * @param at `jitter`: share of the backoff to wait, 0 to 1, drawn evenly, so that a thousand
 *   conversations do not return to a revived platform in the same second. `createdMs`: when the answer was stored.
 * @throws {InvariantError} If `event` cannot happen in `state`: a bug in the caller.
 */
export function nextDelivery(
  state: DeliveryState,
  event: DeliveryEvent,
  at: { readonly nowMs: number; readonly createdMs: number; readonly jitter: number; readonly policy: RetryPolicy },
): DeliveryState {
  if (state.kind === "pending" && event.kind === "picked") {
    return { kind: "sending", attempt: state.attempt + 1, mayBeDuplicate: state.mayBeDuplicate };
  }
  if (state.kind !== "sending" || event.kind === "picked") {
    throw new InvariantError(`Cannot apply "${event.kind}" to a delivery that is ${state.kind}`);
  }
  const { nowMs, createdMs, jitter, policy } = at;
  const { attempt, mayBeDuplicate } = state;
  if (event.kind === "accepted") return { kind: "delivered", platformId: event.platformId, mayBeDuplicate };
  if (event.kind === "refused") return { kind: "refused", reason: event.reason };
  if (nowMs - createdMs >= policy.expiryMs && attempt >= expiryAttemptsMin) {
    return { kind: "expired", reason: event.reason };
  }
  const backoffMs = Math.min(policy.backoffMsMax, policy.backoffMs * 2 ** Math.min(attempt - 1, 30));
  return {
    kind: "pending",
    attempt,
    // The platform's own figure wins: most lengthen the wait of a client that asks earlier.
    notBeforeMs: nowMs + Math.min(waitMsMax, Math.max(event.retryAfterMs ?? 0, backoffMs * jitter)),
    mayBeDuplicate: mayBeDuplicate || event.mayHaveArrived === true,
  };
}

/** How long a pending delivery waits still, in milliseconds. One that would wait too long waits for a clock that was set back. */
export function leftToWait({ notBeforeMs }: { readonly notBeforeMs: number }, nowMs: number): number {
  const leftMs = Math.max(0, notBeforeMs - nowMs);
  return leftMs > waitMsMax ? 0 : leftMs;
}
