import * as v from "valibot";

/** No message of either side is longer, in bytes. */
export const pullerBytesMax = 16_384;

/** From the host, once: which model of the catalogue. */
export const pullOrder = v.strictObject({ kind: v.literal("pull"), name: v.pipe(v.string(), v.maxLength(100)) });

const bytes = v.pipe(v.number(), v.integer(), v.minValue(0));

/** From the puller: how far it is, then what became of it. `reason` is one line. */
export const pullerMessage = v.variant("kind", [
  v.strictObject({
    kind: v.literal("progress"),
    phase: v.picklist(["downloading", "verifying"]),
    doneBytes: bytes,
    totalBytes: bytes,
  }),
  v.strictObject({ kind: v.literal("ended"), result: v.picklist(["pulled", "present"]) }),
  v.strictObject({ kind: v.literal("failed"), reason: v.pipe(v.string(), v.maxLength(2_000)) }),
]);
/** One message of the puller. */
export type PullerMessage = v.InferOutput<typeof pullerMessage>;
