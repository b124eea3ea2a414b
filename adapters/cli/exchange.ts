import * as v from "valibot";
import {
  type FeedEvent,
  type Message,
  messageAccepted,
  messageHandled,
  messageList,
  stopResult,
  turn as turnSchema,
} from "../../schema/api.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Locale } from "../../core/text/mod.ts";
import type { HostClient } from "./host_client.ts";

/** A question on its way. `sessionId` continues that session, else the conversation's own is taken. */
export interface Question {
  readonly text: string;
  /** Files that were uploaded before. */
  readonly attachmentIds?: readonly string[];
  readonly conversation: string;
  readonly sessionId?: string;
  /** The idempotency key: however often this is sent, it is one message. */
  readonly platformId: string;
  readonly locale: Locale;
}

/** What one is told while the answer comes. */
export interface Listener {
  /** The host has it: from now on it is answered, whatever happens to this program. */
  accepted?(ids: Accepted): void;
  /** The answer so far. It may begin anew when an attempt was repeated. */
  partial?(answerSoFar: string): void;
  /** The host went away; it is waited for. */
  waiting?(): void;
}

/** The host's ids of a question. */
export interface Accepted {
  readonly sessionId: string;
  readonly messageId: string;
  readonly turnId: string;
}

/**
 * How a question ended. `answer` is the one message that its turn ended with; its author tells an answer from a
 * stated failure. `handled`: it was a command, and this is what there is to say; `begins`: the next question begins another
 * conversation. `lost`: the host didn't come back in time; what it accepted it still answers.
 */
export type ExchangeResult =
  | { readonly kind: "answered"; readonly answer: Message; readonly ids: Accepted }
  | { readonly kind: "handled"; readonly text: string; readonly begins: boolean }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "not-running" }
  | { readonly kind: "lost"; readonly ids?: Accepted };

/** What an exchange works with. */
export interface ExchangeDeps {
  readonly host: HostClient;
  readonly clock: Clock;
}

const messageTaken = v.union([messageAccepted, messageHandled]);

/** How long a host that went away is waited for, and how often it is looked for, in milliseconds. */
const waitMsMax = 60_000;
const retryMs = 200;

/**
 * Asks and waits for the answer, through restarts of the host: what wasn't acknowledged is sent again under the same
 * key, what was is waited for by the session's events and its turn.
 *
 * @param signal Abort gives up waiting; the answer goes on. To stop the answer, call {@link stopTurn}.
 */
export async function exchange(
  question: Question,
  { host, clock }: ExchangeDeps,
  listener: Listener,
  signal: AbortSignal,
): Promise<ExchangeResult> {
  const patience = createPatience({ host, clock }, listener, signal);
  const body = {
    conversation: question.conversation,
    platform_id: question.platformId,
    text: question.text,
    locale: question.locale,
    ...(question.attachmentIds === undefined ? {} : { attachment_ids: question.attachmentIds }),
    ...(question.sessionId === undefined ? {} : { session_id: question.sessionId }),
  };
  let ids: Accepted | undefined;
  while (ids === undefined) {
    const answer = await host.call("POST", "/api/messages", { schema: messageTaken, body, signal });
    if (answer.kind === "refused") return { kind: "refused", reason: answer.reason };
    if (answer.kind === "ok") {
      if ("handled" in answer.value) return { kind: "handled", text: answer.value.text, begins: answer.value.begins };
      const { session_id: sessionId, message_id: messageId, turn_id: turnId } = answer.value;
      ids = { sessionId, messageId, turnId };
    } else if (!await patience.again()) return patience.hadContact() ? { kind: "lost" } : { kind: "not-running" };
  }
  patience.contact();
  listener.accepted?.(ids);
  for (;;) {
    const answer = await follow(ids, host, listener, { signal, contact: patience.contact });
    if (answer !== undefined) return "author" in answer ? { kind: "answered", answer, ids } : answer;
    if (!await patience.again()) return { kind: "lost", ids };
  }
}

/** Stops the answer to a question. What was said so far stays. */
export async function stopTurn(turnId: string, host: HostClient): Promise<void> {
  await host.call("POST", `/api/turns/${encodeURIComponent(turnId)}/stop`, { schema: stopResult });
}

/** One life of the host: its events until the turn ended. `undefined` when the host went away before. */
async function follow(
  ids: Accepted,
  host: HostClient,
  listener: Listener,
  { signal, contact }: { readonly signal: AbortSignal; readonly contact: () => void },
): Promise<Message | { readonly kind: "refused"; readonly reason: string } | undefined> {
  const leave = new AbortController();
  const events = await host.events(ids.sessionId, AbortSignal.any([signal, leave.signal]));
  if (events.kind === "refused") return { kind: "refused", reason: events.reason };
  if (events.kind === "down") return undefined;
  contact();
  try {
    // Whatever ended before the subscription is in the record; whatever ends after it is in the events.
    const before = await recordedAnswer(ids, host, signal);
    if (before !== undefined) return before;
    let soFar = "";
    let latest: Message | undefined;
    for await (const event of events.value) {
      contact();
      if (event.kind === "message" && event.message.parent_id === ids.messageId && event.message.author !== "person") {
        latest = event.message;
      }
      if (event.kind === "partial" && event.turn_id === ids.turnId) {
        soFar = soFar.slice(0, event.offset) + event.text;
        listener.partial?.(soFar);
      }
      if (isEndOf(ids.turnId, event)) return latest ?? await recordedAnswer(ids, host, signal);
    }
    return undefined;
  } finally {
    leave.abort();
  }
}

function isEndOf(turnId: string, event: FeedEvent): boolean {
  return event.kind === "turn" && event.turn_id === turnId && event.state !== "queued" && event.state !== "running";
}

/** The message that the turn ended with, as the record has it: on whatever branch, shown or not. */
async function recordedAnswer(
  { turnId }: Accepted,
  host: HostClient,
  signal: AbortSignal,
): Promise<Message | undefined> {
  const turn = await host.call("GET", `/api/turns/${encodeURIComponent(turnId)}`, { schema: turnSchema, signal });
  return turn.kind === "ok" ? turn.value.answer ?? undefined : undefined;
}

/** The shown messages of a session, oldest first; none when the host is down or refuses. */
export async function history(sessionId: string, host: HostClient, signal: AbortSignal): Promise<readonly Message[]> {
  const messages: Message[] = [];
  for (;;) {
    const after = messages.at(-1)?.sequence ?? 0;
    const path = `/api/sessions/${encodeURIComponent(sessionId)}/messages?after=${after}`;
    const page = await host.call("GET", path, { schema: messageList, signal });
    if (page.kind !== "ok" || page.value.messages.length === 0) return messages;
    messages.push(...page.value.messages);
  }
}

/** Waits for a host that went away, as long as that makes sense. */
function createPatience(
  { host, clock }: ExchangeDeps,
  listener: Listener,
  signal: AbortSignal,
): { again(): Promise<boolean>; contact(): void; hadContact(): boolean } {
  let lastMs: number | undefined;
  let outageMs: number | undefined;
  return {
    contact() {
      lastMs = clock.nowMs();
      outageMs = undefined;
    },
    hadContact: () => lastMs !== undefined || outageMs !== undefined,
    async again() {
      if (lastMs === undefined && !host.isSupervised()) return false;
      if (outageMs === undefined) {
        outageMs = clock.nowMs();
        listener.waiting?.();
      }
      if (clock.nowMs() - outageMs >= waitMsMax) return false;
      await clock.sleep(retryMs, signal);
      signal.throwIfAborted();
      return true;
    },
  };
}
