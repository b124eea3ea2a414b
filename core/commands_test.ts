import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { type ChatPlatform, createChatPlatform } from "../tests/chat_platform.ts";
import { local, type Scene, type SceneOptions, startScene } from "../tests/clawdbot_scene.ts";
import type { ScriptedAnswer } from "../adapters/engines/scripted.ts";
import { commandIn, commandList } from "./commands.ts";
import { receiptMsMax } from "./message/receipts.ts";
import type { GenerateRequest } from "./ports/engine.ts";
import { text } from "./text/mod.ts";

interface Site extends Scene {
  readonly chat: ChatPlatform;
  /** Writes as the owner, and waits until all is answered. */
  say: (text: string, more?: Parameters<ChatPlatform["write"]>[2]) => ReturnType<ChatPlatform["write"]>;
  last(conversation?: string): string | undefined;
}

/** A site whose owner is linked on a chat program. */
async function openSite(
  answer: (request: GenerateRequest) => ScriptedAnswer = ({ messages }) => ({
    pieces: [`re: ${messages.at(-1)!.content}`],
  }),
  options: SceneOptions = {},
): Promise<Site> {
  const chat = createChatPlatform("chat");
  const scene = await startScene(answer, { ...options, channels: { chat: chat.channel } });
  const code = await scene.clawdbot.people.linkCode(local);
  ok(code.kind === "code");
  await chat.write("me", `/link ${code.code}`);
  await scene.rest(1_000);
  return {
    ...scene,
    chat,
    last: (conversation = "me") => chat.texts(conversation).at(-1),
    async say(text, more) {
      const result = await chat.write("me", text, more);
      await scene.rest(1_000);
      return result;
    },
  };
}

const plain = { channel: "c", account: "a", conversation: "c", platformId: "1", locale: "en" } as const;

for (
  const [typed, name, argument] of [
    ["/new", "new", ""],
    [" /NEW \n", "new", ""],
    ["／new", "new", ""],
    ["/pair ABC-DEF  Anna   Li ", "pair", "ABC-DEF  Anna   Li"],
    ["/link\nABC", "link", "ABC"],
    ["/etc/hosts", undefined, ""],
    ["/newest", undefined, ""],
    ["/new@other_bot", undefined, ""],
    ["/constructor", undefined, ""],
    ["/__proto__", undefined, ""],
    ["what does /new do?", undefined, ""],
    ["new", undefined, ""],
    ["/", undefined, ""],
    [`/new ${"x".repeat(500)}`, undefined, ""],
  ] as const
) {
  Deno.test(`${JSON.stringify(typed.slice(0, 30))} is ${name === undefined ? "no command" : `the command ${name}`}`, () => {
    const found = commandIn({ ...plain, text: typed });
    deepStrictEqual(found, name === undefined ? undefined : { name, argument });
  });
}

Deno.test("what brings files, or takes the place of a message, is no command", () => {
  strictEqual(commandIn({ ...plain, text: "/new", replaces: "m" }), undefined);
  strictEqual(commandIn({ ...plain, text: "/new", attachmentIds: ["a"] }), undefined);
});

Deno.test("each command has its words in each language", () => {
  for (const locale of ["en", "zh-CN"] as const) {
    const list = commandList(locale);
    deepStrictEqual(list.map(({ name }) => name).sort(), Object.keys(text(locale).commands.does).sort());
    for (const { does } of list) ok(does.length > 0 && !does.includes("\n"));
  }
});

Deno.test("unknown words go to the model as they are", async () => {
  const site = await openSite();
  await site.say("/weather in Oslo");
  strictEqual(site.last(), "re: /weather in Oslo");
});

Deno.test("/new begins another conversation, and the earlier one stays", async () => {
  const site = await openSite();
  await site.say("one");
  const handled = await site.say("/new");
  deepStrictEqual(handled, { kind: "handled", text: "What you write next begins a new conversation.", begins: true });
  await site.say("two");
  deepStrictEqual(site.requests.at(-1)!.messages.slice(1).map(({ content }) => content), ["two"]);
  await site.say("three");
  deepStrictEqual(site.requests.at(-1)!.messages.slice(1).map(({ content }) => content), ["two", "re: two", "three"]);
  const list = await site.clawdbot.assistant.sessions(local);
  ok(list.kind === "sessions");
  deepStrictEqual(list.sessions.map(({ title }) => title), ["two", "one"]);
});

Deno.test("/new begins another conversation in a group and where each chat has its own, too", async () => {
  const site = await openSite(undefined, { people: { scope: "conversation" } });
  for (const more of [{ conversation: "room", place: "group" }, { conversation: "me" }] as const) {
    await site.say("one", more);
    await site.say("/new", more);
    await site.say("two", more);
    match(
      site.requests.at(-1)!.messages.slice(1).map(({ content }) => content).join("|"),
      /^(me: )?two$|^Someone: two$/,
    );
  }
});

Deno.test("/stop cancels what runs and what waits in this conversation, and nothing else", async () => {
  const site = await openSite(() => ({ pieces: ["one ", "two ", "three"], delayMs: 10_000 }));
  for (const text of ["a", "b", "c"]) await site.chat.write("me", text);
  const elsewhere = await site.send("in the terminal", "elsewhere");
  await site.rest(15_000);
  // What was written in the terminal became the current conversation; the chat's own is meant by its id.
  const list = await site.clawdbot.assistant.sessions(local);
  ok(list.kind === "sessions");
  const { id: sessionId } = list.sessions.find(({ title }) => title === "a")!;
  strictEqual((await site.chat.write("me", "/stop", { sessionId })).kind, "handled");
  await site.rest(60_000);
  deepStrictEqual((await site.texts(sessionId)).filter((line) => !line.startsWith("person")), [
    "assistant: one ",
    "notice: Stopped.",
    "notice: Stopped.",
  ]);
  ok(site.chat.texts("me").includes("Stopped 3 answers."));
  deepStrictEqual((await site.texts(elsewhere.sessionId)).at(-1), "assistant: one two three");
  await site.say("/stop");
  strictEqual(site.last(), "Nothing is being answered here.");
});

Deno.test("/stop stops what is answered here, also when another conversation has become the current one", async () => {
  const site = await openSite(() => ({ pieces: ["one ", "two ", "three"], delayMs: 10_000 }));
  const asked = await site.chat.write("me", "in the chat");
  ok(asked.kind === "accepted");
  const meanwhile = await site.send("in the terminal", "elsewhere");
  await site.rest(15_000);
  await site.chat.write("me", "/stop");
  await site.rest(60_000);
  ok(site.chat.texts("me").includes("Stopped 2 answers."));
  for (const { sessionId } of [asked, meanwhile]) strictEqual((await site.texts(sessionId)).at(-1), "assistant: one ");
});

Deno.test("a command is done once, however often it is offered, and is answered as before", async () => {
  let pieces = ["slow ", "answer"];
  const site = await openSite(() => ({ pieces, delayMs: 10_000 }));
  await site.chat.write("me", "one");
  await site.rest(5_000);
  const first = await site.chat.write("me", "/stop", { platformId: "stop-1" });
  await site.rest(5_000);
  pieces = ["another ", "answer"];
  await site.chat.write("me", "two");
  await site.rest(15_000);
  const copy = await site.chat.write("me", "/stop", { platformId: "stop-1" });
  deepStrictEqual(copy, first);
  await site.rest(60_000);
  strictEqual(site.last(), "another answer", "the copy stopped nothing");
  strictEqual(
    site.chat.texts("me").filter((text) => text === "Stopped.").length,
    2,
    "the turn's notice, the command's word",
  );
  const status = site.clawdbot.assistant.status(local);
  ok(status.kind === "status");
  strictEqual(status.status.duplicatesDropped, 1);
  const offered = Array.from({ length: 20 }, () => site.chat.write("me", "/new", { platformId: "new-1" }));
  await Promise.all(offered);
  await site.rest(1_000);
  const audited = await site.store.read((tx) => tx.find("audit", { action: "command" }));
  deepStrictEqual(audited.map(({ resource }) => resource), ["command:stop", "command:new"]);
  await site.rest(receiptMsMax + 3_600_000);
  strictEqual(await site.store.read((tx) => tx.count("receipts", {})), 0);
});

Deno.test("/context says what the model was given, /whoami who one is, /help what there is", async () => {
  const site = await openSite();
  await site.say("/context");
  strictEqual(site.last(), "In this conversation the model hasn't been asked anything yet.");
  await site.say("one", { accountName: "Max (@max)" });
  await site.say("/context");
  match(site.last()!, /scripted/);
  await site.say("/whoami");
  deepStrictEqual(site.last()!.split("\n"), [
    "You are `Max (@max)`, with these roles: administrator, user. Your accounts:",
    `- web: \`${site.clawdbot.ownerId()}\``,
    "- terminal: `local`",
    "- chat: `Max (@max)`",
  ]);
  await site.say("/help");
  const words = commandList("en").map(({ name, does }) => `- \`/${name}\`: ${does}`);
  deepStrictEqual(site.last()!.split("\n").slice(1), words);
  await site.say("/help", { conversation: "room", place: "group" });
  ok(!site.last("room")!.includes("/pair") && !site.last("room")!.includes("/link"));
  await site.say("/help", { locale: "zh-CN" });
  match(site.last()!, /开始新的对话/);
  await site.say("/start");
  match(site.last()!, /^Hello `Max \(@max\)`\. /);
  await site.say("/pair");
  strictEqual(site.last(), "Write the code behind it: `/pair ABC-DEF`");
  await site.say("/refuse nonsense");
  match(site.last()!, /^Nobody asks to be let in with this code/);
});

Deno.test("commands work in the terminal, whose answer tells what they say", async () => {
  const site = await openSite();
  const message = { account: "local", conversation: "c", platformId: "1", text: "/help", locale: "en" } as const;
  const result = await site.terminal.submit(message);
  ok(result.kind === "handled");
  match(result.text, /^Write anything to ask the model\./);
  deepStrictEqual(await site.terminal.submit(message), result);
  strictEqual(await site.store.read((tx) => tx.count("messages", {})), 0);
});
