import { type Action, decide, nameOf, type Policy, type Principal } from "../access.ts";
import { appendAudit } from "../audit.ts";
import { createFairQueue, type Entry } from "../fair_queue.ts";
import type { Ids } from "../ids.ts";
import type { Clock } from "../ports/clock.ts";
import type { Engine } from "../ports/engine.ts";
import type { Log } from "../ports/log.ts";
import type { Store, Tx } from "../ports/store.ts";
import { promptBudget, templateTokensPerMessage } from "../prompt.ts";
import type { Vault } from "../vault.ts";
import { type Call, createCalls } from "./call.ts";
import { type ChoiceEvent, generateChoice, merge } from "./choices.ts";
import { AnswerSoFar, findKept, type HashedKey, hashKey, keepAnswer, replay } from "./kept_answers.ts";
import type {
  Api,
  ApiFailure,
  ApiModel,
  Caller,
  CompletionEvent,
  CompletionRequest,
  CompletionUsage,
  EmbeddingRequest,
  EmbeddingResult,
} from "./types.ts";

/** What {@link createApi} needs. */
export interface ApiDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly engine: Engine;
  readonly embedder: Pick<Engine, "embed">;
  readonly policy: () => Policy;
  readonly models: readonly ApiModel[];
  /** Aborts when nothing new is taken any more. */
  readonly closing: AbortSignal;
  /** Aborts when what runs is cut. */
  readonly ending: AbortSignal;
}

/** The API and its life. */
export interface RunningApi extends Api {
  /** Resolves when no call runs. */
  quiet(): Promise<void>;
}

/** What comes of the choices: pieces and ends, or why there is no more. */
type Piece = Exclude<ChoiceEvent, { readonly kind: "cancelled" | "engine_failed" }> | { readonly failed: ApiFailure };

/** Choices that are computed for programs at once: of the engine's eight places, two stay free for people. */
const placesMax = 6;
/** Calls of one caller, and of all, that may wait for a place. */
const waitingMaxOfCaller = 64;
const waitingMax = 512;
/** Embedding calls that are given to the engine at once. */
const embedPlacesMax = 2;
/** Texts that the engine takes at once. */
const textsAtOnceMax = 256;

/** Makes what programs call. */
export function createApi(deps: ApiDeps): RunningApi {
  const { store, vault, clock, ids, log, engine, embedder, policy, models, closing, ending } = deps;
  const startedMs = clock.nowMs();
  const calls = createCalls(clock, ending);
  const bounds = { waitingMax, waitingMaxOfLane: waitingMaxOfCaller };
  const chatQueue = createFairQueue({ ...bounds, placesMax });
  const embedQueue = createFairQueue({ ...bounds, placesMax: embedPlacesMax });
  /** Idempotency keys that are being answered in this life, each with the hash of its body. */
  const keysInUse = new Map<string, string>();

  async function refusal(principal: Principal, action: Action, resource: string): Promise<ApiFailure | undefined> {
    if (closing.aborted) return { kind: "closing" };
    const decision = decide(principal, action, resource, policy(), clock.nowMs());
    if (decision.effect === "allow") return undefined;
    await store.write((tx) => audit(tx, nameOf(principal), { action, resource, outcome: "refused" }));
    return { kind: "denied", reason: decision.reason };
  }

  function audit(tx: Tx, principal: string, what: { action: string; resource: string; outcome: string }): void {
    appendAudit(tx, vault, { atMs: clock.nowMs(), principal, ...what });
  }

  function wrongModel(id: string, kind: ApiModel["kind"]): ApiFailure | undefined {
    const kinds = models.filter((model) => model.id === id).map(({ kind }) => kind);
    if (kinds.length === 0) return { kind: "unknown-model", models: models.map(({ id }) => id) };
    return kinds.includes(kind) ? undefined : { kind: "wrong-model", wanted: kind };
  }

  /** The end of a call that got no further: what was begun is said to have ended. Never fails the caller. */
  async function auditEnd(what: { action: string; resource: string; outcome: string }): Promise<void> {
    try {
      await store.write((tx) => audit(tx, "assistant", what));
    } catch (error) {
      log.error("end of an API call not audited", { resource: what.resource, error: String(error) });
    }
  }

  async function* complete(caller: Caller, request: CompletionRequest): AsyncGenerator<CompletionEvent, void, void> {
    const { principal } = caller;
    const failure = await refusal(principal, "use", "api:chat") ?? wrongModel(request.model, "chat");
    if (failure !== undefined) return yield failed(failure);
    if (request.idempotency === undefined) return yield* answer(caller, request, undefined);
    const key = hashKey(vault, principal, request.idempotency);
    const bodyInUse = keysInUse.get(key.keyHash);
    if (bodyInUse !== undefined) {
      return yield failed({ kind: bodyInUse === key.bodyHash ? "key-in-use" : "key-reused" });
    }
    keysInUse.set(key.keyHash, key.bodyHash);
    try {
      const kept = await store.read((tx) => findKept(tx, vault, key, clock.nowMs()));
      if (kept === "other-body") return yield failed({ kind: "key-reused" });
      if (kept === undefined) return yield* answer(caller, request, key);
      const what = { action: "use", resource: `completion:${kept.id}`, outcome: "answered again" };
      await store.write((tx) => audit(tx, nameOf(principal), what));
      yield* replay(kept);
    } finally {
      keysInUse.delete(key.keyHash);
    }
  }

  async function* answer(
    { principal, signal }: Caller,
    request: CompletionRequest,
    key: HashedKey | undefined,
  ): AsyncGenerator<CompletionEvent, void, void> {
    using call = calls.begin(signal);
    const lane = nameOf(principal);
    const isFull = chatQueue.full(lane);
    if (isFull !== undefined) return yield failed(notEntered(isFull, call));
    const id = ids();
    const createdMs = clock.nowMs();
    const resource = `completion:${id}`;
    await store.write((tx) => audit(tx, lane, { action: "use", resource, outcome: "accepted" }));
    let outcome: string | undefined = "cancelled";
    try {
      yield { kind: "begun", id, createdMs, replayed: false };
      const soFar = new AnswerSoFar(request.choices);
      let usage: CompletionUsage = { promptTokens: 0, promptReused: 0, answerTokens: 0 };
      for await (const event of choicesOf(request, lane, call)) {
        if ("failed" in event) {
          outcome = outcomeOf(event.failed);
          return yield failed(event.failed);
        }
        if (key !== undefined) soFar.add(event);
        if (event.kind !== "choice_end") yield event;
        else {
          usage = added(usage, event.usage);
          yield { kind: "choice_end", choice: event.choice, reason: event.reason };
        }
      }
      outcome = undefined; // From here on it is said below, or not at all: then the call fails.
      await store.write((tx) => {
        audit(tx, "assistant", { action: "answer", resource, outcome: "answered" });
        if (key === undefined) return;
        keepAnswer(tx, { vault, ids, nowMs: clock.nowMs() }, key, { id, createdMs, choices: soFar.choices, usage });
      });
      yield { kind: "end", usage };
    } finally {
      if (outcome !== undefined) await auditEnd({ action: "answer", resource, outcome });
    }
  }

  /**
   * All choices side by side, each in a place of its own, which is held while the engine computes and not while
   * anything is committed. The first failure ends them all.
   */
  async function* choicesOf(request: CompletionRequest, lane: string, call: Call): AsyncGenerator<Piece, void, void> {
    const tokens = await tokensMaxOf(request, call.signal);
    if (tokens.kind === "failed") return yield { failed: call.ended() ?? tokens.failure };
    const choices = Array.from(
      { length: request.choices },
      async function* (_, choice): AsyncGenerator<Piece, void, void> {
        const entry = await chatQueue.enter(lane, call.signal);
        if (entry.kind !== "entered") return yield { failed: notEntered(entry, call) };
        try {
          const prompt = choice === 0 ? request.prompt : withSeed(request.prompt, choice);
          const wanted = { choice, request: { ...prompt, tokensMax: tokens.max }, oneCall: request.oneCall };
          for await (const event of generateChoice(engine, wanted, call.signal)) {
            if (event.kind === "cancelled") yield { failed: call.ended() ?? { kind: "cancelled" } };
            else if (event.kind === "engine_failed") {
              yield { failed: call.ended() ?? { kind: "engine", failure: event.failure } };
            } else yield event;
          }
        } finally {
          entry.leave();
        }
      },
    );
    for await (const event of merge(choices)) {
      if ("failed" in event) call.end();
      yield event;
    }
  }

  /** How long the answer may get, when the caller didn't say: as on the page, or as far as the context goes. */
  async function tokensMaxOf(
    { prompt, tokensMax }: CompletionRequest,
    signal: AbortSignal,
  ): Promise<{ kind: "tokens"; max: number } | { kind: "failed"; failure: ApiFailure }> {
    if (tokensMax !== undefined) return { kind: "tokens", max: tokensMax };
    const loaded = await engine.load(signal);
    if (loaded.kind === "failed") return { kind: "failed", failure: { kind: "engine", failure: loaded.failure } };
    const { contextTokens, answerTokensMax } = promptBudget(loaded.info.contextTokens);
    const texts = prompt.messages.flatMap(({ content, toolCalls = [] }) =>
      toolCalls.length === 0 ? [content] : [content, JSON.stringify(toolCalls)]
    );
    if (prompt.tools !== undefined) texts.push(JSON.stringify(prompt.tools));
    const room = contextTokens - texts.length * templateTokensPerMessage;
    // A character has at most three bytes of UTF-8 a code unit, and a token at least one byte.
    if (texts.reduce((sum, text) => sum + 3 * text.length, 0) + answerTokensMax <= room) {
      return { kind: "tokens", max: answerTokensMax };
    }
    const counted = await engine.countTokens(texts, signal);
    if (counted.kind === "failed") return { kind: "failed", failure: { kind: "engine", failure: counted.failure } };
    const left = room - counted.counts.reduce((sum, count) => sum + count, 0);
    return { kind: "tokens", max: Math.min(answerTokensMax, Math.max(1, left)) };
  }

  async function embed({ principal, signal }: Caller, request: EmbeddingRequest): Promise<EmbeddingResult> {
    const failure = await refusal(principal, "use", "api:embeddings") ?? wrongModel(request.model, "embedding");
    if (failure !== undefined) return { kind: "failed", failure };
    using call = calls.begin(signal);
    const lane = nameOf(principal);
    const entry = await embedQueue.enter(lane, call.signal);
    if (entry.kind !== "entered") return { kind: "failed", failure: notEntered(entry, call) };
    const resource = `embedding:${ids()}`;
    try {
      await store.write((tx) => audit(tx, lane, { action: "use", resource, outcome: "accepted" }));
      const result = await vectorsOf(request, call);
      const outcome = result.kind === "embedded" ? "embedded" : outcomeOf(result.failure);
      await store.write((tx) => audit(tx, "assistant", { action: "embed", resource, outcome }));
      return result;
    } finally {
      entry.leave();
    }
  }

  async function vectorsOf({ texts, purpose }: EmbeddingRequest, call: Call): Promise<EmbeddingResult> {
    const vectors: Float32Array[] = [];
    let promptTokens = 0;
    for (let from = 0; from < texts.length; from += textsAtOnceMax) {
      const some = texts.slice(from, from + textsAtOnceMax);
      const result = await embedder.embed({ texts: some, ...(purpose === undefined ? {} : { purpose }) }, call.signal);
      const ended = call.ended();
      if (ended !== undefined) return { kind: "failed", failure: ended };
      if (result.kind === "failed") return { kind: "failed", failure: { kind: "engine", failure: result.failure } };
      vectors.push(...result.vectors);
      promptTokens += result.promptTokens;
    }
    return { kind: "embedded", vectors, promptTokens };
  }

  return {
    complete,
    embed,
    models(principal) {
      const decision = decide(principal, "read", "api:models", policy(), clock.nowMs());
      if (decision.effect === "allow") return { kind: "models", models, sinceMs: startedMs };
      return { kind: "failed", failure: { kind: "denied", reason: decision.reason } };
    },
    quiet: () => calls.quiet(),
  };
}

function failed(failure: ApiFailure): CompletionEvent {
  return { kind: "failed", failure };
}

function notEntered(entry: Exclude<Entry, { kind: "entered" }>, call: Call): ApiFailure {
  return entry.kind === "full" ? { kind: "busy", own: entry.lane } : call.ended() ?? { kind: "cancelled" };
}

/** How the audit says that nothing, or not all, was answered. */
function outcomeOf(failure: ApiFailure): string {
  return failure.kind === "engine" ? `engine-${failure.failure.kind}` : failure.kind;
}

function withSeed(prompt: CompletionRequest["prompt"], choice: number): CompletionRequest["prompt"] {
  const seed = prompt.sampling?.seed;
  if (seed === undefined) return prompt;
  return { ...prompt, sampling: { ...prompt.sampling, seed: (seed + choice) % 2 ** 32 } };
}

/** The prompt is the same for all choices: it counts once. */
function added(sum: CompletionUsage, usage: CompletionUsage): CompletionUsage {
  return {
    promptTokens: Math.max(sum.promptTokens, usage.promptTokens),
    promptReused: Math.max(sum.promptReused, usage.promptReused),
    answerTokens: sum.answerTokens + usage.answerTokens,
  };
}
