import * as v from "valibot";
import { text } from "../text/mod.ts";
import type { Capability } from "./capability.ts";

const tokens = v.strictObject({
  tokens: v.optional(
    v.pipe(
      v.number("a whole number from 1 to 4,096"),
      v.integer("a whole number from 1 to 4,096"),
      v.minValue(1, "a whole number from 1 to 4,096"),
      v.maxValue(4_096, "a whole number from 1 to 4,096"),
      v.description("How many tokens one call of a tool may have written, all together."),
    ),
    256,
  ),
});

/** Tokens that one call of a tool may have written. */
export type ModelTokens = v.InferOutput<typeof tokens>;

const request = v.strictObject({
  prompt: v.pipe(v.string(), v.minLength(1), v.maxLength(32_000)),
  tokens: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(4_096)), 128),
});

/** One request that a plugin makes. */
export type ModelRequest = v.InferOutput<typeof request>;

/** `cut`: it had more to say, and no tokens were left. */
const reply = v.strictObject({ text: v.string(), tokens: v.number(), cut: v.boolean() });

/** What a plugin is given. */
export type ModelReply = v.InferOutput<typeof reply>;

/** Text by the site's model. It gets no tools. */
export const model: Capability<ModelTokens, ModelTokens, ModelRequest> = {
  name: "model",
  asked: tokens,
  granted: tokens,
  request,
  reply,
  // How much is left of the tokens is counted where the call is made.
  cover: () => ({ kind: "covered", wants: [{ action: "use", resource: "model" }] }),
  describe: ({ tokens }, locale) => [text(locale).capabilities.model(tokens)],
};

/** What one call may have written: the smaller of what it asks and what it is granted. */
export function tokensOf(asked: ModelTokens, granted: ModelTokens): number {
  return Math.min(asked.tokens, granted.tokens);
}
