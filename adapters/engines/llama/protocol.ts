/**
 * What host and model runner say to each other: JSON frames, parsed on arrival by both sides. Not a public format:
 * both ends are of one version.
 */
import * as v from "valibot";
import { sizeProblem } from "../grammar/limits.ts";
import { stateBytesMax } from "./state_limits.ts";
import { priorities } from "../../../core/priority.ts";
import type { JsonSchema } from "../../../core/ports/engine.ts";
import type { Grammar } from "../../../core/ports/grammar.ts";

/** The longest frame that either side accepts: a whole context as text fits many times. */
export const messageBytesMax = 8 * 1024 * 1024;

/** Texts of one request to embed. */
export const textsMax = 256;

/** The longest vector there is. */
const dimensionsMax = 16_384;

const id = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const bounded = (charactersMax: number) => v.pipe(v.string(), v.maxLength(charactersMax));
const between = (min: number, max: number) => v.pipe(v.number(), v.finite(), v.minValue(min), v.maxValue(max));
const wholeBetween = (min: number, max: number) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
const text = bounded(4 * 1024 * 1024);

const sampling = v.strictObject({
  temperature: v.optional(between(0, 5)),
  topK: v.optional(wholeBetween(0, 1_000_000)),
  topP: v.optional(between(0, 1)),
  minP: v.optional(between(0, 1)),
  frequencyPenalty: v.optional(between(-2, 2)),
  presencePenalty: v.optional(between(-2, 2)),
  seed: v.optional(wholeBetween(0, 0xFFFFFFFF)),
});

const failure = v.strictObject({
  kind: v.picklist(["refused", "invalid", "overflow", "hung", "crashed", "unavailable"]),
  reason: bounded(4_096),
  mend: v.optional(bounded(4_096)),
});

const toolName = v.pipe(
  v.string(),
  v.regex(/^[a-zA-Z0-9_-]{1,64}$/, "a tool's name has 1 to 64 letters, digits, _ and -"),
);

/** Bounded before anything recurses into it; what it means is for the grammar's maker to judge. */
const schema = v.pipe(
  v.custom<JsonSchema>((value) => typeof value === "boolean" || (typeof value === "object" && value !== null)),
  v.check((value) => sizeProblem(value) === undefined, ({ input }) => `the schema is too large: ${sizeProblem(input)}`),
);

const grammarCount = wholeBetween(0, 10_000);
const grammarPart: v.GenericSchema<Grammar> = v.variant("kind", [
  v.strictObject({ kind: v.literal("text"), text: bounded(65_536) }),
  v.strictObject({ kind: v.literal("choice"), options: v.array(v.lazy(() => grammarPart)) }),
  v.strictObject({ kind: v.literal("sequence"), parts: v.array(v.lazy(() => grammarPart)) }),
  v.strictObject({
    kind: v.literal("repeat"),
    of: v.lazy(() => grammarPart),
    min: grammarCount,
    max: grammarCount,
  }),
  v.strictObject({ kind: v.literal("line"), min: grammarCount, max: grammarCount, without: bounded(256) }),
]);
/** Bounded before anything recurses into it. */
const grammar = v.pipe(
  v.unknown(),
  v.check(
    (value) => sizeProblem(value) === undefined,
    ({ input }) => `the grammar is too large: ${sizeProblem(input)}`,
  ),
  grammarPart,
);

const format = v.variant("kind", [
  v.strictObject({ kind: v.literal("json") }),
  v.strictObject({ kind: v.literal("schema"), schema }),
  v.strictObject({ kind: v.literal("grammar"), grammar }),
]);

const probability = {
  text: bounded(4_096),
  bytes: v.pipe(v.array(wholeBetween(0, 255)), v.maxLength(4_096), v.readonly()),
  logprob: between(-9_999, 0),
};
const tokens = v.pipe(
  v.array(
    v.strictObject({
      ...probability,
      top: v.pipe(v.array(v.strictObject(probability)), v.maxLength(20), v.readonly()),
    }),
  ),
  v.maxLength(10_000),
);

/** Which model, library and settings a state is of, and the tokens that it stands for. */
const state = {
  binding: bounded(200),
  tokens: v.pipe(v.array(wholeBetween(0, 0x7FFFFFFF)), v.minLength(1), v.maxLength(262_144)),
  bytes: wholeBetween(1, stateBytesMax),
};

const usage = v.strictObject({ promptTokens: count, promptReused: count, answerTokens: count });

const info = v.strictObject({
  name: bounded(1_024),
  contextTokens: count,
  sequencesMax: count,
  parametersCount: v.optional(count),
  fileBytes: v.optional(count),
  memoryBytes: v.optional(count),
  dimensions: v.optional(wholeBetween(1, dimensionsMax)),
  isBase: v.optional(v.literal(true)),
});

/** From the host. `load` comes first and once. */
export const hostMessage = v.variant("kind", [
  v.strictObject({
    kind: v.literal("load"),
    /** Absent: decided from model and memory. */
    contextTokens: v.optional(wholeBetween(1, 16_777_216)),
    sequencesMax: wholeBetween(1, 64),
    /** Absent: decided from the cores. */
    threads: v.optional(wholeBetween(1, 256)),
    memoryLimitBytes: v.optional(count),
  }),
  v.strictObject({
    kind: v.literal("generate"),
    id,
    messages: v.pipe(
      v.array(v.strictObject({
        role: v.picklist(["system", "user", "assistant", "tool"]),
        content: text,
        toolCalls: v.optional(v.pipe(
          v.array(v.strictObject({ id: bounded(200), name: toolName, arguments: bounded(262_144) })),
          v.maxLength(128),
        )),
        toolCallId: v.optional(bounded(200)),
      })),
      v.minLength(1),
      v.maxLength(10_000),
    ),
    priority: v.optional(v.picklist(priorities)),
    conversation: v.optional(bounded(200)),
    /** What is kept of the conversation since it was last computed: there to be asked for. */
    saved: v.optional(v.strictObject(state)),
    tokensMax: wholeBetween(1, 16_777_216),
    sampling: v.optional(sampling),
    stop: v.optional(v.pipe(v.array(bounded(1_000)), v.maxLength(8))),
    tools: v.optional(v.pipe(
      v.array(v.strictObject({ name: toolName, description: v.optional(bounded(65_536)), parameters: schema })),
      v.maxLength(128),
    )),
    toolChoice: v.optional(v.union([v.picklist(["auto", "none", "required"]), v.strictObject({ name: toolName })])),
    format: v.optional(format),
    alternativesMax: v.optional(wholeBetween(0, 20)),
  }),
  v.strictObject({ kind: v.literal("cancel"), id }),
  /** What was asked for by `state_wanted`: its bytes follow, as so many frames as it takes. */
  v.strictObject({ kind: v.literal("state"), id, bytes: state.bytes }),
  /** It isn't to be had, or breaks off. */
  v.strictObject({ kind: v.literal("no_state"), id }),
  /** The model is about to be unloaded: whatever state isn't saved is to be sent; `parked` comes after the last. */
  v.strictObject({ kind: v.literal("park") }),
  v.strictObject({
    kind: v.literal("embed"),
    id,
    texts: v.pipe(v.array(text), v.minLength(1), v.maxLength(textsMax)),
    purpose: v.optional(v.picklist(["query", "passage"])),
  }),
  v.strictObject({ kind: v.literal("count"), id, texts: v.pipe(v.array(text), v.maxLength(10_000)) }),
]);
/** One of {@link hostMessage}. */
export type HostMessage = v.InferOutput<typeof hostMessage>;

/** From the runner. `progress` says that a step was completed; a runner with work that says nothing hangs. */
export const runnerMessage = v.variant("kind", [
  v.strictObject({ kind: v.literal("ready"), info }),
  v.strictObject({ kind: v.literal("not_ready"), failure, needBytes: v.optional(count), haveBytes: v.optional(count) }),
  v.strictObject({ kind: v.literal("progress") }),
  v.strictObject({ kind: v.literal("started"), id, promptTokens: count, promptReused: count }),
  v.strictObject({ kind: v.literal("text"), id, text, answerTokens: count, tokens: v.optional(tokens) }),
  v.strictObject({ kind: v.literal("tool_call"), id, name: toolName, arguments: text, answerTokens: count }),
  v.strictObject({ kind: v.literal("end"), id, reason: v.picklist(["stop", "length", "cancelled"]), usage }),
  v.strictObject({ kind: v.literal("failed"), id, failure }),
  /** 32-bit floats, one vector after the other; `at` is the number of the text that the first is of. */
  v.strictObject({ kind: v.literal("vectors"), id, at: count, base64: bounded(messageBytesMax) }),
  v.strictObject({ kind: v.literal("embedded"), id, promptTokens: count }),
  /** A request waits for the state that was offered with it: to put it back is faster than to compute it again. */
  v.strictObject({ kind: v.literal("state_wanted"), id }),
  /** A conversation whose state leaves the model's memory, to be kept. Its bytes follow; one state at a time. */
  v.strictObject({ kind: v.literal("state"), conversation: bounded(200), ...state }),
  /** A conversation has left the model's memory unsaved. */
  v.strictObject({ kind: v.literal("dropped"), conversation: bounded(200) }),
  v.strictObject({ kind: v.literal("parked") }),
  v.strictObject({ kind: v.literal("counted"), id, counts: v.pipe(v.array(count), v.maxLength(10_000)) }),
]);
/** One of {@link runnerMessage}. */
export type RunnerMessage = v.InferOutput<typeof runnerMessage>;

/** A message out of a frame's value. @throws {v.ValiError} When it is none: the other side is broken. */
export function parseHostMessage(value: unknown): HostMessage {
  return v.parse(hostMessage, value);
}

/** A message out of a frame's value. @throws {v.ValiError} When it is none: the other side is broken. */
export function parseRunnerMessage(value: unknown): RunnerMessage {
  return v.parse(runnerMessage, value);
}
