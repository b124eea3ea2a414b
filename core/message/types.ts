import type { Locale } from "../text/mod.ts";

/**
 * Where something is said. `direct`: one person and the assistant, for ever in the same place (a Telegram chat); it goes
 * on in the person's current session. `group`: several people; the place has a session of its own. `conversation`: the
 * platform itself has many of them (the page, the terminal, threads of mail): each is a session, and the newest is the
 * person's current one.
 */
export type Place = "direct" | "group" | "conversation";

/** A file that came with a message. */
export interface InboundFile {
  /** As the sender named it; hostile, like all of it. */
  readonly name: string;
  /** As the platform says; absent when it doesn't. */
  readonly bytes?: number;
  /** The platform never gives it, as is known beforehand: the message is taken without, and that is said. */
  readonly isWithheld?: boolean;
  /** Opens the content, streamed. Rejects when the platform doesn't give it now: the message is offered again. */
  open(signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}

/** What a channel hands over. Everything in it is hostile until intake has bounded it. */
export interface InboundMessage {
  readonly channel: string;
  /** Who, in the platform's own words. */
  readonly account: string;
  /** What the platform calls that account, for people who must recognise it: "Anna Li (@anna)". */
  readonly accountName?: string;
  /** Where, in the platform's own words: a chat, a room, a browser's conversation. */
  readonly conversation: string;
  /** Absent: `conversation`. */
  readonly place?: Place;
  /** The platform's id of this message: with channel and conversation, the idempotency key. */
  readonly platformId: string;
  /** Continues this session of the same person, begun on any channel, instead of the conversation's own. */
  readonly sessionId?: string;
  /** Stands in for this message of the same session: a branch beside it, under the same parent. */
  readonly replaces?: string;
  /** May be empty where there are files. */
  readonly text: string;
  readonly files?: readonly InboundFile[];
  /** Files that the same person uploaded before, by their attachment's id. */
  readonly attachmentIds?: readonly string[];
  /** The language that the system's own sentences are said in. */
  readonly locale: Locale;
}

/**
 * What became of an inbound message. `refused` is final and says why and whom to ask, in one line. `handled`: it was a
 * command, or asks to be let in; what there is to say is `text`, and goes out as a delivery of its own. It is empty where
 * nothing is said. `begins`: what is said next begins another session.
 */
export type IntakeResult =
  | { readonly kind: "handled"; readonly text: string; readonly begins?: true }
  | { readonly kind: "accepted"; readonly sessionId: string; readonly messageId: string; readonly turnId: string }
  | { readonly kind: "duplicate"; readonly sessionId: string; readonly messageId: string; readonly turnId: string }
  | { readonly kind: "refused"; readonly reason: string };

/** Pressing it is as if the person had written `text`. */
export interface Button {
  readonly label: string;
  /** At most 64 bytes of UTF-8. */
  readonly text: string;
}

/** A file on its way out. */
export interface OutboundFile {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: number;
  /** The content, streamed; opened anew for each try. */
  open(signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** What all that is sent has. `id` is the idempotency key where the platform takes one. */
interface Sent {
  readonly id: string;
  readonly conversation: string;
  /** The platform's id of the message that this answers, where that is shown. */
  readonly replyTo?: string;
  /** True when a copy may have reached the platform before. Where it must be said, `text` or the file's name says so. */
  readonly mayBeDuplicate: boolean;
}

/**
 * One thing to send. `text` is Markdown, at most `textLengthMax` of the channel long. `edit` puts another text in the
 * place of what was delivered earlier as `platformId`; a platform that already shows that text has accepted it.
 * `typing` is best effort and has no record.
 */
export type Delivery =
  | Sent & { readonly kind: "text"; readonly text: string; readonly buttons?: readonly Button[] }
  | Sent & {
    readonly kind: "edit";
    readonly platformId: string;
    readonly text: string;
    readonly buttons?: readonly Button[];
  }
  | Sent & { readonly kind: "file"; readonly file: OutboundFile }
  | { readonly kind: "typing"; readonly conversation: string };

/**
 * Why a delivery didn't get through. `mayHaveArrived`: the bytes had left when it failed. `retryAfterMs`: the platform
 * wants nothing for so long, in this conversation or, by `scope`, at all.
 */
export type DeliveryFailure =
  | { readonly kind: "refused"; readonly reason: string }
  | {
    readonly kind: "unreachable";
    readonly reason: string;
    readonly retryAfterMs?: number;
    /** Absent: `conversation`. */
    readonly scope?: "conversation" | "channel";
    readonly mayHaveArrived?: boolean;
  };

/** What the platform said to a delivery. */
export type DeliveryResult = { readonly kind: "accepted"; readonly platformId: string } | DeliveryFailure;

/** Who wrote a message: a person, the assistant, or the system itself (a stated failure, a stop). */
export type Author = "person" | "assistant" | "notice";

/** One message as people read it. */
export interface MessageRecord {
  readonly id: string;
  readonly sessionId: string;
  readonly sequence: number;
  /** The message before it; null of what begins the session. An answer's is its question. */
  readonly parentId: string | null;
  readonly author: Author;
  /** Which person wrote it; null of what isn't a person's, or when it isn't known. */
  readonly identityId: string | null;
  readonly text: string;
  readonly createdMs: number;
}

/** A session as a list shows it. */
export interface SessionSummary {
  readonly id: string;
  readonly title: string;
  readonly pinned: boolean;
  readonly createdMs: number;
  readonly updatedMs: number;
}

/** Where a turn stands, as people see it. */
export type TurnState = "queued" | "running" | "answered" | "failed" | "cancelled";

/** What wrote an answer, and how fast: `answerMs` is from its first piece to its end, at least 1. */
export interface AnswerUsage {
  readonly modelName: string;
  readonly answerTokens: number;
  readonly answerMs: number;
}

/** A file of a message, as people see it. */
export interface ShownAttachment {
  readonly id: string;
  /** Harmless: the last part of a path, on one line. */
  readonly name: string;
  /** As its content says. */
  readonly mediaType: string;
  readonly bytes: number;
  /** Of a picture that a browser may show: what it unpacks to, in pixels. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Why its content isn't here. */
  readonly problem?: "too-large" | "unavailable" | "too-many";
}

/** One message of the shown branch, with what stands beside it. */
export interface ShownMessage extends MessageRecord {
  /** In the order that they came in. */
  readonly attachments: readonly ShownAttachment[];
  /** What the person who wrote it is called; only where several people share the session. */
  readonly authorName?: string;
  /** Those with the same parent and the same kind of author (a person or not), by sequence; its own id is among them. */
  readonly siblingIds: readonly string[];
  /** Of an assistant's message. Absent when it isn't known. */
  readonly answer?: AnswerUsage;
  /** The turn that it ended, where it is known what the model was given for it. */
  readonly contextTurnId?: string;
  /** Of a notice that ended no turn: it says what became of something that went on after its answer. */
  readonly isOutcome?: true;
  /** Of a person's message: its newest turn. */
  readonly turn?: { readonly id: string; readonly state: TurnState };
}

/**
 * What happens in a session, live. `partial` is best effort: `text` belongs at `offset` (UTF-16 code units) of the
 * answer so far; offset 0 begins anew (an attempt was repeated). The record is `message`. `branch`: the shown branch
 * changed otherwise than by growing at its end, so its history is read anew. `sessions`: so is the person's list.
 * `approvals`: so are the cards that they see.
 */
export type FeedEvent =
  | { readonly kind: "message"; readonly message: MessageRecord }
  | { readonly kind: "turn"; readonly turnId: string; readonly messageId: string; readonly state: TurnState }
  | { readonly kind: "partial"; readonly turnId: string; readonly offset: number; readonly text: string }
  | { readonly kind: "branch" }
  | { readonly kind: "sessions" }
  | { readonly kind: "approvals" };
