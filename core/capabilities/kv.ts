import * as v from "valibot";
import { bytes } from "../../schema/units.ts";
import { text } from "../text/mod.ts";
import type { Capability } from "./capability.ts";

const quota = v.strictObject({
  quota: v.optional(
    bytes({ description: "What its keys and values may take.", min: 1_000, max: 1e9, expected: 'a size, like "1 MB"' }),
    "1 MB",
  ),
});

/** How much it may keep, in bytes of UTF-8. */
export type KvQuota = v.InferOutput<typeof quota>;

/** The longest value, in characters. */
const valueLengthMax = 256 * 1024;
/** Keys that one request may set, check, or be told of. */
export const keysMax = 256;

const key = v.pipe(v.string(), v.minLength(1), v.maxLength(512));

const request = v.variant("op", [
  v.strictObject({ op: v.literal("get"), key }),
  /** In order of the keys, at most 256; `after` is the last one that was told before. */
  v.strictObject({
    op: v.literal("list"),
    prefix: v.optional(v.pipe(v.string(), v.maxLength(512)), ""),
    after: v.optional(v.pipe(v.string(), v.maxLength(512)), ""),
  }),
  /** All of it or nothing: null removes a key. `if` names values that must still be there; null: no value. */
  v.strictObject({
    op: v.literal("set"),
    entries: v.pipe(v.record(key, v.nullable(v.pipe(v.string(), v.maxLength(valueLengthMax)))), v.maxEntries(keysMax)),
    if: v.optional(v.pipe(v.record(key, v.nullable(v.string())), v.maxEntries(keysMax)), {}),
  }),
]);

/** One request that a plugin makes. */
export type KvRequest = v.InferOutput<typeof request>;

const reply = v.union([
  /** Of `get`: null where there is none. */
  v.strictObject({ value: v.nullable(v.string()) }),
  /** Of `list`. */
  v.strictObject({ keys: v.array(v.string()), more: v.boolean() }),
  /** Of `set`: false when `if` didn't hold; then nothing was changed. */
  v.strictObject({ done: v.boolean() }),
]);

/** What a plugin is given. */
export type KvReply = v.InferOutput<typeof reply>;

/** Keys and values of the plugin's own, sealed; nobody else's. */
export const kv: Capability<KvQuota, KvQuota, KvRequest> = {
  name: "kv",
  asked: quota,
  granted: quota,
  request,
  reply,
  cover: () => ({ kind: "covered", wants: [] }),
  describe: ({ quota }, locale) => [text(locale).capabilities.kv(quota)],
};

/** What it may keep: the smaller of what it asks and what it is granted. */
export function quotaOf(asked: KvQuota, granted: KvQuota): number {
  return Math.min(asked.quota, granted.quota);
}
