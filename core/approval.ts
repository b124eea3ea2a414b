import { InvariantError } from "./errors.ts";

/** How an approval ended, or that it hasn't. See `Tables["approvals"]`. */
export type ApprovalKind =
  | "pending"
  | "doing"
  | "done"
  | "failed"
  | "unknown"
  | "denied"
  | "expired"
  | "void"
  | "halted";

/** What doing an approved thing came to. `void`: nothing was done, because what the card showed isn't so any more. */
export type ApprovalOutcome =
  | { readonly kind: "done"; readonly text: string }
  | { readonly kind: "failed" | "void" | "unknown"; readonly reason: string };

/** Where one approval stands. `approvedBy`: identities, each once. */
export type ApprovalState =
  | {
    readonly kind: "pending";
    readonly requesterId: string;
    readonly needs: number;
    readonly approvedBy: readonly string[];
  }
  | { readonly kind: "doing"; readonly approvedBy: readonly string[] }
  | { readonly kind: Exclude<ApprovalKind, "pending" | "doing"> };

/** What can happen to it. `died`: the host ended while it was done. `void`: its plugin or a right of somebody changed. */
export type ApprovalEvent =
  | { readonly kind: "approved"; readonly by: string }
  | { readonly kind: "denied" | "expired" | "halted" | "void" }
  | { readonly kind: "ended"; readonly outcome: ApprovalOutcome }
  | { readonly kind: "died" };

/**
 * An approval's only transition function. Pure. What ended stays as it ended: so nothing is done twice, and nothing after
 * a refusal, the expiry or a stop.
 *
 * @throws {InvariantError} If `event` cannot happen in `state`: a bug in the caller, who asks `core/access.ts` first.
 */
export function nextApproval(state: ApprovalState, event: ApprovalEvent): ApprovalState {
  if (state.kind === "pending") {
    switch (event.kind) {
      case "approved":
        return approved(state, event.by);
      case "denied":
      case "expired":
      case "halted":
      case "void":
        return { kind: event.kind };
    }
  }
  if (state.kind === "doing") {
    if (event.kind === "ended") return { kind: event.outcome.kind };
    if (event.kind === "died") return { kind: "unknown" };
  }
  throw new InvariantError(`Cannot apply "${event.kind}" to an approval that is ${state.kind}`);
}

function approved(state: Extract<ApprovalState, { kind: "pending" }>, by: string): ApprovalState {
  const { requesterId, needs } = state;
  if (needs > 1 && by === requesterId) throw new InvariantError("Cannot count who asked as one of two");
  const approvedBy = [...new Set([...state.approvedBy, by])];
  return approvedBy.length < needs ? { ...state, approvedBy } : { kind: "doing", approvedBy };
}
