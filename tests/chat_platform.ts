import { ok } from "node:assert/strict";
import type { Button, Delivery, InboundMessage, IntakeResult } from "../core/message/types.ts";
import type { Channel, Sink } from "../core/ports/channel.ts";

/** A chat program in memory: people write, and read what they were sent. */
export interface ChatPlatform {
  readonly channel: Channel;
  /** Everything that was sent, in order; to one chat, without typing. */
  sent(conversation?: string): readonly SentChat[];
  /** The words sent to one chat. */
  texts(conversation: string): string[];
  /** Writes directly, from the chat that has the account's name, or in a group. */
  write(account: string, text: string, more?: Partial<InboundMessage>): Promise<IntakeResult>;
}

/** What somebody reads. */
export interface SentChat {
  readonly conversation: string;
  readonly text: string;
  readonly buttons: readonly Button[];
  readonly replyTo: string | undefined;
}

/** Makes a platform whose channel has this name. */
export function createChatPlatform(name: string): ChatPlatform {
  const sent: SentChat[] = [];
  let sink: Sink | undefined;
  let count = 0;
  return {
    channel: {
      capabilities: {
        edit: false,
        buttons: true,
        typing: false,
        idempotent: true,
        textLengthMax: 100_000,
        fileBytesMax: 0,
      },
      health: () => ({ kind: "ready" }),
      async start(to, signal) {
        sink = to;
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
        sink = undefined;
      },
      async deliver(delivery: Delivery) {
        if (delivery.kind === "text") {
          const { conversation, text, buttons = [], replyTo } = delivery;
          sent.push({ conversation, text, buttons, replyTo });
        }
        return { kind: "accepted", platformId: `${name}-${sent.length}` };
      },
    },
    sent: (conversation) => sent.filter((one) => conversation === undefined || one.conversation === conversation),
    texts: (conversation) => sent.filter((one) => one.conversation === conversation).map(({ text }) => text),
    async write(account, text, more = {}) {
      ok(sink !== undefined, `${name} isn't started`);
      const plain = { channel: name, account, conversation: account, place: "direct", locale: "en" } as const;
      return await sink({ ...plain, platformId: `${++count}`, text, ...more });
    },
  };
}
