import * as v from "valibot";
import { text } from "../text/mod.ts";
import { base64 } from "./base64.ts";
import type { Capability, Coverage } from "./capability.ts";

const part = "[a-z0-9][a-z0-9._-]{0,63}";
const prefix = v.pipe(
  v.string('the beginning of names, like "reports/"'),
  v.regex(new RegExp(`^(?:${part}/)*$`), 'the beginning of names, like "reports/"; "" is all of them'),
  v.maxLength(256),
);
const prefixes = (description: string) =>
  v.optional(v.pipe(v.array(prefix), v.maxLength(16), v.readonly(), v.description(description)), []);

/** Prefixes of names, each ending in `/`; the empty one is every file that the plugin has. */
const granted = v.strictObject({
  read: prefixes('Beginnings of names that it may read, like "reports/"; "" is all of its own.'),
  write: prefixes("Beginnings of names that it may write; it may read these as well."),
  attachments: v.optional(
    v.pipe(v.boolean(), v.description("Whether it may read the files of the message that it is called for.")),
    false,
  ),
});

/** Which files. `attachments`: those of the message that it is called for, to read. */
export type FilePrefixes = v.InferOutput<typeof granted>;

/** Names have no part that begins with a dot, so none leads upwards. */
const name = v.pipe(v.string(), v.regex(new RegExp(`^(?:${part}/)*${part}$`)), v.maxLength(256));

/** What one read gives at most, in bytes; it takes several to read a larger file. */
export const readBytesMax = 512 * 1024;
/** Files that one plugin may have, and what they may take together, in bytes. */
export const ownFilesMax = 1_000;
/** See {@link ownFilesMax}. */
export const ownBytesMax = 256 * 1024 * 1024;

const offset = v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0);

const request = v.variant("op", [
  v.strictObject({ op: v.literal("list"), prefix: v.optional(prefix, "") }),
  v.strictObject({ op: v.literal("read"), name, offset }),
  v.strictObject({
    op: v.literal("write"),
    name,
    body_base64: base64,
  }),
  v.strictObject({ op: v.literal("remove"), name }),
  /** Files of the message that the tool is called for, by their order: 0 is the first. */
  v.strictObject({ op: v.literal("attachments") }),
  v.strictObject({
    op: v.literal("attachment"),
    index: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_000)),
    offset,
  }),
]);

/** One request that a plugin makes. */
export type FilesRequest = v.InferOutput<typeof request>;

const reply = v.union([
  /** Of `list`, in order of the names. */
  v.strictObject({ files: v.array(v.strictObject({ name: v.string(), bytes: v.number() })) }),
  /** Of `read` and `attachment`: a piece, and how many bytes the whole has. */
  v.strictObject({ bytes: v.number(), body_base64: v.string() }),
  /** Of `write` and `remove`: whether something was changed. */
  v.strictObject({ done: v.boolean() }),
  /** Of `attachments`. */
  v.strictObject({
    attachments: v.array(
      v.strictObject({ name: v.string(), media_type: v.string(), bytes: v.number() }),
    ),
  }),
]);

/** What a plugin is given. */
export type FilesReply = v.InferOutput<typeof reply>;

/** Files in the object store, by name, and those of the message. No path of this machine. */
export const files: Capability<FilePrefixes, FilePrefixes, FilesRequest> = {
  name: "files",
  asked: granted,
  granted,
  request,
  reply,
  cover,
  describe: ({ read, write, attachments }, locale) => {
    const words = text(locale).capabilities.files;
    return [
      ...read.map((prefix) => prefix === "" ? words.mayReadAll : words.mayRead(prefix)),
      ...write.map((prefix) => prefix === "" ? words.mayWriteAll : words.mayWrite(prefix)),
      ...(attachments ? [words.attachments] : []),
    ];
  },
};

function cover(asked: FilePrefixes, granted: FilePrefixes, request: FilesRequest): Coverage {
  const { op } = request;
  if (op === "attachments" || op === "attachment") {
    const what = "the files of the message";
    if (!asked.attachments) return { kind: "uncovered", by: "manifest", reason: `the plugin doesn't ask for ${what}` };
    if (!granted.attachments) return { kind: "uncovered", by: "grant", reason: `this site doesn't grant ${what}` };
    return { kind: "covered", wants: [{ action: "read", resource: "attachments" }] };
  }
  // Which of its files a list names is decided for each of them.
  if (op === "list") return { kind: "covered", wants: [] };
  const action = op === "read" ? "read" : "write";
  if (!allows(asked, action, request.name)) {
    return { kind: "uncovered", by: "manifest", reason: `the plugin doesn't ask to ${action} ${request.name}` };
  }
  if (!allows(granted, action, request.name)) {
    return { kind: "uncovered", by: "grant", reason: `this site doesn't grant to ${action} ${request.name}` };
  }
  return { kind: "covered", wants: [{ action, resource: `file:${request.name}` }] };
}

/** What may be written may be read. */
function allows({ read, write }: FilePrefixes, action: "read" | "write", name: string): boolean {
  return (action === "write" ? write : [...read, ...write]).some((prefix) => name.startsWith(prefix));
}

/** Whether a list may name a file: whether it could be read. */
export function mayList(asked: FilePrefixes, granted: FilePrefixes, name: string): boolean {
  return allows(asked, "read", name) && allows(granted, "read", name);
}
