import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Delivery, InboundMessage, IntakeResult } from "../../core/message/types.ts";
import type { Channel, Sink } from "../../core/ports/channel.ts";

/** What the suite needs of a channel: the channel itself, and the platform behind it as the suite plays it. */
export interface ChannelUnderTest {
  readonly channel: Channel;
  /** A person writes on the platform: resolves when the platform was acknowledged, with what it was told. */
  write(
    message: { readonly platformId: string; readonly text: string },
  ): Promise<"accepted" | "refused" | "unavailable">;
  /** What a person reads on the platform of this delivery, where the platform keeps texts of its own. */
  read?(delivery: Delivery): Promise<string>;
  close?(): Promise<void>;
}

const texts: readonly [name: string, text: string][] = [
  ["plain text", "Is pump 3 running?"],
  ["emoji of several code points", "👩🏽‍🔧 says 👍🏿 🇩🇪"],
  ["right-to-left text with its marks", "\u200Fשלום עולם\u200E — مرحبا"],
  ["four-byte characters", "𠜎𠜱𡃁 𝔘𝔫𝔦𝔠𝔬𝔡𝔢"],
  ["line breaks, quotes and markup", 'a\n\n  b\t<b>"c"</b> & `d` \\e'],
  ["100 KB", "0123456789abcde\n".repeat(6_400)],
];

/** The one suite that every channel passes. `create` makes a fresh channel that wasn't started. */
export function testChannel(name: string, create: () => Promise<ChannelUnderTest>): void {
  const test = (sentence: string, body: (on: ChannelUnderTest) => Promise<void>) =>
    Deno.test(`channel ${name} ${sentence}`, async () => {
      const under = await create();
      try {
        await body(under);
      } finally {
        await under.close?.();
      }
    });

  for (const [what, text] of texts) {
    test(`hands over ${what} as it was written, and delivers it`, async (on) => {
      await running(on.channel, async (intake) => {
        strictEqual(await on.write({ platformId: "m1", text }), "accepted");
        strictEqual(intake.taken[0]?.text, text);
        const delivery: Delivery = { ...deliveryOf("d1"), conversation: intake.taken[0]!.conversation, text };
        const result = await on.channel.deliver(delivery, AbortSignal.timeout(5_000));
        strictEqual(result.kind, "accepted");
        if (on.read !== undefined) strictEqual(await on.read(delivery), text);
      });
    });
  }

  test("gives a message the same names each time it is offered, so that it is answered once", async (on) => {
    await running(on.channel, async (intake) => {
      for (let times = 0; times < 2; times++) {
        strictEqual(await on.write({ platformId: "m1", text: "hello" }), "accepted");
      }
      strictEqual(
        new Set(
          intake.taken.map(({ channel, conversation, platformId }) =>
            JSON.stringify([channel, conversation, platformId])
          ),
        ).size,
        1,
      );
      strictEqual(intake.answered, 1);
      strictEqual(intake.taken[0]?.channel, name);
      ok(intake.taken[0]!.account.length > 0);
    });
  });

  test("acknowledges only after the sink has committed", async (on) => {
    const order: string[] = [];
    const commit = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const sink: Sink = async () => {
      arrived.resolve();
      await commit.promise;
      order.push("committed");
      return { kind: "accepted", sessionId: "s", messageId: "m", turnId: "t" };
    };
    await runningWith(on.channel, sink, async () => {
      const acknowledged = on.write({ platformId: "m1", text: "hello" }).then(() => order.push("acknowledged"));
      await arrived.promise;
      commit.resolve();
      await acknowledged;
    });
    deepStrictEqual(order, ["committed", "acknowledged"]);
  });

  test("passes a refusal on", async (on) => {
    const sink: Sink = async () => ({ kind: "refused", reason: "not for you" });
    await runningWith(on.channel, sink, async () => {
      strictEqual(await on.write({ platformId: "m1", text: "hello" }), "refused");
    });
  });

  test("is ready while it runs, and start ends when the signal aborts", async (on) => {
    strictEqual(on.channel.health().kind, "connecting");
    await running(on.channel, async () => strictEqual(on.channel.health().kind, "ready"));
    strictEqual(on.channel.health().kind, "connecting");
    strictEqual(await on.write({ platformId: "m1", text: "too late" }), "unavailable");
  });

  test("ends at once when it is started with a signal that is already aborted", async (on) => {
    await on.channel.start(async () => ({ kind: "refused", reason: "unused" }), AbortSignal.abort());
    strictEqual(on.channel.health().kind, "connecting");
  });

  test("starts again after it ended", async (on) => {
    for (let times = 0; times < 2; times++) {
      await running(on.channel, async () => {
        strictEqual(await on.write({ platformId: `m${times}`, text: "hello" }), "accepted");
      });
    }
  });
}

interface Intake {
  readonly taken: InboundMessage[];
  /** Messages that weren't copies of an earlier one. */
  answered: number;
}

async function running(channel: Channel, body: (intake: Intake) => Promise<void>): Promise<void> {
  const seen = new Set<string>();
  const intake: Intake = { taken: [], answered: 0 };
  await runningWith(channel, async (message): Promise<IntakeResult> => {
    intake.taken.push(message);
    const key = JSON.stringify([message.channel, message.conversation, message.platformId]);
    const ids = { sessionId: "s", messageId: `m-${key}`, turnId: `t-${key}` };
    if (seen.has(key)) return { kind: "duplicate", ...ids };
    seen.add(key);
    intake.answered++;
    return { kind: "accepted", ...ids };
  }, () => body(intake));
}

async function runningWith(channel: Channel, sink: Sink, body: () => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const ended = channel.start(sink, stop.signal);
  try {
    await ready(channel);
    await body();
  } finally {
    stop.abort();
    await ended;
  }
}

async function ready(channel: Channel): Promise<void> {
  for (let turns = 0; channel.health().kind === "connecting" && turns < 1_000; turns++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  strictEqual(channel.health().kind, "ready");
}

function deliveryOf(id: string): Extract<Delivery, { kind: "text" }> {
  return { kind: "text", id, conversation: "c1", text: "", mayBeDuplicate: false };
}
