import type { ReadTx, Tx } from "../ports/store.ts";
import type { Tables } from "../tables.ts";
import type { Vault } from "../vault.ts";
import type { MessageRecord } from "./types.ts";

/** What {@link addMessage} writes; sequence and sealing are its own. */
export interface NewMessage extends Omit<MessageRecord, "sequence"> {
  /** Keyed hash under which a second copy is recognised; only of what came from a platform. */
  readonly idempotencyHash: string | null;
}

/** Adds a message at the end of its session, sealed, and returns it as people read it. */
export function addMessage(tx: Tx, vault: Vault, message: NewMessage): MessageRecord {
  const { text, idempotencyHash, ...plain } = message;
  const [last] = tx.find("messages", { sessionId: message.sessionId }, { order: [["sequence", "desc"]], limit: 1 });
  const sequence = (last?.sequence ?? 0) + 1;
  tx.insert("messages", { ...plain, sequence, bodyEnc: vault.seal(bodyField(message.id), text), idempotencyHash });
  return { ...plain, sequence, text };
}

/** Messages of a session after a sequence, oldest first; with `limit`, the newest that many of them. */
export function messagesAfter(
  tx: ReadTx,
  vault: Vault,
  { sessionId, after, limit }: { readonly sessionId: string; readonly after: number; readonly limit: number },
): MessageRecord[] {
  return tx.find("messages", { sessionId, sequence: { gt: after } }, { order: [["sequence", "desc"]], limit })
    .reverse().map((row) => openMessage(vault, row));
}

/** One stored message as people read it. */
export function openMessage(vault: Vault, row: Tables["messages"]): MessageRecord {
  const { bodyEnc, idempotencyHash: _, ...plain } = row;
  return { ...plain, text: vault.openText(bodyField(row.id), bodyEnc) };
}

/** A message is never changed: its row version stays 1. */
const bodyField = (id: string) => ({ table: "messages", column: "body", id, version: 1 }) as const;
