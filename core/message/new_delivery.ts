import type { Ids } from "../ids.ts";
import type { Clock } from "../ports/clock.ts";
import type { ReadTx, Tx } from "../ports/store.ts";
import type { Tables } from "../tables.ts";
import type { Locale } from "../text/mod.ts";
import type { Vault } from "../vault.ts";
import type { Part } from "./split.ts";
import type { Button, MessageRecord, Place } from "./types.ts";

type Row = Tables["deliveries"];

/** What rows are made with. */
export interface NewDeliveryDeps {
  readonly vault: Vault;
  readonly ids: Ids;
  readonly clock: Pick<Clock, "nowMs">;
}

/** Where a delivery goes, and in which language the system's own words in it are. */
export interface Destination {
  readonly channel: string;
  /** In the platform's own words. */
  readonly conversation: string;
  readonly place: Place;
  readonly locale: Locale;
  /** The platform's id of what it answers. */
  readonly replyTo?: string;
}

/** A sentence of the system's own that answers no message: what a command or a stranger is told. */
export interface Notice extends Destination {
  /** Markdown, of any length. */
  readonly text: string;
  readonly buttons?: readonly Button[];
}

/** What of a notice is sealed in its row. */
export interface NoticeBody {
  readonly text: string;
  readonly buttons?: readonly Button[];
}

/** Inserts the delivery of a notice. After the commit, the outbox must be told of it: {@link Outbox.push}. */
export function queueNotice(tx: Tx, deps: NewDeliveryDeps, { text, buttons, ...to }: Notice): Row {
  const row = newRow(tx, deps, to, { turnId: null, messageId: null, sessionId: null });
  const body: NoticeBody = { text, ...(buttons === undefined ? {} : { buttons }) };
  const delivery = { ...row, bodyEnc: deps.vault.seal(deliveryField("body", row.id), JSON.stringify(body)) };
  tx.insert("deliveries", delivery);
  return delivery;
}

/** What a turn's message is delivered with. */
export interface Answer {
  readonly turn: Tables["turns"];
  readonly message: MessageRecord;
  /** Files of the message, in their order: each is a delivery of its own, behind the text. */
  readonly attachmentIds?: readonly string[];
  /** The platform's id of the draft that the text takes the place of. */
  readonly edits?: string;
}

/**
 * Inserts the deliveries of a turn's message to where the question came from. All of a text is one row: the outbox
 * makes several of it when it sends it, by what the channel takes.
 *
 * @param first The state of the first row.
 */
export function queueAnswer(
  tx: Tx,
  deps: NewDeliveryDeps,
  { turn, message, attachmentIds = [], edits }: Answer,
  first: (row: Row) => Pick<Row, "state" | "attempt">,
): readonly Row[] {
  const { vault } = deps;
  const to = destinationOf(turn, vault);
  const of = { sessionId: turn.sessionId, turnId: turn.id, messageId: message.id };
  const text = newRow(tx, deps, to, of);
  const row = edits === undefined ? text : { ...text, editsEnc: vault.seal(deliveryField("edits", text.id), edits) };
  const rows = [{ ...row, ...first(row) }];
  for (const attachmentId of attachmentIds) {
    const sequence = row.sequence + rows.length;
    rows.push({ ...newRow(tx, deps, { ...to, sequence }, of), attachmentId });
  }
  for (const delivery of rows) tx.insert("deliveries", delivery);
  return rows;
}

/** Where a turn's message goes. In a group, where others speak too, it names the question that it answers. */
export function destinationOf(turn: Tables["turns"], vault: Vault): Destination {
  const { id, channel, place, locale, conversationEnc, platformIdEnc } = turn;
  const open = (column: "conversation" | "platformId", sealed: Uint8Array) =>
    vault.openText({ table: "turns", column, id, version: 1 }, sealed);
  const replyTo = place === "group" && platformIdEnc !== null ? { replyTo: open("platformId", platformIdEnc) } : {};
  return { channel, place, locale, conversation: open("conversation", conversationEnc), ...replyTo };
}

/**
 * Makes several rows of one whose text is too long for one: the row itself becomes the first part, the others stand
 * directly behind it. A copy of the whole may have arrived: then one of each part may have.
 */
export function splitRow(
  tx: Tx,
  { vault, ids }: Pick<NewDeliveryDeps, "vault" | "ids">,
  { row, parts: [first, ...others] }: { readonly row: Row; readonly parts: readonly [Part, ...Part[]] },
): { readonly first: Row; readonly others: readonly Row[] } {
  const range = ({ from, to }: Part) => ({ fromIndex: from, toIndex: to });
  tx.update("deliveries", row.id, range(first));
  const { mayBeDuplicate, conversationHash, sequence } = tx.get("deliveries", row.id)!;
  const later = tx.find("deliveries", { conversationHash, sequence: { gt: sequence } }, {
    order: [["sequence", "desc"]],
  });
  for (const { id, ...other } of later) tx.update("deliveries", id, { sequence: other.sequence + others.length });
  const rows = others.map((part, index): Row => {
    const id = ids();
    const reseal = (column: "body" | "conversation", sealed: Uint8Array) =>
      vault.seal(deliveryField(column, id), vault.openText(deliveryField(column, row.id), sealed));
    return {
      ...row,
      ...range(part),
      id,
      sequence: sequence + index + 1,
      conversationEnc: reseal("conversation", row.conversationEnc),
      bodyEnc: row.bodyEnc === null ? null : reseal("body", row.bodyEnc),
      replyToEnc: null,
      editsEnc: null,
      state: "pending",
      attempt: 0,
      mayBeDuplicate,
    };
  });
  for (const other of rows) tx.insert("deliveries", other);
  return { first: { ...row, ...range(first) }, others: rows };
}

/** @param to `sequence`: unless it follows what is stored. */
function newRow(
  tx: ReadTx,
  { vault, ids, clock }: NewDeliveryDeps,
  { channel, conversation, place, locale, replyTo, sequence }: Destination & { readonly sequence?: number },
  of: Pick<Row, "sessionId" | "turnId" | "messageId">,
): Row {
  const id = ids();
  const nowMs = clock.nowMs();
  const conversationHash = vault.keyedHash("conversation", channel, conversation);
  return {
    id,
    ...of,
    fromIndex: null,
    toIndex: null,
    attachmentId: null,
    bodyEnc: null,
    channel,
    conversationHash,
    sequence: sequence ?? lastSequence(tx, conversationHash) + 1,
    conversationEnc: vault.seal(deliveryField("conversation", id), conversation),
    place,
    replyToEnc: replyTo === undefined ? null : vault.seal(deliveryField("replyTo", id), replyTo),
    editsEnc: null,
    locale,
    state: "pending",
    attempt: 0,
    notBeforeMs: nowMs,
    mayBeDuplicate: 0,
    platformIdEnc: null,
    reason: null,
    createdMs: nowMs,
  };
}

function lastSequence(tx: ReadTx, conversationHash: string): number {
  const [last] = tx.find("deliveries", { conversationHash }, { order: [["sequence", "desc"]], limit: 1 });
  return last?.sequence ?? 0;
}

/** Where a sealed column of a delivery stands; its row version stays 1. */
export const deliveryField = (
  column: "body" | "conversation" | "replyTo" | "edits" | "platformId",
  id: string,
): { readonly table: "deliveries"; readonly column: string; readonly id: string; readonly version: 1 } => ({
  table: "deliveries",
  column,
  id,
  version: 1,
});
