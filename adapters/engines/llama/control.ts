import type { CoreSearch } from "./threads.ts";

/**
 * What the runner's two threads share: the main thread owns the connection, the worker computes and never waits for
 * messages in the middle of an answer.
 *
 * | bytes | |
 * |---|---|
 * | 0–3 | count of messages sent to the worker; it looks at its messages only when this has moved |
 * | 4–5 | the abort byte and a 0 after it: not 0 breaks off the running decode from inside native code |
 * | 8–15 | when the running step is late, in milliseconds of {@link sharedNowMs}; 0: never |
 * | 16–19 | whether the worker asks for a free core, and what was found: 0 nothing, 1 asked, 2 free, 3 taken |
 * | 20–23 | count of messages that the worker has taken |
 */
export interface Control {
  readonly buffer: SharedArrayBuffer;
  /** Bytes 4 and 5, whose address native code gets. */
  readonly abortBytes: Uint8Array<SharedArrayBuffer>;
  countMessage(): void;
  messagesSent(): number;
  takeMessage(): void;
  messagesTaken(): number;
  /** Breaks the running step off if the worker hasn't come to its messages as far as the `count`th. */
  breakOffUnlessTaken(count: number): void;
  breakOff(): void;
  /** Takes the abort back, before the next step. */
  resume(): void;
  /** Says when the step that begins now is late. */
  setDeadline(atMs: number): void;
  /** Breaks the running step off if it is late. */
  breakOffIfLate(nowMs: number): void;
  /** The worker's question whether one more core is free. */
  readonly cores: CoreSearch;
  /** Answers that question, if it was asked. */
  searchCore(isFree: () => boolean): void;
}

const searchStates = { nothing: 0, asked: 1, free: 2, taken: 3 } as const;

/** The same milliseconds in every thread of this process, monotonic. */
export function sharedNowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** The block itself, or the other thread's view of it. */
export function createControl(buffer: SharedArrayBuffer = new SharedArrayBuffer(24)): Control {
  const messages = new Int32Array(buffer, 0, 1);
  const abortBytes = new Uint8Array(buffer, 4, 2);
  const deadline = new Float64Array(buffer, 8, 1);
  const search = new Int32Array(buffer, 16, 1);
  const taken = new Int32Array(buffer, 20, 1);
  return {
    buffer,
    abortBytes,
    countMessage: () => void Atomics.add(messages, 0, 1),
    messagesSent: () => Atomics.load(messages, 0),
    takeMessage: () => void Atomics.add(taken, 0, 1),
    messagesTaken: () => Atomics.load(taken, 0),
    breakOffUnlessTaken(count) {
      if (Atomics.load(taken, 0) < count) Atomics.store(abortBytes, 0, 1);
    },
    breakOff: () => void Atomics.store(abortBytes, 0, 1),
    resume: () => void Atomics.store(abortBytes, 0, 0),
    setDeadline(atMs) {
      deadline[0] = atMs;
    },
    breakOffIfLate(nowMs) {
      const atMs = deadline[0] ?? 0;
      if (atMs > 0 && nowMs > atMs) Atomics.store(abortBytes, 0, 1);
    },
    cores: {
      ask: () => void Atomics.store(search, 0, searchStates.asked),
      answer() {
        const state = Atomics.load(search, 0);
        return state === searchStates.free ? "free" : state === searchStates.taken ? "taken" : "none";
      },
    },
    searchCore(isFree) {
      if (Atomics.load(search, 0) !== searchStates.asked) return;
      Atomics.store(search, 0, isFree() ? searchStates.free : searchStates.taken);
    },
  };
}
