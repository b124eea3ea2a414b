/**
 * What plugins and the host say to each other: the manifest in a plugin's file, what `register` and `execute` take and
 * give, and what a host function takes and gives. All of it is JSON in UTF-8. The SDKs' types are generated from this.
 */
import * as v from "valibot";
import { capabilityNames } from "./capabilities.ts";

/** The custom section that holds the manifest. */
export const manifestSection = "clawdbot.manifest";

/** The one that holds the signature: it is the file's last. */
export const signatureSection = "clawdbot.signature";

/** The longest manifest, in bytes. */
export const manifestBytesMax = 64 * 1024;

const text = (max: number) => v.pipe(v.string(), v.maxLength(max));

/** A plugin's name: it is the first part of its tools' names, and its key under `plugins`. */
export const pluginName = v.pipe(
  v.string(),
  v.regex(/^[a-z][a-z0-9_-]{0,31}$/, 'small letters, digits, "-" and "_", beginning with a letter, at most 32'),
);

/** A tool's name within its plugin. */
export const toolName = v.pipe(
  v.string(),
  v.regex(/^[a-z][a-z0-9_]{0,47}$/, 'small letters, digits and "_", beginning with a letter, at most 48'),
);

/** `1.2.3`, each a whole number without leading zeros. Source: https://semver.org, items 2 and 11. */
export const pluginVersion = v.pipe(
  v.string(),
  v.regex(/^(?:0|[1-9]\d{0,8})(?:\.(?:0|[1-9]\d{0,8})){2}$/, 'a version, like "1.2.3"'),
);

const grouped = (count: number) => `${count}`.replace(/\B(?=(?:\d{3})+$)/g, ",");

const limit = (max: number, description: string) => {
  const expected = `a whole number from 1 to ${grouped(max)}`;
  return v.optional(v.pipe(
    v.number(expected),
    v.integer(expected),
    v.minValue(1, expected),
    v.maxValue(max, expected),
    v.description(description),
  ));
};

/** What one call may take. A manifest wishes, the configuration grants at most; what neither says is the default. */
export const pluginLimits = v.strictObject({
  /** See docs/plugins.md. */
  fuel: limit(1e12, "Instructions, about."),
  memory_bytes: limit(64 * 1024 * 1024, "Memory of the plugin."),
  deadline_ms: limit(600_000, "Time, waiting for the host included; past it its process is killed."),
  output_bytes: limit(1024 * 1024, "What it gives back."),
  host_calls: limit(10_000, "Requests to the host."),
  log_bytes: limit(1024 * 1024, "What it writes into its log."),
});

/** See the schema's comments. */
export type PluginLimits = v.InferOutput<typeof pluginLimits>;

/** What travels in the plugin's file. `capabilities` is checked by each capability's own schema, in `core/capabilities/`. */
export const manifest = v.strictObject({
  name: pluginName,
  version: pluginVersion,
  description: text(400),
  /** Absent: it asks for nothing. */
  capabilities: v.optional(v.record(v.picklist(capabilityNames), v.unknown()), {}),
  limits: v.optional(pluginLimits, {}),
  /** One instance lives as long as the session, instead of a fresh one for each call. */
  stateful: v.optional(v.boolean(), false),
});

/** See the schema's comments. */
export type Manifest = v.InferOutput<typeof manifest>;

/**
 * What one tool is. `parameters` is a JSON Schema of an object. In it the host fills in what only the site knows:
 * `"x-from": "devices"` on a string makes its values the names of the devices that the plugin is granted, and
 * `"x-from": "tags"` those of their tags, as `DEVICE.TAG`. `x-words` gives the words for a value:
 * `{"on": ["on", "start", "开"]}`. Only a string with `"x-free-text": true` may be what doesn't stand in the request.
 */
export const registeredTool = v.strictObject({
  name: toolName,
  /** One line: it stands in every prompt. */
  description: v.pipe(text(200), v.regex(/^.*$/, "one line")),
  parameters: v.record(v.string(), v.unknown()),
  /**
   * It changes nothing anywhere: it may be called to answer a question, and several at once. What it asks the host to
   * change is refused, but for its own keys.
   */
  read_only: v.optional(v.boolean(), false),
  /** Calling it twice does no more than calling it once: it may be called again when the outcome is unknown. */
  idempotent: v.optional(v.boolean(), false),
  /** What a person says, in any language, and the arguments that are meant. */
  examples: v.optional(
    v.pipe(v.array(v.strictObject({ say: text(200), arguments: v.record(v.string(), v.unknown()) })), v.maxLength(8)),
    [],
  ),
});

/** See the schema's comments. */
export type RegisteredTool = v.InferOutput<typeof registeredTool>;

/** What `register` gives. Its input is empty. */
export const registration = v.strictObject({
  tools: v.pipe(v.array(registeredTool), v.minLength(1), v.maxLength(64)),
});

/** What `execute` is given. */
export const execution = v.strictObject({
  tool: toolName,
  arguments: v.record(v.string(), v.unknown()),
  context: v.strictObject({ locale: v.picklist(["en", "zh-CN"]), now_ms: v.number() }),
});

/** What `execute` gives. `text` is for people and the model; `data`, where there is some, for whoever wants to compute. */
export const executionResult = v.union([
  v.strictObject({ text: v.string(), data: v.optional(v.unknown()) }),
  v.strictObject({ error: v.string() }),
]);

/** What a host function gives: each is imported from `extism:host/user` under its capability's name, as `(i64) -> i64`. */
export const hostReply = v.union([
  v.strictObject({ ok: v.unknown() }),
  v.strictObject({ error: v.strictObject({ code: v.string(), message: v.string() }) }),
]);

/** See the schema's comments. */
export type HostReply = v.InferOutput<typeof hostReply>;
