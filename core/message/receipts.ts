import type { Ids } from "../ids.ts";
import type { Clock } from "../ports/clock.ts";
import type { ReadTx, Tx } from "../ports/store.ts";
import type { Tables } from "../tables.ts";
import type { Vault } from "../vault.ts";
import { deliveryField, type NoticeBody, queueNotice } from "./new_delivery.ts";
import { idempotencyHashOf } from "./questions.ts";
import type { InboundMessage, IntakeResult } from "./types.ts";

/**
 * How long it is known that something was taken in which isn't a message, in milliseconds: platforms offer again what
 * wasn't acknowledged for at most a day (Telegram keeps updates for 24 hours). What was said to it is kept as long.
 */
export const receiptMsMax = 24 * 3_600_000;

/** Receipts and notices that one transaction removes. */
const sweptAtOnceMax = 200;

/**
 * Answers what came in and isn't a message of a session, and remembers that it was: a copy of it changes nothing. In a
 * group it is shown whom the words are for.
 */
export function answerWith(
  tx: Tx,
  deps: { readonly vault: Vault; readonly ids: Ids; readonly clock: Pick<Clock, "nowMs"> },
  inbound: InboundMessage,
  said: NoticeBody,
): Tables["deliveries"] {
  const { channel, conversation, place = "conversation", locale, platformId } = inbound;
  const to = { channel, conversation, place, locale, ...(place === "group" ? { replyTo: platformId } : {}) };
  const delivery = queueNotice(tx, deps, { ...to, ...said });
  const idempotencyHash = idempotencyHashOf(deps.vault, inbound);
  tx.insert("receipts", { id: delivery.id, idempotencyHash, createdMs: deps.clock.nowMs() });
  return delivery;
}

/** What became of this before, if it was taken in before. */
export function copyOf(
  tx: ReadTx,
  vault: Vault,
  inbound: InboundMessage,
): Extract<IntakeResult, { kind: "duplicate" | "handled" }> | undefined {
  const idempotencyHash = idempotencyHashOf(vault, inbound);
  const [message] = tx.find("messages", { idempotencyHash }, { limit: 1 });
  if (message !== undefined) {
    const [turn] = tx.find("turns", { messageId: message.id }, { limit: 1 });
    return { kind: "duplicate", sessionId: message.sessionId, messageId: message.id, turnId: turn!.id };
  }
  const [receipt] = tx.find("receipts", { idempotencyHash }, { limit: 1 });
  if (receipt === undefined) return undefined;
  const bodyEnc = tx.get("deliveries", receipt.id)?.bodyEnc ?? null;
  if (bodyEnc === null) return { kind: "handled", text: "" };
  const { text }: NoticeBody = JSON.parse(vault.openText(deliveryField("body", receipt.id), bodyEnc));
  return { kind: "handled", text };
}

/** Removes what is older than a day and isn't needed: receipts, and notices that were sent. Returns how many. */
export function sweepReceipts(tx: Tx, nowMs: number): number {
  const createdMs = { lte: nowMs - receiptMsMax };
  const receipts = tx.find("receipts", { createdMs }, { limit: sweptAtOnceMax });
  for (const { id } of receipts) tx.remove("receipts", id);
  const state = { in: ["delivered", "refused", "expired"] };
  const notices = tx.find("deliveries", { sessionId: null, state, createdMs }, { limit: sweptAtOnceMax });
  for (const { id } of notices) tx.remove("deliveries", id);
  return receipts.length + notices.length;
}
