import type { ChannelCapabilities } from "../ports/channel.ts";
import type { ReadTx } from "../ports/store.ts";
import type { Tables } from "../tables.ts";
import { text } from "../text/mod.ts";
import type { Vault } from "../vault.ts";
import { openMessage } from "./messages.ts";
import { deliveryField, type NoticeBody } from "./new_delivery.ts";
import { type Part, partText, splitText } from "./split.ts";
import type { Button, Delivery, OutboundFile } from "./types.ts";

type Row = Tables["deliveries"];

/** What a row becomes when it is sent. `long`: several rows must be made of it first. `file`: it must be opened first. */
export type Outgoing =
  | { readonly kind: "ready"; readonly delivery: Exclude<Delivery, { kind: "typing" }> }
  | { readonly kind: "long"; readonly parts: readonly [Part, ...Part[]] }
  | { readonly kind: "file"; readonly attachmentId: string };

/** Makes of a row what its channel can show: its text or a part of it, buttons or what to write instead. */
export function outgoing(tx: ReadTx, vault: Vault, row: Row, can: ChannelCapabilities): Outgoing {
  if (row.attachmentId !== null) return { kind: "file", attachmentId: row.attachmentId };
  const said = text(row.locale).outbox;
  const { text: words, buttons } = wordsOf(tx, vault, row, can);
  const lengthMax = can.textLengthMax - (can.idempotent ? 0 : said.copy.length + 2);
  if (row.fromIndex === null || row.toIndex === null) {
    const parts = splitText(words, lengthMax);
    if (parts.length > 1) return { kind: "long", parts: parts as [Part, ...Part[]] };
  }
  const part = { from: row.fromIndex ?? 0, to: row.toIndex ?? words.length };
  const shown = partText(words, part, lengthMax);
  const edited = open(vault, row, "edits");
  const common = {
    ...envelope(vault, row),
    ...(part.to === words.length && buttons.length > 0 ? { buttons } : {}),
  };
  if (edited !== undefined && can.edit) {
    return { kind: "ready", delivery: { ...common, kind: "edit", platformId: edited, text: shown } };
  }
  const isMarked = row.mayBeDuplicate === 1 && !can.idempotent;
  return { kind: "ready", delivery: { ...common, kind: "text", text: isMarked ? `${said.copy}\n\n${shown}` : shown } };
}

/** What is sent as a file: the file, or a sentence that says why not. Where a copy must be marked, its name does it. */
export function outgoingFile(
  vault: Vault,
  row: Row,
  can: ChannelCapabilities,
  file: OutboundFile | undefined,
): Exclude<Delivery, { kind: "typing" }> {
  const said = text(row.locale).outbox;
  const isMarked = row.mayBeDuplicate === 1 && !can.idempotent;
  const common = envelope(vault, row);
  if (file === undefined || file.bytes > can.fileBytesMax) {
    const sentence = file === undefined ? said.fileGone : said.fileTooLarge(file.name, file.bytes, can.fileBytesMax);
    return { ...common, kind: "text", text: isMarked ? `${said.copy}\n\n${sentence}` : sentence };
  }
  return { ...common, kind: "file", file: isMarked ? { ...file, name: said.fileCopy(file.name) } : file };
}

/** All that a row says, and the buttons below it. Where there are none, the words say what to write instead. */
function wordsOf(
  tx: ReadTx,
  vault: Vault,
  row: Row,
  can: ChannelCapabilities,
): { readonly text: string; readonly buttons: readonly Button[] } {
  if (row.messageId !== null) return { text: openMessage(vault, tx.get("messages", row.messageId)!).text, buttons: [] };
  const body = JSON.parse(open(vault, row, "body")!) as NoticeBody;
  const { buttons = [] } = body;
  if (can.buttons || buttons.length === 0) return { text: body.text, buttons };
  const lines = buttons.map(({ label, text: written }) => text(row.locale).outbox.button(label, written));
  return { text: `${body.text}\n\n${lines.join("\n")}`, buttons: [] };
}

function envelope(vault: Vault, row: Row): Pick<Delivery & { kind: "text" }, "id" | "conversation" | "mayBeDuplicate"> {
  const replyTo = open(vault, row, "replyTo");
  return {
    id: row.id,
    conversation: open(vault, row, "conversation")!,
    mayBeDuplicate: row.mayBeDuplicate === 1,
    ...(replyTo === undefined ? {} : { replyTo }),
  };
}

function open(vault: Vault, row: Row, column: "body" | "conversation" | "replyTo" | "edits"): string | undefined {
  const sealed = row[`${column}Enc`];
  return sealed === null ? undefined : vault.openText(deliveryField(column, row.id), sealed);
}
