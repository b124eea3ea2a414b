import type { Batching } from "./batching.ts";
import type { Context } from "./context.ts";
import type { Job, JobEvent } from "./job.ts";
import type { PrefillPace } from "./prefill.ts";
import type { History, PrefixMemory } from "./prefix_memory.ts";
import type { HostMessage, RunnerMessage } from "./protocol.ts";
import type { RestorePace } from "./restore_pace.ts";

/** What the host has of a conversation. */
export type Saved = NonNullable<Extract<HostMessage, { kind: "generate" }>["saved"]>;

/** Something for the host to hear; `state` is the bytes that the message is about. */
export interface Said {
  readonly message: RunnerMessage;
  readonly state?: Uint8Array<ArrayBuffer>;
}

/**
 * The states of conversations on their way between the model's memory and the host, which keeps them: this process holds
 * no key and writes nothing. Whatever goes wrong on the way is computed again.
 */
export interface SavedStates {
  /** Hands a job to the batching: at once, or when the state that the host has of its conversation was put back. */
  add(job: Job, saved: Saved | undefined): void;
  /** The state that a job waits for has come; undefined: it isn't to be had. */
  given(id: number, state: Uint8Array<ArrayBuffer> | undefined): void;
  /** Ends a job that waits for a state. */
  cancel(id: number): JobEvent | undefined;
  /** A history is given up: it is sent, unless another one is just being sent; then that it is gone is said. */
  dropping(history: History): void;
  /** Sends each history that isn't saved, one after the other. */
  park(): void;
  /** The last state has left this process. */
  sent(): void;
  /** What there is to say now. A state at most once until it was {@link sent}. */
  take(): Said | undefined;
}

/** What they are made of. */
export interface SavedStatesParts {
  readonly context: Pick<Context, "stateOf">;
  readonly prefixes: Pick<PrefixMemory, "unsaved" | "saved" | "gain">;
  readonly batching: Pick<Batching, "add" | "restore">;
  /** What computing takes, and putting back. */
  readonly prefill: Pick<PrefillPace, "estimateMs">;
  readonly restoring: RestorePace;
  /** Which model, library and settings states are of. */
  readonly binding: string;
  /** Of one position, and what a state may take at most beside the model, in bytes. */
  readonly cellBytes: number;
  readonly bytesMax: number;
  readonly nowMs: () => number;
}

/** Fewer tokens are computed before a state is asked for. */
const tokensMin = 64;

/** Nothing is on its way. */
export function createSavedStates(parts: SavedStatesParts): SavedStates {
  const { context, prefixes, batching, prefill, restoring, binding, cellBytes, bytesMax, nowMs } = parts;
  const waiting = new Map<number, { readonly job: Job; readonly saved: Saved; readonly askedMs: number }>();
  const wanted: number[] = [];
  const dropped: string[] = [];
  let leaving: Said | undefined;
  let isSending = false;
  let isParking = false;

  function isWanted(job: Job, saved: Saved): boolean {
    if (job.conversation === undefined || saved.binding !== binding || saved.bytes > bytesMax) return false;
    const gain = prefixes.gain(job, saved.tokens);
    return gain >= tokensMin && restoring.estimateMs(saved.bytes) < prefill.estimateMs(gain);
  }

  /** A history as it is sent; undefined when it isn't worth it, or too large to be copied. */
  function stateOf({ conversation, sequence, tokens }: History): Said | undefined {
    if (tokens.length < tokensMin || tokens.length * cellBytes > bytesMax) return undefined;
    const state = context.stateOf(sequence);
    if (state.length === 0 || state.length > bytesMax) return undefined;
    return { message: { kind: "state", conversation, binding, tokens: [...tokens], bytes: state.length }, state };
  }

  return {
    add(job, saved) {
      if (saved === undefined || !isWanted(job, saved)) return batching.add(job);
      waiting.set(job.id, { job, saved, askedMs: nowMs() });
      wanted.push(job.id);
    },
    given(id, state) {
      const one = waiting.get(id);
      if (one === undefined) return;
      waiting.delete(id);
      const { job, job: { conversation = "" }, saved: { tokens }, askedMs } = one;
      if (state !== undefined && batching.restore({ conversation, tokens }, state)) {
        restoring.measured(state.length, nowMs() - askedMs);
      }
      batching.add(job);
    },
    cancel(id) {
      const one = waiting.get(id);
      if (one === undefined) return undefined;
      waiting.delete(id);
      const usage = { promptTokens: one.job.prompt.tokens.length, promptReused: 0, answerTokens: 0 };
      return { kind: "end", id, reason: "cancelled", usage };
    },
    dropping(history) {
      const state = isSending || leaving !== undefined ? undefined : stateOf(history);
      if (state === undefined) dropped.push(history.conversation);
      else leaving = state;
    },
    park() {
      isParking = true;
    },
    sent() {
      isSending = false;
    },
    take() {
      const id = wanted.shift();
      if (id !== undefined) return { message: { kind: "state_wanted", id } };
      const conversation = dropped.shift();
      if (conversation !== undefined) return { message: { kind: "dropped", conversation } };
      if (isSending) return undefined;
      for (const history of leaving === undefined && isParking ? prefixes.unsaved() : []) {
        prefixes.saved(history.sequence);
        leaving = stateOf(history);
        if (leaving !== undefined) break;
      }
      if (leaving !== undefined) {
        const said = leaving;
        leaving = undefined;
        isSending = true;
        return said;
      }
      if (!isParking) return undefined;
      isParking = false;
      return { message: { kind: "parked" } };
    },
  };
}
