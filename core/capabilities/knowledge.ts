import * as v from "valibot";
import { matches } from "../access.ts";
import { text } from "../text/mod.ts";
import type { Capability, Coverage } from "./capability.ts";

const collections = v.pipe(
  v.array(v.pipe(
    v.string("a name of a collection"),
    v.regex(/^[a-z0-9*][a-z0-9_*-]{0,63}$/, 'small letters, digits, "-" and "_"; `*` is any text'),
  )),
  v.minLength(1),
  v.maxLength(64),
  v.readonly(),
);

const request = v.strictObject({
  collection: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9_-]{0,63}$/)),
  query: v.pipe(v.string(), v.minLength(1), v.maxLength(2_000)),
});

/** One request that a plugin makes. */
export type KnowledgeRequest = v.InferOutput<typeof request>;

/** Passages, the best first. */
const reply = v.strictObject({
  passages: v.array(v.strictObject({ text: v.string(), source: v.string() })),
});

/** Passages of the site's collections. */
export const knowledge: Capability<readonly string[], readonly string[], KnowledgeRequest> = {
  name: "knowledge",
  asked: collections,
  granted: collections,
  request,
  reply,
  cover,
  describe: (asked, locale) => asked.map((name) => text(locale).capabilities.knowledge(name)),
};

function cover(asked: readonly string[], granted: readonly string[], { collection }: KnowledgeRequest): Coverage {
  const allows = (globs: readonly string[]) => globs.some((glob) => matches(glob, collection));
  const what = `to search ${collection}`;
  if (!allows(asked)) return { kind: "uncovered", by: "manifest", reason: `the plugin doesn't ask ${what}` };
  if (!allows(granted)) return { kind: "uncovered", by: "grant", reason: `this site doesn't grant ${what}` };
  return { kind: "covered", wants: [{ action: "read", resource: `knowledge:${collection}` }] };
}
