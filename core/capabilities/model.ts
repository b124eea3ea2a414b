import * as v from "valibot";
import type { Capability } from "./capability.ts";

const tokens = v.strictObject({
  tokens: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(4_096)), 256),
});

/** Tokens that one call of a tool may have written. */
export type ModelTokens = v.InferOutput<typeof tokens>;

const request = v.strictObject({
  prompt: v.pipe(v.string(), v.minLength(1), v.maxLength(32_000)),
  tokens: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(4_096)), 128),
});

/** One request that a plugin makes. */
export type ModelRequest = v.InferOutput<typeof request>;

/** Text by the site's model. It gets no tools. */
export const model: Capability<ModelTokens, ModelTokens, ModelRequest> = {
  name: "model",
  asked: tokens,
  granted: tokens,
  request,
  cover: () => ({ kind: "uncovered", by: "grant", reason: "the model isn't built yet" }),
  describe: ({ tokens }) => [`may have the model write up to ${tokens} tokens a call`],
};
