import type { WebDeps } from "../adapters/web/deps.ts";
import type { Assistant, SessionSummary, Status } from "../core/assistant.ts";
import type { Logins } from "../core/logins.ts";
import { createFeed } from "../core/message/feed.ts";
import type { Author, InboundMessage, IntakeResult, MessageRecord } from "../core/message/types.ts";

/** The code that {@link createFakeLogins} takes, as often as it is typed. */
export const fakeCode = "ABC-DEF-GHJ";

/** An assistant without core: tests drive it into every state that a page can show. */
export interface FakeAssistant extends Assistant {
  /** What was taken in, copies left out. */
  readonly taken: readonly InboundMessage[];
  copies: number;
  /** Set: intake refuses with this reason. */
  refusal: string | undefined;
  /** Ends every live view, as a host that stops does. */
  endViews(): void;
  /** Adds a finished message without a turn. */
  add(sessionId: string, author: Author, text: string): void;
  /** Begins a session with a title. */
  begin(title: string): string;
  /** Shows a piece of the answer to the oldest unfinished turn of a session. */
  say(sessionId: string, piece: string): void;
  /** Ends that turn: its answer is what was said. */
  finish(sessionId: string, notice?: string): void;
  /** The ids of unfinished turns, oldest first. */
  unfinished(sessionId: string): string[];
}

const notYours = {
  kind: "refused",
  reason: "This conversation isn't yours, or doesn't exist; ask the administrator",
} as const;

/** Makes a fake with no session. */
export function createFakeAssistant(): FakeAssistant {
  const feed = createFeed();
  const sessions = new Map<string, { title: string; updatedMs: number; messages: MessageRecord[] }>();
  const byKey = new Map<string, Extract<IntakeResult, { kind: "accepted" }>>();
  const turns = new Map<string, { id: string; sessionId: string; messageId: string; answer: string }>();
  const taken: InboundMessage[] = [];
  let count = 0;
  let views = new AbortController();
  const newId = () => `00000000-0000-7000-8000-${(++count).toString(16).padStart(12, "0")}`;
  const turnOf = (sessionId: string) => [...turns.values()].find((turn) => turn.sessionId === sessionId);

  const fake: FakeAssistant = {
    taken,
    copies: 0,
    refusal: undefined,
    endViews() {
      views.abort();
      views = new AbortController();
    },
    begin(title) {
      const id = newId();
      sessions.set(id, { title, updatedMs: ++count, messages: [] });
      return id;
    },
    add(sessionId, author, text) {
      const { messages } = sessions.get(sessionId)!;
      const message = { id: newId(), sessionId, sequence: messages.length + 1, author, text, createdMs: 0 };
      messages.push(message);
      feed.publish(sessionId, { kind: "message", message });
    },
    say(sessionId, piece) {
      const turn = turnOf(sessionId)!;
      if (turn.answer === "") feed.publish(sessionId, turnEvent(turn, "running"));
      feed.publish(sessionId, { kind: "partial", turnId: turn.id, offset: turn.answer.length, text: piece });
      turn.answer += piece;
    },
    finish(sessionId, notice) {
      const turn = turnOf(sessionId)!;
      turns.delete(turn.id);
      if (turn.answer !== "") fake.add(sessionId, "assistant", turn.answer);
      if (notice !== undefined) fake.add(sessionId, "notice", notice);
      feed.publish(sessionId, turnEvent(turn, notice === undefined ? "answered" : "failed"));
    },
    unfinished: (sessionId) => [...turns.values()].filter((turn) => turn.sessionId === sessionId).map(({ id }) => id),
    async submit(message) {
      if (fake.refusal !== undefined) return { kind: "refused", reason: fake.refusal };
      const key = JSON.stringify([message.conversation, message.platformId]);
      const copy = byKey.get(key);
      if (copy !== undefined) {
        fake.copies++;
        return { ...copy, kind: "duplicate" };
      }
      taken.push(message);
      const sessionId = message.sessionId ?? fake.begin(message.text.slice(0, 60));
      fake.add(sessionId, "person", message.text);
      const messageId = sessions.get(sessionId)!.messages.at(-1)!.id;
      const turn = { id: newId(), sessionId, messageId, answer: "" };
      turns.set(turn.id, turn);
      feed.publish(sessionId, turnEvent(turn, "queued"));
      const result = { kind: "accepted", sessionId, messageId, turnId: turn.id } as const;
      byKey.set(key, result);
      return result;
    },
    async stop(_principal, turnId) {
      const turn = turns.get(turnId);
      if (turn === undefined) return { kind: "ended" };
      turns.delete(turnId);
      if (turn.answer === "") fake.add(turn.sessionId, "notice", "Stopped.");
      else fake.add(turn.sessionId, "assistant", turn.answer);
      feed.publish(turn.sessionId, turnEvent(turn, "cancelled"));
      return { kind: "stopped" };
    },
    async sessions() {
      const list: SessionSummary[] = [...sessions].map(([id, { title, updatedMs }]) => ({ id, title, updatedMs }));
      return { kind: "sessions", sessions: list.sort((a, b) => b.updatedMs - a.updatedMs) };
    },
    async history(_principal, sessionId, after = 0) {
      const session = sessions.get(sessionId);
      if (session === undefined) return notYours;
      return { kind: "history", messages: session.messages.filter(({ sequence }) => sequence > after) };
    },
    async subscribe(_principal, sessionId, signal) {
      if (!sessions.has(sessionId)) return notYours;
      const open = [...turns.values()].filter((turn) => turn.sessionId === sessionId);
      const events = feed.subscribe(sessionId, AbortSignal.any([signal, views.signal]));
      return {
        kind: "subscribed",
        events: async function* () {
          for (const turn of open) yield turnEvent(turn, turn.answer === "" ? "queued" : "running");
          yield* events;
        }(),
      };
    },
    status: () => ({ kind: "status", status: statusOf() }),
  };
  return fake;
}

function turnEvent(
  { id, messageId }: { readonly id: string; readonly messageId: string },
  state: "queued" | "running" | "answered" | "failed" | "cancelled",
): { kind: "turn"; turnId: string; messageId: string; state: typeof state } {
  return { kind: "turn", turnId: id, messageId, state };
}

function statusOf(): Status {
  return {
    version: "0.0.0",
    uptimeMs: 1,
    model: { name: "scripted", state: { kind: "idle" } },
    channels: {
      web: { kind: "ready" },
      terminal: { kind: "ready" },
      telegram: { kind: "failed", reason: "token missing" },
    },
    turns: { queued: 0, running: 0 },
    deliveries: { pending: 0 },
    duplicatesDropped: 0,
    offline: true,
  };
}

/** Logins that take {@link fakeCode} every time. */
export function createFakeLogins(): Logins {
  const tokens = new Set<string>();
  const principal = { kind: "identity", id: "owner", owner: true, accounts: ["web:owner"] } as const;
  return {
    issue: async () => ({ code: fakeCode, expiresMs: Number.MAX_SAFE_INTEGER }),
    async redeem(typed) {
      if (typed === "WAIT") return { kind: "wait", retryAfterMs: 30_000 };
      if (typed.toUpperCase() !== fakeCode) return { kind: "wrong" };
      const token = crypto.randomUUID();
      tokens.add(token);
      return { kind: "granted", token, expiresMs: Number.MAX_SAFE_INTEGER };
    },
    find: async (token) =>
      tokens.has(token) ? { principal, expiresMs: Number.MAX_SAFE_INTEGER, renewed: false } : undefined,
    end: async (token) => void tokens.delete(token),
  };
}

/** What an app needs, around a fake. */
export function depsAround(assistant: Assistant, more: Partial<WebDeps> = {}): WebDeps {
  return {
    assistant,
    submit: {
      web: (message) => assistant.submit({ ...message, channel: "web" }),
      terminal: (message) => assistant.submit({ ...message, channel: "terminal" }),
    },
    logins: createFakeLogins(),
    clock: {
      nowMs: () => Date.now(),
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          const timer = setTimeout(resolve, ms);
          signal.addEventListener("abort", () => {
            clearTimeout(timer);
            resolve();
          }, { once: true });
        }),
    },
    random: { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) },
    log: { info() {}, warn() {}, error: (message, fields) => console.error(message, fields) },
    origin: () => "http://127.0.0.1:8080",
    ...more,
  };
}
