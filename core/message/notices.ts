import type { Ids } from "../ids.ts";
import type { Clock } from "../ports/clock.ts";
import type { ReadTx, Tx } from "../ports/store.ts";
import type { Tables } from "../tables.ts";
import type { Vault } from "../vault.ts";
import { addMessage } from "./messages.ts";
import type { MessageRecord } from "./types.ts";

/**
 * Adds a sentence of the system's own at the end of a session's shown branch, that answers no question: what became of
 * something that went on after its answer. `undefined`: the session is gone or removed.
 *
 * While a question waits, it stands below that; its answer then comes between, as with a question that came meanwhile.
 */
export function addNotice(
  tx: Tx,
  { vault, ids, clock }: { readonly vault: Vault; readonly ids: Ids; readonly clock: Pick<Clock, "nowMs"> },
  { sessionId, text }: { readonly sessionId: string; readonly text: string },
): MessageRecord | undefined {
  const session = tx.get("sessions", sessionId);
  if (session === undefined || session.removedMs !== null) return undefined;
  const createdMs = clock.nowMs();
  const message = addMessage(tx, vault, {
    id: ids(),
    sessionId,
    parentId: session.headId,
    author: "notice",
    identityId: null,
    text,
    createdMs,
    idempotencyHash: null,
  });
  tx.update("sessions", sessionId, { headId: message.id, updatedMs: createdMs });
  return message;
}

/** What came while a question waited for its answer, and goes on from that once it is there. */
export function waitingBelow(tx: ReadTx, sessionId: string, questionId: string): readonly Tables["messages"][] {
  return tx.find("messages", { sessionId, parentId: questionId }).filter(({ id, author }) =>
    author === "person" || (author === "notice" && tx.count("turns", { answerId: id }) === 0)
  );
}
