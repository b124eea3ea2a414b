import type { Locale } from "../text/mod.ts";

/** What a channel hands over. Everything in it is hostile until intake has bounded it. */
export interface InboundMessage {
  readonly channel: string;
  /** Who, in the platform's own words. */
  readonly account: string;
  /** Where, in the platform's own words: a chat, a room, a browser's conversation. */
  readonly conversation: string;
  /** The platform's id of this message: with channel and conversation, the idempotency key. */
  readonly platformId: string;
  /** Continues this session of the same person, begun on any channel, instead of the conversation's own. */
  readonly sessionId?: string;
  /** Stands in for this message of the same session: a branch beside it, under the same parent. */
  readonly replaces?: string;
  readonly text: string;
  /** The language that the system's own sentences are said in. */
  readonly locale: Locale;
}

/** What became of an inbound message. `refused` is final and says why and whom to ask, in one line. */
export type IntakeResult =
  | { readonly kind: "accepted"; readonly sessionId: string; readonly messageId: string; readonly turnId: string }
  | { readonly kind: "duplicate"; readonly sessionId: string; readonly messageId: string; readonly turnId: string }
  | { readonly kind: "refused"; readonly reason: string };

/** One thing to send. `id` is the idempotency key where the platform takes one. */
export interface Delivery {
  readonly kind: "text";
  readonly id: string;
  readonly conversation: string;
  readonly text: string;
  /** True when a copy may have reached the platform before; a platform without idempotency keys says so. */
  readonly mayBeDuplicate: boolean;
}

/** Why a delivery didn't get through. `mayHaveArrived`: the bytes had left when it failed. */
export type DeliveryFailure =
  | { readonly kind: "refused"; readonly reason: string }
  | {
    readonly kind: "unreachable";
    readonly reason: string;
    readonly retryAfterMs?: number;
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

/** One message of the shown branch, with what stands beside it. */
export interface ShownMessage extends MessageRecord {
  /** Those with the same parent and the same kind of author (a person or not), by sequence; its own id is among them. */
  readonly siblingIds: readonly string[];
  /** Of an assistant's message. Absent when it isn't known. */
  readonly answer?: AnswerUsage;
  /** Of a person's message: its newest turn. */
  readonly turn?: { readonly id: string; readonly state: TurnState };
}

/**
 * What happens in a session, live. `partial` is best effort: `text` belongs at `offset` (UTF-16 code units) of the
 * answer so far; offset 0 begins anew (an attempt was repeated). The record is `message`. `branch`: the shown branch
 * changed otherwise than by growing at its end, so its history is read anew. `sessions`: so is the person's list.
 */
export type FeedEvent =
  | { readonly kind: "message"; readonly message: MessageRecord }
  | { readonly kind: "turn"; readonly turnId: string; readonly messageId: string; readonly state: TurnState }
  | { readonly kind: "partial"; readonly turnId: string; readonly offset: number; readonly text: string }
  | { readonly kind: "branch" }
  | { readonly kind: "sessions" };
