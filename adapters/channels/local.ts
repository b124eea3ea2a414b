import type { InboundMessage, IntakeResult } from "../../core/message/types.ts";
import type { Channel, ChannelHealth, Sink } from "../../core/ports/channel.ts";

/** `closed`: the channel isn't started, or has ended; nothing was stored, and the same message may be offered again. */
export type Submitted = IntakeResult | { readonly kind: "closed" };

/**
 * A channel whose people are reached by this very host: what they write is handed in by {@link submit}, what is
 * answered they read from the record and the live feed. So a delivery is accepted at once, under its own id.
 */
export interface LocalChannel extends Channel {
  /** Hands a message to the sink. Resolves after the commit. Rejects only with the sink's own error. */
  submit(message: Omit<InboundMessage, "channel">): Promise<Submitted>;
}

/** Makes a local channel. It opens no socket and waits for nothing: it is ready from start to abort. */
export function createLocalChannel(name: string): LocalChannel {
  let sink: Sink | undefined;
  let health: ChannelHealth = { kind: "connecting" };
  return {
    capabilities: {
      edit: false,
      buttons: false,
      typing: false,
      idempotent: true,
      textLengthMax: Number.MAX_SAFE_INTEGER,
      fileBytesMax: Number.MAX_SAFE_INTEGER,
    },
    health: () => health,
    async start(to, signal) {
      if (signal.aborted) return;
      sink = to;
      health = { kind: "ready" };
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      sink = undefined;
      health = { kind: "connecting" };
    },
    submit: async (message) => sink === undefined ? { kind: "closed" } : await sink({ ...message, channel: name }),
    deliver: async (delivery) => ({ kind: "accepted", platformId: delivery.kind === "typing" ? "" : delivery.id }),
  };
}
