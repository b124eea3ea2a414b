import type { Place } from "./message/types.ts";

/**
 * The logical tables: what core stores, by name. An adapter maps names to its own (`sessionId` to `session_id`).
 * Plain columns hold only what queries need: ids, times, states, keyed hashes. A column whose name ends in `Enc`
 * holds a blob sealed by the vault; `version` is the row version that its associated data names.
 * Ids are UUIDv7. Times are Unix milliseconds.
 */
export interface Tables {
  /** A data key, wrapped by the key-encryption key. `id` is the key version in decimal. */
  dataKeys: { readonly id: string; readonly wrapped: Uint8Array; readonly createdMs: number };
  /** A person. `nameEnc` is what they are called. `roles`, from the configuration's bindings, are not stored. */
  identities: {
    readonly id: string;
    readonly nameEnc: Uint8Array | null;
    /** Where what they say directly goes on; null before the first. */
    readonly currentSessionId: string | null;
    readonly version: number;
    readonly createdMs: number;
  };
  /**
   * One account of a person on one channel. `accountHash` is keyed and unique together with `channel`. `accountEnc` is
   * `{account, name, direct}` in JSON, sealed with row version 1: the platform's word for it, what people know it by, and
   * where it can be written to.
   */
  accounts: {
    readonly id: string;
    readonly identityId: string;
    readonly channel: string;
    readonly accountHash: string;
    /** Null of accounts that were linked before it was kept. */
    readonly accountEnc: Uint8Array | null;
    readonly createdMs: number;
  };
  /**
   * Someone unknown who asks to be let in. `requestEnc` is JSON, sealed with row version 1: account, name, conversation,
   * locale, what they wrote first, and the code that they were told. `codeHash` is keyed.
   */
  pairings: {
    readonly id: string;
    readonly channel: string;
    readonly accountHash: string;
    readonly codeHash: string;
    readonly requestEnc: Uint8Array;
    /** When the code was last told. */
    readonly toldMs: number;
    readonly createdMs: number;
    readonly expiresMs: number;
    /** When an administrator refused it; null while it is open. */
    readonly refusedMs: number | null;
  };
  /**
   * What came in and isn't a message of a session: a command, a request to be let in. Kept as long as copies may come. Its
   * id is that of the delivery that answers it.
   */
  receipts: { readonly id: string; readonly idempotencyHash: string; readonly createdMs: number };
  /**
   * Content that lies in the object store under `name`, its keyed hash. `keyEnc` seals it there, and is itself sealed
   * with row version 1.
   */
  objects: {
    readonly id: string;
    readonly name: string;
    readonly keyEnc: Uint8Array;
    readonly bytes: number;
    readonly createdMs: number;
  };
  /**
   * A file of a message, or one that was uploaded and isn't sent yet (`messageId` null). `nameEnc`: row version 1.
   * `problem` says why its content isn't here; then there is no object, and `bytes` is what the sender said, or 0.
   */
  attachments: {
    readonly id: string;
    /** Who brought it. */
    readonly identityId: string;
    readonly messageId: string | null;
    readonly objectId: string | null;
    readonly nameEnc: Uint8Array;
    /** As its content says. */
    readonly mediaType: string;
    readonly bytes: number;
    readonly problem: "too-large" | "unavailable" | "too-many" | null;
    /** What a picture says that it unpacks to, in pixels. */
    readonly width: number | null;
    readonly height: number | null;
    readonly createdMs: number;
  };
  /**
   * What the assistant sees as one conversation. `summaryEnc` covers the branch up to and with the message of
   * `summarySequence`; it counts only for branches that this message lies on.
   */
  sessions: {
    readonly id: string;
    readonly identityId: string;
    readonly channel: string;
    /**
     * Keyed hash of the platform's conversation id; unique together with `channel`. Of a removed session whose
     * conversation went on elsewhere, `HASH ID`: the hash is free for its successor.
     */
    readonly conversationHash: string;
    /** 1 when several people share it: then each message says who wrote it. */
    readonly isGroup: number;
    readonly titleEnc: Uint8Array | null;
    readonly summaryEnc: Uint8Array | null;
    readonly summarySequence: number;
    /** The message that the shown branch ends with; null before the first. */
    readonly headId: string | null;
    /** 1 when it stands before the others in lists. */
    readonly pinned: number;
    /** When it was removed, 0 once its rows are being erased, a day later; null of one that wasn't. */
    readonly removedMs: number | null;
    readonly version: number;
    readonly createdMs: number;
    readonly updatedMs: number;
  };
  /**
   * One message of a session. Never changed after it was written, but that a question which came while another was
   * answered gets that answer as its parent.
   */
  messages: {
    readonly id: string;
    readonly sessionId: string;
    /** 1, 2, 3, … within the session. */
    readonly sequence: number;
    /**
     * The message before it: a tree, because an edit and a second answer have the parent of the first. An answer's is
     * its question. Null of what begins the session.
     */
    readonly parentId: string | null;
    /** `notice` is the system's own sentence (a failure, a stop), shown but not put into the prompt. */
    readonly author: "person" | "assistant" | "notice";
    /** Which person wrote it; null of what isn't a person's, and of what was written before it was kept. */
    readonly identityId: string | null;
    readonly bodyEnc: Uint8Array;
    /** Keyed hash of channel, conversation and platform message id; unique where there is one. */
    readonly idempotencyHash: string | null;
    readonly createdMs: number;
  };
  /** The work of answering one message. `reason` is a machine word ("engine-hung"), never content. */
  turns: {
    readonly id: string;
    readonly sessionId: string;
    /** The message that is answered. */
    readonly messageId: string;
    /** The session's highest sequence when the turn was made: turns of a session run in this order. */
    readonly sequence: number;
    /** Where the answer goes: the channel, and the platform's conversation id, sealed with row version 1. */
    readonly channel: string;
    readonly conversationEnc: Uint8Array;
    readonly place: Place;
    /** The platform's ids of the question, and of the delivery in which the answer grows; sealed with row version 1. */
    readonly platformIdEnc: Uint8Array | null;
    readonly draftIdEnc: Uint8Array | null;
    readonly state: "queued" | "running" | "answered" | "failed" | "cancelled";
    readonly attempt: number;
    readonly reason: string | null;
    /** The answer, or the notice that states the failure. */
    readonly answerId: string | null;
    /** What wrote the answer, its tokens, and the time from its first piece to its end. Null when nothing was written. */
    readonly modelName: string | null;
    readonly answerTokens: number | null;
    readonly answerMs: number | null;
    /** What the model was given, as `PromptContext` in JSON, sealed with row version 1. Null before it was asked. */
    readonly contextEnc: Uint8Array | null;
    readonly locale: "en" | "zh-CN";
    readonly createdMs: number;
    readonly endedMs: number | null;
  };
  /**
   * One thing on its way to one platform: a part of a message, a file of it, or a sentence of the system's own. `id` is
   * also the idempotency key where the platform takes one. All `…Enc` are sealed with row version 1.
   */
  deliveries: {
    readonly id: string;
    /** Null of what answers no message: what a command or a stranger is told. */
    readonly sessionId: string | null;
    readonly turnId: string | null;
    readonly messageId: string | null;
    /** Which part of the message: UTF-16 code units of its text; null is all of it. */
    readonly fromIndex: number | null;
    readonly toIndex: number | null;
    /** Instead of text, this file of the message. */
    readonly attachmentId: string | null;
    /** Without a message: `{text, buttons}` in JSON. */
    readonly bodyEnc: Uint8Array | null;
    readonly channel: string;
    /** Keyed hash of the conversation, and 1, 2, 3, … in it: deliveries of one are sent in this order. */
    readonly conversationHash: string;
    readonly sequence: number;
    /** The platform's conversation id, and its id of what was delivered. */
    readonly conversationEnc: Uint8Array;
    readonly place: Place;
    /** The platform's id of what it answers, and of the earlier delivery that it takes the place of. */
    readonly replyToEnc: Uint8Array | null;
    readonly editsEnc: Uint8Array | null;
    readonly locale: "en" | "zh-CN";
    readonly state: "pending" | "sending" | "delivered" | "refused" | "expired";
    readonly attempt: number;
    readonly notBeforeMs: number;
    /** 1 when a copy may have reached the platform before. */
    readonly mayBeDuplicate: number;
    readonly platformIdEnc: Uint8Array | null;
    readonly reason: string | null;
    readonly createdMs: number;
  };
  /** One link of the audit chain. `id` is the sequence number, zero-padded to 16 digits. */
  audit: {
    readonly id: string;
    readonly atMs: number;
    readonly principal: string;
    readonly action: string;
    readonly resource: string;
    readonly outcome: string;
    /** Salted keyed commitment of `detailEnc`'s content, in hex. */
    readonly commitment: string;
    readonly detailEnc: Uint8Array | null;
    readonly previousHash: string;
    readonly hash: string;
    /** Keyed hash of `hash`: who has the file but not the key can't write a chain of their own. */
    readonly mac: string;
  };
  /** A browser that redeemed a login code. `id` is the SHA-256 of its cookie token, in hex. */
  logins: {
    readonly id: string;
    readonly identityId: string;
    readonly createdMs: number;
    readonly seenMs: number;
    readonly expiresMs: number;
  };
  /**
   * A secret that a program calls the API with. `hash` is keyed. `termsEnc` holds name, roles, expiry and rate, sealed
   * with row version 1: whoever can write the file but hasn't the key can't make a token, nor widen one.
   */
  tokens: {
    readonly id: string;
    readonly hash: string;
    readonly termsEnc: Uint8Array;
    readonly createdMs: number;
    /** Best effort, at most once a minute. */
    readonly seenMs: number | null;
    readonly revokedMs: number | null;
  };
  /** An answer that a program asked for under an idempotency key. Both hashes are keyed. */
  keptAnswers: {
    readonly id: string;
    /** Of the caller, the endpoint and the key. */
    readonly keyHash: string;
    readonly bodyHash: string;
    readonly answerEnc: Uint8Array;
    readonly expiresMs: number;
  };
  /**
   * A plugin's file as it was seen, by its digest. `manifestEnc` and `toolsEnc` are JSON, `moduleEnc` is the module as it is
   * run, made by the reader of version `reader`; all sealed with row version 1. A row outlives its file: an older version
   * of a name is told by it.
   */
  plugins: {
    readonly id: string;
    readonly name: string;
    readonly digest: string;
    readonly version: string;
    /** Who signed it: the public key in hex. */
    readonly signer: string | null;
    readonly bytes: number;
    readonly manifestEnc: Uint8Array;
    readonly toolsEnc: Uint8Array | null;
    readonly moduleEnc: Uint8Array | null;
    readonly reader: string | null;
    /** Why it isn't taken, in one line. */
    readonly reason: string | null;
    readonly createdMs: number;
    readonly seenMs: number;
  };
  /** A key and value of a plugin's own. `keyHash` is keyed. Both sealed values have the row's version. */
  pluginValues: {
    readonly id: string;
    readonly plugin: string;
    readonly keyHash: string;
    readonly keyEnc: Uint8Array;
    readonly valueEnc: Uint8Array;
    readonly bytes: number;
    readonly version: number;
    readonly updatedMs: number;
  };
  /** A file of a plugin's own, sealed in the object store. `nameHash` is keyed; `nameEnc` has row version 1. */
  pluginFiles: {
    readonly id: string;
    readonly plugin: string;
    readonly nameHash: string;
    readonly nameEnc: Uint8Array;
    readonly objectId: string;
    readonly bytes: number;
    readonly updatedMs: number;
  };
  /**
   * One call of a tool: written before it happens, and again when its outcome is known. What was `running` when the host
   * died is `unknown` afterwards. `argumentsEnc` is JSON, `resultEnc` what it came to in words; both are sealed with row
   * version 1. `proposed`: people were asked about writes, and `resultEnc` is the approval's id.
   */
  toolCalls: {
    readonly id: string;
    readonly sessionId: string | null;
    readonly turnId: string | null;
    readonly approvalId: string | null;
    /** Who asked. */
    readonly identityId: string;
    readonly tool: string;
    readonly digest: string;
    readonly state: "running" | "done" | "proposed" | "failed" | "unknown";
    readonly idempotent: number;
    readonly argumentsEnc: Uint8Array;
    readonly resultEnc: Uint8Array | null;
    readonly createdMs: number;
    readonly endedMs: number | null;
  };
  /**
   * Something that waits for people: a call of a tool, or a write to a machine. `cardEnc` is what they see, and all that is
   * done if they approve: `Card` in JSON, sealed with row version 1. `conversationEnc` likewise; it is where the requester
   * is told.
   */
  approvals: {
    readonly id: string;
    readonly sessionId: string | null;
    readonly turnId: string | null;
    /** Who asked. */
    readonly identityId: string;
    readonly tool: string;
    readonly digest: string;
    /** How many different people must approve. */
    readonly needs: number;
    /**
     * `doing`: approved, and not known yet what came of it. `void`: what it showed isn't so any more. `halted`: everything
     * was stopped.
     */
    readonly state: "pending" | "doing" | "done" | "failed" | "unknown" | "denied" | "expired" | "void" | "halted";
    readonly cardEnc: Uint8Array;
    readonly channel: string;
    readonly conversationEnc: Uint8Array;
    readonly place: Place;
    readonly locale: "en" | "zh-CN";
    /** A machine word that says more than the state. */
    readonly reason: string | null;
    /** What came of it, in words; sealed with row version 1. */
    readonly outcomeEnc: Uint8Array | null;
    readonly createdMs: number;
    readonly expiresMs: number;
    readonly endedMs: number | null;
  };
  /**
   * One person who was asked to approve, or who did unasked. `codeHash` is keyed by approval and person: nobody else can use
   * their code.
   */
  approvalVotes: {
    readonly id: string;
    readonly approvalId: string;
    readonly identityId: string;
    readonly codeHash: string;
    readonly vote: "asked" | "approved" | "denied";
    readonly createdMs: number;
    readonly votedMs: number | null;
  };
  /**
   * What a model computed of a session, as an object of its own store under `name`, which `keyEnc` seals. `modelHash` is
   * keyed: which model. `aboutEnc` is `StateAbout` in JSON. Both are sealed with row version 1.
   */
  modelStates: {
    readonly id: string;
    readonly sessionId: string;
    readonly modelHash: string;
    readonly name: string;
    readonly keyEnc: Uint8Array;
    readonly aboutEnc: Uint8Array;
    readonly bytes: number;
    readonly createdMs: number;
    readonly usedMs: number;
  };
  /** What the site remembers of itself, by name: that the setup was put off. */
  settings: { readonly id: string; readonly value: string; readonly updatedMs: number };
}

/** The name of a logical table. */
export type TableName = keyof Tables;

/** Columns of each table whose values, taken together, no two rows share. A null among them leaves the row free. */
export const uniqueKeys: { readonly [T in TableName]?: readonly (readonly (keyof Tables[T] & string)[])[] } = {
  accounts: [["channel", "accountHash"]],
  pairings: [["channel", "accountHash"], ["codeHash"]],
  receipts: [["idempotencyHash"]],
  objects: [["name"]],
  sessions: [["channel", "conversationHash"]],
  messages: [["idempotencyHash"], ["sessionId", "sequence"]],
  deliveries: [["conversationHash", "sequence"]],
  tokens: [["hash"]],
  keptAnswers: [["keyHash"]],
  plugins: [["digest"]],
  pluginValues: [["plugin", "keyHash"]],
  pluginFiles: [["plugin", "nameHash"]],
  approvalVotes: [["codeHash"], ["approvalId", "identityId"]],
  modelStates: [["sessionId"], ["name"]],
};

/** Columns that hold the id of a row of another table: it must be there when they are written, and stays while they do. */
export const foreignKeys: { readonly [T in TableName]?: { readonly [C in keyof Tables[T]]?: TableName } } = {
  accounts: { identityId: "identities" },
  sessions: { identityId: "identities" },
  attachments: { identityId: "identities", messageId: "messages", objectId: "objects" },
  messages: { sessionId: "sessions", parentId: "messages" },
  turns: { sessionId: "sessions", messageId: "messages", answerId: "messages" },
  deliveries: { sessionId: "sessions", turnId: "turns", messageId: "messages", attachmentId: "attachments" },
  logins: { identityId: "identities" },
  pluginFiles: { objectId: "objects" },
  toolCalls: { sessionId: "sessions", turnId: "turns", approvalId: "approvals" },
  approvals: { sessionId: "sessions", turnId: "turns" },
  approvalVotes: { approvalId: "approvals" },
  modelStates: { sessionId: "sessions" },
};
