import type { EngineFailure, ModelInfo } from "../../../core/ports/engine.ts";
import type { Requests } from "./requests.ts";
import { type ListedModel, modelList, properties } from "./wire.ts";

/** Which model is wanted, and with how long a context. */
export interface ModelWish {
  /** Absent: the one model that the server has. */
  readonly model?: string;
  /** Isn't taken for the one model that answers. */
  readonly embeddingModel?: string;
  /** Never more than the server says. Absent: what it says, else 4,096. */
  readonly contextTokens?: number;
  readonly sequencesMax: number;
}

/** Careful: hardly a server has less for a conversation. */
const contextTokensDefault = 4_096;

/** Asks a server what it has, and takes of it what is wanted. `takesGrammars`: it is one of llama.cpp. */
export async function findModel(
  { requests, baseUrl, withinMs }: { readonly requests: Requests; readonly baseUrl: string; readonly withinMs: number },
  wish: ModelWish,
  signal: AbortSignal,
): Promise<
  { readonly kind: "ready"; readonly info: ModelInfo; readonly takesGrammars: boolean } | {
    readonly kind: "failed";
    readonly failure: EngineFailure;
  }
> {
  const listed = await requests.json({ url: `${baseUrl}/models`, schema: modelList, signal, withinMs });
  // Some servers answer for one model and have no list.
  const hasNoList = listed.kind === "failed" && (listed.status === 404 || listed.status === 405);
  if (listed.kind === "failed" && !(hasNoList && wish.model !== undefined)) return listed;
  const found = listed.kind === "answered"
    ? pick(listed.value.data, wish, new URL(baseUrl).host)
    : { model: { id: wish.model! } satisfies ListedModel };
  if ("failure" in found) return { kind: "failed", failure: found.failure };
  const { id, meta, max_model_len, context_length, owned_by } = found.model;
  let said = meta?.n_ctx || max_model_len || context_length || undefined;
  if (said === undefined) {
    const props = await requests.json({ url: `${rootUrlOf(baseUrl)}/props`, schema: properties, signal, withinMs });
    if (props.kind === "answered") said = props.value.default_generation_settings.n_ctx || undefined;
  }
  const info: ModelInfo = {
    name: id,
    contextTokens: Math.min(wish.contextTokens ?? said ?? contextTokensDefault, said ?? Infinity),
    sequencesMax: wish.sequencesMax,
    ...(meta?.n_params ? { parametersCount: meta.n_params } : {}),
    ...(meta?.size ? { fileBytes: meta.size } : {}),
  };
  return { kind: "ready", info, takesGrammars: owned_by === "llamacpp" };
}

/** Where servers keep what isn't part of the protocol. */
export function rootUrlOf(baseUrl: string): string {
  return baseUrl.replace(/\/v1$/, "");
}

/** The address that the protocol's paths are put behind. */
export function baseUrlOf(url: string): string {
  const { origin, pathname } = new URL(url);
  const path = pathname.replace(/\/+$/, "");
  return `${origin}${path === "" ? "/v1" : path}`;
}

/** The model that is meant, out of those that the server has. */
function pick(
  listed: readonly ListedModel[],
  { model, embeddingModel }: ModelWish,
  host: string,
): { readonly model: ListedModel } | { readonly failure: EngineFailure } {
  const refused = (reason: string) =>
    ({ failure: { kind: "refused", reason, mend: "clawdbot config check" } }) as const;
  const names = listed.slice(0, 10).map(({ id }) => `"${id}"`).join(", ") + (listed.length > 10 ? ", …" : "");
  if (model !== undefined) {
    const found = listed.find(({ id, aliases }) => id === model || aliases?.includes(model)) ??
      listed.find(({ id }) => id.startsWith(`${model}:`)); // Ollama's names have a tag
    if (found !== undefined) return { model: { ...found, id: model } };
    return refused(`${host} has no model "${model}"${names === "" ? "" : `; it has ${names}`}; see model.server.model`);
  }
  const answering = listed.filter(({ id }) => id !== embeddingModel);
  if (answering.length === 1) return { model: answering[0]! };
  return refused(
    answering.length === 0
      ? `${host} has no model to answer with`
      : `${host} has several models (${names}); name one in model.server.model`,
  );
}
