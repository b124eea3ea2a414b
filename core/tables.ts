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
    readonly version: number;
    readonly createdMs: number;
  };
  /** One account of a person on one channel. `accountHash` is keyed and unique together with `channel`. */
  accounts: {
    readonly id: string;
    readonly identityId: string;
    readonly channel: string;
    readonly accountHash: string;
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
    readonly state: "queued" | "running" | "answered" | "failed" | "cancelled";
    readonly attempt: number;
    readonly reason: string | null;
    /** The answer, or the notice that states the failure. */
    readonly answerId: string | null;
    /** What wrote the answer, its tokens, and the time from its first piece to its end. Null when nothing was written. */
    readonly modelName: string | null;
    readonly answerTokens: number | null;
    readonly answerMs: number | null;
    readonly locale: "en" | "zh-CN";
    readonly createdMs: number;
    readonly endedMs: number | null;
  };
  /** One message on its way to one platform. `id` is also the idempotency key where the platform takes one. */
  deliveries: {
    readonly id: string;
    readonly sessionId: string;
    readonly turnId: string;
    /** The message that is sent, and its sequence: deliveries of a session are sent in this order. */
    readonly messageId: string;
    readonly sequence: number;
    readonly channel: string;
    /** The platform's conversation id, sealed with row version 1, as is the platform's id of what was delivered. */
    readonly conversationEnc: Uint8Array;
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
}

/** The name of a logical table. */
export type TableName = keyof Tables;

/** Columns of each table whose values, taken together, no two rows share. A null among them leaves the row free. */
export const uniqueKeys: { readonly [T in TableName]?: readonly (readonly (keyof Tables[T] & string)[])[] } = {
  accounts: [["channel", "accountHash"]],
  sessions: [["channel", "conversationHash"]],
  messages: [["idempotencyHash"], ["sessionId", "sequence"]],
  tokens: [["hash"]],
  keptAnswers: [["keyHash"]],
};

/** Columns that hold the id of a row of another table: it must be there when they are written, and stays while they do. */
export const foreignKeys: { readonly [T in TableName]?: { readonly [C in keyof Tables[T]]?: TableName } } = {
  accounts: { identityId: "identities" },
  sessions: { identityId: "identities" },
  messages: { sessionId: "sessions", parentId: "messages" },
  turns: { sessionId: "sessions", messageId: "messages", answerId: "messages" },
  deliveries: { sessionId: "sessions", turnId: "turns", messageId: "messages" },
  logins: { identityId: "identities" },
};
