import type { Principal } from "./access.ts";
import type {
  FeedEvent,
  InboundMessage,
  IntakeResult,
  MessageRecord,
  SessionSummary,
  ShownMessage,
  TurnState,
} from "./message/types.ts";
import type { ChannelStanding } from "./channels.ts";
import type { Enforcement } from "./host_start.ts";
import type { EngineState } from "./ports/engine.ts";
import type { PromptContext } from "./prompt_context.ts";
import type { StoreHealth } from "./store_health.ts";

export type { SessionSummary } from "./message/types.ts";

/** A refusal, in one line: why, and whom to ask. */
export interface Refused {
  readonly kind: "refused";
  readonly reason: string;
}

/** The configuration that is in force, and why a changed one isn't. */
export interface ConfigurationStatus {
  /** Since when it is in force. */
  readonly loadedMs: number;
  /** Whether the host was started with it, or took it while it ran. */
  readonly applied: "start" | "in-place";
  /** How often somebody asked for it to be read again. */
  readonly requests: number;
  /** Why the newest isn't in force: one line for each reason. */
  readonly problem?: { readonly atMs: number; readonly lines: readonly string[] };
}

/** What a person sees of the whole, without any content. */
export interface Status {
  readonly version: string;
  readonly uptimeMs: number;
  /** `server`: whom questions are sent to, `host:port`; absent where the model runs on this machine. */
  readonly model: { readonly name: string; readonly state: EngineState; readonly server?: string };
  readonly channels: Readonly<Record<string, ChannelStanding>>;
  readonly database: StoreHealth;
  readonly turns: { readonly queued: number; readonly running: number };
  readonly deliveries: { readonly pending: number };
  /** Granted and ready, only known, and those that a person should look at: void, refused, missing or not ready. */
  readonly plugins: Readonly<Record<"granted" | "known" | "wrong", number>>;
  readonly duplicatesDropped: number;
  readonly configuration: ConfigurationStatus;
  /** How often something was sent that may be a copy, and says so. */
  readonly possibleCopies: number;
  readonly offline: boolean;
  /** Everything is stopped: since when, and by whom, as the audit names them. */
  readonly halted?: { readonly by: string; readonly atMs: number };
  /** What of the confinement this machine enforces; from source, nothing. */
  readonly confinement: readonly Enforcement[];
}

/** A whole conversation. `messages` are read as they are asked for, so that however long it is, little is in memory. */
export interface Exported {
  readonly kind: "export";
  readonly session: SessionSummary;
  /** The message that the shown branch ends with. */
  readonly headId: string | null;
  readonly messages: AsyncIterable<MessageRecord & Pick<ShownMessage, "answer" | "attachments">>;
}

/** What the model was given for a turn. `beginnings`: how each message in it begins, by id; erased ones are missing. */
export interface ShownContext {
  readonly kind: "context";
  readonly sessionId: string;
  readonly turnId: string;
  readonly context: PromptContext;
  readonly beginnings: ReadonlyMap<string, string>;
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
  /** Where a turn stands, and once it has ended, the message that it ended with, whatever branch is shown. */
  turn(
    principal: Principal,
    turnId: string,
  ): Promise<{ kind: "turn"; messageId: string; state: TurnState; answer?: MessageRecord } | Refused>;
  /**
   * Has a question answered once more, beside what it was answered before; the question, or any message that a turn of
   * it ended with, names it. The shown branch then ends with the question, until its answer is there. `busy`: a turn
   * of this question isn't ended yet.
   */
  answerAgain(
    principal: Principal,
    messageId: string,
  ): Promise<{ kind: "accepted"; turnId: string } | { kind: "busy" } | Refused>;
  /** Shows the branch of a message: of those that go on from it, the one that was continued last. */
  showBranch(principal: Principal, messageId: string): Promise<{ kind: "shown" } | Refused>;
  /**
   * Pinned ones first, then the most recent, at most 200. `query`: only those that have it in their title, in any case
   * and width; sought in the 2,000 that stand first.
   */
  sessions(
    principal: Principal,
    options?: { readonly query?: string },
  ): Promise<{ kind: "sessions"; sessions: readonly SessionSummary[] } | Refused>;
  /** Gives a session another title: one line, not empty, of at most 200 characters; any other is refused. */
  renameSession(
    principal: Principal,
    sessionId: string,
    title: string,
  ): Promise<{ kind: "changed"; session: SessionSummary } | Refused>;
  /** Puts a session before the others, or back among them. */
  pinSession(
    principal: Principal,
    sessionId: string,
    pinned: boolean,
  ): Promise<{ kind: "changed"; session: SessionSummary } | Refused>;
  /**
   * Hides a session at once and cancels its turns. It can be restored for a day; then it is erased for good. A channel's
   * conversation goes on in a new session.
   */
  removeSession(
    principal: Principal,
    sessionId: string,
  ): Promise<{ kind: "removed"; restorableUntilMs: number } | Refused>;
  /** Brings a removed session back. `gone`: its time was over. */
  restoreSession(principal: Principal, sessionId: string): Promise<{ kind: "restored" } | { kind: "gone" } | Refused>;
  /** All branches of a session by sequence, or the shown one from its beginning. */
  exportSession(principal: Principal, sessionId: string, branches: "all" | "shown"): Promise<Exported | Refused>;
  /** The shown branch, oldest first, its newest 1,000 messages; with `after`, only those of a higher sequence. */
  history(
    principal: Principal,
    sessionId: string,
    after?: number,
  ): Promise<{ kind: "history"; messages: readonly ShownMessage[] } | Refused>;
  /** What the model was given: for a turn, or for the newest one of a session. `none`: it wasn't asked there. */
  context(
    principal: Principal,
    of: { readonly turnId: string } | { readonly sessionId: string },
  ): Promise<ShownContext | { kind: "none" } | Refused>;
  /**
   * Live events of one session, beginning with the state of its unfinished turns and the answer so far; and `sessions`
   * when something changed in the person's list. A reader that is too slow misses partials, never messages. Ends when
   * `signal` aborts or the host stops.
   */
  subscribe(
    principal: Principal,
    sessionId: string,
    signal: AbortSignal,
  ): Promise<{ kind: "subscribed"; events: AsyncIterable<FeedEvent> } | Refused>;
  /** Where everything stands. */
  status(principal: Principal): { kind: "status"; status: Status } | Refused;
}
