/** What answers, whoever it is: this engine or one of its peers. All get the same prompt and choose greedily. */
export interface Contestant extends AsyncDisposable {
  readonly name: string;
  /** The process that computes. */
  readonly pid: number;
  /** Makes room for so many conversations of so many tokens each, where that isn't there from the start. */
  room(conversations: number, contextTokens: number): Promise<void>;
  /** One answer to its end, or until `signal` aborts. @throws {Error} When it can't be had. */
  answer(question: Question, options: AnswerOptions): Promise<Answer>;
}

/** What is asked, as messages and as the model's own template writes them down. */
export interface Question {
  readonly messages: readonly { readonly role: "system" | "user"; readonly content: string }[];
  readonly prompt: string;
}

/** How much of an answer is wanted, and who is told of its beginning. */
export interface AnswerOptions {
  readonly tokensMax: number;
  readonly signal?: AbortSignal | undefined;
  /** Called when the first token is there. */
  readonly onFirst?: (() => void) | undefined;
}

/** One answer. Times are milliseconds since 1970. */
export interface Answer {
  readonly startMs: number;
  /** When each token was there. Several at a time come as one piece of text. */
  readonly timesMs: readonly number[];
  readonly text: string;
  readonly answerTokens: number;
  readonly promptTokens: number;
  /** So many of them were there from before. */
  readonly promptReused: number;
}

/** Milliseconds since 1970, without the steps of the wall clock. */
export const epochMs = (): number => performance.timeOrigin + performance.now();
