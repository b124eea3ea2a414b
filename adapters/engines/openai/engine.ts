import type { Clock } from "../../../core/ports/clock.ts";
import type {
  Engine,
  EngineEvent,
  EngineFailure,
  EngineState,
  GenerateRequest,
  ModelInfo,
  Usage,
} from "../../../core/ports/engine.ts";
import type { Random } from "../../../core/ports/random.ts";
import type { Secret } from "../../../schema/secret.ts";
import { grammarOf } from "../grammar/mod.ts";
import { createAnswer } from "./answer.ts";
import { createDeadline } from "./deadline.ts";
import { eventData, StreamProblem } from "./event_data.ts";
import { failureOfStream, failureOfTransport } from "./failures.ts";
import { openRequests, type Patience, type ServerResult } from "./requests.ts";
import { estimateTokens } from "./token_estimate.ts";
import { baseUrlOf, findModel, rootUrlOf } from "./server_model.ts";
import { embedFailure, prefixed, vectorsOf } from "./embedding.ts";
import { chatBody, embeddings, tokenizeBody, tokenized } from "./wire.ts";
import { unwrap, wrap } from "./wrapped.ts";

/** What the engine is created with. */
export interface OpenAiEngineOptions {
  /** The address as people write it: up to and with `/v1`, or without any path, which means `/v1`. */
  readonly url: string;
  /** Absent: the one model that the server has. */
  readonly model?: string;
  /** Absent: embeddings are asked of the answering model. */
  readonly embeddingModel?: string;
  readonly key?: Secret;
  /** PEM certificates that are trusted besides the usual ones. */
  readonly caCerts?: readonly string[];
  /** Of one conversation. Absent: what the server says, else 4,096. Never more than the server says. */
  readonly contextTokens?: number;
  /** Answers asked for at once. */
  readonly sequencesMax: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly patience?: Partial<Patience>;
}

/** How long a server is waited for. */
export const patienceDefault: Patience = { reachMs: 10_000, firstMs: 180_000, silenceMs: 60_000 };
/** After so long without a word of the server, it is asked anew what it has before a question is sent. */
const freshMs = 30_000;
/** Requests under way, at most; more are turned away. */
const requestsMax = 256;
/** Texts that are counted at once. */
const countsAtOnce = 8;
/** Costs come right after an answer's end, or never. */
const costsMs = 5_000;
const bounds = { eventLengthMax: 1024 * 1024, bytesMax: 64 * 1024 * 1024 };
const stopped: EngineFailure = { kind: "unavailable", reason: "it was stopped" };

const nothing: Usage = { promptTokens: 0, promptReused: 0, answerTokens: 0 };

type LoadResult = Awaited<ReturnType<Engine["load"]>>;
type Failed = Extract<LoadResult, { kind: "failed" }>;

/** A request that may run. `signal` ends it with the caller or with the engine. */
interface Entered {
  readonly kind: "entered";
  readonly info: ModelInfo;
  readonly signal: AbortSignal;
  readonly place: Disposable;
}

/**
 * A model on any server that speaks the OpenAI-compatible protocol. Nothing is loaded here: `load` asks the server what
 * it has, and again when it wasn't heard of for a while, so that a server that was switched off or got another model
 * is noticed before a question is sent. What can be repeated without harm is repeated, an answer that had begun never.
 */
export function createOpenAiEngine(options: OpenAiEngineOptions): Engine {
  const { key, clock, random } = options;
  const baseUrl = baseUrlOf(options.url);
  const patience = { ...patienceDefault, ...options.patience };
  const where = { host: new URL(baseUrl).host, key };
  const requests = openRequests({ baseUrl, key, caCerts: options.caCerts ?? [], patience, clock, random });
  const closing = new AbortController();
  let state: EngineState = { kind: "idle" };
  let reaching: Promise<LoadResult> | undefined;
  let heardMs = -Infinity;
  let underWay = 0;
  let callNext = 1;
  /** Whether the server reads llama.cpp's grammars. */
  let takesGrammars = false;
  /** Whether the server counts tokens; undefined until it was asked. */
  let counts: boolean | undefined;

  /** Asks what the server has: once for all who need it, and whoever stops waiting leaves the others to it. */
  function reach(): Promise<LoadResult> {
    return reaching ??= (async () => {
      if (state.kind !== "ready") state = { kind: "loading" };
      const server = { requests, baseUrl, withinMs: patience.reachMs };
      const result = await findModel(server, options, closing.signal);
      if (closing.signal.aborted) return failed(stopped);
      if (result.kind === "failed") return state = result;
      heardMs = clock.nowMs();
      takesGrammars = result.takesGrammars;
      return state = { kind: "ready", info: result.info };
    })().finally(() => reaching = undefined);
  }

  const load: Engine["load"] = async (signal) => {
    if (closing.signal.aborted || signal.aborted) return failed(stopped);
    const isFresh = underWay > 0 || clock.nowMs() - heardMs < freshMs;
    if (state.kind === "ready" && isFresh) return state;
    return await unlessAborted(reach(), signal) ?? failed(stopped);
  };

  /** Loads, and takes a place among the requests under way. */
  async function enter(signal: AbortSignal): Promise<Entered | Failed> {
    const loaded = await load(signal);
    if (loaded.kind === "failed") return loaded;
    if (underWay >= requestsMax) {
      return failed({ kind: "unavailable", reason: `${requestsMax} requests are under way already` });
    }
    underWay++;
    return {
      kind: "entered",
      info: loaded.info,
      signal: AbortSignal.any([signal, closing.signal]),
      place: { [Symbol.dispose]: () => void underWay-- },
    };
  }

  async function* stream(request: GenerateRequest, info: ModelInfo, signal: AbortSignal): AsyncGenerator<EngineEvent> {
    let gbnf: string | undefined;
    if (request.format?.kind === "grammar") {
      if (!takesGrammars) {
        const wrapped = wrap(request, request.format.grammar);
        return yield* unwrap(stream(wrapped, info, signal), request);
      }
      const grammar = grammarOf(request.format);
      if (grammar.kind === "failed") return yield grammar;
      gbnf = grammar.gbnf;
    }
    const answer = createAnswer(request, {
      failureOf: (error) => failureOfStream(error, where),
      newId: () => `call_${callNext++}_${Math.floor(random.unit() * 2 ** 32).toString(16)}`,
    });
    using deadline = createDeadline(clock, signal);
    const url = `${baseUrl}/chat/completions`;
    const opened = await requests.stream({ url, body: chatBody(request, info.name, gbnf), signal, deadline });
    if (signal.aborted) return yield answer.cancelled();
    if (opened.kind === "failed") {
      const { kind } = opened.failure;
      if (kind === "unavailable" || kind === "refused") state = opened; // the next one asks anew what is there
      return yield failed(opened.failure);
    }
    let isOver = false;
    let problem: EngineFailure | undefined;
    try {
      for await (const data of eventData(opened.value, bounds)) {
        if (signal.aborted) break;
        const { events, state } = answer.take(data);
        deadline.set(state === "finished" ? costsMs : patience.silenceMs);
        heardMs = clock.nowMs();
        isOver = state === "over";
        for (const event of events) {
          yield event;
          if (signal.aborted && !isOver) break;
        }
        if (isOver) break;
      }
    } catch (error) {
      if (error instanceof StreamProblem) {
        problem = { kind: "crashed", reason: `${where.host} can't be understood: ${error.message}` };
      } else if (deadline.isLate() && !answer.isFinished()) problem = failureOfTransport(error, where, true);
    }
    if (isOver) return;
    if (signal.aborted) yield answer.cancelled();
    else if (problem !== undefined) yield failed(problem);
    else yield* answer.end();
  }

  /** Asks the server for a text's tokens; once it has shown that it can't count, they are estimated. */
  async function count(text: string, model: string, signal: AbortSignal): Promise<ServerResult<number>> {
    if (text === "") return { kind: "answered", value: 0 };
    if (counts === false) return { kind: "answered", value: estimateTokens(text) };
    const result = await requests.json({
      url: `${rootUrlOf(baseUrl)}/tokenize`,
      body: tokenizeBody(text, model),
      schema: tokenized,
      signal,
      withinMs: patience.reachMs,
    });
    if (result.kind === "failed" && (result.failure.kind === "unavailable" || result.failure.kind === "hung")) {
      return result;
    }
    counts = result.kind === "answered";
    if (result.kind === "failed") return { kind: "answered", value: estimateTokens(text) };
    heardMs = clock.nowMs();
    return { kind: "answered", value: result.value.count ?? result.value.tokens.length };
  }

  return {
    load,
    async *generate(request, signal) {
      const cancelled = { kind: "end", reason: "cancelled", usage: nothing } as const;
      if (signal.aborted) return yield cancelled;
      const entered = await enter(signal);
      if (entered.kind === "failed") return yield signal.aborted ? cancelled : entered;
      using _place = entered.place;
      for await (const event of stream(request, entered.info, entered.signal)) {
        yield event.kind === "failed" ? failed(withLength(event.failure, entered.info)) : event;
      }
    },
    async countTokens(texts, signal) {
      const entered = await enter(signal);
      if (entered.kind === "failed") return entered;
      using _place = entered.place;
      const values: number[] = [];
      for (let at = 0; at < texts.length; at += countsAtOnce) {
        const some = texts.slice(at, at + countsAtOnce);
        for (const result of await Promise.all(some.map((text) => count(text, entered.info.name, entered.signal)))) {
          if (result.kind === "failed") return failed(result.failure);
          values.push(result.value);
        }
      }
      return { kind: "counted", counts: values };
    },
    async embed(request, signal) {
      const { length } = request.texts;
      if (length < 1 || length > 256) {
        return failed({ kind: "invalid", reason: `1 to 256 texts are embedded at once, not ${length}` });
      }
      const entered = await enter(signal);
      if (entered.kind === "failed") return entered;
      using _place = entered.place;
      const model = options.embeddingModel ?? entered.info.name;
      const result = await requests.json({
        url: `${baseUrl}/embeddings`,
        body: { model, input: prefixed(request, model), encoding_format: "float" },
        schema: embeddings,
        signal: entered.signal,
        withinMs: patience.firstMs,
      });
      return result.kind === "failed"
        ? embedFailure(result, where.host)
        : vectorsOf(result.value, request.texts.length, where.host);
    },
    state: () => state,
    /** The memory is the server's own: here it is only forgotten what was heard of it. */
    async unload() {
      if (underWay > 0) return { kind: "busy" };
      state = { kind: "idle" };
      heardMs = -Infinity;
      return { kind: "unloaded" };
    },
    async close() {
      if (closing.signal.aborted) return;
      closing.abort();
      state = { kind: "idle" };
      requests[Symbol.dispose]();
    },
  };
}

function failed(failure: EngineFailure): Failed {
  return { kind: "failed", failure };
}

/** A failure about length has the number in it that people know. */
function withLength(failure: EngineFailure, { contextTokens }: ModelInfo): EngineFailure {
  if (failure.kind !== "overflow") return failure;
  return { ...failure, reason: `${failure.reason}; a conversation holds ${contextTokens} tokens there` };
}

/** The promise's value, or undefined as soon as the signal aborts. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const aborted = Promise.withResolvers<undefined>();
  const abort = () => aborted.resolve(undefined);
  signal.addEventListener("abort", abort, { once: true });
  return Promise.race([promise, aborted.promise]).finally(() => signal.removeEventListener("abort", abort));
}
