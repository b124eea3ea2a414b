import type { ChatMessage, GenerateRequest, Sampling } from "./ports/engine.ts";

/**
 * What stands first in each prompt, the same for everybody, so that its computation is done once and reused.
 * Few words: a small model reads each of them with every answer.
 */
const systemText = "You are Clawdbot, a private assistant that runs on this computer. Answer in the language of the " +
  "question, briefly and truthfully. If you don't know something, say so.";

/**
 * What stands above the index of tools. Whatever was meant as a call was made before the model writes: what it is asked
 * for here is words.
 */
const toolsText = "The system itself runs these tools when they are asked for. You can't, so never say that you did " +
  "something or will; say what to ask for.";

/**
 * Greedy: the same question gets the same answer, and a small model errs least. Asked for the capital of France,
 * the 135M said Paris 37 times of 40 at its usual temperature, 38 of 40 at 0.2, and 8 of 8 at 0.
 */
export const greedy: Sampling = { temperature: 0 };

/** For a question that is answered again: whoever asks for another answer doesn't want the same one. */
export const varied: Sampling = { temperature: 0.8 };

/** One earlier exchange: a question, and its answer if it got one. */
export interface Exchange {
  readonly question: CountedText;
  readonly answer?: CountedText;
}

/** A text and its length in tokens, without the template around it. */
export interface CountedText {
  readonly text: string;
  readonly tokens: number;
}

/** Tokens that the template adds to each message, at most: role, markers, line ends. */
export const templateTokensPerMessage = 8;

/** How the context of one conversation is divided, in tokens. */
export interface PromptBudget {
  /** Prompt and answer together. */
  readonly contextTokens: number;
  /** Kept free for the answer. */
  readonly answerTokensMax: number;
}

/** The budget of a context: a quarter for the answer, at most 1,024 tokens. */
export function promptBudget(contextTokens: number): PromptBudget {
  return { contextTokens, answerTokensMax: Math.min(1_024, Math.floor(contextTokens / 4)) };
}

/** A prompt that fits, or why none does. `dropped`: how many of the oldest exchanges were left out. */
export type Prompt =
  | { readonly kind: "prompt"; readonly messages: readonly ChatMessage[]; readonly dropped: number }
  | { readonly kind: "overflow" };

/**
 * The system message: the same for everybody, then the index of the caller's tools, then the running summary of what came
 * before, each if there is one.
 */
export function systemMessage(summary: string, toolIndex = ""): ChatMessage {
  const parts = [
    systemText,
    ...(toolIndex === "" ? [] : [`${toolsText}\n${toolIndex}`]),
    ...(summary === "" ? [] : [`Earlier in this conversation: ${summary}`]),
  ];
  return { role: "system", content: parts.join("\n\n") };
}

/**
 * The prompt of a question: what is stable first, then the summary, then as many of the newest exchanges as fit,
 * then the question. History is trimmed by whole exchanges, never in the middle of a message.
 */
export function buildPrompt(
  { system, history, question, budget }: {
    readonly system: { readonly message: ChatMessage; readonly tokens: number };
    readonly history: readonly Exchange[];
    readonly question: CountedText;
    readonly budget: PromptBudget;
  },
): Prompt {
  let left = budget.contextTokens - budget.answerTokensMax - cost(system) - cost(question);
  if (left < 0) return { kind: "overflow" };
  let from = history.length;
  while (from > 0 && exchangeTokens(history[from - 1]!) <= left) left -= exchangeTokens(history[--from]!);
  const messages = [system.message, ...history.slice(from).flatMap(messagesOf), messageOf("user", question)];
  return { kind: "prompt", messages, dropped: from };
}

/** Tokens that an exchange takes in a prompt. */
export function exchangeTokens({ question, answer }: Exchange): number {
  return cost(question) + (answer === undefined ? 0 : cost(answer));
}

function cost({ tokens }: { readonly tokens: number }): number {
  return tokens + templateTokensPerMessage;
}

function messagesOf({ question, answer }: Exchange): ChatMessage[] {
  const asked = messageOf("user", question);
  return answer === undefined ? [asked] : [asked, messageOf("assistant", answer)];
}

function messageOf(role: "user" | "assistant", { text }: CountedText): ChatMessage {
  return { role, content: text };
}

/** Tokens of a summary, at most. */
const summaryTokensMax = 240;

/** The request that puts exchanges, and the summary so far, into one running summary. */
export function summaryRequest(
  summary: string,
  exchanges: readonly { readonly question: string; readonly answer?: string }[],
): GenerateRequest {
  const spoken = exchanges.map(({ question, answer }) => `Person: ${question}\nAssistant: ${answer ?? "(no answer)"}`);
  const content = [
    "Summarise this conversation in at most 120 words, in its own language. Keep names, numbers, wishes and decisions.",
    ...(summary === "" ? [] : [`So far: ${summary}`]),
    ...spoken,
  ].join("\n\n");
  return {
    messages: [systemMessage(""), { role: "user", content }],
    priority: "background", // nobody waits for it
    tokensMax: summaryTokensMax,
    sampling: greedy,
  };
}
