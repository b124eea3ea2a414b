import type { Delivery, DeliveryResult } from "../core/message/types.ts";
import type { Channel, ChannelCapabilities, ChannelHealth } from "../core/ports/channel.ts";
import type { Clock } from "../core/ports/clock.ts";

/** A platform that a test plays: it keeps what it was given, and answers what the test says. */
export interface PlayedChannel extends Channel {
  readonly capabilities: ChannelCapabilities;
  /** All that it was given, with the time; typing too. */
  readonly given: readonly (Delivery & { readonly atMs: number })[];
  /** What it answers; by default it accepts everything. */
  answer: (delivery: Delivery, signal: AbortSignal) => DeliveryResult | Promise<DeliveryResult>;
  /** Where it stands; by default ready. */
  state: ChannelHealth;
  /** What people see, in order: messages as they were edited last, and the names of files. */
  shown(): readonly string[];
}

/** What a platform can that has everything, and doesn't know keys. */
export const everything: ChannelCapabilities = {
  edit: true,
  buttons: true,
  typing: true,
  idempotent: false,
  textLengthMax: 4_096,
  fileBytesMax: 50_000_000,
};

/** Makes a platform on a clock. */
export function playChannel(clock: Pick<Clock, "nowMs">, can: Partial<ChannelCapabilities> = {}): PlayedChannel {
  const given: (Delivery & { atMs: number })[] = [];
  const messages = new Map<string, string>();
  const accept = (delivery: Delivery): DeliveryResult => {
    if (delivery.kind === "typing") return { kind: "accepted", platformId: "" };
    const platformId = delivery.kind === "edit" ? delivery.platformId : `p${messages.size + 1}`;
    messages.set(platformId, delivery.kind === "file" ? delivery.file.name : delivery.text);
    return { kind: "accepted", platformId };
  };
  const played: PlayedChannel = {
    capabilities: { ...everything, ...can },
    given,
    answer: accept,
    shown: () => [...messages.values()],
    state: { kind: "ready" },
    health: () => played.state,
    start: (_sink, signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
    deliver: async (delivery, signal) => {
      given.push({ ...delivery, atMs: clock.nowMs() });
      return await played.answer(delivery, signal);
    },
  };
  return played;
}
