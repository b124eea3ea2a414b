import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { VirtualClock } from "../tests/simulator/virtual_clock.ts";
import { type Channels, createChannels } from "./channels.ts";
import { InvariantError } from "./errors.ts";
import type { Channel, ChannelHealth } from "./ports/channel.ts";

/** A channel whose health and end the test decides. */
interface Played extends Channel {
  state: ChannelHealth;
  starts: number;
  /** Ends the start that runs; with an error, rejects it. */
  end(error?: Error): void;
}

function play(): Played {
  let ended = Promise.withResolvers<void>();
  const played: Played = {
    state: { kind: "connecting" },
    starts: 0,
    capabilities: {
      edit: false,
      buttons: false,
      typing: false,
      idempotent: true,
      textLengthMax: 100,
      fileBytesMax: 0,
    },
    health: () => played.state,
    async start(_sink, signal) {
      played.starts++;
      ended = Promise.withResolvers();
      signal.addEventListener("abort", () => ended.resolve(), { once: true });
      await ended.promise;
    },
    deliver: async () => ({ kind: "accepted", platformId: "1" }),
    end: (error) => error === undefined ? ended.resolve() : ended.reject(error),
  };
  return played;
}

function scene(): {
  channels: Channels;
  clock: VirtualClock;
  started: string[];
  rest: (ms: number) => Promise<void>;
  closing: AbortController;
} {
  const clock = new VirtualClock(0);
  const started: string[] = [];
  const closing = new AbortController();
  const channels = createChannels({
    sink: async () => ({ kind: "handled", text: "" }),
    clock,
    random: { unit: () => 1, bytes: (count) => new Uint8Array(count) },
    log: { info: () => {}, warn: () => {}, error: () => {} },
    started: (name) => started.push(name),
    signal: closing.signal,
  });
  return { channels, clock, started, closing, rest: (ms) => clock.run(clock.nowMs() + ms) };
}

Deno.test("a channel is there from its start to its stop, and its name is free again", async () => {
  const { channels, started } = scene();
  const [first, second] = [play(), play()];
  channels.start("chat", first);
  strictEqual(channels.get("chat"), first);
  throws(() => channels.start("chat", second), InvariantError);
  throws(() => channels.fail("chat", "why"), InvariantError);
  const stopped = channels.stop("chat");
  strictEqual(channels.get("chat"), undefined);
  await stopped;
  deepStrictEqual(channels.healths(), {});
  channels.start("chat", second);
  strictEqual(channels.get("chat"), second);
  deepStrictEqual(started, ["chat", "chat"]);
});

Deno.test("a channel that ends by itself is started again for ever, each time later, up to a minute", async () => {
  const { channels, rest } = scene();
  const channel = play();
  channels.start("chat", channel);
  const waits: number[] = [];
  for (let times = 1; times <= 9; times++) {
    channel.end(times % 2 === 0 ? new Error("a bug") : undefined);
    let waited = 0;
    await rest(0);
    for (; channel.starts === times; waited += 500) await rest(500);
    waits.push(waited);
  }
  deepStrictEqual(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  await rest(60_000);
  channel.end();
  await rest(1_000);
  strictEqual(channel.starts, 11, "one that ran for a minute begins anew");
});

Deno.test("a failed channel isn't started again, and says since when it is failed", async () => {
  const { channels, rest } = scene();
  const channel = play();
  channels.start("chat", channel);
  await rest(10_000);
  channel.state = { kind: "failed", reason: "token revoked" };
  channel.end();
  await rest(600_000);
  strictEqual(channel.starts, 1);
  deepStrictEqual(channels.healths(), { chat: { kind: "failed", reason: "token revoked", sinceMs: 10_000 } });
});

Deno.test("since when a health is what it is goes on until it changes", async () => {
  const { channels, rest } = scene();
  const channel = play();
  channels.fail("chat", "token missing");
  await rest(1_000);
  deepStrictEqual(channels.healths(), { chat: { kind: "failed", reason: "token missing", sinceMs: 0 } });
  channels.start("chat", channel);
  deepStrictEqual(channels.healths().chat, { kind: "connecting", sinceMs: 1_000 });
  channel.state = { kind: "ready" };
  await rest(1_000);
  deepStrictEqual(channels.healths().chat, { kind: "ready", sinceMs: 2_000 });
  await rest(1_000);
  deepStrictEqual(channels.healths().chat, { kind: "ready", sinceMs: 2_000 });
  channel.state = { kind: "degraded", reason: "no route", sinceMs: 2_500 };
  deepStrictEqual(channels.healths().chat, { kind: "degraded", reason: "no route", sinceMs: 2_500 });
});

Deno.test("a channel that doesn't end is given up after five seconds", async () => {
  const { channels, rest } = scene();
  const hanging: Channel = { ...play(), start: () => new Promise(() => {}) };
  channels.start("chat", hanging);
  let isStopped = false;
  const stopped = channels.stop("chat").then(() => isStopped = true);
  await rest(4_999);
  strictEqual(isStopped, false);
  await rest(1);
  await stopped;
  channels.start("chat", play());
});

Deno.test("all end with the host", async () => {
  const { channels, rest, closing } = scene();
  const all = [play(), play()];
  all.forEach((channel, index) => channels.start(`chat ${index}`, channel));
  closing.abort();
  await channels.quiet();
  await rest(600_000);
  ok(all.every(({ starts }) => starts === 1));
});
