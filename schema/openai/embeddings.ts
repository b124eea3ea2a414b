import * as v from "valibot";
import { hint, text, whole } from "./fields.ts";

/** Most texts of one embeddings request. */
export const textsMax = 2_048;

/** The body of `POST /v1/embeddings`. `input_type` is an addition: some models are told what a text is for. */
export const embeddingsRequest = v.strictObject({
  model: v.string(),
  input: v.union([
    v.pipe(text, v.minLength(1, "a text")),
    v.pipe(
      v.array(v.pipe(text, v.minLength(1, "a text"))),
      v.minLength(1, "at least one text"),
      v.maxLength(textsMax, `at most ${textsMax} texts`),
    ),
  ]),
  encoding_format: v.nullish(v.picklist(["float", "base64"])),
  dimensions: v.nullish(whole(1, 1_000_000)),
  input_type: v.nullish(v.picklist(["query", "passage"])),
  user: hint,
});
/** An embeddings request as a client sends it. */
export type EmbeddingsRequest = v.InferOutput<typeof embeddingsRequest>;
