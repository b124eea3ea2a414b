import type * as v from "valibot";
import type { EmbedPurpose, EmbedRequest, EmbedResult } from "../../../core/ports/engine.ts";
import type { ServerResult } from "./requests.ts";
import type { embeddings } from "./wire.ts";

/** What E5 models are trained to be told. Source: https://huggingface.co/intfloat/multilingual-e5-small, "FAQ". */
const e5Prefixes: Readonly<Record<EmbedPurpose, string>> = { query: "query: ", passage: "passage: " };

/** Texts as the model wants them: only E5 models, known by their name, are told what a text is for. */
export function prefixed({ texts, purpose }: EmbedRequest, model: string): readonly string[] {
  const isE5 = /(?:^|[^a-z0-9])e5(?:[^a-z0-9]|$)/i.test(model);
  return purpose === undefined || !isE5 ? texts : texts.map((text) => e5Prefixes[purpose] + text);
}

/** A server without that path has no model for it. */
export function embedFailure(
  { failure, status }: Extract<ServerResult<never>, { kind: "failed" }>,
  host: string,
): EmbedResult {
  const cant = status === 404 || status === 405 || status === 501;
  return { kind: "failed", failure: cant ? { kind: "invalid", reason: `${host} doesn't embed texts` } : failure };
}

/** Vectors of unit length, in the order of the texts. */
export function vectorsOf(
  { data, usage }: v.InferOutput<typeof embeddings>,
  textsCount: number,
  host: string,
): EmbedResult {
  const vectors = [...data].sort((a, b) => a.index - b.index).map(({ embedding }) => Float32Array.from(embedding));
  const [first] = vectors;
  const isWhole = data.length === textsCount && new Set(data.map(({ index }) => index)).size === textsCount &&
    vectors.every(({ length }) => length === first?.length);
  if (!isWhole) {
    return { kind: "failed", failure: { kind: "crashed", reason: `${host} didn't give one vector for each text` } };
  }
  for (const vector of vectors) {
    const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    if (length > 0) vector.forEach((value, index) => vector[index] = value / length);
  }
  return { kind: "embedded", vectors, promptTokens: usage?.prompt_tokens ?? 0 };
}
