import { cardResources, decideApproval, type Decision, type Principal } from "../access.ts";
import { type Known, openAccount, principalOf } from "../message/identities.ts";
import type { ReadTx } from "../ports/store.ts";
import type { Locale } from "../text/mod.ts";
import type { Card } from "../tools/types.ts";
import type { Vault } from "../vault.ts";
import { accountsMax, type ApprovalDeps } from "./deps.ts";

/** Where somebody can be written to directly. */
export interface DirectPlace {
  readonly channel: string;
  readonly conversation: string;
  readonly locale: Locale;
}

/** Somebody who may approve a card. Without places, they find it on the page. */
export interface Approver {
  readonly principal: Known;
  readonly places: readonly DirectPlace[];
}

/** What is approved, and for whom. */
export interface Approved {
  readonly card: Card;
  readonly requesterId: string;
  readonly needs: number;
}

/** Those who may approve a card: first those who can be written to. */
export function approversOf(tx: ReadTx, deps: ApprovalDeps, approved: Approved): readonly Approver[] {
  const { vault, ownerId } = deps;
  const accounts = tx.find("accounts", {}, { limit: accountsMax });
  const ids = [...new Set(accounts.map(({ identityId }) => identityId))];
  const approvers = ids.flatMap((identityId): Approver[] => {
    const principal = principalOf(tx, vault, identityId, ownerId());
    const isOne = mayApprove(principal, deps, approved).effect === "allow";
    return isOne ? [{ principal, places: directPlaces(tx, vault, identityId) }] : [];
  });
  return approvers.toSorted((a, b) => Number(b.places.length > 0) - Number(a.places.length > 0));
}

/** Where a person can be written to directly. */
export function directPlaces(tx: ReadTx, vault: Vault, identityId: string): readonly DirectPlace[] {
  return tx.find("accounts", { identityId }).flatMap((row) => {
    const { direct } = openAccount(vault, row);
    return direct === undefined ? [] : [{ channel: row.channel, ...direct }];
  });
}

/** Whether somebody may approve a card now. */
export function mayApprove(
  principal: Principal,
  { policy, clock, ownerId }: Pick<ApprovalDeps, "policy" | "clock" | "ownerId">,
  { card, requesterId, needs }: Approved,
): Decision {
  const approverId = voterId(principal, ownerId) ?? "";
  const question = { requesterId, approverId, needs, resources: cardResources(card) };
  return decideApproval(principal, question, policy(), clock.nowMs());
}

/** Whose word it is: a program has none. */
export function voterId(principal: Principal, ownerId: () => string): string | undefined {
  return principal.kind === "identity" ? principal.id : principal.kind === "local" ? ownerId() : undefined;
}
