import * as v from "valibot";
import type { Capability } from "./capability.ts";

const prefix = v.pipe(v.string(), v.regex(/^(?:[a-z0-9][a-z0-9._-]{0,63}\/)*$/), v.maxLength(256));
const prefixes = v.optional(v.pipe(v.array(prefix), v.maxLength(16), v.readonly()), []);

/** Prefixes of names, each ending in `/`; the empty one is every file that the plugin has. */
const granted = v.strictObject({ read: prefixes, write: prefixes, attachments: v.optional(v.boolean(), false) });

/** Which files. `attachments`: those of the message that it is called for, to read. */
export type FilePrefixes = v.InferOutput<typeof granted>;

const name = v.pipe(
  v.string(),
  v.regex(/^(?:[a-z0-9][a-z0-9._-]{0,63}\/)*[a-z0-9][a-z0-9._-]{0,63}$/),
  v.maxLength(256),
);

const request = v.variant("op", [
  v.strictObject({ op: v.literal("list"), prefix: v.optional(prefix, "") }),
  v.strictObject({
    op: v.literal("read"),
    name,
    offset: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
  }),
  v.strictObject({ op: v.literal("write"), name, body_base64: v.string() }),
  v.strictObject({ op: v.literal("remove"), name }),
  /** Files of the message that the tool is called for, by their order: 0 is the first. */
  v.strictObject({ op: v.literal("attachments") }),
  v.strictObject({ op: v.literal("attachment"), index: v.pipe(v.number(), v.integer(), v.minValue(0)) }),
]);

/** One request that a plugin makes. */
export type FilesRequest = v.InferOutput<typeof request>;

/** Files in the object store, by name, and those of the message. No path of this machine. */
export const files: Capability<FilePrefixes, FilePrefixes, FilesRequest> = {
  name: "files",
  asked: granted,
  granted,
  request,
  cover: () => ({ kind: "uncovered", by: "grant", reason: "files aren't built yet" }),
  describe: ({ read, write, attachments }) => [
    ...read.map((prefix) => `may read files below "${prefix}"`),
    ...write.map((prefix) => `may write files below "${prefix}"`),
    ...(attachments ? ["may read the files of the message that it is called for"] : []),
  ],
};
