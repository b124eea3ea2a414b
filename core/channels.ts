import { InvariantError } from "./errors.ts";
import type { Channel, ChannelHealth, Sink } from "./ports/channel.ts";
import type { Clock } from "./ports/clock.ts";
import type { Log } from "./ports/log.ts";
import type { Random } from "./ports/random.ts";

/** Wait before a channel that ended unexpectedly is started again, in milliseconds; doubles each time, up to the last. */
const againMs = 1_000;
const againMsMax = 60_000;
/** One that ran for so long was well: what comes then is its first failure. */
const wellMs = 60_000;
/** How long a channel may take to end when it is stopped. */
const stopMsMax = 5_000;

/** A channel's health, and since when it is what it is. */
export type ChannelStanding = ChannelHealth & { readonly sinceMs: number };

/**
 * The channels of a site, by name: started, replaced, stopped and failed while the host runs. Since when a health is
 * what it is, is known from the first look: at the start and the end, at each message either way, and when somebody asks.
 */
export interface Channels {
  /**
   * Starts a channel under a name that is free, or {@link fail}ed. One that ends by itself without being `failed` is
   * started again, for ever, later each time. Creating a channel has no effects, so replacing one is stop, then start.
   *
   * @throws {InvariantError} When another runs under this name: two would receive the same messages.
   */
  start(name: string, channel: Channel): void;
  /**
   * Takes a channel away: nothing is given to it any more, what waits for its platform goes on waiting. Resolves when
   * it has ended, or after 5 s. Then the name is free.
   */
  stop(name: string): Promise<void>;
  /**
   * Says why a channel that is configured isn't there. It stays so until it is started.
   *
   * @throws {InvariantError} When one runs under this name.
   */
  fail(name: string, reason: string): void;
  /** The channel that runs under a name. */
  get(name: string): Channel | undefined;
  /** Where each stands, in the order of their first mention. */
  healths(): Readonly<Record<string, ChannelStanding>>;
  /** Resolves when none runs any more, after the signal aborted. */
  quiet(): Promise<void>;
}

/** What the channels need. `started` is told of each channel that is there. */
export interface ChannelsDeps {
  readonly sink: Sink;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly started: (name: string) => void;
  readonly signal: AbortSignal;
}

interface Running {
  readonly channel: Channel;
  readonly stop: AbortController;
  /** Never rejects. */
  readonly ended: Promise<void>;
}

/** Makes the channels of a site; none is there yet. */
export function createChannels({ sink, clock, random, log, started, signal }: ChannelsDeps): Channels {
  const running = new Map<string, Running>();
  const standings = new Map<string, ChannelStanding>();

  async function keepRunning(name: string, channel: Channel, stop: AbortSignal): Promise<void> {
    for (let failures = 0; !stop.aborted;) {
      const beganMs = clock.nowMs();
      let reason = "it ended by itself";
      try {
        await channel.start((message) => {
          look(name, channel.health());
          return sink(message);
        }, stop);
      } catch (error) {
        reason = String(error);
      }
      if (stop.aborted) return;
      if (look(name, channel.health()).kind === "failed") {
        return log.error("channel failed", { channel: name, reason: reasonOf(channel.health()) });
      }
      failures = clock.nowMs() - beganMs >= wellMs ? 1 : failures + 1;
      const waitMs = Math.min(againMsMax, againMs * 2 ** Math.min(failures - 1, 30)) * (0.5 + random.unit() / 2);
      log.error("channel ended, starting it again", { channel: name, reason, waitMs: Math.round(waitMs) });
      await clock.sleep(waitMs, stop);
    }
  }

  /** Remembers since when it is what it is. A channel that heals by itself says so itself. */
  function look(name: string, health: ChannelHealth): ChannelStanding {
    const before = standings.get(name);
    const isSame = before?.kind === health.kind && reasonOf(before) === reasonOf(health);
    const standing = {
      ...health,
      sinceMs: "sinceMs" in health ? health.sinceMs : isSame ? before.sinceMs : clock.nowMs(),
    };
    standings.set(name, standing);
    return standing;
  }

  return {
    start(name, channel) {
      if (running.has(name)) throw new InvariantError(`Cannot start channel ${name}: it runs`);
      look(name, channel.health());
      const stop = new AbortController();
      const either = AbortSignal.any([stop.signal, signal]);
      running.set(name, { channel, stop, ended: keepRunning(name, channel, either) });
      look(name, channel.health());
      started(name);
    },
    async stop(name) {
      const known = running.get(name);
      if (known === undefined) return void standings.delete(name);
      known.stop.abort();
      const late = new AbortController();
      await Promise.race([known.ended, clock.sleep(stopMsMax, late.signal)]);
      late.abort();
      if (running.get(name) !== known) return; // Somebody else stopped it, too.
      running.delete(name);
      standings.delete(name);
    },
    fail(name, reason) {
      if (running.has(name)) throw new InvariantError(`Cannot call channel ${name} failed: it runs`);
      look(name, { kind: "failed", reason });
    },
    get(name) {
      const known = running.get(name);
      if (known === undefined || known.stop.signal.aborted) return undefined;
      look(name, known.channel.health());
      return known.channel;
    },
    healths() {
      for (const [name, { channel }] of running) look(name, channel.health());
      return Object.fromEntries(standings);
    },
    quiet: async () => void await Promise.all([...running.values()].map(({ ended }) => ended)),
  };
}

const reasonOf = (health: ChannelHealth) => "reason" in health ? health.reason : "";
