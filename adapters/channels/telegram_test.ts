import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Delivery, IntakeResult } from "../../core/message/types.ts";
import { StoreError } from "../../core/ports/store.ts";
import { type ChannelStand, type StandOptions, startTelegram } from "../../tests/telegram/channel_stand.ts";
import { type Person, TelegramEmulator } from "../../tests/telegram_emulator.ts";

// Goal: what the platform may do to the channel, over real HTTP, against the emulator.

type On = { readonly telegram: TelegramEmulator; readonly stand: ChannelStand; readonly anna: Person };

/** A test with a channel that runs; no secret of it stands in anything that it said. */
function test(name: string, body: (on: On) => Promise<void>, options: StandOptions = {}): void {
  Deno.test(`telegram ${name}`, async () => {
    await using telegram = await TelegramEmulator.start();
    const token = telegram.token;
    const anna = telegram.person({ first_name: "Anna", last_name: "Li", username: "anna", language_code: "zh-hans" });
    await using stand = await startTelegram(telegram, options);
    await body({ telegram, stand, anna });
    const said = JSON.stringify([stand.lines, stand.channel.health()]);
    ok(!said.includes(token) && !said.includes(token.split(":")[1]!), "the token was said");
  });
}

const deliver = ({ stand }: On, delivery: Delivery) => stand.channel.deliver(delivery, AbortSignal.timeout(20_000));
const textTo = ({ id }: { readonly id: number }, text: string, more: object = {}): Delivery => ({
  kind: "text",
  id: crypto.randomUUID(),
  conversation: `${id}`,
  text,
  mayBeDuplicate: false,
  ...more,
});
const taken = ({ telegram, stand }: On, count: number) =>
  telegram.until(() => stand.taken.length >= count ? stand.taken : undefined, `${count} messages taken in`);

test("hands over who writes, where and in which language", async (on) => {
  on.anna.write("泵 3 在运行吗？");
  const [message] = await taken(on, 1);
  deepStrictEqual(message, {
    channel: "telegram",
    account: `${on.anna.id}`,
    accountName: "Anna Li (@anna)",
    conversation: `${on.anna.id}`,
    place: "direct",
    platformId: "1",
    text: "泵 3 在运行吗？",
    locale: "zh-CN",
  });
});

test("lists the commands in both languages", async ({ telegram }) => {
  deepStrictEqual(telegram.world.commands.get(""), [
    { command: "new", description: "Begins anew" },
    { command: "stop", description: "Stops the answer" },
  ]);
  strictEqual(telegram.world.commands.get("zh")?.[0]?.description, "重新开始");
});

test("shows Markdown as the platform's own, without previews of links", async (on) => {
  on.anna.write("hello");
  await taken(on, 1);
  strictEqual((await deliver(on, textTo(on.anna, "**bold** [x](https://x.org) `a<b`"))).kind, "accepted");
  const [shown] = on.telegram.said(on.anna);
  strictEqual(shown!.text, "bold x a<b");
  deepStrictEqual(shown!.entities.map(({ type }) => type), ["bold", "text_link", "code"]);
  deepStrictEqual(on.telegram.told.at(-1)!.payload.link_preview_options, { is_disabled: true });
});

test("sends what the platform can't parse as it was written", async (on) => {
  on.anna.write("hello");
  await taken(on, 1);
  on.telegram.faults.add({
    kind: "error",
    code: 400,
    description: "Bad Request: can't parse entities: Unsupported start tag",
    methods: ["sendMessage"],
    times: 1,
  });
  strictEqual((await deliver(on, textTo(on.anna, "**bold** <x>"))).kind, "accepted");
  deepStrictEqual(on.telegram.said(on.anna).map(({ text, entities }) => [text, entities]), [["**bold** <x>", []]]);
});

test("sends a table that grows too long by its looks as it was written", async (on) => {
  on.anna.write("hello");
  await taken(on, 1);
  const row = `| ${"x".repeat(1_500)} | y |\n`;
  const table = `| a | b |\n|---|---|\n${row}${"| 1 | 2 |\n".repeat(3)}`;
  strictEqual((await deliver(on, textTo(on.anna, table))).kind, "accepted");
  strictEqual(on.telegram.said(on.anna)[0]!.text.length <= 4_096, true);
});

test("replies, and delivers all the same when what it answers is gone or was a button", async (on) => {
  on.anna.write("hello");
  await taken(on, 1);
  for (const replyTo of ["1", "99", "button:query-1"]) {
    strictEqual((await deliver(on, textTo(on.anna, `to ${replyTo}`, { replyTo }))).kind, "accepted");
  }
  deepStrictEqual(on.telegram.said(on.anna).map(({ replyTo }) => replyTo), [1, undefined, undefined]);
});

test("takes an edit that changes nothing for accepted, and one of what is gone for refused", async (on) => {
  on.anna.write("hello");
  await taken(on, 1);
  const sent = await deliver(on, textTo(on.anna, "one"));
  ok(sent.kind === "accepted");
  const edit = (platformId: string, text: string): Delivery => ({
    ...{ kind: "edit", id: "e", conversation: `${on.anna.id}`, platformId, text, mayBeDuplicate: false },
  } as Delivery);
  deepStrictEqual(await deliver(on, edit(sent.platformId, "**one**")), sent);
  deepStrictEqual(await deliver(on, edit(sent.platformId, "**one**")), sent);
  const gone = await deliver(on, edit("99", "x"));
  deepStrictEqual(gone, { kind: "refused", reason: "Telegram says: Bad Request: message to edit not found" });
});

test("shows buttons, answers a press and hands it over as text", async (on) => {
  on.anna.write("hello");
  await taken(on, 1);
  const buttons = [{ label: "Yes", text: "/stop" }, { label: "No", text: "n" }];
  await deliver(on, textTo(on.anna, "Stop it?", { buttons }));
  const [shown] = on.telegram.said(on.anna);
  const query = on.anna.press(shown!, "Yes");
  const [, pressed] = await taken(on, 2);
  deepStrictEqual([pressed!.text, pressed!.platformId, pressed!.account], [
    "/stop",
    `button:${query}`,
    `${on.anna.id}`,
  ]);
  await on.telegram.until(() => on.telegram.world.queries.get(query) === "answered" || undefined);
});

test("in a group hears only what is said to it, and takes its own name out", async (on) => {
  const group = on.telegram.group("Shift A");
  const name = `@${on.telegram.username}`;
  on.anna.write("not for you", { in: group });
  on.anna.write(`${name.toUpperCase()}: how warm is pump 3?`, { in: group });
  on.anna.write(`is ${name} awake?`, { in: group });
  on.anna.write("/new", { in: group });
  on.anna.write(`/stop${name} now`, { in: group });
  on.anna.write("/weather", { in: group });
  on.anna.write("/new@other_bot", { in: group });
  await deliver(on, textTo(group, "an answer"));
  on.anna.write("and pump 4?", { in: group, replyTo: on.telegram.said(group)[0]!.id });
  on.anna.write(`what ${name}x`, { in: group });
  const messages = await taken(on, 5);
  deepStrictEqual(messages.map(({ text }) => text), [
    "how warm is pump 3?",
    "is awake?",
    "/new",
    "/stop now",
    "and pump 4?",
  ]);
  deepStrictEqual(new Set(messages.map(({ place, conversation }) => `${place} ${conversation}`)).size, 1);
  strictEqual(messages[0]!.place, "group");
});

test("keeps topics apart, and answers in them", async (on) => {
  const group = on.telegram.group("Plant", { forum: true });
  on.anna.write("/new", { in: group, thread: 7 });
  on.anna.write("/new", { in: group, thread: 8 });
  on.anna.write("/new", { in: group });
  const messages = await taken(on, 3);
  deepStrictEqual(messages.map(({ conversation }) => conversation), [`${group.id}:7`, `${group.id}:8`, `${group.id}`]);
  await deliver(on, { ...textTo(group, "here"), conversation: `${group.id}:8` } as Delivery);
  await deliver(on, { kind: "typing", conversation: `${group.id}:8` });
  strictEqual(on.telegram.said(group)[0]!.threadId, 8);
  strictEqual(on.telegram.told.at(-1)!.payload.message_thread_id, 8);
});

test("follows a group that has become a larger one", async (on) => {
  const group = on.telegram.group("Shift A");
  on.anna.write("/new", { in: group });
  await taken(on, 1);
  const larger = on.telegram.upgrade(group);
  strictEqual((await deliver(on, textTo(group, "an answer"))).kind, "accepted");
  deepStrictEqual(on.telegram.said(larger).map(({ text }) => text), ["an answer"]);
});

test("hears neither other bots, nor administrators without a name, nor people's edits", async (on) => {
  const group = on.telegram.group("Shift A");
  const written = on.anna.write("first");
  on.anna.edit(written, "changed");
  on.telegram.updates.push("message", group.id, {
    message_id: 900,
    date: 1,
    from: { id: 1_087_968_824, is_bot: true, first_name: "Group" },
    sender_chat: { id: group.id },
    chat: { id: group.id, type: "supergroup" },
    text: "/new",
  });
  on.anna.sendOther({ sticker: { file_id: "s" } });
  on.anna.write("second");
  deepStrictEqual((await taken(on, 2)).map(({ text }) => text), ["first", "second"]);
  await on.telegram.until(() => on.telegram.updates.waiting === 0 || undefined);
  strictEqual(on.stand.taken.length, 2);
});

test("leaves what is said to a refusal to the core", async (on) => {
  on.anna.write("hello");
  await on.telegram.until(() => on.telegram.updates.waiting === 0 || undefined);
  await on.stand.stop();
  deepStrictEqual(on.telegram.said(on.anna), []);
}, { sink: async () => ({ kind: "refused", reason: "not for you" }) });

test("hands over files and photos as streams, and sends both", async (on) => {
  const bytes = crypto.getRandomValues(new Uint8Array(60_000));
  on.anna.send({ name: "log.txt", bytes, caption: "read it" });
  on.anna.send({ name: "p.jpg", bytes, photo: true });
  const [document, photo] = await taken(on, 2);
  strictEqual(document!.text, "read it");
  deepStrictEqual([document!.files![0]!.name, document!.files![0]!.bytes], ["log.txt", 60_000]);
  strictEqual(photo!.files![0]!.name, "photo_2.jpg");
  for (const { files } of [document!, photo!]) {
    const content = await new Response(ReadableStream.from(await files![0]!.open(AbortSignal.timeout(9_000)))).bytes();
    deepStrictEqual(content, bytes);
  }
  const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 1, 2, 3);
  const sent: [name: string, mediaType: string, content: Uint8Array][] = [
    ['a "quoted"; name=chat_id; 泵.txt', "text/plain", bytes],
    ["p.png", "image/png", png],
    ["not.png", "image/png", bytes],
  ];
  for (const [name, mediaType, content] of sent) {
    const file = {
      name,
      mediaType,
      bytes: content.length,
      open: async function* () {
        yield content.subarray(0, 5);
        yield content.subarray(5);
      },
    };
    const delivery: Delivery = {
      ...{ kind: "file", id: name, conversation: `${on.anna.id}`, file, mayBeDuplicate: false },
    };
    const result = await deliver(on, delivery);
    strictEqual(result.kind, "accepted", JSON.stringify([name, result]));
  }
  const shown = on.telegram.said(on.anna);
  deepStrictEqual(shown.map(({ isPhoto }) => isPhoto ?? false), [false, true, false]);
  deepStrictEqual(shown.map(({ file }) => file!.bytes), [bytes, png, bytes]);
  strictEqual(shown[0]!.file!.name, "a _quoted_; name=chat_id; 泵.txt");
});

test("says plainly that the platform gives no file so large", async (on) => {
  on.anna.send({ name: "film.mp4", bytes: new Uint8Array(1), saidBytes: 25_300_000 });
  const [message] = await taken(on, 1);
  strictEqual(message!.files![0]!.isWithheld, true);
  await on.telegram.untilSaid(on.anna, /^Telegram 最多向机器人提供 20 MB 的文件/);
});

test("offers what the sink couldn't take again, in its order, and nobody else waits for it", async (on) => {
  const bob = on.telegram.person("Bob");
  for (const text of ["a1", "a2", "a3"]) on.anna.write(text);
  for (const text of ["b1", "b2"]) bob.write(text);
  await on.telegram.until(() => on.telegram.updates.waiting === 0 || undefined);
  deepStrictEqual(offered.filter((text) => text.startsWith("a")), ["a1", "a1", "a1", "a2", "a3"]);
  deepStrictEqual(offered.filter((text) => text.startsWith("b")), ["b1", "b2"]);
  ok(offered.indexOf("b2") < offered.lastIndexOf("a1"), offered.join());
}, {
  sink: async ({ text }) => {
    offered.push(text);
    if (text === "a1" && offered.filter((other) => other === "a1").length < 3) throw new Error("not now");
    return accepted;
  },
});
const offered: string[] = [];
const accepted: IntakeResult = { kind: "accepted", sessionId: "s", messageId: "m", turnId: "t" };

test("gives one message up that can never be taken in, says so, and goes on", async (on) => {
  on.anna.write("poison");
  on.anna.write("after it");
  await on.telegram.untilSaid(on.anna, /没能收下/);
  await on.telegram.until(() => on.telegram.updates.waiting === 0 || undefined);
  strictEqual(on.stand.lines.filter(({ message }) => message === "telegram message given up").length, 1);
  ok(!JSON.stringify(on.stand.lines).includes("poison"), "what was written isn't logged");
}, {
  sink: async ({ text }) => {
    if (text === "poison") throw new TypeError(`bug in ${text}`);
    return accepted;
  },
});

test("waits as long as nothing can be stored, and confirms nothing meanwhile", async (on) => {
  on.anna.write("hello");
  await on.telegram.until(() => refusals >= 8 || undefined);
  strictEqual(on.telegram.updates.waiting, 1);
  isFull = false;
  await on.telegram.until(() => on.telegram.updates.waiting === 0 || undefined);
}, {
  sink: async () => {
    if (!isFull) return accepted;
    refusals++;
    throw new StoreError("full", "no room");
  },
});
let isFull = true;
let refusals = 0;

test("takes 10,000 queued messages in within seconds, each once, each conversation in its order", async (on) => {
  await on.stand.stop();
  const people = Array.from({ length: 100 }, (_, index) => on.telegram.person(`P${index}`));
  for (let round = 0; round < 100; round++) for (const person of people) person.write(`${round}`);
  const beganMs = performance.now();
  await using again = await startTelegram(on.telegram);
  await on.telegram.until(() => on.telegram.updates.waiting === 0 || undefined);
  const tookMs = performance.now() - beganMs;
  strictEqual(again.taken.length, 10_000);
  for (const { id } of people) {
    const texts = again.taken.filter(({ account }) => account === `${id}`).map(({ text }) => Number(text));
    deepStrictEqual(texts, Array.from({ length: 100 }, (_, index) => index));
  }
  ok(tookMs < 20_000, `${tookMs} ms`);
});

test("takes copies and updates in any order in, by their names", async (on) => {
  on.telegram.updates.copies = 0.5;
  on.telegram.updates.shuffled = true;
  for (let index = 0; index < 200; index++) on.anna.write(`${index}`);
  await on.telegram.until(() => new Set(on.stand.taken.map(({ platformId }) => platformId)).size === 200 || undefined);
  on.telegram.updates.copies = 0;
  await on.telegram.until(() => on.telegram.updates.waiting === 0 || undefined);
});
