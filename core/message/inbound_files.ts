import { decide, type Policy } from "../access.ts";
import type { Attachments } from "../attachments.ts";
import {
  attachmentsOf,
  claimAttachments,
  copyAttachments,
  filesMax,
  mayClaim,
  openAttachment,
} from "../attachments/rows.ts";
import type { Ids } from "../ids.ts";
import type { Clock } from "../ports/clock.ts";
import type { ReadTx, Store, Tx } from "../ports/store.ts";
import type { Tables } from "../tables.ts";
import { text } from "../text/mod.ts";
import type { Vault } from "../vault.ts";
import { resolveIdentity } from "./identities.ts";
import type { InboundMessage } from "./types.ts";

/** What taking the files of messages in needs. */
export interface InboundFilesDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Pick<Clock, "nowMs">;
  readonly policy: () => Policy;
  readonly ownerId: () => string;
  readonly attachments: Pick<Attachments, "fetch" | "drop">;
  /** Aborts when no message is taken in any more. */
  readonly closing: AbortSignal;
}

/**
 * Takes a message in together with its files: these are streamed before the transaction, because nothing may wait there.
 * First it is looked at whether it will be accepted, so that who is unknown or not allowed costs nothing, and a copy
 * isn't streamed again. What wasn't accepted after all leaves nothing behind.
 *
 * @param take Takes in a message whose files have become `attachmentIds`.
 */
export async function withFiles<Result extends { readonly kind: string }>(
  deps: InboundFilesDeps,
  inbound: InboundMessage,
  take: (inbound: InboundMessage) => Promise<Result>,
): Promise<Result> {
  const { store, attachments, closing } = deps;
  const { files = [], attachmentIds = [], ...message } = inbound;
  if (files.length === 0) return await take(inbound);
  const look = await store.read((tx) => lookAt(tx, deps, inbound));
  if (look === undefined) return await take(inbound);
  const fetched = await attachments.fetch(look.idempotencyHash, look.identityId, files, closing);
  let isAccepted = false;
  try {
    const result = await take({ ...message, attachmentIds: [...attachmentIds, ...fetched] });
    isAccepted = result.kind === "accepted";
    return result;
  } finally {
    if (!isAccepted) await attachments.drop(fetched).catch(() => {}); // What stays is swept after a day.
  }
}

/** Who sent it; `undefined` when it won't be accepted: that is decided, and said, in the transaction. */
function lookAt(
  tx: ReadTx,
  { vault, clock, policy, ownerId }: InboundFilesDeps,
  { channel, account, conversation, platformId }: InboundMessage,
): { readonly idempotencyHash: string; readonly identityId: string } | undefined {
  const idempotencyHash = vault.keyedHash("message", channel, conversation, platformId);
  if (tx.find("messages", { idempotencyHash }, { limit: 1 }).length > 0) return undefined;
  const principal = resolveIdentity(tx, vault, { channel, account }, ownerId());
  if (principal === undefined) return undefined;
  if (decide(principal, "use", "chat", policy(), clock.nowMs()).effect !== "allow") return undefined;
  return { idempotencyHash, identityId: principal.id };
}

/** Whether a message brings nothing: neither words nor files. */
export function isEmpty({ text, files = [], attachmentIds = [] }: InboundMessage): boolean {
  return text.trim() === "" && files.length === 0 && attachmentIds.length === 0;
}

/** What a conversation that this message begins is about: its words, or the name of its first file. */
export function firstWords(tx: ReadTx, vault: Vault, { text, attachmentIds = [] }: InboundMessage): string {
  const row = text.trim() === "" ? tx.get("attachments", attachmentIds[0] ?? "") : undefined;
  return row === undefined ? text : openAttachment(vault, row).name;
}

/** Why a message of this person can't have its files, if so. An edit has those of the message that it stands in for, too. */
export function filesRefusal(
  tx: ReadTx,
  { attachmentIds = [], locale }: InboundMessage,
  { identityId, replaced }: { readonly identityId: string; readonly replaced?: Tables["messages"] | undefined },
): string | undefined {
  if (attachmentIds.length === 0) return undefined;
  const rows = [
    ...attachmentIds.flatMap((id) => tx.get("attachments", id) ?? []),
    ...replaced === undefined ? [] : attachmentsOf(tx, replaced.id),
  ];
  // Those that were too many for a platform's message are among them, to be told of.
  if (rows.filter(({ problem }) => problem !== "too-many").length > filesMax) {
    return text(locale).files.tooMany(filesMax);
  }
  return mayClaim(tx, attachmentIds, identityId) ? undefined : text(locale).files.gone;
}

/**
 * Gives a message its files.
 * @throws {Error} When some weren't streamed: who sent it was let in a moment ago, and it must be offered again.
 */
export function addFiles(
  tx: Tx,
  { vault, ids }: { readonly vault: Vault; readonly ids: Ids },
  { files = [], attachmentIds = [] }: InboundMessage,
  at: { readonly messageId: string; readonly replaced?: Tables["messages"] | undefined },
): void {
  if (files.length > 0) throw new Error("the files of a message weren't taken in");
  if (at.replaced !== undefined) copyAttachments(tx, vault, { from: at.replaced.id, to: at.messageId, newId: ids });
  claimAttachments(tx, attachmentIds, at.messageId);
}
