import type { ShownAttachment } from "../message/types.ts";
import type { ReadTx, Tx } from "../ports/store.ts";
import type { Tables } from "../tables.ts";
import type { Vault } from "../vault.ts";
import { fileName } from "./file_name.ts";
import { isShowable } from "./image_size.ts";
import { isPicture } from "./media_type.ts";

type Row = Tables["attachments"];

/** Most files of one message. */
export const filesMax = 10;

/** A file as it is stored; the name is made harmless here. */
export interface NewAttachment
  extends Pick<Row, "id" | "identityId" | "objectId" | "mediaType" | "bytes" | "problem" | "createdMs"> {
  readonly name: string;
  readonly size?: { readonly width: number; readonly height: number };
}

/** Stores a file that isn't sent yet. */
export function addAttachment(tx: Tx, vault: Vault, { name, size, ...plain }: NewAttachment): ShownAttachment {
  const nameEnc = vault.seal(nameField(plain.id), fileName(name, "file"));
  // A size that no column holds is none that anything could unpack to.
  const { width = null, height = null } = size ?? {};
  const row = { ...plain, messageId: null, nameEnc, width, height };
  tx.insert("attachments", row);
  return openAttachment(vault, row);
}

/** A stored file as people see it. */
export function openAttachment(vault: Vault, row: Row): ShownAttachment {
  const { id, nameEnc, mediaType, bytes, problem, width, height } = row;
  const size = width === null || height === null ? undefined : { width, height };
  return {
    id,
    name: vault.openText(nameField(id), nameEnc),
    mediaType,
    bytes,
    ...(size !== undefined && isPicture(mediaType) && isShowable(size) ? { size } : {}),
    ...(problem === null ? {} : { problem }),
  };
}

/** The files of one message, in the order that they came in. */
export function attachmentsOf(tx: ReadTx, messageId: string): Row[] {
  return tx.find("attachments", { messageId }, { order });
}

/** The files of each of some messages, as people see them. */
export function readAttachments(
  tx: ReadTx,
  vault: Vault,
  messageIds: readonly string[],
): (messageId: string) => readonly ShownAttachment[] {
  const rows = messageIds.length === 0 ? [] : tx.find("attachments", { messageId: { in: messageIds } }, { order });
  const byMessage = Map.groupBy(rows, ({ messageId }) => messageId);
  return (messageId) => (byMessage.get(messageId) ?? []).map((row) => openAttachment(vault, row));
}

/** Whether these are files that this person uploaded and didn't send yet. */
export function mayClaim(tx: ReadTx, ids: readonly string[], identityId: string): boolean {
  return ids.every((id) => {
    const row = tx.get("attachments", id);
    return row !== undefined && row.identityId === identityId && row.messageId === null;
  });
}

/** Makes uploads, for which {@link mayClaim} holds, the files of a message. */
export function claimAttachments(tx: Tx, ids: readonly string[], messageId: string): void {
  for (const id of new Set(ids)) tx.update("attachments", id, { messageId });
}

/** Gives a message the files of another, which it stands in for. */
export function copyAttachments(
  tx: Tx,
  vault: Vault,
  { from, to, newId }: { readonly from: string; readonly to: string; readonly newId: () => string },
): void {
  for (const row of attachmentsOf(tx, from)) {
    const id = newId();
    const nameEnc = vault.seal(nameField(id), vault.openText(nameField(row.id), row.nameEnc));
    tx.insert("attachments", { ...row, id, messageId: to, nameEnc });
  }
}

/** Removes the files of a message; gives the objects that they named, to be released after the commit. */
export function removeAttachmentsOf(tx: Tx, messageId: string): string[] {
  const rows = attachmentsOf(tx, messageId);
  for (const { id } of rows) tx.remove("attachments", id);
  return rows.flatMap(({ objectId }) => objectId ?? []);
}

/** Those that an edit took over from its question are older than what was added to it, whatever their ids. */
const order = ["createdMs", "id"] as const;

/** A file's name never changes: its row version stays 1. */
const nameField = (id: string) => ({ table: "attachments", column: "name", id, version: 1 }) as const;
