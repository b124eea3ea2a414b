import type { ReadTx } from "../ports/store.ts";
import type { Tables } from "../tables.ts";
import { text } from "../text/mod.ts";
import type { Vault } from "../vault.ts";
import { nameOfIdentity } from "./identities.ts";
import type { MessageRecord } from "./types.ts";

/**
 * What the person who wrote a message of a group's session is called, empty when nobody knows; `undefined` where one
 * person alone speaks.
 */
export function authorNameOf(
  tx: ReadTx,
  vault: Vault,
  { isGroup }: Pick<Tables["sessions"], "isGroup">,
  { author, identityId }: Pick<MessageRecord, "author" | "identityId">,
): string | undefined {
  if (isGroup !== 1 || author !== "person") return undefined;
  return identityId === null ? "" : nameOfIdentity(tx, vault, identityId);
}

/** What the model reads of a message: in a group, who says it stands before it. A name is one line, so it is never more. */
export function spokenText(tx: ReadTx, vault: Vault, message: MessageRecord): string {
  const name = authorNameOf(tx, vault, tx.get("sessions", message.sessionId)!, message);
  return name === undefined ? message.text : `${name || text("en").people.someone}: ${message.text}`;
}
