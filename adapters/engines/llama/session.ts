import { modelsThatFit } from "../../../core/catalogue.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Engine, EngineFailure, ModelInfo } from "../../../core/ports/engine.ts";
import type { Log } from "../../../core/ports/log.ts";
import type { Connection, RunnerRole, Runners } from "../../../core/ports/runner.ts";
import type { ModelStates } from "../../../core/ports/model_states.ts";
import { type ConversationStates, createConversationStates } from "./conversation_states.ts";
import { type HostMessage, parseRunnerMessage, type RunnerMessage } from "./protocol.ts";

/** The model is ready, or why it isn't. */
export type LoadResult = Awaited<ReturnType<Engine["load"]>>;

/** What the messages about one request are given to. */
export type Receiver = (message: RunnerMessage & { readonly id: number }) => void;

/** One runner, from the connection to its end. */
export interface Session {
  /** Resolves always: at the latest when the session ends. */
  readonly loaded: Promise<LoadResult>;
  /** Aborts when the session is over. */
  readonly ended: AbortSignal;
  /** Resolves also when the connection is gone: whoever waits for an answer is told by {@link end}. */
  send(message: HostMessage): Promise<void>;
  /** Gives a request its id, and its messages to `receiver`, the last of which is `failed` if the session ends. */
  register(receiver: Receiver): number;
  /** Nothing more of this request is handed out. */
  forget(id: number): void;
  /** The states of its conversations, which are offered with requests, given when they are wanted, and kept. */
  readonly states: Pick<ConversationStates, "offer" | "give" | "park" | "begun">;
  /** Ends the runner and everything that waits for it. Absent `failure`: the model isn't needed now. */
  end(failure?: EngineFailure): void;
}

/** Who keeps the session, and hears how it goes. */
export interface SessionOwner {
  /** The model is loaded. */
  ready(info: ModelInfo): void;
  /** A piece of work was completed. */
  worked(): void;
  /** The runner ended or hung by itself; {@link ended} follows. */
  failed(failure: EngineFailure): void;
  /** Once, after which nothing more is heard. */
  ended(failure: EngineFailure | undefined): void;
}

/** What a session is opened with. Times are milliseconds on the given clock. */
export interface SessionOptions {
  readonly runners: Runners;
  readonly role: RunnerRole;
  readonly clock: Clock;
  readonly log: Log;
  /** What the model is to be loaded with, asked when that is about to begin. */
  readonly load: (signal: AbortSignal) => Promise<Extract<HostMessage, { kind: "load" }>>;
  /** Who keeps what is computed of conversations while the model isn't loaded. Absent: nobody. */
  readonly states?: ModelStates | undefined;
  /** What is waited before connecting. */
  readonly pauseMs: number;
  /** A runner with work that says nothing for so long hangs; while it loads, the second. */
  readonly hangMs: number;
  readonly loadHangMs: number;
  readonly owner: SessionOwner;
}

/** What native code meets with an assertion, it can't report: the file is the likeliest cause. */
const endedLoading: EngineFailure = {
  kind: "crashed",
  reason: "the model's process ended while it loaded the model, whose file may be damaged",
  mend: "clawdbot model list",
};

/** Connects, loads, and hands out what the runner says, until it ends, hangs, or is ended. */
export function openSession(options: SessionOptions): Session {
  const { runners, role, clock, log, owner } = options;
  const { promise: loaded, resolve: settleLoad } = Promise.withResolvers<LoadResult>();
  const receivers = new Map<number, Receiver>();
  const over = new AbortController();
  let connection: Connection | undefined;
  let isLoaded = false;
  let lastHeardMs = clock.nowMs();
  let watching: AbortController | undefined;
  let idNext = 1;
  let endedBy: EngineFailure | undefined;
  const states = createConversationStates({
    states: options.states,
    send: (frame) => connection?.send(frame) ?? Promise.reject(new Error("the connection is gone")),
    clock,
    log,
    ended: over.signal,
  });

  async function run(): Promise<void> {
    const { signal } = over;
    if (options.pauseMs > 0) await clock.sleep(options.pauseMs, signal);
    if (signal.aborted) return;
    const load = await options.load(signal);
    if (signal.aborted) return;
    const result = await runners.connect(role, signal);
    if (result.kind === "unavailable") return end({ kind: "unavailable", reason: result.reason });
    if (signal.aborted) return result.connection.close();
    connection = result.connection;
    watch();
    await send(load);
    try {
      for await (const frame of connection.frames) {
        lastHeardMs = clock.nowMs();
        if (frame.kind === "bytes") await states.take(frame.bytes);
        else receive(parseRunnerMessage(frame.value));
        if (signal.aborted) return;
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      log.warn("model runner broke the protocol", { reason: why.slice(0, 200) });
    }
    fail(isLoaded ? { kind: "crashed", reason: "the model's process ended in the middle of its work" } : endedLoading);
  }

  function receive(message: RunnerMessage): void {
    switch (message.kind) {
      case "ready":
        isLoaded = true;
        owner.ready(message.info);
        settleLoad({ kind: "ready", info: message.info });
        return;
      case "not_ready":
        return end(role === "model-runner" ? withWhatFits(message.failure, message.haveBytes) : message.failure);
      case "progress":
        return;
      case "state":
        return states.begin(message);
      case "dropped":
        return states.left(message.conversation);
      case "parked":
        return states.parked();
      case "embedded":
      case "end":
        owner.worked();
        receivers.get(message.id)?.(message);
        return;
      case "state_wanted":
      case "started":
      case "text":
      case "vectors":
      case "tool_call":
      case "failed":
      case "counted":
        receivers.get(message.id)?.(message);
        return;
    }
  }

  /**
   * Ends a session whose runner has work and says nothing. Begins anew with each piece of work: what came before,
   * loading above all, had another limit.
   */
  function watch(): void {
    watching?.abort();
    const { signal } = watching = new AbortController();
    lastHeardMs = clock.nowMs();
    const limitMs = isLoaded ? options.hangMs : options.loadHangMs;
    const look = async (): Promise<void> => {
      const isWorking = !isLoaded || receivers.size > 0;
      const leftMs = lastHeardMs + limitMs - clock.nowMs();
      if (signal.aborted || !isWorking) return;
      if (leftMs > 0) return clock.sleep(leftMs, signal).then(look);
      const seconds = Math.round(limitMs / 1_000);
      fail({ kind: "hung", reason: `the model made no progress for ${seconds} seconds` });
    };
    void look();
  }

  function fail(failure: EngineFailure): void {
    if (over.signal.aborted) return;
    owner.failed(failure);
    end(failure);
  }

  function end(failure?: EngineFailure): void {
    if (over.signal.aborted) return;
    over.abort();
    connection?.close();
    watching?.abort();
    owner.ended(failure);
    const why: EngineFailure = failure ?? { kind: "unavailable", reason: "the model was unloaded" };
    endedBy = why;
    settleLoad({ kind: "failed", failure: why });
    for (const [id, receiver] of [...receivers]) receiver({ kind: "failed", id, failure: why });
    receivers.clear();
  }

  function send(message: HostMessage): Promise<void> {
    const sent = connection?.send({ kind: "json", value: message }) ?? Promise.resolve();
    // A connection that is gone is seen by the loop that reads it, which ends whoever waits.
    return sent.catch(() => {});
  }

  run().catch((error) => {
    log.error("model engine failed", { reason: error instanceof Error ? error.message : String(error) });
    fail({ kind: "crashed", reason: "the model's connection broke" });
  });

  return {
    loaded,
    ended: over.signal,
    send,
    register(receiver) {
      const id = idNext++;
      if (endedBy !== undefined) {
        const failure = endedBy;
        // Not before whoever registers knows the number.
        queueMicrotask(() => receiver({ kind: "failed", id, failure }));
        return id;
      }
      receivers.set(id, receiver);
      if (receivers.size === 1) watch();
      return id;
    },
    forget: (id) => void receivers.delete(id),
    states,
    end,
  };
}

/** A model that is too large for the memory there is: named beside one that isn't. */
function withWhatFits(failure: EngineFailure, haveBytes: number | undefined): EngineFailure {
  const [fits] = haveBytes === undefined ? [] : modelsThatFit(haveBytes);
  return fits === undefined ? failure : { ...failure, reason: `${failure.reason}; ${fits.name} would fit` };
}
