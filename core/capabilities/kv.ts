import * as v from "valibot";
import { bytes } from "../../schema/units.ts";
import type { Capability } from "./capability.ts";

const quota = v.strictObject({
  quota: v.optional(
    bytes({ description: "What its keys and values may take.", min: 1_000, max: 1e9, expected: 'a size, like "1 MB"' }),
    "1 MB",
  ),
});

/** How much it may keep, in bytes. */
export type KvQuota = v.InferOutput<typeof quota>;

const key = v.pipe(v.string(), v.minLength(1), v.maxLength(512));

const request = v.variant("op", [
  v.strictObject({ op: v.literal("get"), key }),
  v.strictObject({ op: v.literal("list"), prefix: v.optional(v.pipe(v.string(), v.maxLength(512)), "") }),
  /** All of it or nothing: null removes a key. `if` names values that must still be there. */
  v.strictObject({
    op: v.literal("set"),
    entries: v.record(key, v.nullable(v.pipe(v.string(), v.maxLength(256 * 1024)))),
    if: v.optional(v.record(key, v.nullable(v.string())), {}),
  }),
]);

/** One request that a plugin makes. */
export type KvRequest = v.InferOutput<typeof request>;

/** Keys and values of the plugin's own, sealed; nobody else's. */
export const kv: Capability<KvQuota, KvQuota, KvRequest> = {
  name: "kv",
  asked: quota,
  granted: quota,
  request,
  cover: () => ({ kind: "covered", wants: [] }),
  describe: ({ quota }) => [`may keep up to ${quota} bytes of its own`],
};
