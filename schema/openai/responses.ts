import * as v from "valibot";
import { between, hint, jsonSchema, messagesMax, name, neutral, only, text, unsupported, whole } from "./fields.ts";

const inputPart = v.variant("type", [
  v.object({ type: v.picklist(["input_text", "output_text", "text"]), text }),
  v.object({ type: v.literal("refusal"), refusal: text }),
], unsupported);
const content = v.union([text, v.array(inputPart)]);
const id = v.pipe(v.string(), v.maxLength(200));

/** One item of the input: a message, a call that the model made, or what came of one. */
const inputItem = v.union([
  v.object({
    type: v.optional(only("message")),
    role: v.picklist(["system", "developer", "user", "assistant"]),
    content,
  }),
  v.object({ type: v.literal("function_call"), call_id: id, name, arguments: text }),
  v.object({ type: v.literal("function_call_output"), call_id: id, output: content }),
]);

const toolSchema = v.object({
  type: only("function"),
  name,
  description: v.nullish(text),
  parameters: v.nullish(jsonSchema),
  strict: v.nullish(v.boolean()),
});

const format = v.variant("type", [
  v.object({ type: v.literal("text") }),
  v.object({ type: v.literal("json_object") }),
  v.object({
    type: v.literal("json_schema"),
    name: v.optional(v.string()),
    description: v.nullish(v.string()),
    schema: jsonSchema,
    strict: v.nullish(v.boolean()),
  }),
]);

/** What may be asked to be included. Of the rest nothing exists here, so nothing is left out. */
const logprobs = "message.output_text.logprobs";

/**
 * The body of `POST /v1/responses`. Nothing is stored, so nothing earlier can be named: `previous_response_id` and
 * `conversation` are refused. Source: the official clients' type `ResponseCreateParams`.
 */
export const responsesRequest = v.strictObject({
  model: v.string(),
  input: v.union([
    text,
    v.pipe(
      v.array(inputItem),
      v.minLength(1, "at least one item"),
      v.maxLength(messagesMax, `at most ${messagesMax} items`),
    ),
  ]),
  instructions: v.nullish(text),
  stream: v.nullish(v.boolean()),
  stream_options: hint,
  max_output_tokens: v.nullish(whole(1, 16_777_216)),
  temperature: v.nullish(between(0, 2)),
  top_p: v.nullish(between(0, 1)),
  top_logprobs: v.nullish(whole(0, 20)),
  include: v.nullish(v.array(v.picklist([logprobs, "reasoning.encrypted_content"], unsupported))),
  tools: v.nullish(v.pipe(v.array(toolSchema), v.maxLength(128, "at most 128 tools"))),
  tool_choice: v.nullish(
    v.union([v.picklist(["auto", "none", "required"]), v.object({ type: v.literal("function"), name })]),
  ),
  parallel_tool_calls: v.nullish(v.boolean()),
  text: v.nullish(v.object({ format: v.nullish(format), verbosity: hint })),
  previous_response_id: neutral(),
  conversation: neutral(),
  prompt: neutral(),
  background: neutral(false),
  truncation: neutral("disabled"),
  max_tool_calls: hint,
  store: hint,
  metadata: v.nullish(v.record(v.string(), v.string())),
  reasoning: hint,
  user: hint,
  safety_identifier: hint,
  prompt_cache_key: hint,
  prompt_cache_retention: hint,
  service_tier: hint,
});
/** A request as a client sends it. */
export type ResponsesRequest = v.InferOutput<typeof responsesRequest>;

/** Whether probabilities are to be included. */
export function wantsLogprobs({ include }: Pick<ResponsesRequest, "include">): boolean {
  return include?.includes(logprobs) === true;
}
