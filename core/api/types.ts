import type { Principal } from "../access.ts";
import type { ChosenToken, EmbedPurpose, EngineFailure, GenerateRequest, ToolCall } from "../ports/engine.ts";

/** A program that calls: who it is, and what ends the call: it left, its token was revoked. */
export interface Caller {
  readonly principal: Principal;
  readonly signal: AbortSignal;
}

/** An answer that a program wants of the model itself: no session, no memory, no tools of ours. */
export interface CompletionRequest {
  /** The name of a model, as {@link ApiModel} has it. */
  readonly model: string;
  /** `seed` of the sampling is that of the first choice; each further one has the next. */
  readonly prompt: Omit<GenerateRequest, "tokensMax">;
  /** Absent: what a question on the page may have, or what is left of the context. */
  readonly tokensMax?: number;
  /** How many answers are wanted, 1 to 8. */
  readonly choices: number;
  /** Ends a choice at its first tool call. */
  readonly oneCall: boolean;
  /** Makes the answer durable: the same key and body get the same answer for a day. */
  readonly idempotency?: { readonly endpoint: string; readonly key: string; readonly body: string };
}

/** Why a choice ended. */
export type FinishReason = "stop" | "length" | "tool_calls";

/** What an answer cost, over all its choices. */
export interface CompletionUsage {
  readonly promptTokens: number;
  readonly promptReused: number;
  readonly answerTokens: number;
}

/**
 * What a completion yields: `begun` once it was audited, pieces, an end for each choice, then exactly one of `end` and
 * `failed`. A failure may come before `begun`: then nothing was done. `replayed`: it is an answer that was kept.
 */
export type CompletionEvent =
  | { readonly kind: "begun"; readonly id: string; readonly createdMs: number; readonly replayed: boolean }
  | { readonly kind: "text"; readonly choice: number; readonly text: string; readonly tokens?: readonly ChosenToken[] }
  | { readonly kind: "tool_call"; readonly choice: number; readonly call: ToolCall }
  | { readonly kind: "choice_end"; readonly choice: number; readonly reason: FinishReason }
  | { readonly kind: "end"; readonly usage: CompletionUsage }
  | { readonly kind: "failed"; readonly failure: ApiFailure };

/**
 * Why a program got nothing, or not all of it. `denied`: the policy. `busy`: too many wait; `own`: of this caller.
 * `key-in-use`: the same idempotency key is being answered; `key-reused`: it was, with another body. `late`: it took
 * longer than {@link answerMsMax}. `cancelled`: the caller's signal. `closing`: the host ends.
 */
export type ApiFailure =
  | { readonly kind: "denied"; readonly reason: string }
  | { readonly kind: "unknown-model"; readonly models: readonly string[] }
  | { readonly kind: "wrong-model"; readonly wanted: ApiModel["kind"] }
  | { readonly kind: "busy"; readonly own: boolean }
  | { readonly kind: "key-in-use" | "key-reused" }
  | { readonly kind: "late" | "cancelled" | "closing" }
  | { readonly kind: "engine"; readonly failure: EngineFailure };

/** How long an answer may take with all its waiting, in milliseconds: what the official clients wait for. */
export const answerMsMax = 600_000;

/** Texts that a program wants vectors of. */
export interface EmbeddingRequest {
  readonly model: string;
  /** 1 to 2,048. */
  readonly texts: readonly string[];
  readonly purpose?: EmbedPurpose;
}

/** The vectors, in the order of the texts. */
export type EmbeddingResult =
  | { readonly kind: "embedded"; readonly vectors: readonly Float32Array[]; readonly promptTokens: number }
  | { readonly kind: "failed"; readonly failure: ApiFailure };

/** A model as programs see it. */
export interface ApiModel {
  readonly id: string;
  readonly kind: "chat" | "embedding";
}

/**
 * What programs may ask for. Each call is decided by `core/access.ts` on behalf of its principal, audited before the
 * effect and at its end, and bounded. Nothing here throws for what is expected to go wrong but StoreError.
 */
export interface Api {
  /** One answer, or several choices of it. Abort of the caller's signal ends it within 100 ms. */
  complete(caller: Caller, request: CompletionRequest): AsyncGenerator<CompletionEvent, void, void>;
  embed(caller: Caller, request: EmbeddingRequest): Promise<EmbeddingResult>;
  /** The models, if the principal may read `api:models`. */
  models(principal: Principal):
    | { readonly kind: "models"; readonly models: readonly ApiModel[]; readonly sinceMs: number }
    | { readonly kind: "failed"; readonly failure: ApiFailure };
}
