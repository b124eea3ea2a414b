import type { Delivery, DeliveryResult } from "../../core/message/types.ts";
import type { Channel } from "../../core/ports/channel.ts";
import type { World } from "./life.ts";
import type { Platform } from "./platform.ts";

/** What a life of the host lends to its channels. */
export interface LinkDeps {
  readonly world: World;
  /** A moment at which the process may die. */
  readonly step: () => Promise<void>;
  readonly isAlive: () => boolean;
}

/** A process that died: nothing it waited for ever comes. */
const never = () => new Promise<never>(() => {});
const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

/** The host's channel to a platform, in one life: all that can go wrong between them does. */
export function linkTo(platform: Platform, deps: LinkDeps): Channel {
  const { world } = deps;
  const { random, clock } = world;
  const channel: Channel = {
    capabilities: platform.capabilities,
    health: () => ({ kind: "ready" }),
    async start(sink, signal) {
      platform.connect(world.bug?.sink?.(sink, random) ?? sink);
      await untilAborted(signal);
    },
    async deliver(delivery, signal) {
      await deps.step();
      const attempt = platform.attempt(delivery, clock.nowMs());
      const result = await exchange(platform, delivery, signal, deps);
      attempt.endedMs = clock.nowMs();
      return result;
    },
  };
  return world.bug?.channel?.(channel, random) ?? channel;
}

async function exchange(
  platform: Platform,
  delivery: Delivery,
  signal: AbortSignal,
  { world, step, isAlive }: LinkDeps,
): Promise<DeliveryResult> {
  const { random, clock, faults } = world;
  if (random() < faults.silent) platform.silentUntilMs = clock.nowMs() + random() * 100_000;
  if (clock.nowMs() < platform.silentUntilMs) {
    await clock.sleep(platform.silentUntilMs - clock.nowMs(), signal);
    if (!isAlive()) await never();
    return { kind: "unreachable", reason: "no answer", mayHaveArrived: true };
  }
  if (random() < faults.unreachable) {
    return { kind: "unreachable", reason: "no route", retryAfterMs: random() * 5_000 };
  }
  if (random() < faults.flooded) {
    const retryAfterMs = 1 + random() * 10_000;
    const scope = random() < 0.3 ? "channel" : "conversation";
    const { conversation } = delivery;
    platform.pause({
      conversation: scope === "channel" ? undefined : conversation,
      fromMs: clock.nowMs(),
      untilMs: clock.nowMs() + retryAfterMs,
    });
    return { kind: "unreachable", reason: "too many", retryAfterMs, scope };
  }
  if (random() < faults.deliveryRefused) return { kind: "refused", reason: "blocked" };
  const edited = delivery.kind === "edit" ? platform.shown.get(delivery.platformId) : undefined;
  if (edited !== undefined && random() < faults.deleted) edited.isDeleted = true;
  const result = platform.receive(delivery);
  await step();
  if (random() < faults.acknowledgementLost) {
    await clock.sleep(random() * 90_000, signal);
    if (!isAlive()) await never();
    return { kind: "unreachable", reason: "timeout", mayHaveArrived: true };
  }
  return result;
}
