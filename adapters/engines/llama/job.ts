import type { ChosenToken, EngineFailure, Sampling, Usage } from "../../../core/ports/engine.ts";
import type { Priority } from "../../../core/priority.ts";
import type { CallSyntax, IsPlainText } from "../grammar/call_syntax.ts";
import type { HeldAs } from "./answer_reader.ts";
import type { Prompt } from "./chat_template.ts";

/** One answer wanted, its prompt already in tokens. */
export interface Job {
  readonly id: number;
  readonly priority: Priority;
  /** Whose history its prompt is, if it may be kept. */
  readonly conversation?: string;
  readonly prompt: Prompt;
  readonly tokensMax: number;
  readonly sampling: Sampling;
  readonly stop: readonly string[];
  /** What the whole answer is held to. */
  readonly gbnf?: string;
  /** The calls that it may have: the whole of it, held to `gbnf`, or what follows a trigger. */
  readonly calls?: {
    readonly syntax: CallSyntax;
    readonly from: "start" | "trigger";
    readonly names: readonly string[];
    /** What calls that begin in the middle are held to; undefined where there is no such grammar. */
    readonly gbnfOf: (how: HeldAs) => string | undefined;
    readonly isPlainText: IsPlainText;
  };
  /** Probabilities of the tokens of its text, with so many alternatives. */
  readonly alternativesMax?: number;
}

/** What happened to a job. Its last is `end` or `failed`. */
export type JobEvent =
  | { readonly kind: "started"; readonly id: number; readonly promptTokens: number; readonly promptReused: number }
  | {
    readonly kind: "text";
    readonly id: number;
    readonly text: string;
    readonly answerTokens: number;
    readonly tokens?: ChosenToken[];
  }
  | {
    readonly kind: "tool_call";
    readonly id: number;
    readonly name: string;
    readonly arguments: string;
    readonly answerTokens: number;
  }
  | {
    readonly kind: "end";
    readonly id: number;
    readonly reason: "stop" | "length" | "cancelled";
    readonly usage: Usage;
  }
  | { readonly kind: "failed"; readonly id: number; readonly failure: EngineFailure };
