import type { EngineFailure } from "./engine.ts";

/** What is measured. Each in a process of its own, so that none finds what another left. */
export type Measurement =
  /** How fast this machine's memory can be read. */
  | { readonly kind: "bandwidth" }
  /** How fast the model is. `text` is what prompts are made of. */
  | { readonly kind: "speed"; readonly text: string }
  /** How well the model foresees these texts. */
  | { readonly kind: "perplexity"; readonly texts: readonly string[] };

/** Bytes that were read in a second, by as many threads as a model is computed by. */
export interface MeasuredBandwidth {
  readonly kind: "bandwidth";
  readonly bytesPerSecond: number;
  readonly threads: number;
}

/** Speeds in tokens a second, of one conversation alone. */
export interface MeasuredSpeed {
  readonly kind: "speed";
  readonly promptTokens: number;
  readonly prefillRate: number;
  readonly answerTokens: number;
  readonly decodeRate: number;
  /** From a prompt of so many tokens to the first of the answer. */
  readonly firstTokenMs: number;
  readonly firstPromptTokens: number;
  /** What the process had of memory at the end. */
  readonly memoryBytes: number;
  /** Weights that one token takes to be read. */
  readonly tokenBytes: number;
}

/** Perplexity of one text, and one standard error of it. */
export interface TextPerplexity {
  readonly perplexity: number;
  readonly uncertainty: number;
  readonly scoredTokens: number;
  /** Each token was foreseen from at least half as many before it. */
  readonly windowTokens: number;
}

/** One a text, in their order. */
export interface MeasuredPerplexity {
  readonly kind: "perplexity";
  readonly texts: readonly TextPerplexity[];
}

/** What came out. */
export type Measured = MeasuredBandwidth | MeasuredSpeed | MeasuredPerplexity;

/** Measures a model file in a confined process of its own. Abort of `signal` ends it with `cancelled`. */
export type MeasureModel = <const M extends Measurement>(
  modelPath: string,
  measurement: M,
  onProgress: (share: number) => void,
  signal: AbortSignal,
) => Promise<
  | { readonly kind: "measured"; readonly measured: Extract<Measured, { readonly kind: M["kind"] }> }
  | { readonly kind: "failed"; readonly failure: EngineFailure }
  | { readonly kind: "cancelled" }
>;
