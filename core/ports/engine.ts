import type { Priority } from "../priority.ts";
import type { Grammar } from "./grammar.ts";

/** One message of a prompt, in the field's own roles. */
export interface ChatMessage {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content: string;
  /** What the assistant called in this message. */
  readonly toolCalls?: readonly ToolCall[];
  /** Of a `tool` message: the call that it answers. */
  readonly toolCallId?: string;
}

/** A JSON Schema as parsed JSON. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/** A tool that the model may call; whoever asks runs it. */
export interface Tool {
  readonly name: string;
  readonly description?: string;
  /** Of its arguments: an object. */
  readonly parameters: JsonSchema;
}

/** One call as the model wrote it. `arguments` is the text of a JSON object that the tool's schema accepts. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/** Whether tools are called: as the model likes, never, at least one, or this one. */
export type ToolChoice = "auto" | "none" | "required" | { readonly name: string };

/** What the text of the answer is held to while it is made: any JSON object, what a schema accepts, or a grammar. */
export type AnswerFormat =
  | { readonly kind: "json" }
  | { readonly kind: "schema"; readonly schema: JsonSchema }
  | { readonly kind: "grammar"; readonly grammar: Grammar };

/** A token with the natural logarithm of its probability. `bytes` are its UTF-8, which may be part of a character. */
export interface TokenProbability {
  readonly text: string;
  readonly bytes: readonly number[];
  readonly logprob: number;
}

/** A token of the answer, and the most probable ones in its place, the best first. */
export interface ChosenToken extends TokenProbability {
  readonly top: readonly TokenProbability[];
}

/** How the next token is chosen. Absent values take the engine's defaults; `temperature` 0 is greedy. */
export interface Sampling {
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  /** What repeats becomes less probable by: so often (each time), and at all. -2 to 2, as OpenAI has them. */
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  /** The same seed, prompt and machine give the same text when nothing else runs in the batch. */
  readonly seed?: number;
}

/** One answer wanted. */
export interface GenerateRequest {
  readonly messages: readonly ChatMessage[];
  /** Default `conversation`. */
  readonly priority?: Priority;
  /** Whose history this is: what is computed of it may be kept under this name, and found again. Absent: it isn't. */
  readonly conversation?: string;
  /** At most this many new tokens. Prompt and answer together must fit the context of one conversation. */
  readonly tokensMax: number;
  readonly sampling?: Sampling;
  /** Texts that end the answer; they aren't part of it. At most 8. */
  readonly stop?: readonly string[];
  /** At most 128. Never together with `format`. */
  readonly tools?: readonly Tool[];
  /** Default `auto` where there are tools. */
  readonly toolChoice?: ToolChoice;
  readonly format?: AnswerFormat;
  /** Probabilities of each token with this many alternatives, 0 to 20. Absent: none. */
  readonly alternativesMax?: number;
}

/** What texts are embedded for: some models are told whether a text asks or is to be found. */
export type EmbedPurpose = "query" | "passage";

/** Texts whose meaning is wanted as vectors. */
export interface EmbedRequest {
  /** 1 to 256. */
  readonly texts: readonly string[];
  /** Absent: the texts as they are, with whatever the caller put before them. */
  readonly purpose?: EmbedPurpose;
}

/** One vector a text, of unit length, in the order of the texts. `promptTokens`: of all texts together. */
export type EmbedResult =
  | { readonly kind: "embedded"; readonly vectors: readonly Float32Array[]; readonly promptTokens: number }
  | { readonly kind: "failed"; readonly failure: EngineFailure };

/** What an answer cost. `promptReused` tokens of the prompt were taken from an earlier computation. */
export interface Usage {
  readonly promptTokens: number;
  readonly promptReused: number;
  readonly answerTokens: number;
}

/**
 * What an engine can fail by. `refused` (the model), `invalid` (this request) and `overflow` (its length) stay so until
 * something is changed; `hung` and `crashed` cost this answer only; `unavailable` is worth another try later. `mend` is
 * the command that helps, if one does.
 */
export interface EngineFailure {
  readonly kind: "refused" | "invalid" | "overflow" | "hung" | "crashed" | "unavailable";
  readonly reason: string;
  readonly mend?: string;
}

/**
 * What a generation yields: text pieces (whole characters, of one token or several) and whole tool calls, then exactly
 * one of `end` and `failed`. `answerTokens` are those of the answer up to here, where the engine counts them. `tokens` are
 * there when they were asked for: those that came since the last event that had some.
 */
export type EngineEvent =
  | {
    readonly kind: "text";
    readonly text: string;
    readonly answerTokens?: number;
    readonly tokens?: readonly ChosenToken[];
  }
  | { readonly kind: "tool_call"; readonly call: ToolCall }
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
  /** What it takes of this machine's memory, as it was planned when it was loaded. */
  readonly memoryBytes?: number;
  /** It has no chat template of its own: it goes on with texts, and answers badly. */
  readonly isBase?: true;
  /** Length of a vector, of a model that embeds. */
  readonly dimensions?: number;
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
  /** Loads if needed. A model that only answers fails as `invalid`, and one that only embeds does so for the rest. */
  embed(request: EmbedRequest, signal: AbortSignal): Promise<EmbedResult>;
  /** Where it stands now. */
  state(): EngineState;
  /**
   * Ends its runner, and gives the memory back; whoever needs the model next loads it again. `busy`: somebody needs it
   * now, so it stays.
   */
  unload(): Promise<{ readonly kind: "unloaded" | "busy" }>;
  /** Ends its runner, if there is one. */
  close(): Promise<void>;
}
