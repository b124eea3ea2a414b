import { AnswerSoFar, type KeptChoice } from "../../../core/api/kept_answers.ts";
import type { CompletionUsage } from "../../../core/api/types.ts";
import type { ChosenToken, ToolCall } from "../../../core/ports/engine.ts";
import type { ResponsesRequest } from "../../../schema/openai/responses.ts";
import { type AnswerEvent, type Begun, logprobToWire, secondsOf } from "./chat_answer.ts";

type Status = "in_progress" | "completed" | "incomplete";

/** The body of a whole response. Source: the official clients' type `Response`. */
export async function responseBody(
  begun: Begun,
  events: AsyncIterable<AnswerEvent>,
  asked: ResponsesRequest,
): Promise<unknown> {
  const soFar = new AnswerSoFar(1);
  let usage: CompletionUsage | undefined;
  for await (const event of events) {
    if (event.kind === "end") usage = event.usage;
    else soFar.add(event);
  }
  const [choice] = soFar.choices;
  return responseOf(begun, asked, statusOf(choice!), outputOf(begun, choice!), usage);
}

/** The events of a streamed response, each with its number. Source: the official clients' type `ResponseStreamEvent`. */
export async function* responseEvents(
  begun: Begun,
  events: AsyncIterable<AnswerEvent>,
  asked: ResponsesRequest,
): AsyncGenerator<Readonly<Record<string, unknown>> & { readonly type: string }, void, void> {
  let sequence = 0;
  const event = (type: string, fields: object) => ({ type, sequence_number: sequence++, ...fields });
  const soFar = new AnswerSoFar(1);
  const running = responseOf(begun, asked, "in_progress", []);
  yield event("response.created", { response: running });
  yield event("response.in_progress", { response: running });
  /** The message is the first item, if there is one. */
  let hasMessage = false;
  let calls = 0;
  const message = { item_id: messageId(begun), output_index: 0, content_index: 0 };

  function* closeMessage(): Generator<ReturnType<typeof event>> {
    if (!hasMessage || calls > 0) return;
    const [choice] = soFar.choices;
    const part = partOf(choice!);
    yield event("response.output_text.done", { ...message, text: part.text, logprobs: part.logprobs });
    yield event("response.content_part.done", { ...message, part });
    yield event("response.output_item.done", { output_index: 0, item: messageItem(begun, choice!) });
  }

  for await (const piece of events) {
    if (piece.kind === "text") {
      soFar.add(piece);
      if (!hasMessage) {
        hasMessage = true;
        const item = { ...messageItem(begun, emptyChoice), status: "in_progress", content: [] };
        yield event("response.output_item.added", { output_index: 0, item });
        yield event("response.content_part.added", { ...message, part: partOf(emptyChoice) });
      }
      const logprobs = (piece.tokens ?? []).map(logprobToWire);
      yield event("response.output_text.delta", { ...message, delta: piece.text, logprobs });
    } else if (piece.kind === "tool_call") {
      yield* closeMessage();
      soFar.add(piece);
      const item = callItem(begun, piece.call, calls);
      const at = { item_id: item.id, output_index: calls++ + (hasMessage ? 1 : 0) };
      const begunItem = { ...item, status: "in_progress", arguments: "" };
      yield event("response.output_item.added", { output_index: at.output_index, item: begunItem });
      yield event("response.function_call_arguments.delta", { ...at, delta: item.arguments });
      yield event("response.function_call_arguments.done", { ...at, name: item.name, arguments: item.arguments });
      yield event("response.output_item.done", { output_index: at.output_index, item });
    } else if (piece.kind === "choice_end") {
      soFar.add(piece);
      yield* closeMessage();
    } else {
      const [choice] = soFar.choices;
      const status = statusOf(choice!);
      const response = responseOf(begun, asked, status, outputOf(begun, choice!, hasMessage), piece.usage);
      yield event(`response.${status}`, { response });
    }
  }
}

const emptyChoice: KeptChoice = { text: "", calls: [], reason: "stop" };

function statusOf({ reason }: KeptChoice): Status {
  return reason === "length" ? "incomplete" : "completed";
}

/** @param hasMessage Whether a message was begun; by default there is one unless only calls came. */
function outputOf(
  begun: Begun,
  choice: KeptChoice,
  hasMessage: boolean = choice.text !== "" || choice.calls.length === 0,
): unknown[] {
  const calls = choice.calls.map((call, index) => callItem(begun, call, index));
  return hasMessage ? [messageItem(begun, choice), ...calls] : calls;
}

function messageId({ id }: Begun): string {
  return `msg_${id}`;
}

function messageItem(begun: Begun, choice: KeptChoice) {
  return {
    id: messageId(begun),
    type: "message",
    status: statusOf(choice),
    role: "assistant",
    content: [partOf(choice)],
  };
}

function partOf({ text, tokens = [] }: { readonly text: string; readonly tokens?: readonly ChosenToken[] }) {
  return { type: "output_text", text, annotations: [], logprobs: tokens.map(logprobToWire) };
}

function callItem({ id }: Begun, { id: callId, name, arguments: text }: ToolCall, index: number) {
  return {
    id: `fc_${id}_${index}`,
    type: "function_call",
    status: "completed",
    call_id: callId,
    name,
    arguments: text,
  };
}

function responseOf(
  { id, createdMs }: Begun,
  asked: ResponsesRequest,
  status: Status,
  output: readonly unknown[],
  usage?: CompletionUsage,
): unknown {
  return {
    id: `resp_${id}`,
    object: "response",
    created_at: secondsOf(createdMs),
    status,
    background: false,
    error: null,
    incomplete_details: status === "incomplete" ? { reason: "max_output_tokens" } : null,
    instructions: asked.instructions ?? null,
    max_output_tokens: asked.max_output_tokens ?? null,
    model: asked.model,
    output,
    parallel_tool_calls: asked.parallel_tool_calls ?? true,
    previous_response_id: null,
    store: false,
    temperature: asked.temperature ?? null,
    text: { format: asked.text?.format ?? { type: "text" } },
    tool_choice: asked.tool_choice ?? "auto",
    tools: asked.tools ?? [],
    top_p: asked.top_p ?? null,
    truncation: "disabled",
    metadata: asked.metadata ?? {},
    usage: usage === undefined ? null : {
      input_tokens: usage.promptTokens,
      input_tokens_details: { cached_tokens: usage.promptReused },
      output_tokens: usage.answerTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: usage.promptTokens + usage.answerTokens,
    },
  };
}
