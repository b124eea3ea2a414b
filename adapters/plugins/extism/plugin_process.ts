import * as v from "valibot";
import { FrameError } from "../../../core/frames.ts";
import type { Connection } from "../../../core/ports/runner.ts";
import { type Answer, answer } from "./answer.ts";
import { createMessageReader, encodeMessage, MessageError } from "./message.ts";
import { bodyBytesMax, type Order } from "./order.ts";

/** What a process said, or why nothing comes any more. */
export type Said =
  | { readonly kind: "said"; readonly answer: Answer; readonly body: Uint8Array<ArrayBuffer> }
  | { readonly kind: "gone"; readonly reason: string };

/** One process of plugins, as the host has it. */
export interface PluginProcess {
  /** Never rejects: that a process is gone is said by {@link receive}. */
  send(order: Order, body?: Uint8Array): void;
  /** What it says next. Once it is gone, it stays so. */
  receive(): Promise<Said>;
  /** Whether it ended by itself while nothing was asked of it. */
  isGone(): boolean;
  /** Resolves when it has ended, also while nobody receives. */
  readonly gone: Promise<void>;
  /** Ends it, whatever it is doing. Safe to call twice. */
  close(): void;
}

/** The host's side of a connection. It listens ahead, and so learns of an end at once. */
export function createPluginProcess(connection: Connection): PluginProcess {
  const frames = connection.frames[Symbol.asyncIterator]();
  const messages = createMessageReader(bodyBytesMax);
  const { promise: gone, resolve: end } = Promise.withResolvers<void>();
  let isGone = false;
  let coming = listen();

  async function listen(): Promise<Said> {
    let reason = "its process ended";
    try {
      for (let next = await frames.next(); !next.done; next = await frames.next()) {
        const message = messages.take(next.value);
        if (message !== undefined) {
          return { kind: "said", answer: v.parse(answer, message.header), body: message.body };
        }
      }
    } catch (error) {
      if (!(error instanceof v.ValiError || error instanceof FrameError || error instanceof MessageError)) throw error;
      reason = "its process said what it must not";
    }
    isGone = true;
    end();
    connection.close();
    return { kind: "gone", reason };
  }

  return {
    isGone: () => isGone,
    gone,
    close: () => connection.close(),
    send(order, body) {
      for (const frame of encodeMessage(order, body)) connection.send(frame).catch(() => {});
    },
    async receive() {
      const said = await coming;
      if (said.kind === "said") coming = listen();
      return said;
    },
  };
}
