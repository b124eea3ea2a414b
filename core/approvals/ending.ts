import { appendAudit } from "../audit.ts";
import { type ApprovalEvent, type ApprovalState, nextApproval } from "../approval.ts";
import type { Effects } from "../message/effects.ts";
import { addNotice } from "../message/notices.ts";
import { queueNotice } from "../message/new_delivery.ts";
import type { ReadTx, Tx } from "../ports/store.ts";
import type { Tables } from "../tables.ts";
import { type Locale, text } from "../text/mod.ts";
import type { ApprovalDeps } from "./deps.ts";
import { directPlaces } from "./people.ts";
import { approvalField, type ApprovalRow, approvedBy, openDestination, personWords } from "./rows.ts";
import { asCode, quoted } from "./words.ts";

/** How an approval ends. */
export interface Ending {
  /** What happened to it. */
  readonly event: Exclude<ApprovalEvent, { kind: "approved" }>;
  /** A machine word that says more. */
  readonly reason?: string;
  /** Why, or what came of it, for people; by `text` in each one's language. */
  readonly words?: (locale: Locale) => string;
  /** Who ended it: they are told in answer to what they did. */
  readonly by?: { readonly identityId: string; readonly principal: string };
}

/** Where an approval stands, by its row. */
export function stateOf(tx: Tx, row: ApprovalRow): ApprovalState {
  const { state: kind, identityId: requesterId, needs } = row;
  if (kind === "pending") return { kind, requesterId, needs, approvedBy: approvedBy(tx, row.id) };
  return kind === "doing" ? { kind, approvedBy: approvedBy(tx, row.id) } : { kind };
}

/**
 * Ends an approval: its state, the audit, and what everybody is told who asked or was asked, in one transaction.
 *
 * @throws {InvariantError} If it has ended already.
 */
export function endApproval(tx: Tx, deps: ApprovalDeps, row: ApprovalRow, ending: Ending): Effects {
  const { vault, clock } = deps;
  const { event, reason, words, by } = ending;
  const next = nextApproval(stateOf(tx, row), event);
  const nowMs = clock.nowMs();
  const outcome = words?.(row.locale) ?? "";
  const ended: ApprovalRow = {
    ...row,
    state: next.kind,
    reason: reason ?? null,
    outcomeEnc: outcome === "" ? null : vault.seal(approvalField("outcome", row.id), outcome),
    endedMs: nowMs,
  };
  const { state, outcomeEnc, endedMs } = ended;
  tx.update("approvals", row.id, { state, reason: ended.reason, outcomeEnc, endedMs });
  appendAudit(tx, vault, {
    atMs: nowMs,
    principal: by?.principal ?? "system",
    action: event.kind === "ended" ? "perform" : "approve",
    resource: `approval:${row.id}`,
    outcome: reason ?? state,
    ...(outcome === "" ? {} : { detail: outcome }),
  });
  return tellEnd(tx, deps, ended, ending);
}

function tellEnd(tx: Tx, deps: ApprovalDeps, row: ApprovalRow, { words, by }: Ending): Effects {
  const { vault } = deps;
  const { id, identityId, sessionId, locale } = row;
  const sentence = (locale: Locale) => endText(tx, deps, row, { locale, words: words?.(locale) ?? "", by });
  const forOthers = (locale: Locale) =>
    text(locale).approvals.of(personWords(tx, deps, identityId, locale), sentence(locale));
  const destination = openDestination(vault, row);
  const own = destination.place === "group" ? forOthers(locale) : sentence(locale);
  const notice = sessionId === null ? undefined : addNotice(tx, deps, { sessionId, text: own });
  // Who asked on the page or in the terminal reads it there, as a message of the session.
  const deliveries: Tables["deliveries"][] = destination.place === "conversation"
    ? []
    : [queueNotice(tx, deps, { ...destination, text: own })];
  const votes = tx.find("approvalVotes", { approvalId: id });
  for (const vote of votes) {
    if (vote.identityId === identityId || vote.identityId === by?.identityId) continue;
    for (const { locale, ...to } of directPlaces(tx, vault, vote.identityId)) {
      deliveries.push(queueNotice(tx, deps, { ...to, place: "direct", locale, text: forOthers(locale) }));
    }
  }
  return {
    deliveries,
    ...(notice === undefined ? {} : { notices: [notice] }),
    cards: { identityIds: [identityId, ...votes.map((vote) => vote.identityId)] },
  };
}

/** What became of it, in one sentence, and what the tool or the device said. */
export function endText(
  tx: ReadTx,
  deps: Pick<ApprovalDeps, "vault" | "ownerId">,
  row: ApprovalRow,
  { locale, words, by }: {
    readonly locale: Locale;
    readonly words: string;
    readonly by: { readonly identityId: string } | undefined;
  },
): string {
  const said = text(locale).approvals;
  const tool = asCode(row.tool);
  const names = said.and(approvedBy(tx, row.id).map((who) => personWords(tx, deps, who, locale)));
  switch (row.state) {
    case "done":
    case "failed":
    case "unknown":
      return said.ended[row.state](tool, names, quoted(words));
    case "void":
      return said.ended.void(tool, quoted(words));
    case "denied":
      return row.reason === "withdrawn"
        ? said.ended.withdrawn(tool)
        : said.ended.denied(tool, personWords(tx, deps, by?.identityId ?? "", locale));
    case "expired":
    case "halted":
      return said.ended[row.state](tool);
    case "pending":
    case "doing":
      return "";
  }
}

/** What several steps of one transaction leave to be done. */
export function joined(all: readonly Effects[]): Effects {
  const identityIds = all.flatMap(({ cards }) => cards?.identityIds ?? []);
  const notices = all.flatMap(({ notices = [] }) => notices);
  const approvedId = all.find(({ cards }) => cards?.approvedId !== undefined)?.cards?.approvedId;
  return {
    deliveries: all.flatMap(({ deliveries }) => deliveries),
    ...(notices.length === 0 ? {} : { notices }),
    cards: { identityIds: [...new Set(identityIds)], ...(approvedId === undefined ? {} : { approvedId }) },
  };
}
