import { type Known, nameOfIdentity } from "../message/identities.ts";
import { oneLine } from "../harmless.ts";
import { inCode } from "../message/pairings.ts";
import type { Destination } from "../message/new_delivery.ts";
import type { ReadTx } from "../ports/store.ts";
import type { Tables } from "../tables.ts";
import { type Locale, text } from "../text/mod.ts";
import type { Card } from "../tools/types.ts";
import type { Field, Vault } from "../vault.ts";

/** One row. */
export type ApprovalRow = Tables["approvals"];

/** Where a sealed column of an approval stands; its row version stays 1. */
export const approvalField = (column: "card" | "conversation" | "outcome", id: string): Field => ({
  table: "approvals",
  column,
  id,
  version: 1,
});

/** What people see, and all that is done if they approve. */
export function openCard(vault: Vault, { id, cardEnc }: ApprovalRow): Card {
  return JSON.parse(vault.openText(approvalField("card", id), cardEnc));
}

/** Where the requester is told. */
export function openDestination(vault: Vault, row: ApprovalRow): Destination {
  const { id, channel, place, locale, conversationEnc } = row;
  return { channel, place, locale, conversation: vault.openText(approvalField("conversation", id), conversationEnc) };
}

/** What came of it, in words; `undefined` while nothing has, or when there is nothing to say. */
export function openOutcome(vault: Vault, { id, outcomeEnc }: ApprovalRow): string | undefined {
  return outcomeEnc === null ? undefined : vault.openText(approvalField("outcome", id), outcomeEnc);
}

/** The identities that approved, in the order in which they did. */
export function approvedBy(tx: ReadTx, approvalId: string): readonly string[] {
  return tx.find("approvalVotes", { approvalId, vote: "approved" }, { order: ["votedMs", "id"] })
    .map(({ identityId }) => identityId);
}

/** What a person is called where others read it. */
export function personName(
  tx: ReadTx,
  { vault, ownerId }: { readonly vault: Vault; readonly ownerId: () => string },
  identityId: Known["id"],
  locale: Locale,
): string {
  const said = text(locale).approvals;
  const name = nameOfIdentity(tx, vault, identityId);
  return name !== "" ? oneLine(name) : identityId === ownerId() ? said.owner : said.someone;
}

/** The same in Markdown: a name can't become a link or a heading. */
export function personWords(...[tx, deps, identityId, locale]: Parameters<typeof personName>): string {
  return nameOfIdentity(tx, deps.vault, identityId) === ""
    ? personName(tx, deps, identityId, locale)
    : inCode(personName(tx, deps, identityId, locale));
}
