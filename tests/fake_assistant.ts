import type { WebDeps } from "../adapters/web/deps.ts";
import type { Assistant, SessionSummary, Status } from "../core/assistant.ts";
import type { Logins } from "../core/logins.ts";
import { noMetrics } from "../core/metrics/metrics.ts";
import { createFeed } from "../core/message/feed.ts";
import type {
  Author,
  FeedEvent,
  InboundMessage,
  IntakeResult,
  MessageRecord,
  ShownAttachment,
  ShownMessage,
  TurnState,
} from "../core/message/types.ts";
import type { PromptContext } from "../core/prompt_context.ts";
import { createFakeAttachments, type FakeAttachments } from "./fake_attachments.ts";
import { createFakeApprovals } from "./fake_approvals.ts";
import { createFakeConsole } from "./fake_console.ts";
import { createFakeSetup } from "./fake_setup.ts";

/** The code that {@link createFakeLogins} takes, as often as it is typed. */
export const fakeCode = "ABC-DEF-GHJ";

/** An assistant without core: tests drive it into every state that a page can show. */
export interface FakeAssistant extends Assistant {
  /** What was taken in, copies left out. */
  readonly taken: readonly InboundMessage[];
  copies: number;
  /** Set: intake refuses with this reason. */
  refusal: string | undefined;
  /** The model that it says it has. */
  model: Status["model"];
  /** What it says of each answer. */
  measured: { readonly answerTokens: number; readonly answerMs: number };
  /** What it says that a model was given, in words instead of tokens; changes what its messages tell. */
  shapeContext: (context: PromptContext) => PromptContext;
  /** Ends every live view, as a host that stops does. */
  endViews(): void;
  /** What people uploaded. */
  readonly files: FakeAttachments;
  /** Adds a finished message without a turn. */
  add(sessionId: string, author: Author, text: string, attachments?: readonly ShownAttachment[]): void;
  /** Begins a session with a title. */
  begin(title: string): string;
  /** Lets a session look as if it had changed last at this time. */
  date(sessionId: string, updatedMs: number): void;
  /** Lets the oldest unfinished turn of a session run; it has said nothing yet. */
  run(sessionId: string): void;
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

interface FakeSession {
  title: string;
  pinned: boolean;
  removed: boolean;
  readonly createdMs: number;
  updatedMs: number;
  headId: string | null;
  readonly messages: MessageRecord[];
}

interface FakeTurn {
  readonly id: string;
  readonly sessionId: string;
  readonly messageId: string;
  answer: string;
  answerId?: string;
  state: TurnState;
}

/** Makes a fake with no session. */
export function createFakeAssistant(): FakeAssistant {
  const feed = createFeed();
  const identityId = "owner";
  const sessions = new Map<string, FakeSession>();
  const byKey = new Map<string, Extract<IntakeResult, { kind: "accepted" }>>();
  const turns = new Map<string, FakeTurn>();
  const taken: InboundMessage[] = [];
  const files = createFakeAttachments();
  /** The files of each message that has some. */
  const attached = new Map<string, readonly ShownAttachment[]>();
  const attachmentsOf = (messageId: string) => attached.get(messageId) ?? [];
  let count = 0;
  let views = new AbortController();
  const newId = () => `00000000-0000-7000-8000-${(++count).toString(16).padStart(12, "0")}`;
  const isUnfinished = ({ state }: FakeTurn) => state === "queued" || state === "running";
  const unfinished = (sessionId: string) =>
    [...turns.values()].filter((turn) => turn.sessionId === sessionId && isUnfinished(turn));
  const known = (sessionId: string) => {
    const session = sessions.get(sessionId);
    return session === undefined || session.removed ? undefined : session;
  };
  const ofMessage = (messageId: string) => {
    for (const [sessionId, session] of sessions) {
      const message = session.removed ? undefined : session.messages.find(({ id }) => id === messageId);
      if (message !== undefined) return { sessionId, session, message };
    }
    return undefined;
  };
  const summaryOf = (id: string, { title, pinned, createdMs, updatedMs }: FakeSession): SessionSummary => ({
    id,
    title,
    pinned,
    createdMs,
    updatedMs,
  });
  const listChanged = () => feed.publishTo(identityId, { kind: "sessions" });

  function append(sessionId: string, parentId: string | null, author: Author, text: string): MessageRecord {
    const session = sessions.get(sessionId)!;
    const sequence = session.messages.length + 1;
    const message = { id: newId(), sessionId, sequence, parentId, author, identityId: null, text, createdMs: 0 };
    session.messages.push(message);
    session.updatedMs = ++count;
    feed.publish(sessionId, { kind: "message", message });
    return message;
  }

  /** Ends a turn with one message, as core does: what waits behind the question follows it. */
  function end(turn: FakeTurn, state: TurnState, author: Author, text: string): void {
    const { sessionId, messageId } = turn;
    const session = sessions.get(sessionId)!;
    const waiting = session.messages.filter(({ parentId, author }) => parentId === messageId && author === "person");
    const answer = append(sessionId, messageId, author, text);
    for (const message of waiting) {
      session.messages[session.messages.indexOf(message)] = { ...message, parentId: answer.id };
    }
    if (session.headId === messageId) session.headId = answer.id;
    if (waiting.length > 0) feed.publish(sessionId, { kind: "branch" });
    turn.state = state;
    turn.answerId = answer.id;
    feed.publish(sessionId, turnEvent(turn));
  }

  function begin(sessionId: string, messageId: string): FakeTurn {
    const turn: FakeTurn = { id: newId(), sessionId, messageId, answer: "", state: "queued" };
    turns.set(turn.id, turn);
    sessions.get(sessionId)!.headId = messageId;
    feed.publish(sessionId, turnEvent(turn));
    return turn;
  }

  function branch({ headId, messages }: FakeSession): MessageRecord[] {
    const path: MessageRecord[] = [];
    for (let id = headId; id !== null; id = path[0]!.parentId) path.unshift(messages.find((row) => row.id === id)!);
    return path;
  }

  /** Each message of the branch up to a turn's question, counted in words. */
  function contextOf({ sessionId, messageId }: FakeTurn): PromptContext {
    const words = (text: string) => text.split(/\s+/).length;
    const session = sessions.get(sessionId)!;
    const given = branch({ ...session, headId: messageId }).filter(({ author }) => author !== "notice");
    const sum = given.reduce((sum, { text }) => sum + words(text), 0);
    return fake.shapeContext({
      modelName: fake.model.name,
      contextTokens: 4_096,
      answerTokensMax: 1_024,
      instructionTokens: 43,
      messages: given.map(({ id, author, text }) => ({
        id,
        author: author === "assistant" ? author : "person",
        tokens: words(text),
      })),
      templateTokens: 4 * given.length,
      promptTokens: sum + 43 + 4 * given.length,
      isMeasured: true,
      leftOut: [],
      isEarlierLeftOut: false,
    });
  }

  function shown(message: MessageRecord, { messages }: FakeSession): ShownMessage {
    const isPerson = message.author === "person";
    const turn = [...turns.values()].findLast(({ messageId }) => messageId === message.id);
    const ended = [...turns.values()].find(({ answerId }) => answerId === message.id);
    const siblings = messages.filter(({ parentId, author }) =>
      parentId === message.parentId && (author === "person") === isPerson
    );
    return {
      ...message,
      attachments: attachmentsOf(message.id),
      siblingIds: siblings.map(({ id }) => id),
      ...(message.author === "assistant" ? { answer: { modelName: fake.model.name, ...fake.measured } } : {}),
      ...(ended === undefined ? {} : { contextTurnId: ended.id }),
      ...(turn === undefined ? {} : { turn: { id: turn.id, state: turn.state } }),
    };
  }

  const fake: FakeAssistant = {
    taken,
    files,
    copies: 0,
    refusal: undefined,
    model: { name: "scripted", state: { kind: "idle" } },
    measured: { answerTokens: 10, answerMs: 1_000 },
    shapeContext: (context) => context,
    endViews() {
      views.abort();
      views = new AbortController();
    },
    begin(title) {
      const id = newId();
      const nowMs = ++count;
      sessions.set(id, {
        title,
        pinned: false,
        removed: false,
        createdMs: nowMs,
        updatedMs: nowMs,
        headId: null,
        messages: [],
      });
      listChanged();
      return id;
    },
    add(sessionId, author, text, attachments = []) {
      const session = sessions.get(sessionId)!;
      session.headId = append(sessionId, session.headId, author, text).id;
      attached.set(session.headId, attachments);
    },
    date(sessionId, updatedMs) {
      sessions.get(sessionId)!.updatedMs = updatedMs;
      listChanged();
    },
    run(sessionId) {
      const turn = unfinished(sessionId)[0]!;
      turn.state = "running";
      feed.publish(sessionId, turnEvent(turn));
    },
    say(sessionId, piece) {
      const turn = unfinished(sessionId)[0]!;
      if (turn.state === "queued") fake.run(sessionId);
      feed.publish(sessionId, { kind: "partial", turnId: turn.id, offset: turn.answer.length, text: piece });
      turn.answer += piece;
    },
    finish(sessionId, notice) {
      const turn = unfinished(sessionId)[0]!;
      if (notice === undefined) end(turn, "answered", "assistant", turn.answer);
      else end(turn, "failed", "notice", notice);
    },
    unfinished: (sessionId) => unfinished(sessionId).map(({ id }) => id),
    async submit(message) {
      if (fake.refusal !== undefined) return { kind: "refused", reason: fake.refusal };
      if (message.text === "/help") return { kind: "handled", text: fakeHelp };
      if (message.text === "/new") return { kind: "handled", text: "Begun.", begins: true };
      const key = JSON.stringify([message.conversation, message.platformId]);
      const copy = byKey.get(key);
      if (copy !== undefined) {
        fake.copies++;
        return { ...copy, kind: "duplicate" };
      }
      const replaced = message.replaces === undefined ? undefined : ofMessage(message.replaces);
      if (message.replaces !== undefined && replaced?.message.author !== "person") return notYours;
      const brought = (message.attachmentIds ?? []).map((id) => files.kept.get(id)?.attachment);
      if (brought.includes(undefined)) return { kind: "refused", reason: "A file of this message isn't here any more" };
      if (message.text.trim() === "" && brought.length === 0) {
        return { kind: "refused", reason: "The message is empty" };
      }
      taken.push(message);
      const title = message.text.trim().slice(0, 60) || brought[0]!.name;
      const sessionId = message.sessionId ?? replaced?.sessionId ?? fake.begin(title);
      if (known(sessionId) === undefined) return notYours;
      const parentId = replaced === undefined ? known(sessionId)!.headId : replaced.message.parentId;
      if (replaced !== undefined) feed.publish(sessionId, { kind: "branch" });
      const { id: messageId } = append(sessionId, parentId, "person", message.text);
      const kept = replaced === undefined ? [] : attachmentsOf(replaced.message.id);
      attached.set(messageId, [...kept, ...brought.map((attachment) => attachment!)]);
      const result = { kind: "accepted", sessionId, messageId, turnId: begin(sessionId, messageId).id } as const;
      byKey.set(key, result);
      return result;
    },
    async stop(_principal, turnId) {
      const turn = turns.get(turnId);
      if (turn === undefined || !isUnfinished(turn)) return { kind: "ended" };
      if (turn.answer === "") end(turn, "cancelled", "notice", "Stopped.");
      else end(turn, "cancelled", "assistant", turn.answer);
      return { kind: "stopped" };
    },
    async turn(_principal, turnId) {
      const turn = turns.get(turnId);
      const session = turn === undefined ? undefined : known(turn.sessionId);
      if (turn === undefined || session === undefined) return notYours;
      const { messageId, state, answerId } = turn;
      const answer = session.messages.find(({ id }) => id === answerId);
      return { kind: "turn", messageId, state, ...(answer === undefined ? {} : { answer }) };
    },
    async answerAgain(_principal, messageId) {
      const found = ofMessage(messageId);
      if (found === undefined) return notYours;
      const { sessionId, message } = found;
      const questionId = message.author === "person" ? message.id : message.parentId!;
      if (unfinished(sessionId).some((turn) => turn.messageId === questionId)) return { kind: "busy" };
      feed.publish(sessionId, { kind: "branch" });
      return { kind: "accepted", turnId: begin(sessionId, questionId).id };
    },
    async showBranch(_principal, messageId) {
      const found = ofMessage(messageId);
      if (found === undefined) return notYours;
      const { sessionId, session } = found;
      for (let id: string | undefined = messageId; id !== undefined;) {
        session.headId = id;
        id = session.messages.findLast(({ parentId }) => parentId === session.headId)?.id;
      }
      feed.publish(sessionId, { kind: "branch" });
      return { kind: "shown" };
    },
    async sessions(_principal, { query = "" } = {}) {
      const list = [...sessions].filter(([, { removed, title }]) =>
        !removed && title.toLowerCase().includes(query.toLowerCase())
      ).map(([id, session]) => summaryOf(id, session));
      const order = (a: SessionSummary, b: SessionSummary) =>
        Number(b.pinned) - Number(a.pinned) || b.updatedMs - a.updatedMs;
      return { kind: "sessions", sessions: list.sort(order) };
    },
    async renameSession(_principal, sessionId, title) {
      const session = known(sessionId);
      if (session === undefined) return notYours;
      session.title = title.trim();
      listChanged();
      return { kind: "changed", session: summaryOf(sessionId, session) };
    },
    async pinSession(_principal, sessionId, pinned) {
      const session = known(sessionId);
      if (session === undefined) return notYours;
      session.pinned = pinned;
      listChanged();
      return { kind: "changed", session: summaryOf(sessionId, session) };
    },
    async removeSession(principal, sessionId) {
      const session = known(sessionId);
      if (session === undefined) return notYours;
      for (const { id } of unfinished(sessionId)) await fake.stop(principal, id);
      session.removed = true;
      listChanged();
      return { kind: "removed", restorableUntilMs: Number.MAX_SAFE_INTEGER };
    },
    async restoreSession(_principal, sessionId) {
      const session = sessions.get(sessionId);
      if (session === undefined) return notYours;
      session.removed = false;
      listChanged();
      return { kind: "restored" };
    },
    async exportSession(_principal, sessionId, branches) {
      const session = known(sessionId);
      if (session === undefined) return notYours;
      const rows = branches === "all" ? session.messages : branch(session);
      return {
        kind: "export",
        session: summaryOf(sessionId, session),
        headId: session.headId,
        messages: async function* () {
          for (const row of rows) yield { ...row, attachments: attachmentsOf(row.id) };
        }(),
      };
    },
    async history(_principal, sessionId, after = 0) {
      const session = known(sessionId);
      if (session === undefined) return notYours;
      const messages = branch(session).filter(({ sequence }) => sequence > after).map((row) => shown(row, session));
      return { kind: "history", messages };
    },
    async context(_principal, of) {
      const isAsked = (turn: FakeTurn) => "turnId" in of ? turn.id === of.turnId : turn.sessionId === of.sessionId;
      const turn = [...turns.values()].findLast(isAsked);
      const session = known("turnId" in of ? turn?.sessionId ?? "" : of.sessionId);
      if (session === undefined) return notYours;
      if (turn?.answerId === undefined) return { kind: "none" };
      const beginnings = new Map(session.messages.map(({ id, text }) => [id, text.slice(0, 120)]));
      return { kind: "context", sessionId: turn.sessionId, turnId: turn.id, context: contextOf(turn), beginnings };
    },
    async subscribe(_principal, sessionId, signal) {
      if (known(sessionId) === undefined) return notYours;
      const open = unfinished(sessionId).map(turnEvent);
      const events = feed.subscribe({ sessionId, identityId }, AbortSignal.any([signal, views.signal]));
      return {
        kind: "subscribed",
        events: async function* () {
          yield* open;
          yield* events;
        }(),
      };
    },
    status: () => ({ kind: "status", status: statusOf(fake) }),
  };
  return fake;
}

function turnEvent({ id: turnId, messageId, state }: FakeTurn): Extract<FeedEvent, { kind: "turn" }> {
  return { kind: "turn", turnId, messageId, state };
}

function statusOf({ model }: Pick<FakeAssistant, "model">): Status {
  return {
    version: "0.0.0",
    uptimeMs: 1,
    model,
    channels: {
      web: { kind: "ready", sinceMs: 1 },
      terminal: { kind: "ready", sinceMs: 1 },
      telegram: { kind: "failed", reason: "token missing", sinceMs: 1 },
    },
    database: { kind: "ready" },
    turns: { queued: 0, running: 0 },
    deliveries: { pending: 0 },
    duplicatesDropped: 0,
    configuration: { loadedMs: 0, applied: "start", requests: 0 },
    plugins: { granted: 0, known: 0, wrong: 0 },
    possibleCopies: 0,
    offline: true,
    confinement: [],
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

/** What {@link createFakeAssistant} answers `/help`. */
export const fakeHelp = "Write anything to ask the model.\n- `/new`: begin a new conversation";

/** An API that has no model, and tokens that nobody has. */
const closedApi: Pick<WebDeps, "api" | "tokens"> = {
  api: {
    async *complete() {
      yield { kind: "failed", failure: { kind: "closing" } };
    },
    embed: async () => ({ kind: "failed", failure: { kind: "closing" } }),
    models: () => ({ kind: "models", models: [], sinceMs: 0 }),
  },
  tokens: {
    create: async () => ({ kind: "full" }),
    list: async () => ({ kind: "tokens", tokens: [] }),
    revoke: async () => ({ kind: "unknown" }),
    use: async () => ({ kind: "unknown" }),
    whenRevoked: () => () => {},
  },
};

/** What an app needs, around a fake. */
export function depsAround(assistant: Assistant, more: Partial<WebDeps> = {}): WebDeps {
  const { console: operator, people } = createFakeConsole();
  const { approvals, halts, explainer } = createFakeApprovals();
  return {
    ...closedApi,
    approvals,
    halts,
    explainer,
    assistant,
    attachments: (assistant as Partial<FakeAssistant>).files ?? createFakeAttachments(),
    console: operator,
    people,
    submit: {
      web: (message) => assistant.submit({ ...message, channel: "web" }),
      terminal: (message) => assistant.submit({ ...message, channel: "terminal" }),
    },
    logins: createFakeLogins(),
    setup: createFakeSetup(),
    metrics: noMetrics,
    siteMetrics: { text: () => Promise.resolve({ kind: "metrics", text: "" }) },
    logs: {
      latest: () => ({ kind: "entries", life: "life", entries: [] }),
      follow: () => ({ kind: "entries", life: "life", entries: (async function* () {})() }),
    },
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
