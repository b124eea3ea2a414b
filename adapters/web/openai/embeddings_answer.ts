import type { EmbeddingsRequest } from "../../../schema/openai/embeddings.ts";
import { invalid } from "./api_error.ts";

/**
 * The body of an embeddings answer. Source: the official clients' type `CreateEmbeddingResponse`; base64 is that of the
 * numbers as 32-bit floats, little-endian.
 * @throws {ApiError} 400 when other dimensions were asked for than the model has.
 */
export function embeddingsBody(
  { model, encoding_format, dimensions }: EmbeddingsRequest,
  { vectors, promptTokens }: { readonly vectors: readonly Float32Array[]; readonly promptTokens: number },
): unknown {
  const length = vectors[0]?.length ?? 0;
  if (dimensions != null && dimensions !== length) {
    throw invalid("unsupported_value", (say) => say.dimensions(dimensions, length), "dimensions");
  }
  const written = encoding_format === "base64" ? base64Of : (vector: Float32Array) => [...vector];
  return {
    object: "list",
    data: vectors.map((vector, index) => ({ object: "embedding", index, embedding: written(vector) })),
    model,
    usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
  };
}

function base64Of(vector: Float32Array): string {
  const bytes = new DataView(new ArrayBuffer(vector.length * 4));
  vector.forEach((value, index) => bytes.setFloat32(index * 4, value, true));
  return btoa(Array.from(new Uint8Array(bytes.buffer), (byte) => String.fromCharCode(byte)).join(""));
}
