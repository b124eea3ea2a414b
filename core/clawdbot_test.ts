import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { createMemoryStore } from "../adapters/storage/memory.ts";
import { installedTool, pumpPorts } from "../tests/approval_stand.ts";
import { local, startScene } from "../tests/clawdbot_scene.ts";
import { mergePolicy } from "./access.ts";
import type { FeedEvent } from "./message/types.ts";
import { type Store, StoreError } from "./ports/store.ts";
import { text } from "./text/mod.ts";

Deno.test("a question is answered, and the next prompt holds what was said before", async () => {
  const { ask, texts, requests } = await startScene((request) => ({
    pieces: ["You said ", request.messages.at(-1)!.content],
  }));
  const { sessionId } = await ask("one");
  await ask("two");
  deepStrictEqual(await texts(sessionId), [
    "person: one",
    "assistant: You said one",
    "person: two",
    "assistant: You said two",
  ]);
  deepStrictEqual(requests[1]!.messages.slice(1).map(({ content }) => content), ["one", "You said one", "two"]);
});

Deno.test("history that grows past its budget becomes a running summary, by whole exchanges", async () => {
  const long = Array.from({ length: 100 }, (_, index) => `word${index}`).join(" ");
  const { ask, requests } = await startScene(
    (request) => ({
      pieces: request.messages.at(-1)!.content.startsWith("Summarise") ? ["They talked a lot."] : [long],
    }),
    { info: { contextTokens: 1_024 } },
  );
  for (let index = 0; index < 12; index++) await ask(`question ${index} ${long}`);
  const answers = requests.filter(({ messages }) => !messages.at(-1)!.content.startsWith("Summarise"));
  ok(requests.length > answers.length, "a summary was made");
  const last = answers.at(-1)!.messages;
  ok(last[0]!.content.endsWith("They talked a lot."));
  const words = last.reduce((sum, { content }) => sum + content.split(/\s+/).length, 0);
  ok(words <= 1_024 - 256, `${words} words in the prompt`);
  for (const { content } of last.slice(1)) ok(content.endsWith(long), "a message was cut");
});

Deno.test("a model that claims to have done what no tool did is contradicted before it speaks, in the person's language", async () => {
  const { ask, texts } = await startScene(() => ({ pieces: ["I have ", "started it."] }), {
    tools: {
      ...pumpPorts(() => [installedTool("pump.stop")]),
      choose: ({ text }) => Promise.resolve({ kind: "none", ...(text === "hello" ? {} : { unchanged: "schedule" }) }),
    },
  });
  const { sessionId } = await ask("start it at noon");
  await ask("中午启动", "main", { locale: "zh-CN" });
  await ask("hello");
  deepStrictEqual((await texts(sessionId)).filter((line) => line.startsWith("assistant")), [
    `assistant: ${text("en").choosing.unchanged.schedule}\n\nI have started it.`,
    `assistant: ${text("zh-CN").choosing.unchanged.schedule}\n\nI have started it.`,
    "assistant: I have started it.",
  ]);
});

Deno.test("a stop keeps what was said so far", async () => {
  const { clawdbot, clock, terminal, texts } = await startScene(() => ({
    pieces: ["one ", "two ", "three"],
    delayMs: 1_000,
  }));
  const message = { account: "local", conversation: "c", platformId: "1", text: "count", locale: "en" } as const;
  const result = await terminal.submit(message);
  ok(result.kind === "accepted");
  await clock.run(clock.nowMs() + 2_500);
  deepStrictEqual(await clawdbot.assistant.stop(local, result.turnId), { kind: "stopped" });
  await clock.run(clock.nowMs() + 1_000);
  deepStrictEqual(await texts(result.sessionId), ["person: count", "assistant: one two "]);
  deepStrictEqual(await clawdbot.assistant.stop(local, result.turnId), { kind: "ended" });
});

Deno.test("what goes wrong for good is said in a plain sentence, in the language of the question", async () => {
  const failure = { kind: "hung", reason: "no step" } as const;
  const { clock, terminal, texts } = await startScene(() => ({ pieces: [], failure }));
  const message = { account: "local", conversation: "c", platformId: "1", text: "你好", locale: "zh-CN" } as const;
  const result = await terminal.submit(message);
  ok(result.kind === "accepted");
  await clock.run(clock.nowMs() + 1_000);
  deepStrictEqual(await texts(result.sessionId), [
    "person: 你好",
    "notice: 模型未在限定时间内回答，已重新启动。请再问一次。",
  ]);
});

Deno.test("a model that can't be used is said with why, and the command that mends it", async () => {
  const failure = { kind: "refused", reason: "it isn't a GGUF model", mend: "clawdbot model list" } as const;
  const { ask, texts } = await startScene(() => ({ pieces: [], failure }));
  const { sessionId } = await ask("hello");
  strictEqual(
    (await texts(sessionId)).at(-1),
    "notice: The model can't be used: it isn't a GGUF model; run `clawdbot model list`",
  );
});

Deno.test("a runner that dies costs an attempt; the third time the question is given up, and the next one works", async () => {
  let deaths = 0;
  const crashed = { kind: "crashed", reason: "exit 134" } as const;
  const { ask, texts } = await startScene(() =>
    ++deaths <= 4 ? { pieces: ["half"], failure: crashed } : { pieces: ["whole"] }
  );
  const { sessionId } = await ask("one");
  await ask("two");
  deepStrictEqual(await texts(sessionId), [
    "person: one",
    "notice: The model stopped unexpectedly several times, so this question has no answer. Please ask it again.",
    "person: two",
    "assistant: whole",
  ]);
});

Deno.test("a duplicate is dropped and counted, what is empty or too long is refused", async () => {
  const { clawdbot, clock, terminal } = await startScene(() => ({ pieces: ["yes"] }));
  const message = { account: "local", conversation: "c", platformId: "1", text: "one", locale: "en" } as const;
  const first = await terminal.submit(message);
  ok(first.kind === "accepted");
  deepStrictEqual(await terminal.submit(message), { ...first, kind: "duplicate" });
  deepStrictEqual(await terminal.submit({ ...message, platformId: "2", text: " \n" }), {
    kind: "refused",
    reason: "The message is empty",
  });
  const long = await terminal.submit({ ...message, platformId: "3", text: "x".repeat(1_000_000) });
  ok(long.kind === "refused" && long.reason.includes("1000000"));
  await clock.run(clock.nowMs() + 1_000);
  const status = clawdbot.assistant.status(local);
  ok(status.kind === "status");
  strictEqual(status.status.duplicatesDropped, 1);
  const sinceMs = Date.UTC(2026, 0, 1);
  deepStrictEqual(status.status.channels.telegram, { kind: "failed", reason: "token missing", sinceMs });
});

Deno.test("a rule that denies the chat denies it to everybody, with a reason; strangers are refused", async () => {
  const policy = mergePolicy({ rules: [{ effect: "deny", roles: ["administrator"], resources: ["chat"] }] });
  const { terminal, clawdbot } = await startScene(() => ({ pieces: ["yes"] }), { policy: () => policy });
  const message = { account: "local", conversation: "c", platformId: "1", text: "one", locale: "en" } as const;
  const refused = await terminal.submit(message);
  ok(refused.kind === "refused" && refused.reason.includes("ask its administrator"));
  const stranger = await terminal.submit({ ...message, account: "somebody else" });
  ok(stranger.kind === "refused" && stranger.reason.includes("isn't known"));
  strictEqual((await clawdbot.assistant.sessions(local)).kind, "refused");
});

Deno.test("people see their own sessions only, and can go on in one from another channel", async () => {
  const { ask, clawdbot, clock, terminal } = await startScene(() => ({ pieces: ["yes"] }));
  const { sessionId, turnId } = await ask("mine");
  const other = { kind: "identity", id: "0", owner: false, accounts: [] } as const;
  const policyless = await clawdbot.assistant.history(other, sessionId);
  strictEqual(policyless.kind, "refused");
  strictEqual((await clawdbot.assistant.stop(other, turnId)).kind, "refused");
  const message = {
    account: "local",
    conversation: "elsewhere",
    platformId: "9",
    text: "more",
    locale: "en",
    sessionId,
  } as const;
  const result = await terminal.submit(message);
  ok(result.kind === "accepted");
  strictEqual(result.sessionId, sessionId);
  await clock.run(clock.nowMs() + 1_000);
  const unknown = await terminal.submit({ ...message, platformId: "10", sessionId: "no such session" });
  strictEqual(unknown.kind, "refused");
});

Deno.test("a subscriber sees the question, the pieces and the answer, in this order", async () => {
  const { clawdbot, clock, ask } = await startScene(() => ({ pieces: ["Par", "is"], delayMs: 10 }));
  const { sessionId } = await ask("first");
  const stop = new AbortController();
  const subscribed = await clawdbot.assistant.subscribe(local, sessionId, stop.signal);
  ok(subscribed.kind === "subscribed");
  const seen: FeedEvent[] = [];
  const reading = (async () => {
    for await (const event of subscribed.events) seen.push(event);
  })();
  await ask("second");
  stop.abort();
  await reading;
  await clock.run(clock.nowMs());
  deepStrictEqual(
    seen.map((event) =>
      event.kind === "turn"
        ? event.state
        : event.kind === "partial"
        ? event.text
        : event.kind === "message"
        ? event.message.text
        : event.kind
    ),
    ["second", "queued", "running", "Par", "is", "Paris", "answered"],
  );
});

Deno.test("a host that stops in order puts running turns back without costing an attempt", async () => {
  const { clawdbot, clock, terminal } = await startScene(() => ({ pieces: ["a", "b"], delayMs: 60_000 }));
  const message = { account: "local", conversation: "c", platformId: "1", text: "slow", locale: "en" } as const;
  const result = await terminal.submit(message);
  ok(result.kind === "accepted");
  await clock.run(clock.nowMs() + 1_000);
  let stopped = false;
  void clawdbot.stop(8_000).then(() => stopped = true);
  await clock.run(clock.nowMs() + 8_100);
  strictEqual(stopped, true);
  await rejects(clawdbot.assistant.submit({ ...message, channel: "terminal", platformId: "2" }), StoreError);
});

Deno.test("an answer that runs into a loop is ended, and says so", async () => {
  const { ask, texts } = await startScene(() => ({ pieces: ["Beware of ", ...Array(500).fill("rust, ")] }));
  const { sessionId } = await ask("What should I beware of?");
  deepStrictEqual(
    (await texts(sessionId)).at(-1),
    [
      "assistant: Beware of rust, rust,",
      "*Here the model began to repeat itself, so the answer was ended.*",
    ].join("\n\n"),
  );
});

Deno.test("a question is answered by the likeliest words first, and with others when it is answered again", async () => {
  const { ask, clawdbot, rest, requests } = await startScene(() => ({ pieces: ["Paris"] }));
  const { messageId } = await ask("What is the capital of France?");
  strictEqual((await clawdbot.assistant.answerAgain(local, messageId)).kind, "accepted");
  await rest();
  deepStrictEqual(requests.map(({ sampling }) => sampling?.temperature), [0, 0.8]);
});

Deno.test("a message in the terminal costs three commits and two reads: taken in, answered, delivered", async () => {
  const inner = createMemoryStore();
  const cost = { commits: 0, reads: 0 };
  const store: Store = {
    read: (work) => (cost.reads++, inner.read(work)),
    write: (work) => (cost.commits++, inner.write(work)),
    close: () => inner.close(),
  };
  const { ask } = await startScene(() => ({ pieces: ["yes"] }), { store });
  await ask("one");
  const before = { ...cost };
  await ask("two");
  deepStrictEqual([cost.commits - before.commits, cost.reads - before.reads], [3, 2]);
});
