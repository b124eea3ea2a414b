import { decideCard, nameOf, peopleNeeded, type Principal } from "../access.ts";
import { nextApproval } from "../approval.ts";
import { appendAudit } from "../audit.ts";
import { haltReason } from "../halted.ts";
import type { Effects, WithEffects } from "../message/effects.ts";
import { principalOf } from "../message/identities.ts";
import type { ReadTx, Tx } from "../ports/store.ts";
import { type Locale, text } from "../text/mod.ts";
import { codeHash } from "./asking.ts";
import { type ApprovalDeps, codesMax } from "./deps.ts";
import { endApproval } from "./ending.ts";
import { type Approved, mayApprove, voterId } from "./people.ts";
import { type ApprovalRow, approvedBy, openCard } from "./rows.ts";
import { asCode } from "./words.ts";

/** Which card is meant: by the code that this person was sent, or by its id, where they see it. */
export type WhichCard = { readonly code: string } | { readonly id: string };

/** A person's word on a card. */
export type Verdict = "approve" | "deny";

/**
 * What became of a vote, and what to say to it. `waits`: another person must approve it too. `nothing`: it changed
 * nothing, and `text` says why; `wrong`: there is no such card for this person.
 */
export interface VoteResult {
  readonly kind: "approved" | "waits" | "denied" | "nothing" | "refused" | "wrong";
  readonly text: string;
}

/** A vote as it comes in. */
export interface Vote {
  readonly principal: Principal;
  readonly which: WhichCard;
  readonly verdict: Verdict;
  readonly locale: Locale;
}

/** The card that is meant, if it is one of this person's: an asked one by its code, or one that they may see. */
export function findCard(tx: ReadTx, deps: ApprovalDeps, { principal, which }: Vote): ApprovalRow | undefined {
  const identityId = voterId(principal, deps.ownerId);
  if (identityId === undefined) return undefined;
  if ("id" in which) {
    const row = tx.get("approvals", which.id);
    return row !== undefined && maySee(tx, deps, principal, row) ? row : undefined;
  }
  const votes = tx.find("approvalVotes", { identityId }, { order: [["createdMs", "desc"]], limit: codesMax });
  const { code } = which;
  const vote = votes.find(({ approvalId, codeHash: kept }) =>
    kept === codeHash(deps.vault, { approvalId, identityId, code })
  );
  return vote === undefined ? undefined : tx.get("approvals", vote.approvalId);
}

/** Whoever asked for it, was asked about it, or may approve it now, sees a card. */
export function maySee(tx: ReadTx, deps: ApprovalDeps, principal: Principal, row: ApprovalRow): boolean {
  const identityId = voterId(principal, deps.ownerId);
  if (identityId === undefined) return false;
  if (row.identityId === identityId || tx.count("approvalVotes", { approvalId: row.id, identityId }) > 0) return true;
  return mayApprove(principal, deps, { ...approvedOf(deps, row), needs: 1 }).effect === "allow";
}

/** What a row has approved, and for whom. */
export function approvedOf({ vault }: ApprovalDeps, row: ApprovalRow): Approved {
  return { card: openCard(vault, row), requesterId: row.identityId, needs: row.needs };
}

/** Takes a person's word on a card: everything that could make it count for nothing is looked at in its transaction. */
export function voteOn(tx: Tx, deps: ApprovalDeps, vote: Vote): WithEffects<VoteResult> {
  const { clock, vault, ownerId } = deps;
  const { principal, verdict, locale } = vote;
  const said = text(locale).approvals;
  const identityId = voterId(principal, ownerId);
  if (identityId === undefined) return { result: { kind: "refused", text: said.program } };
  const row = findCard(tx, deps, vote);
  if (row === undefined) {
    note(tx, deps, vote, { resource: "approval", outcome: "wrong code" });
    return { result: { kind: "wrong", text: "code" in vote.which ? said.unknown : said.unknownId } };
  }
  const tool = asCode(row.tool);
  const by = { identityId, principal: nameOf(principal) };
  const resource = `approval:${row.id}`;
  if (row.state !== "pending") {
    note(tx, deps, vote, { resource, outcome: `is ${row.state}` });
    return { result: { kind: "nothing", text: said.nothing[row.state](tool) } };
  }
  if (clock.nowMs() >= row.expiresMs) {
    note(tx, deps, vote, { resource, outcome: "too late" });
    const effects = endApproval(tx, deps, row, { event: { kind: "expired" } });
    return { result: { kind: "nothing", text: said.nothing.expired(tool) }, effects };
  }
  const approved = approvedOf(deps, row);
  const own = mayApprove(principal, deps, approved);
  if (verdict === "deny") {
    const withdraws = identityId === row.identityId;
    // Saying no is safe: who may approve may, also where their yes wouldn't count.
    if (!withdraws && own.effect !== "allow" && own.denial !== "own") return refuse(own.reason);
    recordVote(tx, deps, row, { identityId, vote: "denied" });
    const reason = withdraws ? { reason: "withdrawn" } : {};
    const effects = endApproval(tx, deps, row, { event: { kind: "denied" }, by, ...reason });
    return { result: { kind: "denied", text: withdraws ? said.withdrawn(tool) : said.denied(tool) }, effects };
  }
  const halted = haltReason(tx, deps, locale);
  if (halted !== undefined) return refuse(halted);
  if (own.effect !== "allow") return refuse(own.reason);
  if (!deps.installed().some((one) => one.name === row.tool && one.plugin.digest === row.digest)) {
    return makeVoid("digest", (locale) => text(locale).approvals.changed(tool));
  }
  const requester = principalOf(tx, vault, row.identityId, ownerId());
  const now = decideCard(requester, approved.card, deps.policy(), clock.nowMs());
  if (now.effect === "deny") return makeVoid("right", (locale) => text(locale).approvals.lostRight(tool, now.reason));
  // Rules may ask for more people than when it was asked for; never for fewer.
  const needs = Math.max(row.needs, peopleNeeded(now));
  const allowed = mayApprove(principal, deps, { ...approved, needs });
  if (allowed.effect !== "allow") return refuse(allowed.reason);
  const before = approvedBy(tx, row.id);
  if (before.includes(identityId) && needs > 1) {
    note(tx, deps, vote, { resource, outcome: "repeated" });
    return { result: { kind: "nothing", text: said.already } };
  }
  // What somebody approved who may not any more doesn't count any more.
  const still = before.filter((id) => {
    const other = principalOf(tx, vault, id, ownerId());
    return mayApprove(other, deps, { ...approved, needs }).effect === "allow";
  });
  const state = { kind: "pending", requesterId: row.identityId, needs, approvedBy: still } as const;
  const next = nextApproval(state, { kind: "approved", by: identityId });
  recordVote(tx, deps, row, { identityId, vote: "approved" });
  tx.update("approvals", row.id, { state: next.kind, needs });
  note(tx, deps, vote, { resource, outcome: "approved" });
  const asked = tx.find("approvalVotes", { approvalId: row.id }).map(({ identityId }) => identityId);
  const effects: Effects = {
    deliveries: [],
    cards: { identityIds: [row.identityId, ...asked], ...(next.kind === "doing" ? { approvedId: row.id } : {}) },
  };
  return next.kind === "doing"
    ? { result: { kind: "approved", text: said.doing(tool) }, effects }
    : { result: { kind: "waits", text: said.oneMore(tool) }, effects };

  function refuse(reason: string): WithEffects<VoteResult> {
    note(tx, deps, vote, { resource, outcome: "refused" });
    return { result: { kind: "refused", text: reason } };
  }

  function makeVoid(reason: string, words: (locale: Locale) => string): WithEffects<VoteResult> {
    const effects = endApproval(tx, deps, row!, { event: { kind: "void" }, reason, words, by });
    return { result: { kind: "nothing", text: words(locale) }, effects };
  }
}

/** Writes a vote down; who wasn't asked gets a row without a code that anybody knows. */
function recordVote(
  tx: Tx,
  { clock, ids, vault }: ApprovalDeps,
  { id: approvalId, createdMs }: ApprovalRow,
  { identityId, vote }: { readonly identityId: string; readonly vote: "approved" | "denied" },
): void {
  const votedMs = clock.nowMs();
  const [known] = tx.find("approvalVotes", { approvalId, identityId }, { limit: 1 });
  if (known !== undefined) return tx.update("approvalVotes", known.id, { vote, votedMs });
  const id = ids();
  const unasked = vault.keyedHash("approval", approvalId, identityId, "", id);
  tx.insert("approvalVotes", { id, approvalId, identityId, codeHash: unasked, vote, createdMs, votedMs });
}

function note(
  tx: Tx,
  { vault, clock }: ApprovalDeps,
  { principal, verdict }: Vote,
  what: { readonly resource: string; readonly outcome: string },
): void {
  appendAudit(tx, vault, { atMs: clock.nowMs(), principal: nameOf(principal), action: verdict, ...what });
}
