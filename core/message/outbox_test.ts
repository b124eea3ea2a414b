import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { createNodeCrypto } from "../../adapters/crypto/node.ts";
import { systemRandom } from "../../adapters/random/system.ts";
import { createMemoryStore, MemoryBacking } from "../../adapters/storage/memory.ts";
import { playChannel, type PlayedChannel } from "../../tests/played_channel.ts";
import { VirtualClock } from "../../tests/simulator/virtual_clock.ts";
import { createIds } from "../ids.ts";
import type { ChannelCapabilities } from "../ports/channel.ts";
import type { Store } from "../ports/store.ts";
import { openVault } from "../vault.ts";
import { type Notice, queueNotice } from "./new_delivery.ts";
import { createOutbox, type Outbox, retryPolicy } from "./outbox.ts";
import type { Delivery, DeliveryResult, OutboundFile } from "./types.ts";

const accepted: DeliveryResult = { kind: "accepted", platformId: "x" };
const silent = new Promise<never>(() => {});

/** An outbox over a store that outlives it, and one platform. */
async function openScene(can: Partial<ChannelCapabilities> = {}) {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  const backing = new MemoryBacking();
  const store = createMemoryStore({ backing });
  const ports = { store, clock, random: systemRandom };
  const opened = await openVault({ ...ports, crypto: createNodeCrypto(), keyEncryptionKey: new Uint8Array(32) });
  ok(opened.kind === "open");
  const { vault } = opened;
  const ids = createIds(ports);
  const channels = new Map<string, PlayedChannel>();
  const files = new Map<string, OutboundFile>();
  const never = new AbortController().signal;
  const channel = playChannel(clock, can);
  channels.set("chat", channel);

  let life = 0;

  /** A life of the host: once it has ended, nothing that it waits for ever comes. */
  function begin(): Outbox {
    const own = ++life;
    const alive: Store = {
      read: (work) => own === life ? store.read(work) : silent,
      write: (work) => own === life ? store.write(work) : silent,
      close: () => store.close(),
    };
    return createOutbox({
      ...ports,
      store: alive,
      vault,
      ids,
      log: { info: () => {}, warn: () => {}, error: (_, { error } = {}) => ok(`${error}`.includes("disk is away")) },
      channels: { get: (name) => channels.get(name) },
      openAttachment: async (id) => {
        if (scene.isDiskAway) throw new Error("the disk is away");
        return files.get(id);
      },
      policy: retryPolicy,
      closing: never,
      ending: never,
    });
  }

  const scene = {
    isDiskAway: false,
    clock,
    store,
    channel,
    channels,
    outbox: begin(),
    /** As after a crash: what ran is forgotten, what was stored is taken up. */
    async restart() {
      scene.outbox = begin();
      await scene.outbox.recover();
    },
    async notice(text: string, more: Partial<Notice> = {}) {
      const notice: Notice = { channel: "chat", conversation: "c1", place: "direct", locale: "en", text, ...more };
      scene.outbox.push(await store.write((tx) => queueNotice(tx, { vault, ids, clock }, notice)));
    },
    async file(file: OutboundFile | undefined) {
      const notice: Notice = { channel: "chat", conversation: "c1", place: "direct", locale: "en", text: "" };
      const row = await store.write((tx) => {
        const identityId = ids();
        const createdMs = clock.nowMs();
        const [objectId, attachmentId] = [ids(), ids()];
        const sealed = new Uint8Array(1);
        tx.insert("identities", { id: identityId, nameEnc: null, currentSessionId: null, version: 1, createdMs });
        tx.insert("objects", { id: objectId, name: objectId, keyEnc: sealed, bytes: 1, createdMs });
        tx.insert("attachments", {
          id: attachmentId,
          identityId,
          messageId: null,
          objectId,
          nameEnc: sealed,
          mediaType: "text/plain",
          bytes: 1,
          problem: null,
          width: null,
          height: null,
          createdMs,
        });
        const row = queueNotice(tx, { vault, ids, clock }, notice);
        tx.update("deliveries", row.id, { attachmentId });
        return { ...row, attachmentId };
      });
      if (file !== undefined) files.set(row.attachmentId, file);
      scene.outbox.push(row);
    },
    rest: (ms = 60_000) => clock.run(clock.nowMs() + ms),
    states: () => store.read((tx) => tx.find("deliveries", {}, { order: ["sequence"] }).map(({ state }) => state)),
  };
  return scene;
}

const texts = (given: readonly Delivery[]) => given.flatMap((delivery) => "text" in delivery ? [delivery.text] : []);

Deno.test("a long text goes out in parts, in order, and a crash between them repeats none", async () => {
  const { channel, notice, restart, rest, states } = await openScene({ textLengthMax: 60 });
  const said: string[] = [];
  channel.answer = (delivery) => {
    if (said.length === 2) return silent; // The host dies while the third is sent.
    said.push(texts([delivery])[0]!);
    return accepted;
  };
  await notice("one two three four five six seven eight nine ten eleven twelve");
  await notice("after it");
  await rest(1_000);
  strictEqual(said.length, 2);
  channel.answer = (delivery) => {
    said.push(texts([delivery])[0]!);
    return accepted;
  };
  await restart();
  await rest();
  deepStrictEqual(said, [
    "one two three four",
    "five six seven eight",
    "(may be a copy of the message before)\n\nnine ten eleven",
    "twelve",
    "after it",
  ]);
  deepStrictEqual(new Set(await states()), new Set(["delivered"]));
});

Deno.test("what is sent again says that it may be a copy, in its language, and is counted; on a platform with keys it doesn't", async () => {
  for (const idempotent of [false, true]) {
    const scene = await openScene({ idempotent });
    let times = 0;
    scene.channel.answer = () =>
      ++times === 1 ? { kind: "unreachable", reason: "cut", mayHaveArrived: true } : accepted;
    await scene.notice("你好", { locale: "zh-CN" });
    await scene.rest();
    const [first, second] = texts(scene.channel.given);
    deepStrictEqual([first, second], ["你好", idempotent ? "你好" : "（可能与上一条消息重复）\n\n你好"]);
    strictEqual(scene.outbox.possibleCopies(), idempotent ? 0 : 1);
    strictEqual(new Set(scene.channel.given.map((delivery) => "id" in delivery && delivery.id)).size, 1);
  }
});

Deno.test("buttons are buttons, or lines that say what to write instead", async () => {
  const buttons = [{ label: "Yes, do it", text: "/yes" }, { label: "no", text: "no" }];
  for (const can of [true, false]) {
    const { channel, notice, rest } = await openScene({ buttons: can });
    await notice("Sure?", { buttons });
    await rest();
    const [delivery] = channel.given;
    ok(delivery?.kind === "text");
    deepStrictEqual(delivery.buttons, can ? buttons : undefined);
    strictEqual(delivery.text, can ? "Sure?" : "Sure?\n\nYes, do it: write /yes\nWrite: no");
  }
});

Deno.test("a file is sent as one; a plain sentence says why not when it is too large, or gone", async () => {
  const { channel, file, rest } = await openScene({ fileBytesMax: 2_000_000 });
  const of = (name: string, bytes: number): OutboundFile => ({
    name,
    mediaType: "text/plain",
    bytes,
    open: async function* () {},
  });
  let times = 0;
  channel.answer = () => ++times === 1 ? { kind: "unreachable", reason: "cut", mayHaveArrived: true } : accepted;
  await file(of("a.txt", 2_000_000));
  await file(of("b.txt", 3_456_789));
  await file(undefined);
  await rest();
  deepStrictEqual(
    channel.given.map((delivery) => delivery.kind === "file" ? delivery.file.name : texts([delivery])[0]),
    [
      "a.txt",
      "may be a copy - a.txt",
      'The file "b.txt" is too large to be sent here (3.5 MB, at most 2 MB); it is on the page.',
      "A file of this answer isn't there any more.",
    ],
  );
});

Deno.test("a file that can't be opened now is sent later", async () => {
  const scene = await openScene();
  scene.isDiskAway = true;
  await scene.file({ name: "a.txt", mediaType: "text/plain", bytes: 1, open: async function* () {} });
  await scene.rest(1_000);
  deepStrictEqual(scene.channel.given, []);
  scene.isDiskAway = false;
  await scene.rest();
  deepStrictEqual(scene.channel.shown(), ["a.txt"]);
});

Deno.test("deliveries of a channel that isn't there wait without a try, and go as soon as it is", async () => {
  const { channel, channels, clock, notice, outbox, rest, states, store } = await openScene();
  channels.delete("chat");
  await notice("one");
  await notice("two");
  await rest(3 * 86_400_000);
  deepStrictEqual(await states(), ["pending", "pending"]);
  deepStrictEqual(await store.read((tx) => tx.find("deliveries", {}).map(({ attempt }) => attempt)), [0, 0]);
  channels.set("chat", channel);
  outbox.wake("chat");
  const startedMs = clock.nowMs();
  await rest();
  deepStrictEqual(channel.given.map(({ atMs }) => atMs - startedMs), [0, 0]);
  deepStrictEqual(texts(channel.given), ["one", "two"]);
});

Deno.test("deliveries of a failed channel wait without a try, until a person has started it anew", async () => {
  const { channel, notice, outbox, rest, states } = await openScene();
  channel.state = { kind: "failed", reason: "token revoked" };
  await notice("one");
  await rest();
  deepStrictEqual([channel.given.length, await states()], [0, ["pending"]]);
  channel.state = { kind: "ready" };
  outbox.wake("chat");
  await rest();
  deepStrictEqual(texts(channel.given), ["one"]);
});

Deno.test("deliveries of a channel that never comes back expire", async () => {
  const { channels, notice, rest, states } = await openScene();
  channels.delete("chat");
  await notice("one");
  await rest(retryPolicy.expiryMs + 2 * 3_600_000);
  deepStrictEqual(await states(), ["expired"]);
});

Deno.test("a conversation that hangs delays no other, nor does one that must wait", async () => {
  const { channel, clock, notice, rest } = await openScene();
  const beganMs = clock.nowMs();
  channel.answer = (delivery) => {
    if (delivery.conversation.startsWith("slow")) return silent;
    if (delivery.conversation !== "flooded") return accepted;
    return clock.nowMs() < beganMs + 30_000 ? { kind: "unreachable", reason: "429", retryAfterMs: 30_000 } : accepted;
  };
  for (let index = 0; index < 100; index++) await notice("a", { conversation: `slow ${index}` });
  await notice("b", { conversation: "flooded" });
  await notice("c", { conversation: "flooded" });
  await notice("d", { conversation: "quick" });
  await rest(1_000);
  const atOf = (text: string) =>
    channel.given.filter((sent) => "text" in sent && sent.text === text).map(({ atMs }) => atMs - beganMs);
  deepStrictEqual(atOf("d"), [0]);
  await rest(59_000);
  deepStrictEqual([atOf("b"), atOf("c")], [[0, 30_000], [30_000]]);
});

Deno.test("a pause that the platform wants of all is kept by all", async () => {
  const { channel, clock, notice, rest } = await openScene();
  const beganMs = clock.nowMs();
  channel.answer = (delivery) =>
    delivery.conversation === "c1" && clock.nowMs() === beganMs
      ? { kind: "unreachable", reason: "429", retryAfterMs: 20_000, scope: "channel" }
      : accepted;
  await notice("a");
  await rest(1_000);
  await notice("b", { conversation: "c2" });
  await rest();
  deepStrictEqual(channel.given.map(({ atMs }) => atMs - beganMs).toSorted((a, b) => a - b), [0, 20_000, 20_000]);
});

Deno.test("what the platform bears is kept over all conversations, and in each", async () => {
  const { channel, notice, rest } = await openScene({
    rate: { perSecond: 10, directEveryMs: 1_000, groupEveryMs: 3_000 },
    textLengthMax: 100,
  });
  const long = Array.from({ length: 100 }, (_, index) => `word${index}`).join(" ");
  for (let index = 0; index < 25; index++) {
    await notice(long, { conversation: `c${index}`, place: index % 2 === 0 ? "direct" : "group" });
  }
  await rest(120_000);
  const { given } = channel;
  ok(given.length > 250);
  for (const { atMs } of given) {
    ok(given.filter((other) => other.atMs >= atMs && other.atMs < atMs + 1_000).length <= 10);
  }
  for (const [conversation, own] of Map.groupBy(given, (delivery) => delivery.conversation)) {
    const everyMs = Number(conversation.slice(1)) % 2 === 0 ? 1_000 : 3_000;
    own.forEach(({ atMs }, index) => ok(index === 0 || atMs - own[index - 1]!.atMs >= everyMs));
    strictEqual(texts(own).join(" "), long);
  }
  strictEqual(given.at(-1)!.atMs - given[0]!.atMs < 60_000, true, "the room is used");
});

Deno.test("the network is gone for an hour: nothing is refused or lost, another platform waits for nothing, and then all goes in order", async () => {
  const scene = await openScene({ edit: false });
  const { clock, channel, channels } = scene;
  const near = playChannel(clock);
  channels.set("near", near);
  const backMs = clock.nowMs() + 3_600_000;
  channel.answer = (delivery) =>
    clock.nowMs() < backMs
      ? { kind: "unreachable", reason: "no route to host" }
      : { kind: "accepted", platformId: delivery.kind === "typing" ? "" : delivery.id };
  for (let number = 1; number <= 30; number++) {
    await scene.notice(`${number}`, { conversation: `c${number % 3}` });
    await scene.notice(`${number}`, { channel: "near" });
    await scene.rest();
  }
  strictEqual(near.shown().length, 30);
  await scene.rest(backMs - clock.nowMs());
  deepStrictEqual(
    new Set((await scene.states()).slice(0, 30)),
    new Set(["pending", "delivered"]),
    "nothing is refused",
  );
  await scene.rest(retryPolicy.backoffMsMax + 60_000);
  deepStrictEqual(new Set(await scene.states()), new Set(["delivered"]));
  for (const conversation of ["c0", "c1", "c2"]) {
    const texts = channel.given.flatMap((given) =>
      given.kind === "text" && given.conversation === conversation && given.atMs >= backMs ? [Number(given.text)] : []
    );
    deepStrictEqual(texts, texts.toSorted((a, b) => a - b));
    strictEqual(texts.length, 10, "each once, and none called a copy: it had reached nobody");
  }
});
