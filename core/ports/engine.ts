/** One message of a prompt, in the field's own roles. */
export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** How the next token is chosen. Absent values take the engine's defaults; `temperature` 0 is greedy. */
export interface Sampling {
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  /** The same seed, prompt and machine give the same text when nothing else runs in the batch. */
  readonly seed?: number;
}

/** One answer wanted. */
export interface GenerateRequest {
  readonly messages: readonly ChatMessage[];
  /** At most this many new tokens. Prompt and answer together must fit the context of one conversation. */
  readonly tokensMax: number;
  readonly sampling?: Sampling;
  /** Texts that end the answer; they aren't part of it. At most 8. */
  readonly stop?: readonly string[];
}

/** What an answer cost. `promptReused` tokens of the prompt were taken from an earlier computation. */
export interface Usage {
  readonly promptTokens: number;
  readonly promptReused: number;
  readonly answerTokens: number;
}

/**
 * What an engine can fail by. `refused` and `overflow` stay so until something is changed; `hung` and `crashed`
 * cost this answer only; `unavailable` is worth another try later. `mend` is the command that helps, if one does.
 */
export interface EngineFailure {
  readonly kind: "refused" | "overflow" | "hung" | "crashed" | "unavailable";
  readonly reason: string;
  readonly mend?: string;
}

/** What a generation yields: text pieces (whole characters), then exactly one of `end` and `failed`. */
export type EngineEvent =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "end"; readonly reason: "stop" | "length" | "cancelled"; readonly usage: Usage }
  | { readonly kind: "failed"; readonly failure: EngineFailure };

/** What is known of the loaded model. */
export interface ModelInfo {
  readonly name: string;
  /** Tokens that one conversation may hold, prompt and answer together. */
  readonly contextTokens: number;
  /** How many answers are computed in one batch; more wait. */
  readonly sequencesMax: number;
  readonly parametersCount?: number;
  readonly fileBytes?: number;
}

/** Where an engine stands. */
export type EngineState =
  | { readonly kind: "idle" }
  | { readonly kind: "loading" }
  | { readonly kind: "ready"; readonly info: ModelInfo }
  | { readonly kind: "failed"; readonly failure: EngineFailure };

/**
 * A model that answers. Loads on first need and unloads by itself when nobody needed it for its keep-alive.
 * Nothing here throws for what is expected to go wrong.
 */
export interface Engine {
  /** Loads the model if it isn't; resolves with what it is or why not. */
  load(signal: AbortSignal): Promise<{ kind: "ready"; info: ModelInfo } | { kind: "failed"; failure: EngineFailure }>;
  /** Streams one answer. Abort of `signal` ends it with `end: cancelled` within 100 ms. Loads if needed. */
  generate(request: GenerateRequest, signal: AbortSignal): AsyncIterable<EngineEvent>;
  /** Tokens of each text, template not counted; loads if needed. */
  countTokens(
    texts: readonly string[],
    signal: AbortSignal,
  ): Promise<{ kind: "counted"; counts: readonly number[] } | { kind: "failed"; failure: EngineFailure }>;
  /** Where it stands now. */
  state(): EngineState;
  /** Ends its runner, if there is one. */
  close(): Promise<void>;
}
