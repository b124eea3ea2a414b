import * as v from "valibot";
import { type Locale, text } from "./text/mod.ts";
import { sizeIn } from "./text/size.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A file of a message: what of it stood in the prompt. `bytesLeftOut`: of its content, for want of room. */
const file = v.object({
  name: v.string(),
  tokens: count,
  bytesLeftOut: count,
  /** Its type can't be read: only its name was said. */
  isUnreadable: v.optional(v.boolean()),
});

const schema = v.object({
  modelName: v.string(),
  /** What the model holds at once, prompt and answer together, and what of it was kept free for the answer. */
  contextTokens: count,
  answerTokensMax: count,
  instructionTokens: count,
  /** In the place of everything up to and with the message `untilId`. */
  summary: v.optional(v.object({ untilId: v.string(), characters: count, tokens: count })),
  /** Oldest first; the last one is the question. */
  messages: v.array(v.object({
    id: v.string(),
    author: v.picklist(["person", "assistant"]),
    tokens: count,
    files: v.optional(v.array(file)),
  })),
  /** What the model's own template puts around the messages. */
  templateTokens: count,
  /** All of it. `isMeasured`: as the engine counted it; otherwise it is the sum, with the most that a template adds. */
  promptTokens: count,
  isMeasured: v.boolean(),
  /** Oldest first. `room`: it would have taken the place of the answer. `notice`: it is the system's own sentence. */
  leftOut: v.array(v.object({ id: v.string(), reason: v.picklist(["room", "notice"]), tokens: v.optional(count) })),
  /** Messages before all of these weren't looked at: so many are never read back. */
  isEarlierLeftOut: v.boolean(),
});

/** What a model was given for one question: by id and length, never what it says. Lengths are in tokens. */
export type PromptContext = v.InferOutput<typeof schema>;

/** A message of a prompt. */
export type ContextMessage = PromptContext["messages"][number];

/** How it is stored. */
export function contextToJson(context: PromptContext): string {
  return JSON.stringify(context);
}

/**
 * What was stored.
 * @throws {v.ValiError} When it isn't a context: it was stored by a later version.
 */
export function contextFromJson(json: string): PromptContext {
  return v.parse(schema, JSON.parse(json));
}

/** With the prompt's length as the engine counted it; 0 is an engine that didn't come to it. */
export function withMeasured(context: PromptContext, promptTokens: number): PromptContext {
  if (promptTokens === 0) return context;
  const templateTokens = Math.max(0, promptTokens - (context.promptTokens - context.templateTokens));
  return { ...context, templateTokens, promptTokens, isMeasured: true };
}

/** One part of a prompt, as people compare them. */
export interface ContextPart {
  readonly kind: "instructions" | "summary" | "earlier" | "question" | "template";
  readonly tokens: number;
}

/** The parts of a prompt in their order in it, the template's own last; what is empty is left out. */
export function partsOf(context: PromptContext): readonly ContextPart[] {
  const earlier = context.messages.slice(0, -1).reduce((sum, { tokens }) => sum + tokens, 0);
  const parts: readonly ContextPart[] = [
    { kind: "instructions", tokens: context.instructionTokens },
    { kind: "summary", tokens: context.summary?.tokens ?? 0 },
    { kind: "earlier", tokens: earlier },
    { kind: "question", tokens: context.messages.at(-1)?.tokens ?? 0 },
    { kind: "template", tokens: context.templateTokens },
  ];
  return parts.filter(({ tokens }) => tokens > 0);
}

/** What the model was given, in a few lines for a chat. */
export function contextText(context: PromptContext, locale: Locale): string {
  const said = text(locale).context;
  const number = (count: number) => count.toLocaleString(locale);
  const { messages, leftOut, summary } = context;
  const earlierCount = messages.length - 1;
  const cutFiles = messages.flatMap(({ files = [] }) => files);
  const forRoom = leftOut.filter(({ reason }) => reason === "room").length;
  return [
    said.total({
      model: context.modelName,
      prompt: number(context.promptTokens),
      whole: number(context.contextTokens),
      answer: number(context.answerTokensMax),
    }),
    ...partsOf(context).map(({ kind, tokens }) =>
      said.line(kind === "earlier" ? said.earlierMessages(earlierCount) : said.parts[kind], number(tokens))
    ),
    ...(summary === undefined ? [] : [said.summarised(number(summary.characters))]),
    ...cutFiles.flatMap(({ name, bytesLeftOut, isUnreadable }) =>
      isUnreadable
        ? [said.fileUnreadable(name)]
        : bytesLeftOut > 0
        ? [said.fileCut(name, sizeIn(locale, bytesLeftOut))]
        : []
    ),
    ...(forRoom > 0 ? [said.leftOutForRoom(forRoom)] : []),
    ...(context.isEarlierLeftOut ? [said.earlierLeftOut] : []),
  ].join("\n");
}
