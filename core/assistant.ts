import type { Principal } from "./access.ts";
import type { FeedEvent, InboundMessage, IntakeResult, MessageRecord } from "./message/types.ts";
import type { ChannelHealth } from "./ports/channel.ts";
import type { EngineState } from "./ports/engine.ts";

/** A refusal, in one line: why, and whom to ask. */
export interface Refused {
  readonly kind: "refused";
  readonly reason: string;
}

/** A session as a list shows it. */
export interface SessionSummary {
  readonly id: string;
  readonly title: string;
  readonly updatedMs: number;
}

/** What a person sees of the whole, without any content. */
export interface Status {
  readonly version: string;
  readonly uptimeMs: number;
  readonly model: { readonly name: string; readonly state: EngineState };
  readonly channels: Readonly<Record<string, ChannelHealth>>;
  readonly turns: { readonly queued: number; readonly running: number };
  readonly deliveries: { readonly pending: number };
  readonly duplicatesDropped: number;
  readonly offline: boolean;
}

/**
 * What pages, terminal and API call. Every method asks `core/access.ts` on behalf of `principal` first, and
 * people see only their own sessions.
 */
export interface Assistant {
  /** Intake: resolves after the commit. */
  submit(message: InboundMessage): Promise<IntakeResult>;
  /** Cancels the running or queued turn. What was answered so far is kept; a notice stands where there was nothing yet. */
  stop(principal: Principal, turnId: string): Promise<{ kind: "stopped" } | { kind: "ended" } | Refused>;
  /** Most recent first, at most 200. */
  sessions(principal: Principal): Promise<{ kind: "sessions"; sessions: readonly SessionSummary[] } | Refused>;
  /** The messages of one session, oldest first; with `after`, only those of a higher sequence. */
  history(
    principal: Principal,
    sessionId: string,
    after?: number,
  ): Promise<{ kind: "history"; messages: readonly MessageRecord[] } | Refused>;
  /**
   * Live events of one session, beginning with the state of its unfinished turns and the answer so far.
   * A reader that is too slow misses partials, never messages. Ends when `signal` aborts or the host stops.
   */
  subscribe(
    principal: Principal,
    sessionId: string,
    signal: AbortSignal,
  ): Promise<{ kind: "subscribed"; events: AsyncIterable<FeedEvent> } | Refused>;
  /** Where everything stands. */
  status(principal: Principal): { kind: "status"; status: Status } | Refused;
}
