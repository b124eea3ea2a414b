import * as v from "valibot";
import { matches } from "../access.ts";
import { text } from "../text/mod.ts";
import type { Capability, Coverage } from "./capability.ts";

/** As `access.bindings` names people: `owner`, `identity:ID`, `telegram:12345`; in a manifest also with `*`. */
const person = v.pipe(
  v.string('a person, like "owner" or "telegram:12345"'),
  v.regex(/^(?:owner|\*|[a-z][a-z0-9_-]{0,31}:\S{1,200})$/, 'a person, like "owner" or "telegram:12345"'),
);

/** `this`: the conversation that the tool is called in; or people, who are written to directly. */
const to = v.strictObject({
  this: v.optional(
    v.pipe(v.boolean(), v.description("Whether it may write into the conversation that it is called in.")),
    false,
  ),
  people: v.optional(
    v.pipe(
      v.array(person),
      v.maxLength(32),
      v.readonly(),
      v.description("Whom it may write to: `owner`, `identity:ID`, or an account like `telegram:12345`."),
    ),
    [],
  ),
});

/** Whom it may write to. */
export type MessageTargets = v.InferOutput<typeof to>;

const request = v.strictObject({
  /** As the grant names them. Absent: this conversation. */
  person: v.optional(v.pipe(v.string(), v.maxLength(233))),
  text: v.pipe(v.string(), v.minLength(1), v.maxLength(4_000)),
});

/** One request that a plugin makes. */
export type MessageRequest = v.InferOutput<typeof request>;

/** How many conversations it goes to; it is sent when it can be, and again until it arrives. */
const reply = v.strictObject({ queued: v.number() });

/** What a plugin is given. */
export type MessageReply = v.InferOutput<typeof reply>;

/** Messages to people. */
export const message: Capability<MessageTargets, MessageTargets, MessageRequest> = {
  name: "message",
  asked: to,
  granted: to,
  request,
  reply,
  cover,
  describe: (asked, locale) => {
    const words = text(locale).capabilities.message;
    return [
      ...(asked.this ? [words.here] : []),
      ...asked.people.map((person) => person === "*" ? words.anybody : words.to(person)),
    ];
  },
};

function cover(asked: MessageTargets, granted: MessageTargets, { person }: MessageRequest): Coverage {
  const allows = (targets: MessageTargets) =>
    person === undefined ? targets.this : targets.people.some((glob) => matches(glob, person));
  const whom = person === undefined ? "into this conversation" : `to ${person}`;
  if (!allows(asked)) return { kind: "uncovered", by: "manifest", reason: `the plugin doesn't ask to write ${whom}` };
  if (!allows(granted)) return { kind: "uncovered", by: "grant", reason: `this site doesn't grant to write ${whom}` };
  return { kind: "covered", wants: [{ action: "write", resource: `message:${person ?? "this"}` }] };
}
