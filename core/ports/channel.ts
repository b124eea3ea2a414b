import type { Delivery, DeliveryResult, InboundMessage, IntakeResult } from "../message/types.ts";

/** What a platform can do; the outbox adapts to it, so that no channel has a policy of its own. */
export interface ChannelCapabilities {
  /** An earlier delivery can be changed: streaming is shown as edits. */
  readonly edit: boolean;
  /** Without them, the core says in the text what to write instead. */
  readonly buttons: boolean;
  /** Shows that an answer is being written. */
  readonly typing: boolean;
  /** The same delivery id sent twice is shown once. Where it isn't, what may be a copy says so. */
  readonly idempotent: boolean;
  /** Longest text of one delivery, in UTF-16 code units. Longer answers are split. */
  readonly textLengthMax: number;
  /** Largest file of one delivery; 0 where files can't be sent. */
  readonly fileBytesMax: number;
  /** What the platform bears, deliveries and edits together; the outbox keeps it. Absent: anything. */
  readonly rate?: {
    readonly perSecond: number;
    /** The least time between two in one conversation, of one person and of a group. */
    readonly directEveryMs: number;
    readonly groupEveryMs: number;
  };
}

/** Where a channel stands. `failed` needs a person; `degraded` heals by itself. */
export type ChannelHealth =
  | { readonly kind: "connecting" }
  | { readonly kind: "ready" }
  | { readonly kind: "degraded"; readonly reason: string; readonly sinceMs: number }
  | { readonly kind: "failed"; readonly reason: string };

/** Takes one message in. Resolves after the commit: only then may the platform be acknowledged. */
export type Sink = (message: InboundMessage) => Promise<IntakeResult>;

/** One way to reach people. Transport only: no policy, no storage, no retries of its own. */
export interface Channel {
  readonly capabilities: ChannelCapabilities;
  /** Receives until `signal` aborts or {@link health} is `failed`. Rejects only with the sink's own error. */
  start(sink: Sink, signal: AbortSignal): Promise<void>;
  /** Sends one delivery. Resolves with what the platform said; rejects only for a bug. */
  deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryResult>;
  /** Webhook channels only. Answers 2xx after the commit, never before. */
  receive?(request: Request): Promise<Response>;
  health(): ChannelHealth;
}
