import type { Frame } from "../../../core/frames.ts";
import { createKeyedLock } from "../../../core/keyed_lock.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Log } from "../../../core/ports/log.ts";
import type { ModelStates, SavedState } from "../../../core/ports/model_states.ts";
import type { HostMessage, RunnerMessage } from "./protocol.ts";
import { statePieceBytes } from "./state_limits.ts";

/** The states of one runner's conversations, between it and whoever keeps them. Nothing here rejects. */
export interface ConversationStates {
  /** What is kept of a conversation that this runner hasn't computed yet, or gave up since. */
  offer(conversation: string | undefined): Promise<SavedState | undefined>;
  /** The runner computes it, and has it in its memory from now on. */
  begun(conversation: string): void;
  /** It has left the runner's memory, and nothing of it is sent. */
  left(conversation: string): void;
  /** The runner wants what was offered. */
  give(id: number, conversation: string, state: SavedState): Promise<void>;
  /** The runner begins to send a state. @throws {Error} In the middle of another: it is broken. */
  begin(message: Extract<RunnerMessage, { kind: "state" }>): void;
  /** Bytes of it. Resolves when the next may come. @throws {Error} When they belong to none: it is broken. */
  take(piece: Uint8Array): Promise<void>;
  /** The runner has no state that isn't saved. */
  parked(): void;
  /** Has the runner send what isn't saved, and resolves when all is kept, or time is up. */
  park(timeoutMs: number): Promise<void>;
}

/** What they are made of. */
export interface ConversationStatesParts {
  /** Absent: nothing is kept. */
  readonly states: ModelStates | undefined;
  readonly send: (frame: Frame) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborts when the runner is gone. */
  readonly ended: AbortSignal;
}

/** A state isn't waited for longer: its conversation is computed again. */
const giveMsMax = 10_000;
/** Whoever keeps a state may take so long over a piece of it: what the runner says of answers waits behind it. */
const takeMsMax = 5_000;
/** Conversations that are known to be in the runner's memory, at most; it forgets others before. */
const residentMax = 256;

/** A state on its way from the runner. */
interface Incoming {
  /** Bytes that have yet to come. */
  left: number;
  readonly content: AsyncIterable<Uint8Array>;
  /** Resolves when the piece was taken, or nobody reads any more. */
  push(piece: Uint8Array): Promise<void>;
  /** No more comes. */
  close(): void;
  nobodyReads(): void;
}

/** Nothing is known of a runner that has just begun. */
export function createConversationStates(parts: ConversationStatesParts): ConversationStates {
  const { states, send, clock, log, ended } = parts;
  const resident = new Set<string>();
  const lock = createKeyedLock();
  let incoming: Incoming | undefined;
  let saving = Promise.resolve();
  let parked = Promise.withResolvers<void>();
  ended.addEventListener("abort", () => {
    incoming?.close();
    parked.resolve();
  }, { once: true });

  const tell = (message: HostMessage) => send({ kind: "json", value: message });

  async function stream(id: number, conversation: string, { bytes }: SavedState, signal: AbortSignal): Promise<void> {
    await tell({ kind: "state", id, bytes });
    let sent = 0;
    for await (const piece of states?.open(conversation, signal) ?? []) {
      sent += piece.length;
      if (sent > bytes) throw new Error("a state is longer than it was");
      for (let at = 0; at < piece.length; at += statePieceBytes) {
        await send({ kind: "bytes", bytes: piece.subarray(at, at + statePieceBytes) });
      }
    }
    if (sent < bytes) throw new Error("a state is shorter than it was");
  }

  return {
    async offer(conversation) {
      if (states === undefined || conversation === undefined || resident.has(conversation)) return undefined;
      try {
        return await states.find(conversation);
      } catch (error) {
        log.warn("the state of a conversation can't be read", { error: String(error).slice(0, 200) });
        return undefined;
      }
    },
    begun(conversation) {
      if (resident.size >= residentMax) resident.delete(resident.values().next().value!);
      resident.add(conversation);
    },
    left: (conversation) => void resident.delete(conversation),
    give: (id, conversation, state) =>
      // The bytes of one must have gone before those of another come.
      lock("runner", async () => {
        const over = new AbortController();
        const signal = AbortSignal.any([over.signal, ended]);
        void clock.sleep(giveMsMax, signal).then(() => over.abort());
        try {
          await stream(id, conversation, state, signal);
        } catch (error) {
          if (ended.aborted) return;
          log.warn("the state of a conversation can't be read", { error: String(error).slice(0, 200) });
          await tell({ kind: "no_state", id }).catch(() => {});
        } finally {
          over.abort();
        }
      }),
    begin({ conversation, binding, tokens, bytes }) {
      if (incoming !== undefined) throw new Error("a state in the middle of another");
      resident.delete(conversation);
      const current = incoming = createHandOver(bytes);
      if (states === undefined) return current.nobodyReads();
      const saved = states.save(conversation, { about: { binding, tokens }, bytes }, current.content);
      // Whoever doesn't read to the end keeps nobody waiting.
      saving = saved.finally(current.nobodyReads);
    },
    async take(piece) {
      if (incoming === undefined || piece.length > incoming.left) throw new Error("bytes where a message belongs");
      const current = incoming;
      current.left -= piece.length;
      if (current.left === 0) incoming = undefined;
      const taken = new AbortController();
      void clock.sleep(takeMsMax, AbortSignal.any([taken.signal, ended])).then(() => {
        if (!taken.signal.aborted) current.nobodyReads();
      });
      await current.push(piece);
      taken.abort();
      if (current.left === 0) current.close();
    },
    parked: () => parked.resolve(),
    async park(timeoutMs) {
      if (states === undefined || ended.aborted) return;
      parked = Promise.withResolvers();
      const over = new AbortController();
      await tell({ kind: "park" }).catch(() => parked.resolve());
      await Promise.race([
        parked.promise.then(() => saving),
        clock.sleep(timeoutMs, AbortSignal.any([over.signal, ended])),
      ]);
      over.abort();
    },
  };
}

/** Hands pieces from one who pushes to one who reads, each when the one before was taken. */
function createHandOver(bytes: number): Incoming {
  const pieces: Uint8Array[] = [];
  let wakeReader = () => {};
  let wakePusher = () => {};
  let isClosed = false;
  let isRead = true;
  async function* read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const piece = pieces.shift();
      if (piece !== undefined) {
        wakePusher();
        yield piece;
      } else if (isClosed) return;
      else await new Promise<void>((resolve) => wakeReader = resolve);
    }
  }
  return {
    left: bytes,
    content: read(),
    async push(piece) {
      if (!isRead) return;
      const taken = new Promise<void>((resolve) => wakePusher = resolve);
      pieces.push(piece);
      wakeReader();
      await taken;
    },
    close() {
      isClosed = true;
      wakeReader();
    },
    nobodyReads() {
      isRead = false;
      wakePusher();
    },
  };
}
