import * as v from "valibot";

/** What a command and the process that measures for it say to each other: JSON frames, parsed on arrival. */
export const measureBytesMax = 16 * 1024 * 1024;

/** Characters of one text whose perplexity is measured. */
export const measuredTextMax = 4 * 1024 * 1024;

const text = v.pipe(v.string(), v.maxLength(measuredTextMax));
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const amount = v.pipe(v.number(), v.finite(), v.minValue(0));

/** From the command, once. */
export const measureOrder = v.strictObject({
  /** What the process may take; absent: no more than is free. */
  memoryLimitBytes: v.optional(whole),
  measurement: v.variant("kind", [
    v.strictObject({ kind: v.literal("bandwidth") }),
    v.strictObject({ kind: v.literal("speed"), text }),
    v.strictObject({ kind: v.literal("perplexity"), texts: v.pipe(v.array(text), v.minLength(1), v.maxLength(8)) }),
  ]),
});
/** One order. */
export type MeasureOrder = v.InferOutput<typeof measureOrder>;

/** From the process: how far it is, then what came out, or why nothing did. */
export const measureMessage = v.variant("kind", [
  v.strictObject({ kind: v.literal("progress"), share: v.pipe(amount, v.maxValue(1)) }),
  v.strictObject({
    kind: v.literal("measured"),
    measured: v.variant("kind", [
      v.strictObject({ kind: v.literal("bandwidth"), bytesPerSecond: amount, threads: whole }),
      v.strictObject({
        kind: v.literal("speed"),
        promptTokens: whole,
        prefillRate: amount,
        answerTokens: whole,
        decodeRate: amount,
        firstTokenMs: amount,
        firstPromptTokens: whole,
        memoryBytes: whole,
        tokenBytes: whole,
      }),
      v.strictObject({
        kind: v.literal("perplexity"),
        texts: v.array(v.strictObject({
          perplexity: amount,
          uncertainty: amount,
          scoredTokens: whole,
          windowTokens: whole,
        })),
      }),
    ]),
  }),
  v.strictObject({
    kind: v.literal("failed"),
    failure: v.strictObject({
      kind: v.picklist(["refused", "invalid", "overflow", "hung", "crashed", "unavailable"]),
      reason: v.pipe(v.string(), v.maxLength(4_096)),
      mend: v.optional(v.pipe(v.string(), v.maxLength(4_096))),
    }),
  }),
]);
/** One of {@link measureMessage}. */
export type MeasureMessage = v.InferOutput<typeof measureMessage>;
