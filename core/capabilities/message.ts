import * as v from "valibot";
import type { Capability } from "./capability.ts";

/** `this`: the conversation that the tool is called in; or names of people, who are written to directly. */
const to = v.strictObject({
  this: v.optional(v.boolean(), false),
  people: v.optional(
    v.pipe(v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(100))), v.maxLength(32), v.readonly()),
    [],
  ),
});

/** Whom it may write to. */
export type MessageTargets = v.InferOutput<typeof to>;

const request = v.strictObject({
  /** Absent: this conversation. */
  person: v.optional(v.pipe(v.string(), v.maxLength(100))),
  text: v.pipe(v.string(), v.minLength(1), v.maxLength(4_000)),
});

/** One request that a plugin makes. */
export type MessageRequest = v.InferOutput<typeof request>;

/** Messages to people. */
export const message: Capability<MessageTargets, MessageTargets, MessageRequest> = {
  name: "message",
  asked: to,
  granted: to,
  request,
  cover: () => ({ kind: "uncovered", by: "grant", reason: "messages aren't built yet" }),
  describe: (asked) => [
    ...(asked.this ? ["may write into the conversation that it is called in"] : []),
    ...asked.people.map((name) => `may write to ${name}`),
  ],
};
