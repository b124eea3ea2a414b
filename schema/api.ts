import * as v from "valibot";

/**
 * What `/api` speaks: JSON with snake_case names. The server and the command line read the same schemas.
 * Ids are UUIDs, times Unix milliseconds. Every answer that isn't 2xx has the body {@link apiError}.
 */

/** The longest body that the server reads, in bytes; a longer one is answered with 413. */
export const bodyBytesMax = 1_000_000;

const wellFormed = v.check<string, string>((text) => text.isWellFormed(), "must be well-formed Unicode");
const word = v.pipe(v.string(), v.minLength(1), v.maxLength(200), wellFormed);
const locale = v.picklist(["en", "zh-CN"]);

/** One line: what, why, and the command that mends it where there is one. */
export const apiError = v.object({ error: v.object({ message: v.string() }) });
/** The body of every refusal and failure. */
export type ApiError = v.InferOutput<typeof apiError>;

/**
 * The body of `POST /api/messages`. `conversation` is the caller's own name of a conversation; with `platform_id` it is
 * the idempotency key: the same two again are a duplicate. `session_id` goes on in that session, whatever its
 * conversation was called; without it the conversation's own session is taken, or begun.
 */
export const messageRequest = v.strictObject({
  conversation: word,
  platform_id: word,
  session_id: v.optional(word),
  text: v.pipe(v.string(), wellFormed),
  locale: v.optional(locale),
});
/** A message as a caller hands it in. */
export type MessageRequest = v.InferOutput<typeof messageRequest>;

/** The answer to `POST /api/messages`, 202: the message is stored and its turn is queued. */
export const messageAccepted = v.object({
  session_id: v.string(),
  message_id: v.string(),
  turn_id: v.string(),
  /** True when it had been stored before. */
  duplicate: v.boolean(),
});
/** What became of an accepted message. */
export type MessageAccepted = v.InferOutput<typeof messageAccepted>;

/** One message as people read it. `sequence` counts 1, 2, 3, … within the session. */
export const message = v.object({
  id: v.string(),
  session_id: v.string(),
  sequence: v.number(),
  author: v.picklist(["person", "assistant", "notice"]),
  text: v.string(),
  created_ms: v.number(),
});
/** One message on the wire. */
export type Message = v.InferOutput<typeof message>;

/** The answer to `GET /api/sessions/:id/messages?after=N`: oldest first, only sequences above N. */
export const messageList = v.object({ messages: v.array(message) });
/** The messages of one session. */
export type MessageList = v.InferOutput<typeof messageList>;

/** The answer to `GET /api/sessions`: most recent first. */
export const sessionList = v.object({
  sessions: v.array(v.object({ id: v.string(), title: v.string(), updated_ms: v.number() })),
});
/** The caller's sessions. */
export type SessionList = v.InferOutput<typeof sessionList>;

/**
 * The `data` of one server-sent event of `GET /api/sessions/:id/events`; the event's name is `kind`.
 * A `partial`'s text belongs at `offset` (UTF-16 code units) of the answer so far; offset 0 begins anew.
 */
export const feedEvent = v.variant("kind", [
  v.object({ kind: v.literal("message"), message }),
  v.object({
    kind: v.literal("turn"),
    turn_id: v.string(),
    message_id: v.string(),
    state: v.picklist(["queued", "running", "answered", "failed", "cancelled"]),
  }),
  v.object({ kind: v.literal("partial"), turn_id: v.string(), offset: v.number(), text: v.string() }),
]);
/** One live event on the wire. */
export type FeedEvent = v.InferOutput<typeof feedEvent>;

/** The answer to `POST /api/turns/:id/stop`. `ended`: there was nothing left to stop. */
export const stopResult = v.object({ result: v.picklist(["stopped", "ended"]) });
/** What became of a stop. */
export type StopResult = v.InferOutput<typeof stopResult>;

/** The answer to `POST /api/login-codes`. `code` is shown once; `url` is where it is typed in. */
export const loginCode = v.object({ code: v.string(), expires_ms: v.number(), url: v.string() });
/** A one-time code for a browser. */
export type LoginCode = v.InferOutput<typeof loginCode>;

/** Where a channel stands. `failed` needs a person; `degraded` heals by itself. */
export const channelHealth = v.variant("kind", [
  v.object({ kind: v.literal("connecting") }),
  v.object({ kind: v.literal("ready") }),
  v.object({ kind: v.literal("degraded"), reason: v.string(), since_ms: v.number() }),
  v.object({ kind: v.literal("failed"), reason: v.string() }),
]);
/** A channel's health on the wire. */
export type ChannelHealth = v.InferOutput<typeof channelHealth>;

const modelInfo = v.object({
  name: v.string(),
  context_tokens: v.number(),
  sequences_max: v.number(),
  parameters_count: v.optional(v.number()),
  file_bytes: v.optional(v.number()),
});

/** Where the model stands. */
export const modelState = v.variant("kind", [
  v.object({ kind: v.literal("idle") }),
  v.object({ kind: v.literal("loading") }),
  v.object({ kind: v.literal("ready"), info: modelInfo }),
  v.object({ kind: v.literal("failed"), reason: v.string(), mend: v.optional(v.string()) }),
]);
/** The model's state on the wire. */
export type ModelState = v.InferOutput<typeof modelState>;

/** The answer to `GET /api/status`. */
export const status = v.object({
  version: v.string(),
  uptime_ms: v.number(),
  model: v.object({ name: v.string(), state: modelState }),
  channels: v.record(v.string(), channelHealth),
  turns: v.object({ queued: v.number(), running: v.number() }),
  deliveries: v.object({ pending: v.number() }),
  duplicates_dropped: v.number(),
  offline: v.boolean(),
});
/** Where everything stands, on the wire. */
export type Status = v.InferOutput<typeof status>;

/** The answer to `GET /readyz`: 200 when `ready`, else 503. Channels by name, each with its health's kind only. */
export const readiness = v.object({
  ready: v.boolean(),
  channels: v.record(v.string(), v.picklist(["connecting", "ready", "degraded", "failed"])),
});
/** Whether web and terminal messages can be accepted. */
export type Readiness = v.InferOutput<typeof readiness>;
