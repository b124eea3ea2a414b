import * as v from "valibot";
import { modelsThatFit } from "../../../core/catalogue.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type {
  EmbedResult,
  Engine,
  EngineEvent,
  EngineFailure,
  EngineState,
  ModelInfo,
} from "../../../core/ports/engine.ts";
import type { Log } from "../../../core/ports/log.ts";
import type { Random } from "../../../core/ports/random.ts";
import type { Connection, RunnerRole, Runners } from "../../../core/ports/runner.ts";
import { toolProblem } from "../tool_problem.ts";
import { type HostMessage, hostMessage, messageBytesMax, parseRunnerMessage, type RunnerMessage } from "./protocol.ts";

/** What the engine is created with. Times are milliseconds on the given clock. */
export interface LlamaEngineOptions {
  readonly runners: Runners;
  /** Whose process it connects to. Default `model-runner`. */
  readonly role?: RunnerRole;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Told when a runner ended by itself. */
  readonly runnerFailed?: (role: RunnerRole, kind: EngineFailure["kind"]) => void;
  /** Answers computed at once; of no meaning for a model that embeds. */
  readonly sequencesMax: number;
  /** Of one conversation. Absent: decided from model and memory. */
  readonly contextTokens?: number;
  /** Absent: adapted to the cores that are free. */
  readonly threads?: number;
  readonly memoryLimitBytes?: number;
  /** How long an unused model stays loaded. */
  readonly keepAliveMs: number;
  /** A runner with work that completes no step for so long hangs. Default 30,000. */
  readonly hangMs?: number;
  /** The same while it loads, which gives no sign of life. Default 120,000. */
  readonly loadHangMs?: number;
}

/** Requests that are computed or wait, at most; more are turned away. */
const requestsMax = 256;
const backoffMs = 250;
const backoffMsMax = 30_000;
/** A character takes at most so many bytes in a JSON frame. */
const characterBytesMax = 6;

type EmbedMessage = Extract<HostMessage, { kind: "embed" }>;
type LoadResult = Awaited<ReturnType<Engine["load"]>>;

/** One runner, from the connection to its end. */
interface Session {
  readonly loaded: Promise<LoadResult>;
  /** What the messages about one request are given to. */
  readonly receivers: Map<number, (message: RunnerMessage & { readonly id: number }) => void>;
  /** Ends everything that waits for this session. */
  readonly ended: AbortController;
  settleLoad(result: LoadResult): void;
  connection?: Connection;
  info?: ModelInfo;
  lastHeardMs: number;
  /** Callers that need the model now; the keep-alive begins when there are none. */
  users: number;
  keepAlive?: AbortController;
  watching?: AbortController;
}

/**
 * The host's side of the model runner: one connection is one loaded model. A runner that ends or hangs costs the
 * answers it was computing; the next request starts another, after a pause that grows while it keeps failing.
 */
export function createLlamaEngine(options: LlamaEngineOptions): Engine {
  const { runners, role = "model-runner", clock, random, log, keepAliveMs, hangMs = 30_000, loadHangMs = 120_000 } =
    options;
  let session: Session | undefined;
  let state: EngineState = { kind: "idle" };
  let idNext = 1;
  let failuresInRow = 0;
  let notBeforeMs = 0;
  let closed = false;

  function open(): Session {
    if (session !== undefined) return session;
    const { promise: loaded, resolve: settleLoad } = Promise.withResolvers<LoadResult>();
    const opened: Session = {
      loaded,
      settleLoad,
      receivers: new Map(),
      ended: new AbortController(),
      lastHeardMs: clock.nowMs(),
      users: 0,
    };
    session = opened;
    state = { kind: "loading" };
    run(opened).catch((error) => {
      log.error("model engine failed", { reason: error instanceof Error ? error.message : String(error) });
      fail(opened, { kind: "crashed", reason: "the model's connection broke" });
    });
    return opened;
  }

  /** Connects, loads, and hands out what the runner says, until it ends. */
  async function run(opened: Session): Promise<void> {
    const { signal } = opened.ended;
    const pauseMs = notBeforeMs - clock.nowMs();
    if (pauseMs > 0) await clock.sleep(pauseMs, signal);
    if (signal.aborted) return;
    const result = await runners.connect(role, signal);
    if (result.kind === "unavailable") {
      return end(opened, { kind: "unavailable", reason: result.reason });
    }
    if (signal.aborted) return result.connection.close();
    const { connection } = result;
    opened.connection = connection;
    watch(opened);
    await send(opened, {
      kind: "load",
      sequencesMax: options.sequencesMax,
      ...(options.contextTokens === undefined ? {} : { contextTokens: options.contextTokens }),
      ...(options.threads === undefined ? {} : { threads: options.threads }),
      ...(options.memoryLimitBytes === undefined ? {} : { memoryLimitBytes: options.memoryLimitBytes }),
    });
    try {
      for await (const frame of connection.frames) {
        opened.lastHeardMs = clock.nowMs();
        if (frame.kind !== "json") throw new Error("bytes where a message belongs");
        receive(opened, parseRunnerMessage(frame.value));
        if (signal.aborted) return;
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      log.warn("model runner broke the protocol", { reason: why.slice(0, 200) });
    }
    fail(opened, { kind: "crashed", reason: "the model's process ended in the middle of its work" });
  }

  function receive(opened: Session, message: RunnerMessage): void {
    switch (message.kind) {
      case "ready":
        opened.info = message.info;
        state = { kind: "ready", info: message.info };
        opened.settleLoad({ kind: "ready", info: message.info });
        return;
      case "not_ready":
        return end(
          opened,
          role === "model-runner" ? withWhatFits(message.failure, message.haveBytes) : message.failure,
        );
      case "progress":
        return;
      case "embedded":
      case "end":
        failuresInRow = 0;
        opened.receivers.get(message.id)?.(message);
        return;
      case "started":
      case "text":
      case "vectors":
      case "tool_call":
      case "failed":
      case "counted":
        opened.receivers.get(message.id)?.(message);
        return;
    }
  }

  /**
   * Ends a session whose runner has work and says nothing. Begins anew with each piece of work: what came before,
   * loading above all, had another limit.
   */
  function watch(opened: Session): void {
    opened.watching?.abort();
    const { signal } = opened.watching = new AbortController();
    opened.lastHeardMs = clock.nowMs();
    const limitMs = opened.info === undefined ? loadHangMs : hangMs;
    const look = async (): Promise<void> => {
      const isWorking = opened.info === undefined || opened.receivers.size > 0;
      const leftMs = opened.lastHeardMs + limitMs - clock.nowMs();
      if (signal.aborted || !isWorking) return;
      if (leftMs > 0) return clock.sleep(leftMs, signal).then(look);
      const seconds = Math.round(limitMs / 1_000);
      fail(opened, { kind: "hung", reason: `the model made no progress for ${seconds} seconds` });
    };
    void look();
  }

  /** A session that ended by itself: the next one waits longer each time. */
  function fail(opened: Session, failure: EngineFailure): void {
    if (opened.ended.signal.aborted) return;
    failuresInRow++;
    const pauseMs = Math.min(backoffMsMax, backoffMs * 2 ** Math.min(failuresInRow - 1, 10));
    notBeforeMs = clock.nowMs() + pauseMs * (0.5 + random.unit() / 2);
    options.runnerFailed?.(role, failure.kind);
    log.warn("model runner failed", { kind: failure.kind, reason: failure.reason, failures: failuresInRow });
    end(opened, failure);
  }

  function end(opened: Session, failure: EngineFailure | undefined): void {
    if (opened.ended.signal.aborted) return;
    opened.ended.abort();
    opened.connection?.close();
    if (session === opened) session = undefined;
    state = failure === undefined ? { kind: "idle" } : { kind: "failed", failure };
    const why = failure ?? { kind: "unavailable", reason: "the model was unloaded" };
    opened.settleLoad({ kind: "failed", failure: why });
    for (const [id, receiver] of [...opened.receivers]) receiver({ kind: "failed", id, failure: why });
    opened.receivers.clear();
    opened.keepAlive?.abort();
    opened.watching?.abort();
  }

  /** Keeps the model loaded until the returned function is called, and for the keep-alive after it. */
  function use(opened: Session): () => void {
    opened.users++;
    opened.keepAlive?.abort();
    return () => {
      if (--opened.users > 0 || opened.ended.signal.aborted) return;
      const timer = new AbortController();
      opened.keepAlive = timer;
      void clock.sleep(keepAliveMs, timer.signal).then(() => {
        if (!timer.signal.aborted) end(opened, undefined);
      });
    };
  }

  function send(opened: Session, message: HostMessage): Promise<void> {
    const sent = opened.connection?.send({ kind: "json", value: message }) ?? Promise.resolve();
    // A connection that is gone is seen by the loop that reads it, which ends whoever waits.
    return sent.catch(() => {});
  }

  /** Gives a request its id, and its messages to `receiver`. */
  function register(
    opened: Session,
    receiver: (message: RunnerMessage & { readonly id: number }) => void,
  ): number {
    const id = idNext++;
    opened.receivers.set(id, receiver);
    if (opened.receivers.size === 1) watch(opened);
    return id;
  }

  async function loaded(opened: Session, signal: AbortSignal): Promise<LoadResult> {
    const stopped = { kind: "failed", failure: { kind: "unavailable", reason: "loading was stopped" } } as const;
    if (signal.aborted) return stopped;
    const aborted = Promise.withResolvers<LoadResult>();
    const abort = () => aborted.resolve(stopped);
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await Promise.race([opened.loaded, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  async function load(signal: AbortSignal): Promise<LoadResult> {
    const result = await acquire(signal);
    if (result.kind === "failed") return result;
    result.release();
    return { kind: "ready", info: result.info };
  }

  /** The session that has the model loaded, kept until `release`; or why there is none. */
  async function acquire(
    signal: AbortSignal,
  ): Promise<
    | { readonly kind: "ready"; readonly opened: Session; readonly info: ModelInfo; release(): void }
    | { readonly kind: "failed"; readonly failure: EngineFailure }
  > {
    const unavailable = (reason: string) => ({ kind: "failed", failure: { kind: "unavailable", reason } }) as const;
    if (closed) return unavailable("the engine is closed");
    const opened = open();
    if (opened.users >= requestsMax) return unavailable(`${requestsMax} answers are waiting already`);
    const release = use(opened);
    const result = await loaded(opened, signal);
    if (result.kind === "ready") return { ...result, opened, release };
    release();
    return result;
  }

  const newCallId = () => `call_${Array.from(random.bytes(12), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;

  return {
    load,
    async *generate(request, signal) {
      let usage = { promptTokens: 0, promptReused: 0, answerTokens: 0 };
      const cancelled = (): EngineEvent => ({ kind: "end", reason: "cancelled", usage });
      const texts = request.messages.map(({ content }) => content);
      const problem = toolProblem(request);
      if (problem !== undefined) return yield { kind: "failed", failure: { kind: "invalid", reason: problem } };
      const { messages, tools, format } = request;
      const refusal = refusalOf(texts, { ...request, kind: "generate", id: 0 }) ??
        tooLongOf([...texts, JSON.stringify([messages.map(({ toolCalls }) => toolCalls), tools, format])]);
      if (refusal !== undefined) return yield { kind: "failed", failure: refusal };
      if (signal.aborted) return yield cancelled();
      const result = await acquire(signal);
      if (result.kind === "failed") return yield signal.aborted ? cancelled() : result;
      const { opened, release } = result;

      const waiting: EngineEvent[] = [];
      let wake: () => void = () => {};
      const give = (event: EngineEvent) => {
        waiting.push(event);
        wake();
      };
      const id = register(opened, (message) => {
        if (message.kind === "started") {
          usage = { promptTokens: message.promptTokens, promptReused: message.promptReused, answerTokens: 0 };
        } else if (message.kind === "text") {
          usage = { ...usage, answerTokens: message.answerTokens };
          give({
            kind: "text",
            text: message.text,
            ...(message.tokens === undefined ? {} : { tokens: message.tokens }),
          });
        } else if (message.kind === "tool_call") {
          usage = { ...usage, answerTokens: message.answerTokens };
          give({ kind: "tool_call", call: { id: newCallId(), name: message.name, arguments: message.arguments } });
        } else if (message.kind === "end") give({ kind: "end", reason: message.reason, usage: message.usage });
        else if (message.kind === "failed") give({ kind: "failed", failure: message.failure });
      });
      const abort = () => wake();
      signal.addEventListener("abort", abort, { once: true });
      let over = false;
      try {
        void send(opened, {
          kind: "generate",
          id,
          messages: request.messages.map(({ toolCalls, ...message }) => ({
            ...message,
            ...(toolCalls === undefined ? {} : { toolCalls: [...toolCalls] }),
          })),
          tokensMax: request.tokensMax,
          ...(request.priority === undefined ? {} : { priority: request.priority }),
          ...(request.conversation === undefined ? {} : { conversation: request.conversation }),
          ...(request.sampling === undefined ? {} : { sampling: { ...request.sampling } }),
          ...(request.stop === undefined ? {} : { stop: [...request.stop] }),
          ...(request.tools === undefined ? {} : { tools: [...request.tools] }),
          ...(request.toolChoice === undefined ? {} : { toolChoice: request.toolChoice }),
          ...(request.format === undefined ? {} : { format: request.format }),
          ...(request.alternativesMax === undefined ? {} : { alternativesMax: request.alternativesMax }),
        });
        for (;;) {
          if (signal.aborted) return yield cancelled(); // at once; what the runner still says of it is dropped
          const event = waiting.shift();
          if (event === undefined) {
            await new Promise<void>((resolve) => {
              wake = resolve;
              if (waiting.length > 0 || signal.aborted) resolve();
            });
            continue;
          }
          over = event.kind === "end" || event.kind === "failed";
          yield event;
          if (over) return;
        }
      } finally {
        signal.removeEventListener("abort", abort);
        if (!over && !opened.ended.signal.aborted) void send(opened, { kind: "cancel", id });
        opened.receivers.delete(id);
        release();
      }
    },
    async countTokens(texts, signal) {
      const tooLong = tooLongOf(texts);
      if (tooLong !== undefined) return { kind: "failed", failure: tooLong };
      const result = await acquire(signal);
      if (result.kind === "failed") return result;
      const { opened, release } = result;
      const counted = Promise.withResolvers<Awaited<ReturnType<Engine["countTokens"]>>>();
      const id = register(opened, (message) => {
        if (message.kind === "counted") counted.resolve({ kind: "counted", counts: message.counts });
        else if (message.kind === "failed") counted.resolve({ kind: "failed", failure: message.failure });
      });
      const stopped = { kind: "failed", failure: { kind: "unavailable", reason: "counting was stopped" } } as const;
      const abort = () => counted.resolve(stopped);
      signal.addEventListener("abort", abort, { once: true });
      try {
        void send(opened, { kind: "count", id, texts: [...texts] });
        return await counted.promise;
      } finally {
        signal.removeEventListener("abort", abort);
        opened.receivers.delete(id);
        release();
      }
    },
    async embed({ texts, purpose }, signal) {
      const wanted: EmbedMessage = {
        kind: "embed",
        id: 0,
        texts: [...texts],
        ...(purpose === undefined ? {} : { purpose }),
      };
      const refusal = refusalOf(texts, wanted);
      if (refusal !== undefined) return { kind: "failed", failure: refusal };
      const stopped = { kind: "failed", failure: { kind: "unavailable", reason: "embedding was stopped" } } as const;
      if (signal.aborted) return stopped;
      const result = await acquire(signal);
      if (result.kind === "failed") return result;
      const { opened, info, release } = result;
      const vectors: Float32Array[] = [];
      const embedded = Promise.withResolvers<EmbedResult>();
      let over = false;
      const settle = (result: EmbedResult) => {
        over = true;
        embedded.resolve(result);
      };
      const id = register(opened, (message) => {
        if (message.kind === "vectors") vectors.push(...vectorsOf(message, vectors.length, info));
        else if (message.kind === "failed") settle({ kind: "failed", failure: message.failure });
        else if (message.kind === "embedded") {
          if (vectors.length !== texts.length) throw new Error(`${vectors.length} vectors for ${texts.length} texts`);
          settle({ kind: "embedded", vectors, promptTokens: message.promptTokens });
        }
      });
      const abort = () => embedded.resolve(stopped);
      signal.addEventListener("abort", abort, { once: true });
      try {
        void send(opened, { ...wanted, id });
        return await embedded.promise;
      } finally {
        signal.removeEventListener("abort", abort);
        if (!over && !opened.ended.signal.aborted) void send(opened, { kind: "cancel", id });
        opened.receivers.delete(id);
        release();
      }
    },
    state: () => state,
    async unload() {
      if (session !== undefined && session.users > 0) return { kind: "busy" };
      if (session !== undefined) end(session, undefined);
      return { kind: "unloaded" };
    },
    async close() {
      closed = true;
      if (session !== undefined) end(session, undefined);
    },
  };
}

/** A model that is too large for the memory there is: named beside one that isn't. */
function withWhatFits(failure: EngineFailure, haveBytes: number | undefined): EngineFailure {
  const [fits] = haveBytes === undefined ? [] : modelsThatFit(haveBytes);
  return fits === undefined ? failure : { ...failure, reason: `${failure.reason}; ${fits.name} would fit` };
}

/** What the runner would not accept is said here: it takes a host that breaks the protocol for broken. */
function refusalOf(texts: readonly string[], message: unknown): EngineFailure | undefined {
  const tooLong = tooLongOf(texts);
  if (tooLong !== undefined) return tooLong;
  const result = v.safeParse(hostMessage, message);
  if (result.success) return undefined;
  const [issue] = result.issues;
  return { kind: "invalid", reason: `this request can't be computed: ${v.getDotPath(issue) ?? ""}: ${issue.message}` };
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

function tooLongOf(texts: readonly string[]): EngineFailure | undefined {
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  const charactersMax = Math.floor(messageBytesMax / characterBytesMax) - 65_536;
  if (characters <= charactersMax) return undefined;
  return {
    kind: "overflow",
    reason: `the text has ${characters} characters, and at most ${charactersMax} are accepted`,
  };
}
