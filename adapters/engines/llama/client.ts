import type { Clock } from "../../../core/ports/clock.ts";
import type { Engine, EngineFailure, EngineState, ModelInfo } from "../../../core/ports/engine.ts";
import type { Log } from "../../../core/ports/log.ts";
import type { ModelStates } from "../../../core/ports/model_states.ts";
import type { Random } from "../../../core/ports/random.ts";
import type { RunnerRole, Runners } from "../../../core/ports/runner.ts";
import { embed, embeddingStopped, embedProblem } from "./embed_request.ts";
import { cancelled, generate, generateProblem } from "./generate_request.ts";
import { refusalOf } from "./request_limits.ts";
import { type LoadResult, openSession, type Session } from "./session.ts";
import { singleAnswer } from "./single_answer.ts";

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
  /** Asked before each loading how many bytes the model may take then; less than `memoryLimitBytes` where others have some. */
  readonly room?: (signal: AbortSignal) => Promise<number>;
  /** How long an unused model stays loaded. */
  readonly keepAliveMs: number;
  /** Who keeps what is computed of conversations while the model isn't loaded. Absent: nobody. */
  readonly states?: ModelStates;
  /** A runner with work that completes no step for so long hangs. Default 30,000. */
  readonly hangMs?: number;
  /** The same while it loads, which gives no sign of life. Default 120,000. */
  readonly loadHangMs?: number;
}

/** Requests that are computed or wait, at most; more are turned away. */
const requestsMax = 256;
/** Before the model is unloaded, states of conversations are kept for so long at most; at the end of the host, shorter. */
const parkMsMax = 15_000;
const parkAtEndMsMax = 2_000;
const backoffMs = 250;
const backoffMsMax = 30_000;

/** The session there is, with who needs it now: the keep-alive begins when nobody does. */
interface Kept {
  readonly session: Session;
  users: number;
  keepAlive?: AbortController;
}

type Counted = Awaited<ReturnType<Engine["countTokens"]>>;

/**
 * The host's side of the model runner: one connection is one loaded model. A runner that ends or hangs costs the
 * answers it was computing; the next request starts another, after a pause that grows while it keeps failing.
 */
export function createLlamaEngine(options: LlamaEngineOptions): Engine {
  const { role = "model-runner", clock, random, log, keepAliveMs, hangMs = 30_000, loadHangMs = 120_000 } = options;
  let kept: Kept | undefined;
  let state: EngineState = { kind: "idle" };
  let failuresInRow = 0;
  let notBeforeMs = 0;
  let closed = false;

  function open(): Kept {
    if (kept !== undefined) return kept;
    state = { kind: "loading" };
    const session = openSession({
      runners: options.runners,
      role,
      clock,
      log,
      load: async (signal) => {
        const memoryLimitBytes = await options.room?.(signal) ?? options.memoryLimitBytes;
        return {
          kind: "load",
          sequencesMax: options.sequencesMax,
          ...(options.contextTokens === undefined ? {} : { contextTokens: options.contextTokens }),
          ...(options.threads === undefined ? {} : { threads: options.threads }),
          ...(memoryLimitBytes === undefined ? {} : { memoryLimitBytes }),
        };
      },
      states: options.states,
      pauseMs: notBeforeMs - clock.nowMs(),
      hangMs,
      loadHangMs,
      owner: {
        ready(info) {
          state = { kind: "ready", info };
          if (info.isBase) {
            log.warn("model has no chat template: it goes on with texts, and answers badly", { model: info.name });
          }
        },
        worked: () => failuresInRow = 0,
        failed,
        ended(failure) {
          kept?.keepAlive?.abort();
          kept = undefined;
          state = failure === undefined ? { kind: "idle" } : { kind: "failed", failure };
        },
      },
    });
    return kept = { session, users: 0 };
  }

  /** The next session waits longer each time that one ended by itself. */
  function failed(failure: EngineFailure): void {
    failuresInRow++;
    const pauseMs = Math.min(backoffMsMax, backoffMs * 2 ** Math.min(failuresInRow - 1, 10));
    notBeforeMs = clock.nowMs() + pauseMs * (0.5 + random.unit() / 2);
    options.runnerFailed?.(role, failure.kind);
    log.warn("model runner failed", { kind: failure.kind, reason: failure.reason, failures: failuresInRow });
  }

  /** Keeps the model loaded until the returned function is called, and for the keep-alive after it. */
  function use(opened: Kept): () => void {
    opened.users++;
    opened.keepAlive?.abort();
    return () => {
      if (--opened.users > 0 || opened.session.ended.aborted) return;
      const timer = new AbortController();
      opened.keepAlive = timer;
      void clock.sleep(keepAliveMs, timer.signal).then(async () => {
        if (!timer.signal.aborted) await opened.session.states.park(parkMsMax);
        if (!timer.signal.aborted) opened.session.end();
      });
    };
  }

  /** The session that has the model loaded, kept until `release`; or why there is none. */
  async function acquire(
    signal: AbortSignal,
  ): Promise<
    | { readonly kind: "ready"; readonly session: Session; readonly info: ModelInfo; release(): void }
    | { readonly kind: "failed"; readonly failure: EngineFailure }
  > {
    const unavailable = (reason: string) => ({ kind: "failed", failure: { kind: "unavailable", reason } }) as const;
    if (closed) return unavailable("the engine is closed");
    const opened = open();
    if (opened.users >= requestsMax) return unavailable(`${requestsMax} answers are waiting already`);
    const release = use(opened);
    const result = await loadedOrStopped(opened.session, signal);
    if (result.kind === "ready") return { ...result, session: opened.session, release };
    release();
    return result;
  }

  const newCallId = () => `call_${Array.from(random.bytes(12), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;

  return {
    async load(signal) {
      const result = await acquire(signal);
      if (result.kind === "failed") return result;
      result.release();
      return { kind: "ready", info: result.info };
    },
    async *generate(request, signal) {
      const problem = generateProblem(request);
      if (problem !== undefined) return yield { kind: "failed", failure: problem };
      if (signal.aborted) return yield cancelled();
      const result = await acquire(signal);
      if (result.kind === "failed") return yield signal.aborted ? cancelled() : result;
      try {
        yield* generate(result.session, request, newCallId, signal);
      } finally {
        result.release();
      }
    },
    async countTokens(texts, signal) {
      const problem = refusalOf(texts, { kind: "count", id: 0, texts });
      if (problem !== undefined) return { kind: "failed", failure: problem };
      const result = await acquire(signal);
      if (result.kind === "failed") return result;
      try {
        return await singleAnswer<Counted>(result.session, {
          message: (id) => ({ kind: "count", id, texts: [...texts] }),
          receive(message, settle) {
            if (message.kind === "counted") settle({ kind: "counted", counts: message.counts });
            else if (message.kind === "failed") settle({ kind: "failed", failure: message.failure });
          },
          stopped: { kind: "failed", failure: { kind: "unavailable", reason: "counting was stopped" } },
        }, signal);
      } finally {
        result.release();
      }
    },
    async embed(request, signal) {
      const problem = embedProblem(request);
      if (problem !== undefined) return { kind: "failed", failure: problem };
      if (signal.aborted) return embeddingStopped;
      const result = await acquire(signal);
      if (result.kind === "failed") return result;
      try {
        return await embed(result.session, request, result.info, signal);
      } finally {
        result.release();
      }
    },
    state: () => state,
    async unload() {
      const opened = kept;
      if (opened === undefined) return { kind: "unloaded" };
      if (opened.users === 0) await opened.session.states.park(parkMsMax);
      if (opened.users > 0) return { kind: "busy" };
      opened.session.end();
      return { kind: "unloaded" };
    },
    async close() {
      closed = true;
      await kept?.session.states.park(parkAtEndMsMax);
      kept?.session.end();
    },
  };
}

async function loadedOrStopped({ loaded }: Session, signal: AbortSignal): Promise<LoadResult> {
  const stopped = { kind: "failed", failure: { kind: "unavailable", reason: "loading was stopped" } } as const;
  if (signal.aborted) return stopped;
  const aborted = Promise.withResolvers<LoadResult>();
  const abort = () => aborted.resolve(stopped);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([loaded, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
