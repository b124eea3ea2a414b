import * as v from "valibot";
import type { Capability } from "./capability.ts";

const names = v.pipe(
  v.array(v.pipe(v.string(), v.regex(/^[a-z0-9*][a-z0-9_*-]{0,63}(?:\.[a-z0-9*][a-z0-9_*-]{0,63})?$/))),
  v.maxLength(256),
  v.readonly(),
);

/** Tags as `DEVICE.TAG`; `*` stands for any text in a name. */
const tags = v.strictObject({ read: v.optional(names, []), write: v.optional(names, []) });

/** Which tags. What may be written may be read. */
export type DeviceTags = v.InferOutput<typeof tags>;

const request = v.variant("op", [
  /** Devices and tags that this plugin is granted, with their units and ranges. */
  v.strictObject({ op: v.literal("list") }),
  v.strictObject({ op: v.literal("read"), device: v.string(), tag: v.string() }),
  /** Proposes a write: it becomes a card, and is made when it is approved. */
  v.strictObject({
    op: v.literal("write"),
    device: v.string(),
    tag: v.string(),
    value: v.union([v.number(), v.boolean(), v.string()]),
  }),
]);

/** One request that a plugin makes. */
export type DeviceRequest = v.InferOutput<typeof request>;

/** Tags of machines. */
export const device: Capability<DeviceTags, DeviceTags, DeviceRequest> = {
  name: "device",
  asked: tags,
  granted: tags,
  request,
  cover: () => ({ kind: "uncovered", by: "grant", reason: "devices aren't built yet" }),
  describe: ({ read, write }) => [
    ...read.map((name) => `may read ${name}`),
    ...write.map((name) => `may ask to write ${name}`),
  ],
  targets: ({ read, write }, { devices }) =>
    Object.values(devices).filter(({ name }) =>
      [...read, ...write].some((glob) => glob.split(".")[0] === name || glob.split(".")[0]!.includes("*"))
    ).map(({ address }) => address),
};
