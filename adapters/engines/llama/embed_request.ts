import type { EmbedRequest, EmbedResult, EngineFailure, ModelInfo } from "../../../core/ports/engine.ts";
import type { HostMessage, RunnerMessage } from "./protocol.ts";
import { refusalOf } from "./request_limits.ts";
import type { Session } from "./session.ts";
import { singleAnswer } from "./single_answer.ts";

/** Why this can't be asked of any model. */
export function embedProblem(request: EmbedRequest): EngineFailure | undefined {
  return refusalOf(request.texts, embedMessage(0, request));
}

/** Embedding that was given up. */
export const embeddingStopped = {
  kind: "failed",
  failure: { kind: "unavailable", reason: "embedding was stopped" },
} as const;

/** Collects the vectors of one request out of a session. */
export function embed(
  session: Session,
  request: EmbedRequest,
  info: ModelInfo,
  signal: AbortSignal,
): Promise<EmbedResult> {
  const vectors: Float32Array[] = [];
  const textsCount = request.texts.length;
  return singleAnswer<EmbedResult>(session, {
    message: (id) => embedMessage(id, request),
    receive(message, settle) {
      if (message.kind === "vectors") vectors.push(...vectorsOf(message, vectors.length, info));
      else if (message.kind === "failed") settle({ kind: "failed", failure: message.failure });
      else if (message.kind === "embedded") {
        if (vectors.length !== textsCount) throw new Error(`${vectors.length} vectors for ${textsCount} texts`);
        settle({ kind: "embedded", vectors, promptTokens: message.promptTokens });
      }
    },
    stopped: embeddingStopped,
  }, signal);
}

function embedMessage(id: number, { texts, purpose }: EmbedRequest): HostMessage {
  return { kind: "embed", id, texts: [...texts], ...(purpose === undefined ? {} : { purpose }) };
}

/** @throws {Error} When they aren't the next ones of the model's length: the runner is broken. */
function vectorsOf(
  { at, base64 }: Extract<RunnerMessage, { kind: "vectors" }>,
  have: number,
  { dimensions = 0 }: ModelInfo,
): Float32Array[] {
  const floats = new Float32Array(Uint8Array.fromBase64(base64).buffer);
  if (at !== have || floats.length === 0 || floats.length % dimensions !== 0) throw new Error("vectors out of place");
  return Array.from(
    { length: floats.length / dimensions },
    (_, index) => floats.slice(index * dimensions, (index + 1) * dimensions),
  );
}
