/**
 * The OpenAI-compatible protocol as far as this engine speaks it. What a server sends is parsed, and what isn't needed
 * is left out: servers differ in everything else.
 * Sources: https://platform.openai.com/docs/api-reference/chat, https://docs.vllm.ai (extensions of vLLM),
 * https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md (those of llama-server).
 */
import * as v from "valibot";
import type { AnswerFormat, ChatMessage, GenerateRequest, JsonSchema, ToolChoice } from "../../../core/ports/engine.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const word = v.pipe(v.string(), v.maxLength(500));

/** `GET /models`. How many tokens a conversation holds is said in one of several ways, or not at all. */
export const modelList = v.object({
  data: v.pipe(
    v.array(v.object({
      id: word,
      aliases: v.optional(v.array(word)),
      /** `llamacpp` of llama-server. */
      owned_by: v.nullish(word),
      /** vLLM. */
      max_model_len: v.nullish(count),
      /** Several gateways. */
      context_length: v.nullish(count),
      /** llama-server. */
      meta: v.nullish(v.object({ n_ctx: v.nullish(count), n_params: v.nullish(count), size: v.nullish(count) })),
    })),
    v.maxLength(10_000),
  ),
});
/** One model of a server. */
export type ListedModel = v.InferOutput<typeof modelList>["data"][number];

/** `GET /props` of llama-server. */
export const properties = v.object({ default_generation_settings: v.object({ n_ctx: count }) });

/** `POST /tokenize`: vLLM counts, llama-server only lists. */
export const tokenized = v.object({ count: v.optional(count), tokens: v.array(v.unknown()) });

/** llama-server reads `content` and `add_special`, vLLM the others, and each leaves out what it doesn't know. */
export function tokenizeBody(text: string, model: string): Readonly<Record<string, unknown>> {
  return {
    content: text,
    add_special: false,
    parse_special: false,
    model,
    prompt: text,
    add_special_tokens: false,
  };
}

/** `POST /embeddings`. */
export const embeddings = v.object({
  data: v.array(v.object({ index: count, embedding: v.pipe(v.array(v.pipe(v.number(), v.finite())), v.minLength(1)) })),
  usage: v.nullish(v.object({ prompt_tokens: v.optional(count, 0) })),
});

/** What went wrong, in whichever of the usual shapes. */
export const errorBody = v.union([
  v.object({
    error: v.object({
      message: v.string(),
      type: v.nullish(v.string()),
      code: v.nullish(v.union([v.string(), v.number()])),
    }),
  }),
  v.pipe(v.object({ error: v.string() }), v.transform(({ error }) => ({ error: { message: error } }))),
  v.pipe(v.object({ message: v.string() }), v.transform(({ message }) => ({ error: { message } }))),
  v.pipe(v.object({ detail: v.string() }), v.transform(({ detail }) => ({ error: { message: detail } }))),
]);

const tokenProbability = v.object({
  token: v.string(),
  bytes: v.nullish(v.array(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)))),
  logprob: v.number(),
});

/** One event of a streamed answer. The last ones may have no choice, only `usage`. */
export const chunk = v.object({
  choices: v.optional(
    v.array(v.object({
      delta: v.nullish(v.object({
        content: v.nullish(v.string()),
        tool_calls: v.nullish(v.pipe(
          v.array(v.object({
            index: v.optional(count),
            id: v.nullish(word),
            function: v.nullish(v.object({ name: v.nullish(word), arguments: v.nullish(v.string()) })),
          })),
          v.maxLength(128),
        )),
      })),
      logprobs: v.nullish(v.object({
        content: v.nullish(v.array(v.object({
          ...tokenProbability.entries,
          top_logprobs: v.nullish(v.array(tokenProbability)),
        }))),
      })),
      finish_reason: v.nullish(v.string()),
    })),
    [],
  ),
  usage: v.nullish(v.object({
    prompt_tokens: v.optional(count, 0),
    completion_tokens: v.optional(count, 0),
    prompt_tokens_details: v.nullish(v.object({ cached_tokens: v.nullish(count) })),
  })),
  error: v.optional(v.unknown()),
});
/** See {@link chunk}. */
export type Chunk = v.InferOutput<typeof chunk>;
/** A token as a server tells it. */
export type WireToken = v.InferOutput<typeof tokenProbability>;

/** The protocol allows so many texts that end an answer; the engine watches for the others itself. */
const stopsMax = 4;

/**
 * The body of `POST /chat/completions`. What only some servers know (`top_k`, `min_p`) is sent only where it is asked.
 * @param gbnf The request's grammar, where the server reads llama.cpp's notation.
 */
export function chatBody(request: GenerateRequest, model: string, gbnf?: string): Readonly<Record<string, unknown>> {
  const { messages, tokensMax, sampling = {}, stop = [], tools = [], toolChoice, format, alternativesMax } = request;
  const { temperature, topP, topK, minP, frequencyPenalty, presencePenalty, seed } = sampling;
  return withoutAbsent({
    model,
    messages: messages.map(messageToWire),
    max_tokens: tokensMax,
    stream: true,
    stream_options: { include_usage: true },
    temperature,
    top_p: topP,
    top_k: topK,
    min_p: minP,
    frequency_penalty: frequencyPenalty,
    presence_penalty: presencePenalty,
    seed,
    stop: stop.length === 0 ? undefined : stop.slice(0, stopsMax),
    tools: tools.length === 0 ? undefined : tools.map(({ name, description, parameters }) => ({
      type: "function",
      function: withoutAbsent({ name, description, parameters: objectSchema(parameters) }),
    })),
    tool_choice: tools.length === 0 || toolChoice === undefined ? undefined : toolChoiceToWire(toolChoice),
    response_format: format === undefined || format.kind === "grammar" ? undefined : formatToWire(format),
    grammar: gbnf,
    logprobs: alternativesMax === undefined ? undefined : true,
    top_logprobs: alternativesMax,
  });
}

function messageToWire({ role, content, toolCalls, toolCallId }: ChatMessage): unknown {
  return withoutAbsent({
    role,
    content: toolCalls !== undefined && content === "" ? null : content,
    tool_calls: toolCalls?.map(({ id, name, arguments: text }) => ({
      id,
      type: "function",
      function: { name, arguments: text },
    })),
    tool_call_id: toolCallId,
  });
}

function toolChoiceToWire(choice: ToolChoice): unknown {
  return typeof choice === "string" ? choice : { type: "function", function: choice };
}

function formatToWire(format: Exclude<AnswerFormat, { readonly kind: "grammar" }>): unknown {
  return format.kind === "json"
    ? { type: "json_object" }
    : { type: "json_schema", json_schema: { name: "answer", strict: true, schema: format.schema } };
}

/** A schema that only says yes or no isn't taken by every server. */
function objectSchema(schema: JsonSchema): unknown {
  return typeof schema === "boolean" ? { type: "object", properties: {} } : schema;
}

function withoutAbsent(body: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}
