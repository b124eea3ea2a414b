import type { CompletionRequest } from "../../../core/api/types.ts";
import type { AnswerFormat, ChatMessage, Sampling, Tool } from "../../../core/ports/engine.ts";
import { type ResponsesRequest, wantsLogprobs } from "../../../schema/openai/responses.ts";
import { invalid } from "./api_error.ts";
import { checkedTools, refuseToolsWithFormat, textOf } from "./chat_request.ts";

type Item = Exclude<ResponsesRequest["input"], string>[number];

/**
 * What a request for a response asks of the core.
 * @throws {ApiError} 400 when its fields contradict each other.
 */
export function readResponsesRequest(body: ResponsesRequest): Omit<CompletionRequest, "idempotency"> {
  const logprobs = wantsLogprobs(body);
  if (body.top_logprobs != null && body.top_logprobs > 0 && !logprobs) {
    throw invalid("invalid_value", (say) => say.needs("top_logprobs", "include"), "top_logprobs");
  }
  const tools = toolsOf(body);
  const format = formatOf(body);
  refuseToolsWithFormat(tools, format, "text.format");
  const { temperature, top_p, max_output_tokens: tokensMax } = body;
  const sampling: Sampling = {
    ...(temperature == null ? {} : { temperature }),
    ...(top_p == null ? {} : { topP: top_p }),
  };
  return {
    model: body.model,
    prompt: {
      messages: messagesOf(body),
      ...(Object.keys(sampling).length === 0 ? {} : { sampling }),
      ...tools,
      ...(format === undefined ? {} : { format }),
      ...(logprobs ? { alternativesMax: body.top_logprobs ?? 0 } : {}),
    },
    ...(tokensMax == null ? {} : { tokensMax }),
    choices: 1,
    oneCall: body.parallel_tool_calls === false,
  };
}

function messagesOf({ instructions, input }: ResponsesRequest): ChatMessage[] {
  const messages: ChatMessage[] = instructions == null ? [] : [{ role: "system", content: instructions }];
  if (typeof input === "string") return [...messages, { role: "user", content: input }];
  for (const item of input) {
    const last = messages.at(-1);
    // Calls are items of their own here, and part of the assistant's message in a prompt.
    if (isCall(item) && last?.role === "assistant") {
      messages[messages.length - 1] = { ...last, toolCalls: [...last.toolCalls ?? [], ...messageOf(item).toolCalls!] };
    } else messages.push(messageOf(item));
  }
  return messages;
}

function isCall(item: Item): boolean {
  return item.type === "function_call";
}

function messageOf(item: Item): ChatMessage {
  switch (item.type) {
    case "function_call": {
      const { call_id: id, name, arguments: text } = item;
      return { role: "assistant", content: "", toolCalls: [{ id, name, arguments: text }] };
    }
    case "function_call_output":
      return { role: "tool", content: textOf(item.output), toolCallId: item.call_id };
    case "message":
    case undefined: {
      const role = item.role === "developer" ? "system" : item.role;
      return { role, content: textOf(item.content) };
    }
  }
}

function toolsOf({ tools: given, tool_choice: choice }: ResponsesRequest): ReturnType<typeof checkedTools> {
  const tools = (given ?? []).map(({ name, description, parameters }): Tool => ({
    name,
    ...(description == null ? {} : { description }),
    parameters: parameters ?? { type: "object", properties: {} },
  }));
  return checkedTools(tools, choice == null ? undefined : typeof choice === "object" ? { name: choice.name } : choice);
}

function formatOf({ text }: ResponsesRequest): AnswerFormat | undefined {
  const format = text?.format;
  if (format == null || format.type === "text") return undefined;
  return format.type === "json_object" ? { kind: "json" } : { kind: "schema", schema: format.schema };
}
