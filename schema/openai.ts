import * as v from "valibot";

/**
 * What `/v1` reads: the OpenAI-compatible requests, as far as they are supported. Fields that clients send by default
 * are accepted with their neutral values; what would change the answer and isn't supported is refused, never ignored.
 * Hints that can't change what an answer says (`user`, `store`, `metadata`, …) are read and not used.
 * Source: https://platform.openai.com/docs/api-reference/chat/create and the official clients' types.
 */

/** The longest body that `/v1` reads, in bytes. */
export const v1BodyBytesMax = 8_000_000;
/** How deep JSON may be nested: what is deeper is refused before it is parsed. */
export const v1DepthMax = 128;
/** Most choices of one request. */
export const choicesMax = 8;
/** Most texts of one embeddings request. */
export const textsMax = 2_048;
/** What an issue of a field that exists elsewhere, but not here, expects. */
export const unsupported = "unsupported";

const wellFormed = v.check<string, string>((text) => text.isWellFormed(), "well-formed Unicode");
const text = v.pipe(v.string(), wellFormed);
const name = v.pipe(v.string(), v.regex(/^[a-zA-Z0-9_-]{1,64}$/, "1 to 64 letters, digits, _ or -"));
const whole = (min: number, max: number) =>
  v.pipe(
    v.number(),
    v.check((value) => Number.isSafeInteger(value) && value >= min && value <= max, `${min} to ${max}`),
  );
const between = (min: number, max: number) =>
  v.pipe(v.number(), v.check((value) => value >= min && value <= max, `${min} to ${max}`));
/** Accepted only where it changes nothing. */
const neutral = (...values: unknown[]) =>
  v.optional(v.custom<unknown>((value) => value === null || isOneOf(value, values), unsupported));
/** Read, and not used. */
const hint = v.optional(v.unknown());

function isOneOf(value: unknown, values: readonly unknown[]): boolean {
  return values.some((neutral) => JSON.stringify(neutral) === JSON.stringify(value));
}

const textPart = v.object({
  type: v.custom<"text">((type) => type === "text", unsupported),
  text,
});
const content = v.union([text, v.array(textPart)]);
/** A refusal that an assistant's message carried is text that it said. */
const spokenPart = v.union([textPart, v.object({ type: v.literal("refusal"), refusal: text })]);

const toolCall = v.object({
  id: v.pipe(v.string(), v.maxLength(200)),
  type: v.optional(v.custom<"function">((type) => type === "function", unsupported)),
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

/** A JSON Schema: checked by the engine, which says what it can't hold an answer to. */
const jsonSchema = v.union([v.boolean(), v.record(v.string(), v.unknown())]);

const toolSchema = v.object({
  type: v.custom<"function">((type) => type === "function", unsupported),
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
  messages: v.pipe(v.array(messageSchema), v.minLength(1, "at least one message")),
  stream: v.nullish(v.boolean()),
  stream_options: v.nullish(v.object({ include_usage: v.nullish(v.boolean()) })),
  temperature: v.nullish(between(0, 2)),
  top_p: v.nullish(between(0, 1)),
  top_k: v.nullish(whole(1, 1_000_000)),
  min_p: v.nullish(between(0, 1)),
  max_tokens: v.nullish(whole(1, 16_777_216)),
  max_completion_tokens: v.nullish(whole(1, 16_777_216)),
  stop: v.nullish(v.union([text, v.pipe(v.array(text), v.maxLength(8, "at most 8 texts"))])),
  seed: v.nullish(whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)),
  n: v.nullish(whole(1, choicesMax)),
  logprobs: v.nullish(v.boolean()),
  top_logprobs: v.nullish(whole(0, 20)),
  tools: v.nullish(v.pipe(v.array(toolSchema), v.maxLength(128, "at most 128 tools"))),
  tool_choice: v.nullish(toolChoice),
  parallel_tool_calls: v.nullish(v.boolean()),
  response_format: v.nullish(responseFormat),
  presence_penalty: neutral(0),
  frequency_penalty: neutral(0),
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

/** The body of `POST /v1/embeddings`. `input_type` is an addition: some models are told what a text is for. */
export const embeddingsRequest = v.strictObject({
  model: v.string(),
  input: v.union([
    v.pipe(text, v.minLength(1, "a text")),
    v.pipe(
      v.array(v.pipe(text, v.minLength(1, "a text"))),
      v.minLength(1, "at least one text"),
      v.maxLength(textsMax, `at most ${textsMax} texts`),
    ),
  ]),
  encoding_format: v.nullish(v.picklist(["float", "base64"])),
  dimensions: v.nullish(whole(1, 1_000_000)),
  input_type: v.nullish(v.picklist(["query", "passage"])),
  user: hint,
});
/** An embeddings request as a client sends it. */
export type EmbeddingsRequest = v.InferOutput<typeof embeddingsRequest>;
