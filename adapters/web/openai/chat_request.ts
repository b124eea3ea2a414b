import type { CompletionRequest } from "../../../core/api/types.ts";
import type { AnswerFormat, ChatMessage, Sampling, Tool, ToolChoice } from "../../../core/ports/engine.ts";
import type { ChatRequest } from "../../../schema/openai/chat.ts";
import { invalid } from "./api_error.ts";

/** How the answer to a chat request is written. */
export interface ChatStyle {
  readonly model: string;
  readonly stream: boolean;
  /** A last chunk of a stream with what it cost. */
  readonly includeUsage: boolean;
  readonly logprobs: boolean;
}

/**
 * What a chat request asks of the core, and how the answer is written.
 * @throws {ApiError} 400 when its fields contradict each other.
 */
export function readChatRequest(
  body: ChatRequest,
): { readonly request: Omit<CompletionRequest, "idempotency">; readonly style: ChatStyle } {
  if (body.max_tokens != null && body.max_completion_tokens != null && body.max_tokens !== body.max_completion_tokens) {
    throw invalid("invalid_value", (say) => say.contradiction("max_tokens", "max_completion_tokens"), "max_tokens");
  }
  if (body.top_logprobs != null && body.logprobs !== true) {
    throw invalid("invalid_value", (say) => say.needs("top_logprobs", "logprobs"), "top_logprobs");
  }
  const tools = toolsOf(body);
  const format = formatOf(body);
  refuseToolsWithFormat(tools, format, "response_format");
  const sampling = samplingOf(body);
  const tokensMax = body.max_completion_tokens ?? body.max_tokens;
  const logprobs = body.logprobs === true;
  return {
    request: {
      model: body.model,
      prompt: {
        messages: body.messages.map(messageOf),
        ...(sampling === undefined ? {} : { sampling }),
        ...(body.stop == null ? {} : { stop: stopsOf(body.stop) }),
        ...tools,
        ...(format === undefined ? {} : { format }),
        ...(logprobs ? { alternativesMax: body.top_logprobs ?? 0 } : {}),
      },
      ...(tokensMax == null ? {} : { tokensMax }),
      choices: body.n ?? 1,
      oneCall: body.parallel_tool_calls === false,
    },
    style: {
      model: body.model,
      stream: body.stream === true,
      includeUsage: body.stream_options?.include_usage === true,
      logprobs,
    },
  };
}

/** Empty texts would end every answer before it began. */
export function stopsOf(stop: string | readonly string[]): readonly string[] {
  return (typeof stop === "string" ? [stop] : stop).filter((text) => text !== "");
}

/** Any whole number as a seed of the engine, which takes 32 bits. */
export function seedOf(seed: number): number {
  return ((seed % 2 ** 32) + 2 ** 32) % 2 ** 32;
}

function samplingOf(body: ChatRequest): Sampling | undefined {
  const { temperature, top_p, top_k, min_p, frequency_penalty, presence_penalty, seed } = body;
  const sampling: Sampling = {
    ...(temperature == null ? {} : { temperature }),
    ...(top_p == null ? {} : { topP: top_p }),
    ...(top_k == null ? {} : { topK: top_k }),
    ...(min_p == null ? {} : { minP: min_p }),
    ...(frequency_penalty == null ? {} : { frequencyPenalty: frequency_penalty }),
    ...(presence_penalty == null ? {} : { presencePenalty: presence_penalty }),
    ...(seed == null ? {} : { seed: seedOf(seed) }),
  };
  return Object.keys(sampling).length === 0 ? undefined : sampling;
}

function messageOf(message: ChatRequest["messages"][number]): ChatMessage {
  switch (message.role) {
    case "system":
    case "developer":
      return { role: "system", content: textOf(message.content) };
    case "user":
      return { role: "user", content: textOf(message.content) };
    case "tool":
      return { role: "tool", content: textOf(message.content), toolCallId: message.tool_call_id };
    case "assistant": {
      const toolCalls = (message.tool_calls ?? []).map(({ id, function: { name, arguments: text } }) => ({
        id,
        name,
        arguments: text,
      }));
      return {
        role: "assistant",
        content: textOf(message.content ?? ""),
        ...(toolCalls.length === 0 ? {} : { toolCalls }),
      };
    }
  }
}

type Content = string | readonly ({ readonly text: string } | { readonly refusal: string })[];

/** The text of a content, its parts one after the other. */
export function textOf(content: Content): string {
  if (typeof content === "string") return content;
  return content.map((part) => "text" in part ? part.text : part.refusal).join("");
}

/** With `tool_choice: "none"` the model isn't told of the tools, so it can't call one. */
function toolsOf({ tools: given, tool_choice }: ChatRequest): { tools?: readonly Tool[]; toolChoice?: ToolChoice } {
  const tools = (given ?? []).map(({ function: { name, description, parameters } }): Tool => ({
    name,
    ...(description == null ? {} : { description }),
    parameters: parameters ?? { type: "object", properties: {} },
  }));
  return checkedTools(
    tools,
    typeof tool_choice === "object" && tool_choice !== null
      ? { name: tool_choice.function.name }
      : tool_choice ?? undefined,
  );
}

/**
 * Tools and the choice among them.
 * @throws {ApiError} 400 when two have one name, or one is chosen that isn't there.
 */
export function checkedTools(
  tools: readonly Tool[],
  choice: ToolChoice | undefined,
): { tools?: readonly Tool[]; toolChoice?: ToolChoice } {
  const names = new Set(tools.map(({ name }) => name));
  if (names.size < tools.length) throw invalid("invalid_value", (say) => say.toolTwice, "tools");
  if (typeof choice === "object" && !names.has(choice.name)) {
    throw invalid("invalid_value", (say) => say.noSuchTool(choice.name), "tool_choice");
  }
  if (choice === "required" && tools.length === 0) {
    throw invalid("invalid_value", (say) => say.needs("tool_choice", "tools"), "tool_choice");
  }
  if (tools.length === 0 || choice === "none") return {};
  return { tools, ...(choice === undefined ? {} : { toolChoice: choice }) };
}

/** @throws {ApiError} 400: the engine holds an answer to one of them. */
export function refuseToolsWithFormat(
  { tools }: { readonly tools?: readonly Tool[] },
  format: AnswerFormat | undefined,
  param: string,
): void {
  if (tools === undefined || format === undefined) return;
  throw invalid("unsupported_value", (say) => say.toolsWithFormat, param);
}

function formatOf({ response_format: format }: ChatRequest): AnswerFormat | undefined {
  if (format == null || format.type === "text") return undefined;
  if (format.type === "json_object") return { kind: "json" };
  return { kind: "schema", schema: format.json_schema.schema ?? {} };
}
