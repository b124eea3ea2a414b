import { decodeFrames, encodeFrame, encodeFrames } from "../../../core/frames.ts";
import { createControl, sharedNowMs } from "./control.ts";
import { findFreeCore } from "./free_core.ts";
import { createIncomingState, type IncomingState } from "./incoming_state.ts";
import { messageBytesMax, parseHostMessage } from "./protocol.ts";
import { statePieceBytes } from "./state_limits.ts";
import type { WorkerInput, WorkerOutput, WorkerStart } from "./worker.ts";

/** What the runner is started with. */
export interface RunnerOptions {
  readonly librariesFolder: string;
  readonly modelPath: string;
  readonly input: ReadableStream<Uint8Array>;
  readonly output: WritableStream<Uint8Array>;
}

/** While there is work, the main thread looks so often whether the running step is late, or a free core is wanted. */
const watchMs = 8;
/** A cancelled answer waits so long for the end of the step, where others would lose the step with it. */
const cancelPatienceMs = 60;
/** So does an alarm, before the step is broken off for it: with a small model most end by themselves. */
const alarmPatienceMs = 60;

/**
 * Serves one connection until its end: frames in and out here, computing in a worker. This thread is always free, so
 * it can break off a step from outside: for a cancelled answer, for an alarm, or because contention has made it late.
 *
 * @throws {Error} When the host sends what isn't a message, or the worker fails: the process is to end.
 */
export async function serveModel(options: RunnerOptions): Promise<void> {
  const control = createControl();
  // The executable has the worker as a bundle of its own, beside this one.
  const file = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
  const worker = new Worker(new URL(file, import.meta.url).href, { type: "module" });
  const writer = options.output.getWriter();
  const active = new Set<number>();
  let watch: ReturnType<typeof setInterval> | undefined;
  const failed = Promise.withResolvers<never>();

  const isCoreFree = () => findFreeCore(sharedNowMs);
  const look = () => {
    control.breakOffIfLate(sharedNowMs());
    control.searchCore(isCoreFree);
  };

  worker.onerror = (event) => {
    event.preventDefault();
    failed.reject(new Error(`The model's thread failed: ${event.message}`));
  };
  const tell = (input: WorkerInput, transfer: Transferable[] = []) => {
    control.countMessage();
    worker.postMessage(input, transfer);
  };
  /** Piece by piece: what is said meanwhile goes between. */
  const sendState = async (state: Uint8Array) => {
    for (let at = 0; at < state.length; at += statePieceBytes) {
      await writer.write(encodeFrame({ kind: "bytes", bytes: state.subarray(at, at + statePieceBytes) }));
    }
    tell({ kind: "state_sent" });
  };

  worker.onmessage = ({ data: { messages, state } }: MessageEvent<WorkerOutput>) => {
    for (const message of messages) {
      if (message.kind === "end" || message.kind === "embedded" || message.kind === "failed") active.delete(message.id);
    }
    // One write for all that came of a step: each costs this thread more than the message itself.
    writer.write(encodeFrames(messages.map((value) => ({ kind: "json", value })))).catch(failed.reject);
    if (state !== undefined) sendState(state).catch(failed.reject);
    if (active.size === 0 && watch !== undefined) {
      clearInterval(watch);
      watch = undefined;
    }
  };
  const startMessage: WorkerStart = {
    librariesFolder: options.librariesFolder,
    modelPath: options.modelPath,
    control: control.buffer,
  };
  worker.postMessage(startMessage);

  const receive = async () => {
    let incoming: IncomingState | undefined;
    for await (const frame of decodeFrames(options.input, messageBytesMax)) {
      if (frame.kind === "bytes") {
        if (incoming === undefined) throw new Error("The host sent bytes where a message belongs");
        incoming.take(frame.bytes);
        if (!incoming.isWhole) continue;
        const { message, content } = incoming;
        tell({ ...message, content }, [content.buffer]);
        incoming = undefined;
        continue;
      }
      const message = parseHostMessage(frame.value);
      const isWork = message.kind === "generate" || message.kind === "embed";
      if (isWork) active.add(message.id);
      if (isWork || message.kind === "load") {
        watch ??= setInterval(look, watchMs);
      }
      if (message.kind === "cancel" && active.has(message.id)) {
        if (active.size === 1) control.breakOff();
        else setTimeout(() => active.has(message.id) && control.breakOff(), cancelPatienceMs);
      }
      if (message.kind === "state") {
        if (incoming !== undefined) throw new Error("The host sends a state in the middle of another");
        incoming = createIncomingState(message);
        continue;
      }
      if (message.kind === "no_state" && incoming?.message.id === message.id) incoming = undefined;
      tell(message);
      if (message.kind === "generate" && message.priority === "alarm") {
        const sent = control.messagesSent();
        setTimeout(() => control.breakOffUnlessTaken(sent), alarmPatienceMs);
      }
    }
  };
  try {
    await Promise.race([receive(), failed.promise]);
  } finally {
    clearInterval(watch);
    worker.terminate();
  }
}
