import type { Batch } from "./batch.ts";
import type { Llama, Pointer } from "./binding.ts";
import type { Control } from "./control.ts";
import { sharedNowMs } from "./control.ts";
import { layout } from "./layout.ts";
import { isState } from "./state_format.ts";
import type { ThreadPolicy } from "./threads.ts";

/**
 * What one decode step came to. `broken_off`: by the abort byte, `isLate` because it took longer than it was worth; its
 * rows may or may not be in the cache.
 */
export type StepResult =
  | { readonly kind: "done"; readonly tookMs: number }
  | { readonly kind: "broken_off"; readonly isLate: boolean }
  | { readonly kind: "no_room" }
  | { readonly kind: "failed"; readonly code: number };

/** llama.cpp's context: the KV cache of all sequences, and the computing. */
export interface Context {
  readonly pointer: Pointer;
  /** Whether part of a sequence can be shared or cut: not so in recurrent and hybrid models. */
  readonly divisible: boolean;
  /** Positions that some layers look back at; 0: all of them. */
  readonly windowTokens: number;
  decode(batch: Batch): StepResult;
  /** Forgets what a sequence has from a position on; false when only the whole of it can be forgotten. */
  cut(sequence: number, from: number): boolean;
  /** Lets `to` share the positions of `from` up to `end`, without copying. Default `first`: 0. */
  share(from: number, to: number, end: number, first?: number): void;
  /**
   * Whether another sequence can go on from the first `count` positions of this one: always, but where the model keeps
   * only a window of them, or nothing but what came of the whole.
   */
  shareable(sequence: number, count: number): boolean;
  /** All that was computed of a sequence, for {@link restore}, here or in another context of this model and size. */
  stateOf(sequence: number): Uint8Array<ArrayBuffer>;
  /**
   * Puts `count` positions back from the bytes of {@link stateOf}. False when they aren't that, or don't fit: then the
   * sequence is empty.
   */
  restore(sequence: number, state: Uint8Array<ArrayBuffer>, count: number): boolean;
  /** Forgets every sequence. */
  forgetAll(): void;
  /**
   * Gives back what llama.cpp set aside for logits when it computed a step of so many rows: a vocabulary's length a
   * row, cleared and never used where vectors are wanted.
   */
  giveBackLogits(rows: number): void;
  /** The vector of a sequence of the last step, as the model pooled it; a copy, and zeros where there is none. */
  vectorOf(sequence: number, dimensions: number): Float32Array;
}

/** How keys and values are kept: as 16-bit floats, or as 8-bit numbers with a scale for every 32, in 0.53 of the room. */
export type CacheType = "f16" | "q8_0";

/** As `ggml_type` numbers them. Source: ggml.h. */
const cacheTypes: Readonly<Record<CacheType, number>> = { f16: 1, q8_0: 8 };

/** Sizes of a context. */
export interface ContextSize {
  /** Positions of all sequences together. */
  readonly cells: number;
  readonly sequences: number;
  /** Rows of one step at most, and how many of them may ask for logits. */
  readonly rows: number;
  readonly outputs: number;
  /** Default `f16`. */
  readonly cacheType?: CacheType;
  /** What is wanted is a vector a sequence instead of logits. */
  readonly vectors?: boolean;
}

/** A context for a loaded model; undefined when llama.cpp can't make one, mostly for want of memory. */
export function createContext(
  llama: Llama,
  model: Pointer,
  size: ContextSize,
  more: { readonly control: Control; readonly threadsMax: number; readonly policy: ThreadPolicy },
): Context | undefined {
  const { symbols } = llama;
  const { control, threadsMax, policy } = more;
  const params = symbols.llama_context_default_params();
  const view = new DataView(params.buffer, params.byteOffset, params.byteLength);
  const at = layout.llama_context_params;
  view.setUint32(at.n_ctx, size.cells, true);
  view.setUint32(at.n_batch, size.rows, true);
  view.setUint32(at.n_ubatch, size.rows, true);
  view.setUint32(at.n_seq_max, size.sequences, true);
  // One row of logits a sequence is reserved whatever is asked for: fewer would end the process by an assertion.
  view.setUint32(at.n_outputs_max, Math.max(size.outputs, size.sequences), true);
  view.setInt32(at.n_threads, threadsMax, true);
  view.setInt32(at.n_threads_batch, threadsMax, true);
  // With 8 bits, llama.cpp turns its flash attention on, which that needs, and makes no context where it can't.
  const cacheType = cacheTypes[size.cacheType ?? "f16"];
  view.setInt32(at.type_k, cacheType, true);
  view.setInt32(at.type_v, cacheType, true);
  view.setUint8(at.embeddings, size.vectors === true ? 1 : 0);
  view.setUint8(at.kv_unified, 1); // else the cells are split into equal parts, and sharing copies
  const callback = symbols.is_set;
  if (callback !== null) {
    view.setBigUint64(at.abort_callback, llama.addressOfPointer(callback as Pointer), true);
    view.setBigUint64(
      at.abort_callback_data,
      llama.addressOf(control.abortBytes as unknown as Uint8Array<ArrayBuffer>),
      true,
    );
  }
  const pointer = symbols.llama_init_from_model(model, params);
  if (pointer === null) return undefined;
  const memory = symbols.llama_get_memory(pointer);
  // The libraries are built without OpenMP: without threads of its own it would start and join them at every step.
  const threads = llama.startThreads(threadsMax);
  if (threads !== undefined) symbols.llama_attach_threadpool(pointer, threads, null);

  let threadsNow = threadsMax;
  const step = { rows: 0, threads: 0, tookMs: 0, waited: 0, brokenOff: false };
  const attends = !symbols.llama_model_is_recurrent(model);
  const divisible = attends && !symbols.llama_model_is_hybrid(model);
  const windowTokens = symbols.llama_model_n_swa(model);
  return {
    pointer,
    divisible,
    windowTokens,
    decode(batch) {
      const startMs = sharedNowMs();
      const { threads, breakOffMs } = policy.next(batch.rows, startMs);
      if (threads !== threadsNow) symbols.llama_set_n_threads(pointer, threads, threads);
      threadsNow = threads;
      control.setDeadline(breakOffMs === 0 ? 0 : startMs + breakOffMs);
      const processorMs = llama.processorMs();
      const code = symbols.llama_decode(pointer, batch.struct);
      const endMs = sharedNowMs();
      control.setDeadline(0);
      const tookMs = endMs - startMs;
      const brokenOff = code === 2;
      if (brokenOff) control.resume();
      const isLate = brokenOff && breakOffMs > 0 && tookMs >= breakOffMs;
      if (code === 0 || isLate) {
        step.rows = batch.rows;
        step.threads = threads;
        step.tookMs = tookMs;
        // What they didn't compute they waited: within a step ggml's threads spin and never sleep.
        step.waited = Math.max(0, 1 - (llama.processorMs() - processorMs) / (tookMs * threads));
        step.brokenOff = brokenOff;
        policy.measured(step, endMs);
      }
      if (brokenOff) return { kind: "broken_off", isLate };
      if (code === 1) return { kind: "no_room" };
      if (code !== 0) return { kind: "failed", code };
      return { kind: "done", tookMs };
    },
    cut: (sequence, from) => symbols.llama_memory_seq_rm(memory, sequence, from, -1),
    share: (from, to, end, first = 0) => symbols.llama_memory_seq_cp(memory, from, to, first, end),
    shareable(sequence, count) {
      if (divisible && windowTokens === 0) return true;
      if (count === symbols.llama_memory_seq_pos_max(memory, sequence) + 1) return true;
      if (!divisible) return false;
      // What left the window is given to others at some time; the first that is left tells from where on all is there.
      return symbols.llama_memory_seq_pos_min(memory, sequence) <= Math.max(0, count - windowTokens);
    },
    stateOf(sequence) {
      const bytes = symbols.llama_state_seq_get_size(pointer, sequence);
      const state = new Uint8Array(new ArrayBuffer(Number(bytes)));
      const written = symbols.llama_state_seq_get_data(pointer, state, bytes, sequence);
      if (written !== bytes) throw new Error(`llama.cpp wrote ${written} bytes of a state of ${bytes}`);
      return state;
    },
    restore(sequence, state, count) {
      symbols.llama_memory_seq_rm(memory, sequence, -1, -1);
      if (!isState(state, { count, windowTokens, attends, isRecurrent: !divisible })) return false;
      const read = symbols.llama_state_seq_set_data(pointer, state, BigInt(state.length), sequence);
      const isWhole = read === BigInt(state.length) &&
        symbols.llama_memory_seq_pos_max(memory, sequence) === count - 1;
      if (!isWhole) symbols.llama_memory_seq_rm(memory, sequence, -1, -1);
      return isWhole;
    },
    // What only encodes has no memory.
    forgetAll: () => memory === null ? undefined : symbols.llama_memory_clear(memory, false),
    giveBackLogits(rows) {
      const logits = symbols.llama_get_logits(pointer);
      const vocabulary = symbols.llama_vocab_n_tokens(symbols.llama_model_get_vocab(model));
      if (logits !== null) llama.giveBack(logits, 4 * vocabulary * rows);
    },
    vectorOf(sequence, dimensions) {
      const vector = new Float32Array(new ArrayBuffer(4 * dimensions));
      const found = symbols.llama_get_embeddings_seq(pointer, sequence);
      if (found !== null) symbols.copy_from(vector, found, BigInt(vector.byteLength));
      return vector;
    },
  };
}
