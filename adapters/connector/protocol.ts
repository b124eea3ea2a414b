import * as v from "valibot";

/** What one answer's body may have at most, whatever a request says, in bytes. */
export const answerBytesMax = 8 * 1024 * 1024;
/** What a request's body may have at most, in bytes. */
export const requestBytesMax = 8 * 1024 * 1024;
/** How many may be under way in one process at once. */
export const underWayMax = 64;

const id = v.pipe(v.number(), v.integer(), v.minValue(1));
const line = v.pipe(v.string(), v.maxLength(2_000));
const headers = v.record(v.string(), v.string());
const tagValue = v.union([v.number(), v.boolean(), v.string()]);

/** A device as the host knows it; its own file parsed it, and its driver takes from it what it needs. */
const device = v.looseObject({
  name: v.string(),
  kind: v.picklist(["modbus", "mqtt"]),
  address: v.string(),
  timeoutMs: v.number(),
  tags: v.record(v.string(), v.unknown()),
});

/**
 * From the host. Many are under way at once, told apart by `id`. After a `request` with a body comes that body, as the
 * next frame, in bytes.
 */
export const order = v.variant("kind", [
  v.strictObject({
    id,
    kind: v.literal("request"),
    method: v.string(),
    url: v.string(),
    address: v.optional(v.string()),
    certificate: v.optional(v.string()),
    headers,
    hasBody: v.boolean(),
    answerBytesMax: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(answerBytesMax)),
    timeoutMs: v.pipe(v.number(), v.minValue(1)),
  }),
  v.strictObject({ id, kind: v.literal("read"), device, tag: v.string() }),
  v.strictObject({ id, kind: v.literal("write"), device, tag: v.string(), value: tagValue }),
  /** It isn't wanted any more. There is an answer all the same, of what was done until then. */
  v.strictObject({ id, kind: v.literal("cancel") }),
]);
/** See {@link order}. */
export type Order = v.InferOutput<typeof order>;

/** From the process, one for each order but `cancel`. After `answered` comes the body, as the next frame, in bytes. */
export const reply = v.variant("kind", [
  v.strictObject({
    id,
    kind: v.literal("answered"),
    status: v.pipe(v.number(), v.integer(), v.minValue(100), v.maxValue(999)),
    headers,
  }),
  v.strictObject({ id, kind: v.literal("read"), value: tagValue }),
  v.strictObject({ id, kind: v.literal("written") }),
  v.strictObject({ id, kind: v.picklist(["refused", "unreachable", "too-large", "unknown"]), reason: line }),
]);
/** See {@link reply}. */
export type Reply = v.InferOutput<typeof reply>;

/** One line of a reply, as long as it may be. */
export const reasonOf = (text: string): string => text.slice(0, 2_000);
