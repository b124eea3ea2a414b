import * as v from "valibot";
import type { Capability } from "./capability.ts";

const collections = v.pipe(
  v.array(v.pipe(v.string(), v.regex(/^[a-z0-9*][a-z0-9_*-]{0,63}$/))),
  v.minLength(1),
  v.maxLength(64),
  v.readonly(),
);

const request = v.strictObject({
  collection: v.pipe(v.string(), v.maxLength(64)),
  query: v.pipe(v.string(), v.minLength(1), v.maxLength(2_000)),
});

/** One request that a plugin makes. */
export type KnowledgeRequest = v.InferOutput<typeof request>;

/** Passages of the site's collections. */
export const knowledge: Capability<readonly string[], readonly string[], KnowledgeRequest> = {
  name: "knowledge",
  asked: collections,
  granted: collections,
  request,
  cover: () => ({ kind: "uncovered", by: "grant", reason: "collections aren't built yet" }),
  describe: (asked) => asked.map((name) => `may search the collection "${name}"`),
};
