import * as v from "valibot";

/**
 * What `/api` speaks: JSON with snake_case names. The server and the command line read the same schemas.
 * Ids are UUIDs, times Unix milliseconds. Every answer that isn't 2xx has the body {@link apiError}.
 */

/** The longest body that the server reads, in bytes; a longer one is answered with 413. */
export const bodyBytesMax = 1_000_000;

const wellFormed = v.check<string, string>((text) => text.isWellFormed(), "must be well-formed Unicode");
const withoutNul = v.check<string, string>((text) => !text.includes("\0"), "must have no NUL");
const word = v.pipe(v.string(), v.minLength(1), v.maxLength(200), wellFormed, withoutNul);
const locale = v.picklist(["en", "zh-CN"]);

/** One line: what, why, and the command that mends it where there is one. */
export const apiError = v.object({ error: v.object({ message: v.string() }) });
/** The body of every refusal and failure. */
export type ApiError = v.InferOutput<typeof apiError>;

/**
 * The body of `POST /api/messages`. `conversation` is the caller's own name of a conversation; with `platform_id` it is
 * the idempotency key: the same two again are a duplicate. `session_id` goes on in that session, whatever its
 * conversation was called; without it the conversation's own session is taken, or begun. `replaces` is the id of a
 * question of that session that this one stands in for: a branch beside it. `attachment_ids`: files that were uploaded
 * before, at most 10; with them, the text may be empty. A message that stands in for another has that one's files, too.
 */
export const messageRequest = v.strictObject({
  conversation: word,
  platform_id: word,
  session_id: v.optional(word),
  replaces: v.optional(word),
  attachment_ids: v.optional(v.pipe(v.array(word), v.maxLength(10))),
  text: v.pipe(v.string(), wellFormed),
  locale: v.optional(locale),
});
/** A message as a caller hands it in. */
export type MessageRequest = v.InferOutput<typeof messageRequest>;

/**
 * The answer to `POST /api/messages`, 200, when it was a command as `/help`: `text` is what there is to say, in Markdown;
 * to a browser `html` is the same as this host renders it. `begins`: what is said next begins another conversation.
 */
export const messageHandled = v.object({
  handled: v.literal(true),
  text: v.string(),
  html: v.optional(v.string()),
  begins: v.boolean(),
});
/** What a command answers. */
export type MessageHandled = v.InferOutput<typeof messageHandled>;

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

/**
 * A file of a message, or one that was uploaded. `media_type` is what its content says; empty where there is none.
 * `width` and `height`, in pixels, are there of a picture that a browser may show. `problem`: why its content isn't here.
 */
export const attachment = v.object({
  id: v.string(),
  name: v.string(),
  media_type: v.string(),
  bytes: v.number(),
  width: v.optional(v.number()),
  height: v.optional(v.number()),
  problem: v.optional(v.picklist(["too-large", "unavailable", "too-many"])),
});
/** A file on the wire; the answer to `POST /api/attachments?name=NAME`, 201, whose body is the file as it is. */
export type Attachment = v.InferOutput<typeof attachment>;

/** The answer to `DELETE /api/attachments/:id`: an upload that wasn't sent is gone. */
export const attachmentDiscarded = v.object({ result: v.literal("discarded") });
/** What became of a removed upload. */
export type AttachmentDiscarded = v.InferOutput<typeof attachmentDiscarded>;

const turnState = v.picklist(["queued", "running", "answered", "failed", "cancelled"]);

/** What wrote an answer, how many tokens it has, and the milliseconds from its first piece to its end. */
export const answerUsage = v.object({ model_name: v.string(), answer_tokens: v.number(), answer_ms: v.number() });
/** What wrote an answer, and how fast. */
export type AnswerUsage = v.InferOutput<typeof answerUsage>;

/**
 * One message as people read it. `sequence` counts 1, 2, 3, … within the session in the order of writing; `parent_id` is
 * the message before it, null of what begins the session. An answer's parent is its question.
 */
export const message = v.object({
  id: v.string(),
  session_id: v.string(),
  sequence: v.number(),
  parent_id: v.nullable(v.string()),
  author: v.picklist(["person", "assistant", "notice"]),
  text: v.string(),
  created_ms: v.number(),
});
/** One message on the wire. */
export type Message = v.InferOutput<typeof message>;

/**
 * One message of the shown branch, with its files. `author_name`: in a group's session, what the person who wrote it is
 * called, empty when nobody knows. `sibling_ids`: those with the same parent and the same kind of author, by sequence,
 * its own id among them. `answer`: of an assistant's message, where it is known. `context_turn_id`: the turn that it
 * ended, where it is known what the model was given for it. `turn`: of a question, its newest.
 */
export const shownMessage = v.object({
  ...message.entries,
  author_name: v.optional(v.string()),
  attachments: v.array(attachment),
  sibling_ids: v.array(v.string()),
  answer: v.optional(answerUsage),
  context_turn_id: v.optional(v.string()),
  turn: v.optional(v.object({ id: v.string(), state: turnState })),
});
/** One message of the shown branch on the wire. */
export type ShownMessage = v.InferOutput<typeof shownMessage>;

/**
 * The answer to `GET /api/sessions/:id/messages?after=N`: the shown branch from its beginning on, at most its newest
 * 1,000 messages, and of those only sequences above N.
 */
export const messageList = v.object({ messages: v.array(shownMessage) });
/** The shown messages of one session. */
export type MessageList = v.InferOutput<typeof messageList>;

/** A session as a list shows it, and the answer to `PATCH /api/sessions/:id`. */
export const sessionSummary = v.object({
  id: v.string(),
  title: v.string(),
  pinned: v.boolean(),
  created_ms: v.number(),
  updated_ms: v.number(),
});
/** A session on the wire. */
export type SessionSummary = v.InferOutput<typeof sessionSummary>;

/**
 * The answer to `GET /api/sessions?query=TEXT`: pinned ones first, then the most recent, at most 200. With a query only
 * those that have it in their title, in any case and width.
 */
export const sessionList = v.object({ sessions: v.array(sessionSummary) });
/** The caller's sessions. */
export type SessionList = v.InferOutput<typeof sessionList>;

/** The body of `PATCH /api/sessions/:id`: what is absent stays as it is. */
export const sessionChange = v.pipe(
  v.strictObject({
    title: v.optional(v.pipe(v.string(), wellFormed, v.trim(), v.minLength(1), v.maxLength(200))),
    pinned: v.optional(v.boolean()),
  }),
  v.check(({ title, pinned }) => title !== undefined || pinned !== undefined, "title or pinned"),
);
/** What is changed of a session. */
export type SessionChange = v.InferOutput<typeof sessionChange>;

/**
 * The answer to `DELETE /api/sessions/:id`: it is hidden, its turns are cancelled, and until then
 * `POST /api/sessions/:id/restore` brings it back. After that it is erased.
 */
export const sessionRemoved = v.object({ restorable_until_ms: v.number() });
/** What became of a removed session. */
export type SessionRemoved = v.InferOutput<typeof sessionRemoved>;

/** The answer to `POST /api/sessions/:id/restore`. `gone`: its time was over. */
export const restoreResult = v.object({ result: v.picklist(["restored", "gone"]) });
/** What became of a restore. */
export type RestoreResult = v.InferOutput<typeof restoreResult>;

/**
 * The answer to `POST /api/messages/:id/answer-again`, 202 when accepted. The id is the question's or that of a message
 * which a turn of it ended with. `busy`: a turn of this question isn't ended yet.
 */
export const answerAgainResult = v.variant("result", [
  v.object({ result: v.literal("accepted"), turn_id: v.string() }),
  v.object({ result: v.literal("busy") }),
]);
/** What became of a question that is to be answered again. */
export type AnswerAgainResult = v.InferOutput<typeof answerAgainResult>;

/** The answer to `POST /api/messages/:id/show`: the newest branch that goes on from this message is shown. */
export const branchShown = v.object({ result: v.literal("shown") });
/** What became of a change of the shown branch. */
export type BranchShown = v.InferOutput<typeof branchShown>;

/**
 * The answer to `GET /api/sessions/:id/export?format=json`: every branch, by sequence. The shown one goes from `head_id`
 * up by `parent_id`. What a later version adds, it adds beside this; what it changes gets another `version`.
 */
export const exportedConversation = v.object({
  format: v.literal("clawdbot-conversation"),
  version: v.literal(1),
  session: sessionSummary,
  head_id: v.nullable(v.string()),
  messages: v.array(v.object({
    ...message.entries,
    attachments: v.array(attachment),
    answer: v.optional(answerUsage),
  })),
});
/** A whole conversation. */
export type ExportedConversation = v.InferOutput<typeof exportedConversation>;

/**
 * The `data` of one server-sent event of `GET /api/sessions/:id/events`; the event's name is `kind`.
 * A `partial`'s text belongs at `offset` (UTF-16 code units) of the answer so far; offset 0 begins anew. `branch`: the
 * shown branch changed otherwise than by growing at its end. `sessions`: so did the caller's list of sessions;
 * `approvals`: the cards that they see.
 */
export const feedEvent = v.variant("kind", [
  v.object({ kind: v.literal("message"), message }),
  v.object({
    kind: v.literal("turn"),
    turn_id: v.string(),
    message_id: v.string(),
    state: turnState,
  }),
  v.object({ kind: v.literal("partial"), turn_id: v.string(), offset: v.number(), text: v.string() }),
  v.object({ kind: v.literal("branch") }),
  v.object({ kind: v.literal("sessions") }),
  v.object({ kind: v.literal("approvals") }),
]);
/** One live event on the wire. */
export type FeedEvent = v.InferOutput<typeof feedEvent>;

/**
 * The answer to `GET /api/turns/:id`. `answer` is the message that the turn ended with: an answer, or the notice that
 * states why there is none. Null until then.
 */
export const turn = v.object({ id: v.string(), message_id: v.string(), state: turnState, answer: v.nullable(message) });
/** Where a turn stands, on the wire. */
export type Turn = v.InferOutput<typeof turn>;

/**
 * The answer to `GET /api/turns/:id/context`, and to `GET /api/sessions/:id/context` for the newest turn there: what the
 * model was given, in tokens. `messages` are oldest first, the last one is the question. `summary` stands in the place
 * of everything up to and with the message `until_id`. `left_out`: `room`, for want of it; `notice`, a sentence of the
 * system's own. `is_earlier_left_out`: messages before all of these weren't looked at. `is_measured`: the engine counted
 * `prompt_tokens`; otherwise it is the sum, with the most that a template adds. Null: the model wasn't asked there.
 */
export const promptContext = v.nullable(v.object({
  turn_id: v.string(),
  model_name: v.string(),
  context_tokens: v.number(),
  answer_tokens_max: v.number(),
  prompt_tokens: v.number(),
  is_measured: v.boolean(),
  instruction_tokens: v.number(),
  template_tokens: v.number(),
  summary: v.optional(v.object({ until_id: v.string(), characters: v.number(), tokens: v.number() })),
  messages: v.array(v.object({
    id: v.string(),
    author: v.picklist(["person", "assistant"]),
    tokens: v.number(),
    files: v.optional(v.array(v.object({
      name: v.string(),
      tokens: v.number(),
      bytes_left_out: v.number(),
      is_unreadable: v.boolean(),
    }))),
  })),
  left_out: v.array(v.object({
    id: v.string(),
    reason: v.picklist(["room", "notice"]),
    tokens: v.optional(v.number()),
  })),
  is_earlier_left_out: v.boolean(),
}));
/** What the model was given, on the wire. */
export type PromptContext = v.InferOutput<typeof promptContext>;

/** The answer to `POST /api/turns/:id/stop`. `ended`: there was nothing left to stop. */
export const stopResult = v.object({ result: v.picklist(["stopped", "ended"]) });
/** What became of a stop. */
export type StopResult = v.InferOutput<typeof stopResult>;

/** The answer to `POST /api/login-codes`. `code` is shown once; `url` is where it is typed in. */
export const loginCode = v.object({ code: v.string(), expires_ms: v.number(), url: v.string() });
/** A one-time code for a browser. */
export type LoginCode = v.InferOutput<typeof loginCode>;

/** Longest life of a token that can be asked for, in milliseconds: ten years. */
export const tokenLifeMsMax = 3_650 * 86_400_000;

const wholeUpTo = (max: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(max));

/** The body of `POST /api/tokens`. Without `life_ms` it doesn't expire, without a rate it has none. */
export const tokenRequest = v.strictObject({
  name: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(100), wellFormed, v.regex(/^\P{Cc}*$/u, "one line"))),
  roles: v.pipe(v.array(word), v.minLength(1), v.maxLength(20)),
  life_ms: v.optional(wholeUpTo(tokenLifeMsMax)),
  requests_per_minute: v.optional(wholeUpTo(100_000)),
});
/** A token as a caller wants it. */
export type TokenRequest = v.InferOutput<typeof tokenRequest>;

/** A token without its secret. `seen_ms` is its last use, to the minute. */
export const token = v.object({
  id: v.string(),
  name: v.nullable(v.string()),
  roles: v.array(v.string()),
  created_ms: v.number(),
  expires_ms: v.nullable(v.number()),
  seen_ms: v.nullable(v.number()),
  requests_per_minute: v.nullable(v.number()),
  revoked_ms: v.nullable(v.number()),
});
/** A token on the wire. */
export type Token = v.InferOutput<typeof token>;

/** The answer to `POST /api/tokens`, 201. The secret is told here and never again. */
export const tokenCreated = v.object({ secret: v.string(), token });
/** A new token. */
export type TokenCreated = v.InferOutput<typeof tokenCreated>;

/** The answer to `GET /api/tokens`: oldest first, with what ended within 30 days. */
export const tokenList = v.object({ tokens: v.array(token) });
/** The tokens. */
export type TokenList = v.InferOutput<typeof tokenList>;

/** The answer to `POST /api/tokens/:id/revoke`. `ended`: it was revoked before. */
export const tokenRevoked = v.object({ result: v.picklist(["revoked", "ended"]) });
/** What became of a revocation. */
export type TokenRevoked = v.InferOutput<typeof tokenRevoked>;

/** An account of a person. `name`: what its platform calls it; empty when it doesn't say. */
export const personAccount = v.object({
  id: v.string(),
  channel: v.string(),
  account: v.string(),
  name: v.string(),
  created_ms: v.number(),
});
/** Someone who is known. `name` is empty when nobody gave them one. */
export const person = v.object({
  id: v.string(),
  name: v.string(),
  owner: v.boolean(),
  roles: v.array(v.string()),
  created_ms: v.number(),
  accounts: v.array(personAccount),
});
/** A person on the wire. */
export type Person = v.InferOutput<typeof person>;

/** The answer to `GET /api/people`: oldest first, 1,000 at most. */
export const personList = v.object({ people: v.array(person) });
/** The people. */
export type PersonList = v.InferOutput<typeof personList>;

/** The answer to `GET /api/people/self`, and to `POST /api/people/:id/rename`. */
export const personShown = v.object({ person });
/** One person. */
export type PersonShown = v.InferOutput<typeof personShown>;

const personName = v.pipe(v.string(), v.maxLength(400), wellFormed);

/** The body of `POST /api/people/:id/rename`. */
export const personRename = v.strictObject({ name: personName });

/**
 * The answer to `POST /api/people/accounts/:id/unlink`. `kept`: the terminal is the owner's, and the page everybody's own;
 * they can't be taken away.
 */
export const accountUnlinked = v.object({ result: v.picklist(["unlinked", "kept"]), person });
/** What became of an unlinking. */
export type AccountUnlinked = v.InferOutput<typeof accountUnlinked>;

/**
 * The answer to `POST /api/people/self/link-code`, and with a person's id instead of `self` to who manages people: sent as
 * `/link CODE` from an account that nobody knows, it makes that account theirs; on the page it logs in.
 */
export const linkCode = v.object({ code: v.string(), expires_ms: v.number() });
/** A one-time code of a person. */
export type LinkCode = v.InferOutput<typeof linkCode>;

/** Someone unknown who asks to be let in. `refused_ms`: when they were refused; null while it is open. */
export const pairing = v.object({
  code: v.string(),
  channel: v.string(),
  account: v.string(),
  name: v.string(),
  created_ms: v.number(),
  expires_ms: v.number(),
  refused_ms: v.nullable(v.number()),
});
/** A request on the wire. */
export type Pairing = v.InferOutput<typeof pairing>;

/** The answer to `GET /api/pairings`: oldest first, with those that were refused within a day. */
export const pairingList = v.object({ pairings: v.array(pairing) });
/** The requests. */
export type PairingList = v.InferOutput<typeof pairingList>;

/** The body of `POST /api/pairings/confirm`. Without a name, they are called as their platform calls them. */
export const pairingConfirm = v.strictObject({ code: word, name: v.optional(personName) });

/** The body of `POST /api/pairings/refuse`. */
export const pairingRefuse = v.strictObject({ code: word });

/** The answer to `POST /api/pairings/confirm`: who was let in. */
export const pairingConfirmed = v.object({ result: v.literal("paired"), person });
/** What became of a confirmation. */
export type PairingConfirmed = v.InferOutput<typeof pairingConfirmed>;

/** The answer to `POST /api/pairings/refuse`: whose request it was. */
export const pairingRefused = v.object({ result: v.literal("refused"), pairing });
/** What became of a refusal. */
export type PairingRefused = v.InferOutput<typeof pairingRefused>;

/** Where a channel stands, and since when. `failed` needs a person; `degraded` heals by itself. */
export const channelHealth = v.variant("kind", [
  v.object({ kind: v.literal("connecting"), since_ms: v.number() }),
  v.object({ kind: v.literal("ready"), since_ms: v.number() }),
  v.object({ kind: v.literal("degraded"), reason: v.string(), since_ms: v.number() }),
  v.object({ kind: v.literal("failed"), reason: v.string(), since_ms: v.number() }),
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
  /** `server`: whom questions are sent to, `host:port`; absent where the model runs on this machine. */
  model: v.object({ name: v.string(), state: modelState, server: v.optional(v.string()) }),
  channels: v.record(v.string(), channelHealth),
  database: v.variant("kind", [
    v.object({ kind: v.literal("ready") }),
    v.object({ kind: v.picklist(["degraded", "failed"]), reason: v.string(), since_ms: v.number() }),
  ]),
  turns: v.object({ queued: v.number(), running: v.number() }),
  deliveries: v.object({ pending: v.number() }),
  /** How many are granted and ready, only known, and how many a person should look at. */
  plugins: v.object({ granted: v.number(), known: v.number(), wrong: v.number() }),
  duplicates_dropped: v.number(),
  /**
   * The configuration that is in force since `loaded_ms`; `requests` counts how often somebody asked for it to be read
   * again. `problem`: why the newest isn't in force, one line for each reason.
   */
  configuration: v.object({
    loaded_ms: v.number(),
    applied: v.picklist(["start", "in_place"]),
    requests: v.number(),
    problem: v.optional(v.object({ at_ms: v.number(), lines: v.array(v.string()) })),
  }),
  /** How often something was sent that may be a copy, and says so. */
  possible_copies: v.number(),
  offline: v.boolean(),
  /** Everything is stopped: since when, and by whom, as the audit names them. Null: it isn't. */
  halted: v.nullable(v.object({ by: v.string(), at_ms: v.number() })),
  /** What the operating system enforces of each layer of the confinement, and by what; or why it doesn't. None from source. */
  confinement: v.array(v.object({ layer: v.string(), enforced: v.boolean(), detail: v.string() })),
});
/** Where everything stands, on the wire. */
export type Status = v.InferOutput<typeof status>;

/** One event of the log. `sequence` counts 1, 2, 3, … within one life of the host. Fields are plain values. */
export const logEntry = v.object({
  sequence: v.number(),
  at_ms: v.number(),
  level: v.picklist(["info", "warn", "error"]),
  message: v.string(),
  fields: v.record(v.string(), v.union([v.string(), v.number(), v.boolean(), v.null()])),
});
/** A log entry on the wire. */
export type LogEntry = v.InferOutput<typeof logEntry>;

/**
 * The answer to `GET /api/logs?level=LEVEL&limit=N`: the newest of the about 1,000 that are kept, the oldest of them
 * first. `life` differs from one life of the host to the next.
 */
export const logList = v.object({ life: v.string(), entries: v.array(logEntry) });
/** The newest log entries. */
export type LogList = v.InferOutput<typeof logList>;

/**
 * What `GET /api/logs/events?level=LEVEL&after=LIFE:SEQUENCE` sends: first `begin`, then an `entry` for each that is
 * kept and for each that comes. With `after` only later ones; of another life of the host, all.
 */
export const logEvent = v.variant("kind", [
  v.object({ kind: v.literal("begin"), life: v.string() }),
  v.object({ kind: v.literal("entry"), entry: logEntry }),
]);
/** A live event of the log on the wire. */
export type LogEvent = v.InferOutput<typeof logEvent>;

/** The answer to `GET /readyz`: 200 when `ready`, else 503. Channels by name, each with its health's kind only. */
export const readiness = v.object({
  ready: v.boolean(),
  channels: v.record(v.string(), v.picklist(["connecting", "ready", "degraded", "failed"])),
});
/** Whether web and terminal messages can be accepted. */
export type Readiness = v.InferOutput<typeof readiness>;

/** What a model is configured for: to answer, or to turn texts into vectors. */
export const modelUse = v.picklist(["chat", "embedding"]);

/**
 * The answer to `GET /api/models`: those that are configured, then those that are only here. `file` is absent where it is
 * missing, or another machine's; `use` where nothing needs it. `server`: whom is asked instead, `host:port`.
 */
export const modelList = v.object({
  models: v.array(v.object({
    name: v.string(),
    file: v.optional(v.object({
      path: v.string(),
      bytes: v.number(),
      source: v.optional(v.string()),
      sha256: v.optional(v.string()),
      licence: v.optional(v.string()),
    })),
    use: v.optional(v.object({
      for: modelUse,
      state: modelState,
      since_ms: v.number(),
      memory_bytes: v.optional(v.number()),
      server: v.optional(v.string()),
    })),
  })),
});
/** The models of a site. */
export type ModelList = v.InferOutput<typeof modelList>;

/** The answer to `POST /api/models/:use/load`, 202 while it is being loaded: `GET /api/models` says when it is. */
export const modelLoad = v.object({ result: v.picklist(["loading", "loaded"]) });
/** What became of a load. */
export type ModelLoad = v.InferOutput<typeof modelLoad>;

/** The answer to `POST /api/models/:use/unload`. `busy`: somebody needs it now, so it stays loaded. */
export const modelUnload = v.object({ result: v.picklist(["unloaded", "busy"]) });
/** What became of an unload. */
export type ModelUnload = v.InferOutput<typeof modelUnload>;

/**
 * The answer to `GET /api/plugins?locale=LOCALE`: every plugin that has a file or is configured. `void`: something is
 * granted, to another file. `asks`, `granted` and `notes` are sentences. `digest` and what follows is of the file that is
 * here, `tools` of one that is granted and could be asked for them. `earlier`: what was granted under its name before.
 */
export const pluginList = v.object({
  plugins: v.array(v.object({
    name: v.string(),
    state: v.picklist(["known", "granted", "void", "refused", "missing"]),
    reason: v.optional(v.string()),
    granted_digest: v.optional(v.string()),
    file: v.optional(v.object({
      digest: v.string(),
      bytes: v.number(),
      version: v.string(),
      description: v.string(),
      stateful: v.boolean(),
      signer: v.optional(v.object({ key: v.string(), name: v.optional(v.string()) })),
    })),
    limits: v.record(v.string(), v.number()),
    asks: v.array(v.string()),
    granted: v.array(v.string()),
    notes: v.array(v.string()),
    tools: v.optional(v.array(v.object({ name: v.string(), description: v.string(), read_only: v.boolean() }))),
    earlier: v.array(v.object({ digest: v.string(), version: v.string() })),
    /** Why its last call failed, where it did. Code `breaker`: it failed too often, and isn't called for a while. */
    failure: v.optional(v.object({ code: v.string(), reason: v.string(), at_ms: v.number() })),
  })),
});
/** The plugins of a site. */
export type PluginList = v.InferOutput<typeof pluginList>;

/** One entry of the audit. `name`: what the person behind `principal` is called, where it is one and has a name. */
export const auditEntry = v.object({
  id: v.string(),
  at_ms: v.number(),
  principal: v.string(),
  name: v.optional(v.string()),
  action: v.string(),
  resource: v.string(),
  outcome: v.string(),
});
/** An entry of the audit on the wire. */
export type AuditEntry = v.InferOutput<typeof auditEntry>;

/**
 * The answer to `GET /api/audit?before=ID&filter=TEXT&limit=N`: newest first, at most 100. With a filter only those that
 * have it in one of their columns, in any case. `next`: ask for what is before it; null at the beginning of the chain.
 */
export const auditList = v.object({ entries: v.array(auditEntry), next: v.nullable(v.string()) });
/** A page of the audit on the wire. */
export type AuditList = v.InferOutput<typeof auditList>;

/** The answer to `GET /api/audit/entries/:id`. `detail`: absent when it had none or was erased. */
export const auditDetail = v.object({
  ...auditEntry.entries,
  detail: v.optional(v.string()),
  hash: v.string(),
  previous_hash: v.string(),
});
/** An entry with all that is kept of it. */
export type AuditDetail = v.InferOutput<typeof auditDetail>;

/**
 * The answer to `GET /api/audit/verification`, and to `POST` of it, which begins to verify the whole chain unless that is
 * being done. `head`: the last link, to be kept elsewhere; null of an empty chain.
 */
export const verification = v.variant("kind", [
  v.object({ kind: v.literal("never") }),
  v.object({ kind: v.literal("running"), since_ms: v.number() }),
  v.object({
    kind: v.literal("whole"),
    at_ms: v.number(),
    count: v.number(),
    head: v.nullable(v.object({ id: v.string(), hash: v.string() })),
  }),
  v.object({ kind: v.literal("broken"), at_ms: v.number(), id: v.string(), reason: v.string() }),
]);
/** Where the verification of the audit stands, on the wire. */
export type Verification = v.InferOutput<typeof verification>;

const namedPerson = v.object({ id: v.string(), name: v.string() });

const tagValue = v.union([v.number(), v.boolean(), v.string()]);

/** A write to a machine as its card shows it. */
export const proposedWrite = v.object({
  device: v.string(),
  tag: v.string(),
  place: v.string(),
  present: tagValue,
  value: tagValue,
  unit: v.optional(v.string()),
  min: v.optional(v.number()),
  max: v.optional(v.number()),
  present_name: v.optional(v.string()),
  value_name: v.optional(v.string()),
});

/**
 * Something that waits for people, or waited. `needs`: how many must approve. `reason`: a machine word that says more than
 * the state. `outcome`: what came of it, in words that may be a plugin's. `may`: what who asks may do with it now; `why`: why
 * they can't approve it, and whom to ask.
 */
export const approval = v.object({
  id: v.string(),
  state: v.picklist(["pending", "doing", "done", "failed", "unknown", "denied", "expired", "void", "halted"]),
  reason: v.optional(v.string()),
  tool: v.string(),
  digest: v.string(),
  arguments: v.record(v.string(), v.unknown()),
  writes: v.array(proposedWrite),
  requester: namedPerson,
  needs: v.number(),
  approved_by: v.array(namedPerson),
  denied_by: v.optional(namedPerson),
  waits_for: v.array(namedPerson),
  created_ms: v.number(),
  expires_ms: v.number(),
  ended_ms: v.optional(v.number()),
  outcome: v.optional(v.string()),
  may: v.object({ approve: v.boolean(), deny: v.boolean(), why: v.optional(v.string()) }),
});
/** A card on the wire. */
export type Approval = v.InferOutput<typeof approval>;

/**
 * The answer to `GET /api/approvals?of=waiting|ended&before=ID`: cards that the caller may see, at most 100; waiting ones by
 * what expires first, ended ones the newest first.
 */
export const approvalList = v.object({ approvals: v.array(approval) });
/** Cards. */
export type ApprovalList = v.InferOutput<typeof approvalList>;

/**
 * The answer to `POST /api/approvals/:id/approve` and `/deny`. `waits`: another person must approve it too. `nothing`: it
 * changed nothing. `text` says it in words.
 */
export const approvalVoted = v.object({
  result: v.picklist(["approved", "waits", "denied", "nothing", "refused", "wrong"]),
  text: v.string(),
});
/** What became of a vote. */
export type ApprovalVoted = v.InferOutput<typeof approvalVoted>;

/** The answer to `POST /api/halt` and `POST /api/resume`. `same`: it was so already. */
export const haltChanged = v.object({ result: v.picklist(["changed", "same"]), text: v.string() });
/** What became of stopping everything, or of resuming it. */
export type HaltChanged = v.InferOutput<typeof haltChanged>;

/**
 * The answer to `GET /api/access/explain?who=WHO&resource=RESOURCE&action=ACTION&at_ms=MS`. `who` is `local`, `token:ID`,
 * `CHANNEL:ACCOUNT`, or a person's id or name. `lines` say it in words. `tool`: what its plugin asks and is granted.
 */
export const accessExplanation = v.object({
  principal: v.string(),
  roles: v.array(v.string()),
  action: v.string(),
  resource: v.string(),
  effect: v.picklist(["allow", "ask", "deny"]),
  four_eyes: v.boolean(),
  reason: v.string(),
  rules: v.array(v.string()),
  tool: v.optional(v.object({ digest: v.string(), asked: v.array(v.string()), granted: v.array(v.string()) })),
  halted: v.optional(v.string()),
  lines: v.array(v.string()),
});
/** A decision and what led to it, on the wire. */
export type AccessExplanation = v.InferOutput<typeof accessExplanation>;
