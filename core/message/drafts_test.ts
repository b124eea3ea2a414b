import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { createNodeCrypto } from "../../adapters/crypto/node.ts";
import { createScriptedEngine, type ScriptedAnswer } from "../../adapters/engines/scripted.ts";
import { systemRandom } from "../../adapters/random/system.ts";
import { createMemoryStore, MemoryBacking } from "../../adapters/storage/memory.ts";
import { memoryFiles } from "../../tests/memory_files.ts";
import { playChannel } from "../../tests/played_channel.ts";
import { VirtualClock } from "../../tests/simulator/virtual_clock.ts";
import { mergePolicy } from "../access.ts";
import { type Clawdbot, createClawdbot } from "../clawdbot.ts";
import type { ChannelCapabilities } from "../ports/channel.ts";
import type { Store } from "../ports/store.ts";
import { openVault } from "../vault.ts";
import { draftText } from "./drafts.ts";
import type { DeliveryResult, InboundMessage } from "./types.ts";

const silent = new Promise<never>(() => {});
const slowly = (pieces: readonly string[], delayMs = 500): ScriptedAnswer => ({ pieces, delayMs });
const words = (count: number) => Array.from({ length: count }, (_, index) => `word${index} `);
const local = { kind: "local" } as const;

/** The whole core behind one platform that can edit. */
async function openScene(answer: () => ScriptedAnswer, can: Partial<ChannelCapabilities> = {}) {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  const backing = new MemoryBacking();
  const store = createMemoryStore({ backing });
  const ports = { clock, random: systemRandom };
  const keyEncryptionKey = new Uint8Array(32);
  const opened = await openVault({ ...ports, store, crypto: createNodeCrypto(), keyEncryptionKey });
  ok(opened.kind === "open");
  const { vault } = opened;
  const channel = playChannel(clock, can);
  const beganMs = clock.nowMs();
  let life = 0;

  async function begin(): Promise<Clawdbot> {
    const own = ++life;
    const alive: Store = {
      read: (work) => own === life ? store.read(work) : silent,
      write: (work) => own === life ? store.write(work) : silent,
      close: () => store.close(),
    };
    const clawdbot = createClawdbot({
      ...ports,
      store: alive,
      vault,
      log: { info: () => {}, warn: () => {}, error: (message, fields) => console.error(message, fields) },
      engine: createScriptedEngine({ clock, answer }),
      files: memoryFiles(),
      channels: {
        terminal: { ...channel, deliver: (...given) => own === life ? channel.deliver(...given) : silent },
      },
      failedChannels: {},
      policy: () => mergePolicy({}),
      // Each of one person's conversations has a session of its own, so that they are answered side by side.
      people: () => ({ unknown: "pair", scope: "conversation" }),
      facts: { version: "1.2.3", modelName: "scripted", offline: false },
    });
    await clawdbot.start();
    return clawdbot;
  }

  const scene = {
    channel,
    store,
    clawdbot: await begin(),
    async restart() {
      scene.clawdbot = await begin();
    },
    async ask(more: Partial<InboundMessage> = {}) {
      const inbound = {
        account: "local",
        conversation: "c1",
        place: "direct",
        platformId: "q1",
        text: "?",
        ...more,
      } as const;
      const result = await scene.clawdbot.assistant.submit({ channel: "terminal", locale: "en", ...inbound });
      ok(result.kind === "accepted");
      return result.turnId;
    },
    rest: (ms = 60_000) => clock.run(clock.nowMs() + ms),
    /** What was sent besides typing, with its second. */
    sent: () =>
      channel.given.flatMap((given) =>
        given.kind === "text" || given.kind === "edit"
          ? [`${(given.atMs - beganMs) / 1_000} ${given.kind}: ${given.text}`]
          : []
      ),
    typedMs: () => channel.given.flatMap(({ kind, atMs }) => kind === "typing" ? [atMs - beganMs] : []),
  };
  return scene;
}

Deno.test("an answer grows in a draft, which it then takes the place of", async () => {
  const { ask, channel, rest, sent, typedMs } = await openScene(() => slowly(words(10)));
  await ask();
  await rest();
  deepStrictEqual(sent(), [
    "1 text: word0 word1 …",
    "2.5 edit: word0 word1 word2 word3 …",
    "4 edit: word0 word1 word2 word3 word4 word5 word6 …",
    `5 edit: ${words(10).join("")}`,
  ]);
  deepStrictEqual(channel.shown(), [words(10).join("")]);
  deepStrictEqual(typedMs(), [0, 4_500]);
});

Deno.test("a turn that is answered quickly makes no draft", async () => {
  const { ask, rest, sent } = await openScene(() => slowly(words(3), 300));
  await ask();
  await rest();
  deepStrictEqual(sent(), ["0.9 text: word0 word1 word2 "]);
});

Deno.test("a channel that can't edit is shown typing only, and one that can do neither nothing", async () => {
  for (const typing of [true, false]) {
    const { ask, rest, sent, typedMs } = await openScene(() => slowly(words(10)), { edit: false, typing });
    await ask();
    await rest();
    deepStrictEqual(sent(), [`5 text: ${words(10).join("")}`]);
    deepStrictEqual(typedMs(), typing ? [0, 4_500] : []);
  }
});

Deno.test("a draft whose message was deleted is given up, and the answer is a message of its own", async () => {
  const { ask, channel, rest, sent } = await openScene(() => slowly(words(10)));
  const accept = channel.answer;
  channel.answer = (delivery, signal) =>
    delivery.kind === "edit" ? { kind: "refused", reason: "message to edit not found" } : accept(delivery, signal);
  await ask();
  await rest();
  deepStrictEqual(sent().at(-1), `5 text: ${words(10).join("")}`);
  strictEqual(sent().filter((line) => line.includes("edit")).length, 1);
});

Deno.test("an answer whose edit is refused is sent as a message of its own", async () => {
  const { ask, channel, rest, sent } = await openScene(() => slowly(words(10)));
  const accept = channel.answer;
  const whole = words(10).join("");
  channel.answer = (delivery, signal) =>
    delivery.kind === "edit" && delivery.text === whole
      ? { kind: "refused", reason: "message to edit not found" }
      : accept(delivery, signal);
  await ask();
  await rest();
  deepStrictEqual(sent().slice(-2).map((line) => line.replace(/^\S+ /, "")), [`edit: ${whole}`, `text: ${whole}`]);
});

Deno.test("an edit that may still come behind the answer leaves the draft alone", async () => {
  const { ask, channel, rest, sent } = await openScene(() => slowly(words(10)));
  const accept = channel.answer;
  let edits = 0;
  channel.answer = (delivery, signal) => delivery.kind === "edit" && ++edits === 2 ? silent : accept(delivery, signal);
  await ask();
  await rest();
  deepStrictEqual(sent().at(-1), `14 text: ${words(10).join("")}`);
});

Deno.test("a long answer takes the place of its draft with its first part, and the draft stops growing", async () => {
  const { ask, channel, rest, sent } = await openScene(() => slowly(words(30), 200), { textLengthMax: 200 });
  await ask();
  await rest();
  for (const line of sent()) ok(line.replace(/^\S+ \w+: /, "").length <= 200);
  strictEqual(channel.shown().length, 2);
  strictEqual(channel.shown().map((text) => text.trim()).join(" "), words(30).join("").trim());
});

Deno.test("after a crash the next attempt goes on in the same draft", async () => {
  const { ask, channel, rest, restart } = await openScene(() => slowly(words(10)));
  await ask();
  await rest(3_000);
  strictEqual(channel.shown().length, 1);
  await restart();
  await rest();
  deepStrictEqual(channel.shown(), [words(10).join("")]);
});

Deno.test("a turn that fails, or is cancelled before it said anything more, ends its draft with what there is to say", async () => {
  const failure = { kind: "hung", reason: "no step" } as const;
  const failing = await openScene(() => ({ ...slowly(words(6)), failure }));
  await failing.ask();
  await failing.rest();
  deepStrictEqual(failing.channel.shown(), ["The model didn't answer in time and was restarted. Please ask again."]);

  const stopped = await openScene(() => slowly(words(100)));
  const turnId = await stopped.ask();
  await stopped.rest(3_200);
  await stopped.clawdbot.assistant.stop(local, turnId);
  await stopped.rest();
  deepStrictEqual(stopped.channel.shown(), [words(6).join("")]);
});

Deno.test("in a group, drafts and answers name the question", async () => {
  const { ask, channel, rest } = await openScene(() => slowly(words(10)));
  await ask({ place: "group" });
  await rest();
  const replies = channel.given.map((given) => "replyTo" in given ? given.replyTo : undefined);
  deepStrictEqual(replies.filter((replyTo) => replyTo !== undefined), ["q1", "q1"]);
});

Deno.test("edits take only what deliveries leave of the rate", async () => {
  const rate = { perSecond: 2, directEveryMs: 1_000, groupEveryMs: 3_000 };
  const { ask, channel, rest, store } = await openScene(() => slowly(words(40)), { rate });
  for (let index = 0; index < 8; index++) await ask({ conversation: `c${index}` });
  await rest(120_000);
  const given = channel.given;
  for (const { atMs } of given) {
    ok(given.filter((other) => other.atMs >= atMs && other.atMs < atMs + 1_000).length <= 2);
  }
  deepStrictEqual(await store.read((tx) => tx.count("deliveries", { state: "delivered" })), 8);
});

const platformFailures: readonly DeliveryResult[] = [
  { kind: "refused", reason: "no" },
  { kind: "unreachable", reason: "no route" },
  { kind: "unreachable", reason: "cut", mayHaveArrived: true },
  { kind: "unreachable", reason: "429", retryAfterMs: 7_000 },
];
for (const failed of platformFailures) {
  Deno.test(`what a platform says to drafts (${failed.kind === "accepted" || failed.reason}) changes nothing of the answer`, async () => {
    const { ask, channel, rest } = await openScene(() => slowly(words(10)));
    const accept = channel.answer;
    channel.answer = (delivery, signal) =>
      "text" in delivery && delivery.text.endsWith("…") ? failed : accept(delivery, signal);
    await ask();
    await rest();
    deepStrictEqual(channel.shown(), [words(10).join("")]);
  });
}

const drafts: readonly [said: string, lengthMax: number, shown: string][] = [
  ["Hello wor", 4_096, "Hello wor …"],
  ["Hello \n", 4_096, "Hello …"],
  ["Look:\n```js\nlet a", 4_096, "Look:\n```js\nlet a\n```\n …"],
  ["Look:\n```js\nlet a\n```", 4_096, "Look:\n```js\nlet a\n```\n …"],
  ["Look:\n```js\nlet a\n```\nso", 4_096, "Look:\n```js\nlet a\n```\nso …"],
  ["one two three four", 90, "one two three …"],
];
for (const [said, lengthMax, shown] of drafts) {
  Deno.test(`a draft of ${JSON.stringify(said)} is closed and goes on`, () =>
    strictEqual(draftText(said, lengthMax), shown));
}
