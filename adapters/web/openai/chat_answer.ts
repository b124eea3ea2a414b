import { AnswerSoFar } from "../../../core/api/kept_answers.ts";
import type { CompletionEvent, CompletionUsage } from "../../../core/api/types.ts";
import type { ChosenToken, TokenProbability, ToolCall } from "../../../core/ports/engine.ts";
import type { ChatStyle } from "./chat_request.ts";

/** An answer that was begun: its id and time, and what comes of it. `failed` is taken out beforehand. */
export interface Begun {
  readonly id: string;
  readonly createdMs: number;
}

/** The pieces of an answer that goes well. */
export type AnswerEvent = Exclude<CompletionEvent, { readonly kind: "begun" | "failed" }>;

/** The body of a whole answer. Source: the official clients' type `ChatCompletion`. */
export async function chatBody(
  { id, createdMs }: Begun,
  events: AsyncIterable<AnswerEvent>,
  { model, logprobs, choices: count }: ChatStyle & { readonly choices: number },
): Promise<unknown> {
  const soFar = new AnswerSoFar(count);
  let usage: CompletionUsage | undefined;
  for await (const event of events) {
    if (event.kind === "end") usage = event.usage;
    else soFar.add(event);
  }
  return {
    id: chatId(id),
    object: "chat.completion",
    created: secondsOf(createdMs),
    model,
    choices: soFar.choices.map(({ text, tokens, calls, reason }, index) => ({
      index,
      message: {
        role: "assistant",
        content: text === "" && calls.length > 0 ? null : text,
        refusal: null,
        ...(calls.length === 0 ? {} : { tool_calls: calls.map(callToWire) }),
      },
      logprobs: logprobs ? logprobsToWire(tokens ?? []) : null,
      finish_reason: reason,
    })),
    ...(usage === undefined ? {} : { usage: usageToWire(usage) }),
  };
}

/** The chunks of a streamed answer, each as JSON. Source: the official clients' type `ChatCompletionChunk`. */
export async function* chatChunks(
  { id, createdMs }: Begun,
  events: AsyncIterable<AnswerEvent>,
  { model, includeUsage, logprobs, choices: count }: ChatStyle & { readonly choices: number },
): AsyncGenerator<string, void, void> {
  const head = { id: chatId(id), object: "chat.completion.chunk", created: secondsOf(createdMs), model };
  const usageOfOthers = includeUsage ? { usage: null } : {};
  const chunk = (
    index: number,
    delta: unknown,
    more: { readonly tokens?: readonly ChosenToken[] | undefined; readonly reason?: string } = {},
  ) =>
    JSON.stringify({
      ...head,
      choices: [{
        index,
        delta,
        logprobs: logprobs && more.tokens !== undefined ? logprobsToWire(more.tokens) : null,
        finish_reason: more.reason ?? null,
      }],
      ...usageOfOthers,
    });
  const calls = Array.from({ length: count }, () => 0);
  for (let index = 0; index < count; index++) yield chunk(index, { role: "assistant", content: "", refusal: null });
  for await (const event of events) {
    switch (event.kind) {
      case "text":
        yield chunk(event.choice, { content: event.text }, { tokens: event.tokens });
        break;
      case "tool_call": {
        const index = calls[event.choice]!++;
        yield chunk(event.choice, { tool_calls: [{ index, ...callToWire(event.call) }] });
        break;
      }
      case "choice_end":
        yield chunk(event.choice, {}, { reason: event.reason });
        break;
      case "end":
        if (includeUsage) yield JSON.stringify({ ...head, choices: [], usage: usageToWire(event.usage) });
    }
  }
}

function chatId(id: string): string {
  return `chatcmpl-${id}`;
}

/** Whole seconds since 1970. */
export function secondsOf(ms: number): number {
  return Math.floor(ms / 1_000);
}

function callToWire({ id, name, arguments: text }: ToolCall): object {
  return { id, type: "function", function: { name, arguments: text } };
}

function usageToWire({ promptTokens, promptReused, answerTokens }: CompletionUsage): unknown {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: answerTokens,
    total_tokens: promptTokens + answerTokens,
    prompt_tokens_details: { cached_tokens: promptReused },
  };
}

function logprobsToWire(tokens: readonly ChosenToken[]): unknown {
  return { content: tokens.map(logprobToWire), refusal: null };
}

/** A token with its probability and its alternatives. */
export function logprobToWire(token: ChosenToken): unknown {
  const one = ({ text, logprob, bytes }: TokenProbability) => ({ token: text, logprob, bytes });
  return { ...one(token), top_logprobs: token.top.map(one) };
}
