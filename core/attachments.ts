import type { Principal } from "./access.ts";
import type { Refused } from "./assistant.ts";
import { type Contents, type ContentsDeps, createContents, type Stored } from "./attachments/contents.ts";
import { charsetOfType } from "./attachments/media_type.ts";
import { addAttachment, filesMax, openAttachment } from "./attachments/rows.ts";
import { type Patience, piecesOf, SourceError } from "./attachments/source.ts";
import { type Beginning, readBeginning } from "./attachments/text.ts";
import type { Found } from "./conversations.ts";
import type { InboundFile, OutboundFile, ShownAttachment } from "./message/types.ts";
import type { Clock } from "./ports/clock.ts";
import type { Log } from "./ports/log.ts";
import type { ReadTx } from "./ports/store.ts";
import type { Tables } from "./tables.ts";

/** How long an upload may take, and how long it may stand still. */
export const uploadPatience: Patience = { allMs: 600_000, pieceMs: 30_000 };
/** The same of the files of a message that a platform is to give, all together. */
const fetchPatience = { allMs: 120_000, pieceMs: 30_000 };
/** A platform that doesn't give a file is asked again with its message, so often; then the message is taken without. */
export const fetchesMax = 5;
/** Messages whose files weren't given, and that are remembered. */
const fetchesKept = 1_000;
/** Uploads at once, of one person and of all. */
export const uploadsOfOneMax = 4;
/** See {@link uploadsOfOneMax}. */
export const uploadsMax = 32;
/** What one person may have uploaded and not sent: files, and bytes as a multiple of the largest file. */
export const unsentMax: number = 3 * filesMax;
/** See {@link unsentMax}. */
export const unsentBytesFactor: number = filesMax;
/** How long an upload waits to be sent. */
export const unsentMs: number = 24 * 3_600_000;
/** Between two looks at what is due. */
const sweepEveryMs = 3_600_000;
const rowsMax = 200;

/** What came of an upload. `quota`: too much waits to be sent; `busy`: too many at once; `broken`: it didn't come whole. */
export type Uploaded =
  | { readonly kind: "uploaded"; readonly attachment: ShownAttachment }
  | { readonly kind: "too-large"; readonly bytesMax: number }
  | { readonly kind: "quota" | "busy" | "broken" }
  | Refused;

/** What is done to a file by its id. */
export interface OpenedAttachment {
  readonly kind: "open";
  readonly attachment: ShownAttachment;
  /** Rejects with `ObjectError` when it isn't what was stored. */
  readonly content: AsyncIterable<Uint8Array>;
}

/** The files of messages: how they come in, who may have them, and how they go. */
export interface Attachments {
  /** Largest file that is taken in, in bytes. */
  readonly bytesMax: number;
  /**
   * Takes a file in that is to be sent with a message later, within a day. Bounded in size, time and number. Rejects
   * only with what the disk fails by, and with the signal's reason.
   */
  upload(
    principal: Principal,
    file: { readonly name: string },
    content: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<Uploaded>;
  /** Removes an upload that wasn't sent. */
  discard(principal: Principal, id: string): Promise<{ readonly kind: "discarded" } | Refused>;
  /** A file of a session of the principal's own, or an upload of theirs. `gone`: its content isn't here. */
  open(
    principal: Principal,
    id: string,
    signal: AbortSignal,
  ): Promise<OpenedAttachment | { readonly kind: "gone" } | Refused>;
  /**
   * Fetches the files of a message that a channel hands over, as uploads of the person who sent it. What is too large, too
   * many, or not given although it was asked for often enough, becomes a file with that problem. Gives their ids.
   *
   * @param message The message's idempotency key, by which tries are counted.
   * @throws {SourceError} When the platform doesn't give one now: the message must be offered again.
   */
  fetch(message: string, identityId: string, files: readonly InboundFile[], signal: AbortSignal): Promise<string[]>;
  /** Removes files that {@link fetch} gave and no message took. */
  drop(ids: readonly string[]): Promise<void>;
  /** The beginning of a text file; `undefined` of what isn't text. Rejects with `ObjectError`. */
  readText(
    row: Tables["attachments"],
    lengthMax: number,
    signal: AbortSignal,
  ): Promise<Beginning | undefined>;
  /** A file for a channel to send; `undefined` when its content isn't here. */
  outbound(id: string): Promise<OutboundFile | undefined>;
  /** Removes objects that nobody needs any more, of attachments that were removed. */
  release: Contents["release"];
  /** Where the content of files lies, for what isn't of a message: only one may work on an object store. */
  readonly contents: Pick<Contents, "put" | "open" | "release">;
  /** Removes what was uploaded and never sent, and what a crash left: at once and every hour, until the signal aborts. */
  start(): void;
  /** Resolves when it doesn't work any more. */
  ended(): Promise<void>;
}

/** What attachments need. */
export interface AttachmentsDeps extends ContentsDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly bytesMax: number;
  /** Why this principal may not do this, if so. */
  readonly refusal: (principal: Principal) => Refused | undefined;
  /** A session of the principal's own, or why it isn't to be had. */
  readonly find: (tx: ReadTx, principal: Principal, sessionId: string | undefined) => Found;
  readonly identityOf: (principal: Principal) => string;
  /** What is said of a file that isn't there. */
  readonly noSuchFile: string;
  readonly signal: AbortSignal;
}

/** Makes the attachments of a site. */
export function createAttachments(deps: AttachmentsDeps): Attachments {
  const { store, vault, clock, ids, log, bytesMax, identityOf } = deps;
  const contents = createContents(deps);
  const uploading = new Map<string, number>();
  const fetches = new Map<string, number>();
  let work = Promise.resolve();

  /** Streams one file in and stores it as an upload. */
  async function takeIn(
    identityId: string,
    name: string,
    pieces: AsyncIterable<Uint8Array>,
  ): Promise<ShownAttachment | undefined> {
    const put = await contents.put(
      pieces,
      bytesMax,
      (tx, { objectId, bytes, mediaType, size }: Stored) =>
        addAttachment(tx, vault, {
          id: ids(),
          identityId,
          objectId,
          name,
          mediaType,
          bytes,
          problem: null,
          ...(size === undefined ? {} : { size }),
          createdMs: clock.nowMs(),
        }),
    );
    return put.kind === "stored" ? put.value : undefined;
  }

  /** Stores that a file couldn't be taken in. */
  async function addMissing(
    identityId: string,
    { name, bytes = 0 }: InboundFile,
    problem: NonNullable<ShownAttachment["problem"]>,
  ): Promise<string> {
    const { id } = await store.write((tx) =>
      addAttachment(tx, vault, {
        id: ids(),
        identityId,
        objectId: null,
        name,
        mediaType: "",
        bytes: Number.isSafeInteger(bytes) && bytes >= 0 ? bytes : 0,
        problem,
        createdMs: clock.nowMs(),
      })
    );
    return id;
  }

  async function exceedsQuota(identityId: string): Promise<boolean> {
    const unsent = await store.read((tx) =>
      tx.find("attachments", { identityId, messageId: null }, { limit: unsentMax })
    );
    const bytes = unsent.reduce((sum, row) => sum + row.bytes, 0);
    return unsent.length >= unsentMax || bytes >= unsentBytesFactor * bytesMax;
  }

  async function drop(attachmentIds: readonly string[]): Promise<void> {
    const objectIds = await store.write((tx) =>
      attachmentIds.flatMap((id) => {
        const row = tx.get("attachments", id);
        if (row === undefined || row.messageId !== null) return [];
        tx.remove("attachments", id);
        return row.objectId ?? [];
      })
    );
    await contents.release(objectIds);
  }

  /** Remembers that a platform didn't give a file of a message. */
  function countFetch(message: string, count: number): void {
    if (!fetches.has(message) && fetches.size >= fetchesKept) fetches.delete(fetches.keys().next().value!);
    fetches.set(message, count);
  }

  async function sweepUnsent(): Promise<void> {
    for (let more = true; more && !deps.signal.aborted;) {
      const due = await store.read((tx) =>
        tx.find("attachments", { messageId: null, createdMs: { lte: clock.nowMs() - unsentMs } }, { limit: rowsMax })
      );
      await drop(due.map(({ id }) => id));
      more = due.length === rowsMax;
    }
  }

  async function keepSweeping(): Promise<void> {
    let isSwept = false;
    while (!deps.signal.aborted) {
      try {
        await sweepUnsent();
        if (!isSwept) await contents.sweep(deps.signal);
        isSwept = true;
      } catch (error) {
        log.error("removing files that nobody needs failed, trying again", { error: String(error) });
      }
      await clock.sleep(sweepEveryMs, deps.signal);
    }
  }

  return {
    bytesMax,

    async upload(principal, { name }, content, signal) {
      const refused = deps.refusal(principal);
      if (refused !== undefined) return refused;
      const identityId = identityOf(principal);
      const own = uploading.get(identityId) ?? 0;
      const all = uploading.values().reduce((sum, count) => sum + count, 0);
      if (own >= uploadsOfOneMax || all >= uploadsMax) return { kind: "busy" };
      uploading.set(identityId, own + 1);
      try {
        if (await exceedsQuota(identityId)) return { kind: "quota" };
        const pieces = piecesOf(async () => content, { clock, patience: uploadPatience, signal });
        const attachment = await takeIn(identityId, name, pieces);
        return attachment === undefined ? { kind: "too-large", bytesMax } : { kind: "uploaded", attachment };
      } catch (error) {
        if (error instanceof SourceError) return { kind: "broken" };
        throw error;
      } finally {
        const count = uploading.get(identityId)! - 1;
        if (count === 0) uploading.delete(identityId);
        else uploading.set(identityId, count);
      }
    },

    async discard(principal, id) {
      const refused = deps.refusal(principal);
      if (refused !== undefined) return refused;
      const row = await store.read((tx) => tx.get("attachments", id));
      if (row === undefined || row.messageId !== null || row.identityId !== identityOf(principal)) {
        return { kind: "refused", reason: deps.noSuchFile };
      }
      await drop([id]);
      return { kind: "discarded" };
    },

    async open(principal, id, signal) {
      const refused = deps.refusal(principal);
      if (refused !== undefined) return refused;
      const found = await store.read((tx) => {
        const row = tx.get("attachments", id);
        const message = row?.messageId === null ? undefined : tx.get("messages", row?.messageId ?? "");
        const isOwnUpload = row?.messageId === null && row.identityId === identityOf(principal);
        const session = isOwnUpload ? undefined : deps.find(tx, principal, message?.sessionId);
        if (session?.kind === "refused") return { ...session, reason: deps.noSuchFile };
        return { row: row!, object: row!.objectId === null ? undefined : tx.get("objects", row!.objectId) };
      });
      if ("kind" in found) return found;
      const attachment = openAttachment(vault, found.row);
      if (found.object === undefined) return { kind: "gone" };
      return { kind: "open", attachment, content: contents.open(found.object, signal) };
    },

    async fetch(message, identityId, files, signal) {
      const taken: string[] = [];
      const beganMs = clock.nowMs();
      const count = (fetches.get(message) ?? 0) + 1;
      try {
        for (const [index, file] of files.slice(0, 10 * filesMax).entries()) {
          if (index >= filesMax) {
            taken.push(await addMissing(identityId, file, "too-many"));
            continue;
          }
          if (file.isWithheld) {
            taken.push(await addMissing(identityId, file, "unavailable"));
            continue;
          }
          if (file.bytes !== undefined && file.bytes > bytesMax) {
            taken.push(await addMissing(identityId, file, "too-large"));
            continue;
          }
          try {
            const allMs = Math.max(0, fetchPatience.allMs - (clock.nowMs() - beganMs));
            const pieces = piecesOf(file.open, { clock, patience: { ...fetchPatience, allMs }, signal });
            const attachment = await takeIn(identityId, file.name, pieces);
            taken.push(attachment?.id ?? await addMissing(identityId, file, "too-large"));
          } catch (error) {
            if (!(error instanceof SourceError)) throw error;
            countFetch(message, count);
            if (count < fetchesMax) throw error;
            log.warn("a file wasn't given, taking the message without it", { reason: error.message });
            taken.push(await addMissing(identityId, file, "unavailable"));
          }
        }
      } catch (error) {
        await drop(taken).catch(() => {}); // What stays is swept after a day.
        throw error;
      }
      fetches.delete(message);
      return taken;
    },

    drop,

    async readText(row, lengthMax, signal) {
      const charset = charsetOfType(row.mediaType);
      const object = row.objectId === null ? undefined : await store.read((tx) => tx.get("objects", row.objectId!));
      if (charset === undefined || object === undefined) return undefined;
      return await readBeginning(contents.open(object, signal), { charset, bytes: row.bytes, lengthMax });
    },

    async outbound(id) {
      const found = await store.read((tx) => {
        const row = tx.get("attachments", id);
        const object = row === undefined || row.objectId === null ? undefined : tx.get("objects", row.objectId);
        return object === undefined ? undefined : { row: row!, object };
      });
      if (found === undefined) return undefined;
      const { name, mediaType, bytes } = openAttachment(vault, found.row);
      return { name, mediaType, bytes, open: (signal) => contents.open(found.object, signal) };
    },

    release: contents.release,
    contents,
    start: () => void (work = keepSweeping()),
    ended: () => work,
  };
}
