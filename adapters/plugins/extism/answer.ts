/** What a process of plugins says to the host. */
import * as v from "valibot";

const short = (max: number) => v.pipe(v.string(), v.maxLength(max));
const logs = v.pipe(v.array(v.string()), v.maxLength(2_048), v.readonly());

/** It is no more believed than the plugin in it: what is said is parsed, and bounded. */
export const answer = v.variant("op", [
  /** The body is the prepared module. */
  v.strictObject({
    op: v.literal("prepared"),
    imports: v.pipe(v.array(short(1_000)), v.maxLength(10_000), v.readonly()),
    memoryBytesMax: v.number(),
    manifest: v.unknown(),
  }),
  v.strictObject({ op: v.literal("refused"), code: short(64), reason: short(2_000) }),
  v.strictObject({ op: v.literal("loaded") }),
  /** A host function is asked; the body is its request. */
  v.strictObject({ op: v.literal("host"), capability: short(64) }),
  /** The body is the output. */
  v.strictObject({ op: v.literal("done"), fuelUsed: v.number(), logs }),
  v.strictObject({ op: v.literal("failed"), code: short(64), reason: short(2_000), logs }),
]);

/** See the schema's comments. */
export type Answer = v.InferOutput<typeof answer>;
