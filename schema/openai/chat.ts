import * as v from "valibot";
import { between, hint, jsonSchema, messagesMax, name, neutral, only, text, unsupported, whole } from "./fields.ts";

/** Most choices of one request. */
export const choicesMax = 8;

const textPart = v.object({
  type: only("text"),
  text,
});
const content = v.union([text, v.array(textPart)]);
/** A refusal that an assistant's message carried is text that it said. */
const spokenPart = v.variant("type", [
  v.object({ type: v.literal("text"), text }),
  v.object({ type: v.literal("refusal"), refusal: text }),
], unsupported);

const toolCall = v.object({
  id: v.pipe(v.string(), v.maxLength(200)),
  type: v.optional(only("function")),
  function: v.object({ name, arguments: text }),
});

const messageSchema = v.variant("role", [
  v.object({ role: v.picklist(["system", "developer"]), content }),
  v.object({ role: v.literal("user"), content }),
  v.object({
    role: v.literal("assistant"),
    content: v.nullish(v.union([text, v.array(spokenPart)])),
    tool_calls: v.nullish(v.array(toolCall)),
    function_call: neutral(),
    audio: neutral(),
  }),
  v.object({ role: v.literal("tool"), content, tool_call_id: v.pipe(v.string(), v.maxLength(200)) }),
]);

const toolSchema = v.object({
  type: only("function"),
  function: v.object({
    name,
    description: v.nullish(text),
    parameters: v.nullish(jsonSchema),
    strict: v.nullish(v.boolean()),
  }),
});

const toolChoice = v.union([
  v.picklist(["auto", "none", "required"]),
  v.object({ type: v.literal("function"), function: v.object({ name }) }),
]);

const responseFormat = v.variant("type", [
  v.object({ type: v.literal("text") }),
  v.object({ type: v.literal("json_object") }),
  v.object({
    type: v.literal("json_schema"),
    json_schema: v.object({
      name: v.optional(v.string()),
      description: v.nullish(v.string()),
      schema: v.nullish(jsonSchema),
      strict: v.nullish(v.boolean()),
    }),
  }),
]);

/** The body of `POST /v1/chat/completions`. */
export const chatRequest = v.strictObject({
  model: v.string(),
  messages: v.pipe(
    v.array(messageSchema),
    v.minLength(1, "at least one message"),
    v.maxLength(messagesMax, `at most ${messagesMax} messages`),
  ),
  stream: v.nullish(v.boolean()),
  stream_options: v.nullish(v.object({ include_usage: v.nullish(v.boolean()) })),
  temperature: v.nullish(between(0, 2)),
  top_p: v.nullish(between(0, 1)),
  top_k: v.nullish(whole(1, 1_000_000)),
  min_p: v.nullish(between(0, 1)),
  max_tokens: v.nullish(whole(1, 16_777_216)),
  max_completion_tokens: v.nullish(whole(1, 16_777_216)),
  stop: v.nullish(v.union([text, v.pipe(v.array(text), v.maxLength(8, "at most 8 texts"))])),
  frequency_penalty: v.nullish(between(-2, 2)),
  presence_penalty: v.nullish(between(-2, 2)),
  seed: v.nullish(whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)),
  n: v.nullish(whole(1, choicesMax)),
  logprobs: v.nullish(v.boolean()),
  top_logprobs: v.nullish(whole(0, 20)),
  tools: v.nullish(v.pipe(v.array(toolSchema), v.maxLength(128, "at most 128 tools"))),
  tool_choice: v.nullish(toolChoice),
  parallel_tool_calls: v.nullish(v.boolean()),
  response_format: v.nullish(responseFormat),
  logit_bias: neutral({}),
  modalities: neutral(["text"]),
  audio: neutral(),
  functions: neutral([]),
  function_call: neutral("none", "auto"),
  web_search_options: neutral(),
  user: hint,
  safety_identifier: hint,
  prompt_cache_key: hint,
  prompt_cache_retention: hint,
  metadata: hint,
  store: hint,
  service_tier: hint,
  prediction: hint,
  reasoning_effort: hint,
  verbosity: hint,
});
/** A chat request as a client sends it. */
export type ChatRequest = v.InferOutput<typeof chatRequest>;
