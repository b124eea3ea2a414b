import { nameOf, peopleNeeded } from "../access.ts";
import { appendAudit } from "../audit.ts";
import { drawCode, plainCode } from "../codes.ts";
import { haltReason } from "../halted.ts";
import { ownerAccount } from "../message/identities.ts";
import { queueNotice } from "../message/new_delivery.ts";
import type { Effects } from "../message/effects.ts";
import type { ReadTx, Tx } from "../ports/store.ts";
import type { Tables } from "../tables.ts";
import { text } from "../text/mod.ts";
import type { CallPlace } from "../tools/call_context.ts";
import type { Card } from "../tools/types.ts";
import type { Decision } from "../access.ts";
import type { Vault } from "../vault.ts";
import { type ApprovalDeps, approversMax, codeLength, waitingEachMax, waitingMax } from "./deps.ts";
import { type Approver, approversOf } from "./people.ts";
import { approvalField, openCard, personWords } from "./rows.ts";
import { asCode, cardText, timeText } from "./words.ts";

/** What became of asking people. `text` says who is asked; `refused`: nobody may approve it, or too much waits. */
export type Asked =
  | { readonly kind: "asked"; readonly id: string; readonly text: string; readonly effects: Effects }
  | { readonly kind: "refused"; readonly reason: string };

/** What people are asked about. */
export interface Asking {
  readonly card: Card;
  readonly place: CallPlace;
  /** Why it must be approved, and by how many. */
  readonly decision: Pick<Decision, "effect" | "fourEyes">;
}

/**
 * Asks those who may approve a card: the row, a code for each of them, the messages, the audit, in the transaction that asks.
 * What the same person asked for already, and still waits, isn't asked twice.
 */
export function askApproval(tx: Tx, deps: ApprovalDeps, { card, place, decision }: Asking): Asked {
  const { vault, clock, ids } = deps;
  const { principal: { id: requesterId }, destination, locale } = place;
  const said = text(locale).approvals;
  const tool = asCode(card.tool);
  const halted = haltReason(tx, deps, locale);
  if (halted !== undefined) return { kind: "refused", reason: halted };
  const own = tx.find("approvals", { identityId: requesterId, state: "pending" }, { limit: waitingEachMax });
  const nowMs = clock.nowMs();
  const same = own.find((row) =>
    row.expiresMs > nowMs && row.digest === card.digest &&
    JSON.stringify(openCard(vault, row)) === JSON.stringify(card)
  );
  if (same !== undefined) {
    return { kind: "asked", id: same.id, text: waitingText(tx, deps, same, place), effects: { deliveries: [] } };
  }
  const waiting = tx.count("approvals", { state: "pending" });
  if (own.length >= waitingEachMax || waiting >= waitingMax) {
    return { kind: "refused", reason: said.tooMany(own.length >= waitingEachMax ? own.length : waiting) };
  }
  const needs = Math.max(1, peopleNeeded(decision));
  const approvers = approversOf(tx, deps, { card, requesterId, needs });
  if (approvers.length < needs) {
    return { kind: "refused", reason: needs > 1 ? said.tooFew(tool) : said.nobody(tool) };
  }
  const id = ids();
  const row: Tables["approvals"] = {
    id,
    sessionId: place.sessionId,
    turnId: place.turnId,
    identityId: requesterId,
    tool: card.tool,
    digest: card.digest,
    needs,
    state: "pending",
    cardEnc: vault.seal(approvalField("card", id), JSON.stringify(card)),
    channel: destination.channel,
    conversationEnc: vault.seal(approvalField("conversation", id), destination.conversation),
    place: destination.place,
    locale: destination.locale,
    reason: null,
    outcomeEnc: null,
    createdMs: nowMs,
    expiresMs: nowMs + deps.waitMs(),
    endedMs: null,
  };
  tx.insert("approvals", row);
  const entry = { atMs: nowMs, action: "ask", resource: `approval:${id}` };
  const detail = JSON.stringify({ ...card, needs });
  appendAudit(tx, vault, { ...entry, principal: nameOf(place.principal), outcome: "asked", detail });
  const asked = approvers.slice(0, approversMax);
  const told = asked.map((approver) => tell(tx, deps, { row, card, approver }));
  appendAudit(tx, vault, {
    ...entry,
    principal: "system",
    action: "tell",
    outcome: "told",
    detail: JSON.stringify(asked.map(({ principal }) => principal.id)),
  });
  const ownCode = told.find(({ identityId }) => identityId === requesterId)?.code;
  // Who asks in the terminal has no other place where it could be said.
  const hint = ownCode === undefined || destination.channel !== ownerAccount.channel ? [] : [said.ownCode(ownCode)];
  return {
    kind: "asked",
    id,
    text: [waitingText(tx, deps, row, place), ...hint].join("\n\n"),
    effects: {
      deliveries: told.flatMap(({ deliveries }) => deliveries),
      cards: { identityIds: [requesterId, ...told.map(({ identityId }) => identityId)] },
    },
  };
}

/** Draws a person's code, and sends them the card wherever they can be written to. */
function tell(
  tx: Tx,
  deps: ApprovalDeps,
  { row, card, approver: { principal: { id: identityId }, places } }: {
    readonly row: Tables["approvals"];
    readonly card: Card;
    readonly approver: Approver;
  },
): { readonly identityId: string; readonly code: string; readonly deliveries: readonly Tables["deliveries"][] } {
  const { vault, ids, random } = deps;
  const code = drawCode(random, codeLength);
  tx.insert("approvalVotes", {
    id: ids(),
    approvalId: row.id,
    identityId,
    codeHash: codeHash(vault, { approvalId: row.id, identityId, code }),
    vote: "asked",
    createdMs: row.createdMs,
    votedMs: null,
  });
  const deliveries = places.map(({ locale, ...to }) => {
    const said = text(locale).approvals;
    const requester = personWords(tx, deps, row.identityId, locale);
    return queueNotice(tx, deps, {
      ...to,
      place: "direct",
      locale,
      text: cardText({ card, requester, needs: row.needs, expiresMs: row.expiresMs }, locale),
      buttons: [
        { label: said.approve, text: `/approve ${code}` },
        { label: said.deny, text: `/deny ${code}` },
      ],
    });
  });
  return { identityId, code, deliveries };
}

/** Under which a person's code is found: of another person, or of another card, the same signs give another hash. */
export function codeHash(
  vault: Pick<Vault, "keyedHash">,
  { approvalId, identityId, code }: { readonly approvalId: string; readonly identityId: string; readonly code: string },
): string {
  return vault.keyedHash("approval", approvalId, identityId, plainCode(code));
}

/** What the requester is told: who is asked, and until when. */
export function waitingText(
  tx: ReadTx,
  deps: Pick<ApprovalDeps, "vault" | "ownerId">,
  { id, needs, tool, expiresMs }: Tables["approvals"],
  { locale }: Pick<CallPlace, "locale">,
): string {
  const said = text(locale).approvals;
  const people = tx.find("approvalVotes", { approvalId: id }, { order: ["id"] });
  const names = said.list(people.map(({ identityId }) => personWords(tx, deps, identityId, locale)));
  const until = timeText(expiresMs, locale);
  return needs > 1 ? said.waitingForTwo(asCode(tool), names, until) : said.waiting(asCode(tool), names, until);
}
