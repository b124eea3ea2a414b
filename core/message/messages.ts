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
  const sequence = lastSequence(tx, message.sessionId) + 1;
  tx.insert("messages", { ...plain, sequence, bodyEnc: vault.seal(bodyField(message.id), text), idempotencyHash });
  return { ...plain, sequence, text };
}

/** The sequence of a session's newest message; 0 before the first. */
export function lastSequence(tx: ReadTx, sessionId: string): number {
  const [last] = tx.find("messages", { sessionId }, { order: [["sequence", "desc"]], limit: 1 });
  return last?.sequence ?? 0;
}

/** One stored message as people read it. */
export function openMessage(vault: Vault, row: Tables["messages"]): MessageRecord {
  const { bodyEnc, idempotencyHash: _, ...plain } = row;
  return { ...plain, text: vault.openText(bodyField(row.id), bodyEnc) };
}

/** A message's content is never changed: its row version stays 1. */
const bodyField = (id: string) => ({ table: "messages", column: "body", id, version: 1 }) as const;
