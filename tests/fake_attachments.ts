import type { Attachments } from "../core/attachments.ts";
import { fileName } from "../core/attachments/file_name.ts";
import { isShowable } from "../core/attachments/image_size.ts";
import { isPicture, sniff } from "../core/attachments/media_type.ts";
import type { ShownAttachment } from "../core/message/types.ts";
import { ObjectError } from "../core/ports/objects.ts";
import { concat } from "./package_index.ts";

/** Files without core: tests drive uploads into every state that a page can show. */
export interface FakeAttachments extends Pick<Attachments, "bytesMax" | "upload" | "discard" | "open"> {
  bytesMax: number;
  /** What was uploaded and not discarded, by id. */
  readonly kept: ReadonlyMap<string, { readonly attachment: ShownAttachment; readonly content: Uint8Array }>;
  /** What the next uploads come to, instead of being taken in. */
  refusal: "quota" | "busy" | "broken" | undefined;
  /** Uploads end only when this has resolved. */
  gate: Promise<void>;
  /** Files whose content breaks off while it is read. */
  readonly damaged: Set<string>;
  /** Keeps a file as if it had come with a message. */
  keep(name: string, content: Uint8Array): ShownAttachment;
  /** Keeps the name of one that couldn't be taken in. */
  keepMissing(name: string, problem: NonNullable<ShownAttachment["problem"]>): ShownAttachment;
}

/** Makes files that nobody uploaded yet. */
export function createFakeAttachments(): FakeAttachments {
  const kept = new Map<string, { attachment: ShownAttachment; content: Uint8Array }>();
  let count = 0;
  const newId = () => `00000000-0000-7000-9000-${(++count).toString(16).padStart(12, "0")}`;
  const refused = { kind: "refused", reason: "This file isn't yours, or doesn't exist" } as const;

  const fake: FakeAttachments = {
    bytesMax: 20_000_000,
    kept,
    refusal: undefined,
    gate: Promise.resolve(),
    damaged: new Set(),
    keep(name, content) {
      const { mediaType, size } = sniff(content);
      const attachment: ShownAttachment = {
        id: newId(),
        name: fileName(name, "file"),
        mediaType,
        bytes: content.length,
        ...(size !== undefined && isPicture(mediaType) && isShowable(size) ? { size } : {}),
      };
      kept.set(attachment.id, { attachment, content });
      return attachment;
    },
    keepMissing(name, problem) {
      const attachment: ShownAttachment = { id: newId(), name, mediaType: "", bytes: 0, problem };
      kept.set(attachment.id, { attachment, content: new Uint8Array() });
      return attachment;
    },
    async upload(_principal, { name }, content) {
      const pieces: Uint8Array[] = [];
      let bytes = 0;
      try {
        for await (const piece of content) {
          pieces.push(piece);
          bytes += piece.length;
          if (bytes > fake.bytesMax) return { kind: "too-large", bytesMax: fake.bytesMax };
        }
      } catch {
        return { kind: "broken" };
      }
      await fake.gate;
      if (fake.refusal !== undefined) return { kind: fake.refusal };
      return { kind: "uploaded", attachment: fake.keep(name, concat(pieces)) };
    },
    async discard(_principal, id) {
      return kept.delete(id) ? { kind: "discarded" } : refused;
    },
    async open(_principal, id) {
      const found = kept.get(id);
      if (found === undefined) return refused;
      const { attachment, content } = found;
      if (attachment.problem !== undefined) return { kind: "gone" };
      const pieces = (async function* () {
        for (let at = 0; at < content.length; at += 65_536) {
          if (fake.damaged.has(id)) throw new ObjectError("damaged", "A stored file isn't what was put there");
          yield content.slice(at, at + 65_536);
        }
      })();
      return { kind: "open", attachment, content: pieces };
    },
  };
  return fake;
}
