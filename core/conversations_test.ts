import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { createMemoryStore } from "../adapters/storage/memory.ts";
import { local, type Scene, startScene } from "../tests/clawdbot_scene.ts";
import { mergePolicy, type Policy } from "./access.ts";
import { verifyAudit } from "./audit.ts";
import type { FeedEvent, ShownMessage } from "./message/types.ts";
import type { GenerateRequest } from "./ports/engine.ts";
import type { TableName } from "./tables.ts";

const other = { kind: "identity", id: "nobody", owner: false, accounts: [] } as const;
const hourMs = 3_600_000;

/** A model that numbers its answers. */
function numbering(): (request: GenerateRequest) => { pieces: string[] } {
  let count = 0;
  return (request) => ({ pieces: [`${request.messages.at(-1)!.content}: `, `answer ${++count}`] });
}

async function shown({ clawdbot }: Scene, sessionId: string): Promise<readonly ShownMessage[]> {
  const result = await clawdbot.assistant.history(local, sessionId);
  ok(result.kind === "history");
  return result.messages;
}

async function titles({ clawdbot }: Scene, query?: string): Promise<string[]> {
  const result = await clawdbot.assistant.sessions(local, query === undefined ? {} : { query });
  ok(result.kind === "sessions");
  return result.sessions.map(({ title }) => title);
}

/** The prompt that the model got last, without what the system says first. */
const lastPrompt = ({ requests }: Scene) => requests.at(-1)!.messages.slice(1).map(({ content }) => content);

/** What those see who look at a session until the returned function is called. */
async function watch({ clawdbot }: Scene, sessionId: string): Promise<() => Promise<FeedEvent[]>> {
  const leave = new AbortController();
  const subscribed = await clawdbot.assistant.subscribe(local, sessionId, leave.signal);
  ok(subscribed.kind === "subscribed");
  const seen: FeedEvent[] = [];
  const reading = (async () => {
    for await (const event of subscribed.events) seen.push(event);
  })();
  return async () => {
    leave.abort();
    await reading;
    return seen;
  };
}

const kinds = (events: readonly FeedEvent[]) => events.map((event) => event.kind === "turn" ? event.state : event.kind);

Deno.test("an edited question begins a branch, and its prompt holds only what comes before it there", async () => {
  const scene = await startScene(numbering());
  const { sessionId, messageId: first } = await scene.ask("one");
  const { messageId: second } = await scene.ask("two");
  await scene.ask("three");
  const { messageId: edited } = await scene.ask("2", "elsewhere", { replaces: second });
  deepStrictEqual(lastPrompt(scene), ["one", "one: answer 1", "2"]);
  deepStrictEqual(await scene.texts(sessionId), [
    "person: one",
    "assistant: one: answer 1",
    "person: 2",
    "assistant: 2: answer 4",
  ]);
  const messages = await shown(scene, sessionId);
  deepStrictEqual(messages[2]!.siblingIds, [second, edited]);
  deepStrictEqual(messages[0]!.siblingIds, [first]);

  const { messageId: begin } = await scene.ask("1", "main", { replaces: first, sessionId });
  deepStrictEqual(lastPrompt(scene), ["1"]);
  deepStrictEqual((await shown(scene, sessionId))[0]!.siblingIds, [first, begin]);
});

Deno.test("another branch is shown down to its newest end, and a new question goes on from there", async () => {
  const scene = await startScene(numbering());
  const { assistant } = scene.clawdbot;
  const { sessionId } = await scene.ask("one");
  const { messageId: second } = await scene.ask("two");
  await scene.ask("2", "main", { replaces: second });
  const watched = await watch(scene, sessionId);
  deepStrictEqual(await assistant.showBranch(local, second), { kind: "shown" });
  deepStrictEqual((await scene.texts(sessionId)).slice(-2), ["person: two", "assistant: two: answer 2"]);
  await scene.ask("three");
  deepStrictEqual(lastPrompt(scene), ["one", "one: answer 1", "two", "two: answer 2", "three"]);
  deepStrictEqual(kinds(await watched()).slice(0, 3), ["branch", "message", "queued"]);

  // From the very beginning, the branch that was continued last is shown.
  const [{ id: begin }] = await shown(scene, sessionId) as [ShownMessage];
  await assistant.showBranch(local, begin);
  strictEqual((await scene.texts(sessionId)).at(-1), "assistant: three: answer 4");
});

Deno.test("an answer that is made again stands beside the first, from the same prompt", async () => {
  const scene = await startScene(numbering());
  const { assistant } = scene.clawdbot;
  const { sessionId, messageId: question } = await scene.ask("one");
  const [, { id: firstAnswer, answer }] = await shown(scene, sessionId) as [ShownMessage, ShownMessage];
  deepStrictEqual(answer, { modelName: "scripted", answerTokens: 3, answerMs: 1 });
  await scene.ask("two");
  const watched = await watch(scene, sessionId);
  const again = await assistant.answerAgain(local, firstAnswer);
  ok(again.kind === "accepted");
  await scene.rest();
  deepStrictEqual(kinds(await watched()), ["branch", "queued", "running", "partial", "partial", "message", "answered"]);
  deepStrictEqual(lastPrompt(scene), ["one"]);
  const messages = await shown(scene, sessionId);
  deepStrictEqual(messages.map(({ text }) => text), ["one", "one: answer 3"]);
  deepStrictEqual(messages[1]!.siblingIds, [firstAnswer, messages[1]!.id]);
  deepStrictEqual(messages[0]!.turn, { id: again.turnId, state: "answered" });
  strictEqual(messages[1]!.parentId, question);
  await scene.ask("three");
  deepStrictEqual(lastPrompt(scene), ["one", "one: answer 3", "three"]);
  await assistant.showBranch(local, firstAnswer);
  strictEqual((await scene.texts(sessionId)).at(-1), "assistant: two: answer 2");
});

Deno.test("a failed or stopped question is tried again by its notice, and not while it is being answered", async () => {
  let isBroken = true;
  const failure = { kind: "hung", reason: "no step" } as const;
  const scene = await startScene(() =>
    isBroken ? { pieces: [], failure } : { pieces: ["better", " now"], delayMs: 1_000 }
  );
  const { assistant } = scene.clawdbot;
  const { sessionId, messageId } = await scene.ask("one");
  const notice = (await shown(scene, sessionId))[1]!;
  strictEqual(notice.author, "notice");
  strictEqual(notice.answer, undefined);
  isBroken = false;
  const again = await assistant.answerAgain(local, notice.id);
  ok(again.kind === "accepted");
  await scene.rest(500);
  deepStrictEqual(await assistant.answerAgain(local, notice.id), { kind: "busy" });
  deepStrictEqual(await assistant.answerAgain(local, messageId), { kind: "busy" });
  deepStrictEqual(await scene.texts(sessionId), ["person: one"]);
  await scene.rest();
  deepStrictEqual(await scene.texts(sessionId), ["person: one", "assistant: better now"]);
  await scene.ask("two");
  deepStrictEqual(lastPrompt(scene), ["one", "better now", "two"]);
});

Deno.test("questions that come while one is answered keep their order and follow its answer", async () => {
  const scene = await startScene((request) => ({
    pieces: [`re: ${request.messages.at(-1)!.content}`],
    delayMs: 1_000,
  }));
  const { sessionId } = await scene.send("one");
  await scene.rest(100);
  const watched = await watch(scene, sessionId);
  await scene.send("two");
  await scene.send("three");
  deepStrictEqual(await scene.texts(sessionId), ["person: one", "person: two", "person: three"]);
  await scene.rest();
  deepStrictEqual(await scene.texts(sessionId), [
    "person: one",
    "assistant: re: one",
    "person: two",
    "assistant: re: two",
    "person: three",
    "assistant: re: three",
  ]);
  deepStrictEqual(lastPrompt(scene), ["one", "re: one", "two", "re: two", "three"]);
  strictEqual(kinds(await watched()).filter((kind) => kind === "branch").length, 2);
});

Deno.test("a question that is stopped while it waits has its notice in its own place", async () => {
  const scene = await startScene((request) => ({ pieces: [request.messages.at(-1)!.content], delayMs: 1_000 }));
  const { sessionId } = await scene.send("one");
  const { turnId } = await scene.send("two");
  await scene.send("three");
  await scene.clawdbot.assistant.stop(local, turnId);
  await scene.rest();
  deepStrictEqual(await scene.texts(sessionId), [
    "person: one",
    "assistant: one",
    "person: two",
    "notice: Stopped.",
    "person: three",
    "assistant: three",
  ]);
  deepStrictEqual(lastPrompt(scene), ["one", "one", "two", "three"]);
});

Deno.test("an answer and a stop that are committed together are sent in the order of the commits", async () => {
  const held: (() => void)[] = [];
  let isHolding = false;
  const store = createMemoryStore({ schedule: (flush) => isHolding ? held.push(flush) : queueMicrotask(flush) });
  const scene = await startScene(() => ({ pieces: ["yes"], delayMs: 1_000 }), { store });
  await scene.send("one");
  const { turnId } = await scene.send("two");
  await scene.rest(500);
  isHolding = true;
  await scene.rest(1_000);
  const stopped = scene.clawdbot.assistant.stop(local, turnId);
  await scene.rest(0);
  isHolding = false;
  held.forEach((flush) => flush());
  deepStrictEqual(await stopped, { kind: "stopped" });
  await scene.rest();
  const sent = await store.read((tx) =>
    tx.find("audit", { action: "deliver" }).map(({ resource }) => {
      const { messageId } = tx.get("deliveries", resource.replace("delivery:", ""))!;
      return tx.get("messages", messageId!)!.author;
    })
  );
  deepStrictEqual(sent, ["assistant", "notice"]);
});

Deno.test("a summary of one branch says nothing in another", async () => {
  const long = "word ".repeat(100).trim();
  const scene = await startScene(
    ({ messages }) => ({ pieces: messages.at(-1)!.content.startsWith("Summarise") ? ["They talked."] : [long] }),
    { info: { contextTokens: 1_024 } },
  );
  const { sessionId, messageId: first } = await scene.ask("begin");
  for (let index = 0; index < 12; index++) await scene.ask(`question ${index} ${long}`);
  const isAnswer = ({ messages }: GenerateRequest) => !messages.at(-1)!.content.startsWith("Summarise");
  const system = () => scene.requests.findLast(isAnswer)!.messages[0]!.content;
  await scene.ask("and now");
  ok(system().endsWith("They talked."));
  await scene.ask("begin otherwise", "main", { replaces: first });
  ok(!system().includes("They talked."));
  await scene.clawdbot.assistant.showBranch(local, first);
  strictEqual((await scene.texts(sessionId)).at(-2), "person: and now");
  await scene.ask("and again");
  ok(system().endsWith("They talked."));
});

Deno.test("only questions of one's own session are replaced, and only one's own messages shown or answered again", async () => {
  const scene = await startScene(numbering());
  const { assistant } = scene.clawdbot;
  const { sessionId, messageId } = await scene.ask("one", "a");
  const { sessionId: elsewhere } = await scene.ask("two", "b");
  const answerId = (await shown(scene, sessionId))[1]!.id;
  const message = { account: "local", conversation: "c", platformId: "x", text: "x", locale: "en" } as const;
  for (const more of [{ replaces: answerId }, { replaces: messageId, sessionId: elsewhere }, { replaces: "none" }]) {
    strictEqual((await scene.terminal.submit({ ...message, ...more })).kind, "refused");
  }
  for (const id of [messageId, answerId]) {
    strictEqual((await assistant.answerAgain(other, id)).kind, "refused");
    strictEqual((await assistant.showBranch(other, id)).kind, "refused");
  }
  strictEqual((await assistant.answerAgain(local, "none")).kind, "refused");
  strictEqual((await assistant.showBranch(local, "none")).kind, "refused");
  deepStrictEqual((await titles(scene)).sort(), ["one", "two"]);
});

Deno.test("no title steers what shows it, whether it was made or given", async () => {
  const scene = await startScene(numbering());
  const { sessionId } = await scene.ask("\u202eon \x1b]0;owned\x07\u2066 pump\u200f\r\nwhat\x9b2J", "a");
  deepStrictEqual(await titles(scene), ["on ]0;owned pump what 2J"]);
  const renamed = await scene.clawdbot.assistant.renameSession(local, sessionId, "a\u202eb\0c\u061c");
  ok(renamed.kind === "changed");
  strictEqual(renamed.session.title, "ab c");
  strictEqual((await scene.clawdbot.assistant.renameSession(local, sessionId, "\u202e\x07")).kind, "refused");
  await scene.ask("\u202e\u2066", "b");
  deepStrictEqual((await titles(scene)).toSorted(), ["ab c", "…"]);
});

Deno.test("sessions are renamed, pinned, and found by their titles, whatever their case and width", async () => {
  const scene = await startScene(numbering());
  const { assistant } = scene.clawdbot;
  const { sessionId: pump } = await scene.ask("pump", "a");
  const { sessionId: valve } = await scene.ask("valve", "b");
  await scene.ask("oil", "c");
  const watched = await watch(scene, valve);
  const renamed = await assistant.renameSession(local, pump, "  ＰＵＭＰ 7\n 维修  ");
  ok(renamed.kind === "changed");
  strictEqual(renamed.session.title, "ＰＵＭＰ 7 维修");
  ok((await assistant.pinSession(local, pump, true)).kind === "changed");
  deepStrictEqual(kinds(await watched()), ["sessions", "sessions"]);
  deepStrictEqual(await titles(scene), ["ＰＵＭＰ 7 维修", "oil", "valve"]);
  for (const query of ["pump", " Pump 7", "维修", "ｐｕｍｐ"]) {
    deepStrictEqual(await titles(scene, query), ["ＰＵＭＰ 7 维修"]);
  }
  deepStrictEqual(await titles(scene, "tank"), []);
  await assistant.pinSession(local, pump, false);
  deepStrictEqual(await titles(scene), ["oil", "valve", "ＰＵＭＰ 7 维修"]);
  for (const bad of ["", " \n ", "x".repeat(201)]) {
    strictEqual((await assistant.renameSession(local, pump, bad)).kind, "refused");
  }
  strictEqual((await assistant.renameSession(other, pump, "mine")).kind, "refused");
  strictEqual((await assistant.pinSession(other, pump, true)).kind, "refused");
});

Deno.test("a removed session is hidden, its turns are cancelled, and it can be had back for a day", async () => {
  const scene = await startScene(() => ({ pieces: ["so ", "far ", "and more"], delayMs: 1_000 }));
  const { assistant } = scene.clawdbot;
  const { sessionId, messageId } = await scene.send("one");
  const { turnId: waiting } = await scene.send("two");
  await scene.rest(1_500);
  const removedMs = scene.clock.nowMs();
  strictEqual((await assistant.removeSession(other, sessionId)).kind, "refused");
  deepStrictEqual(await assistant.removeSession(local, sessionId), {
    kind: "removed",
    restorableUntilMs: removedMs + 24 * hourMs,
  });
  await scene.rest();
  deepStrictEqual(await titles(scene), []);
  deepStrictEqual(await titles(scene, "one"), []);
  for (
    const result of [
      await assistant.history(local, sessionId),
      await assistant.subscribe(local, sessionId, AbortSignal.abort()),
      await assistant.exportSession(local, sessionId, "all"),
      await assistant.answerAgain(local, messageId),
      await assistant.showBranch(local, messageId),
      await assistant.stop(local, waiting),
      await assistant.renameSession(local, sessionId, "x"),
    ]
  ) {
    ok(result.kind === "refused" && result.reason.includes("removed"), JSON.stringify(result));
  }
  deepStrictEqual(await assistant.removeSession(local, sessionId), {
    kind: "removed",
    restorableUntilMs: removedMs + 24 * hourMs,
  });
  strictEqual((await assistant.restoreSession(other, sessionId)).kind, "refused");
  await scene.rest(20 * hourMs);
  deepStrictEqual(await assistant.restoreSession(local, sessionId), { kind: "restored" });
  deepStrictEqual(await scene.texts(sessionId), [
    "person: one",
    "assistant: so ",
    "person: two",
    "notice: Stopped.",
  ]);
  await scene.rest(48 * hourMs);
  deepStrictEqual(await titles(scene), ["one"]);
});

Deno.test("a channel's conversation goes on in a new session when the one it had is removed", async () => {
  const scene = await startScene(numbering());
  const { assistant } = scene.clawdbot;
  const { sessionId: first } = await scene.ask("one");
  await assistant.removeSession(local, first);
  const message = { account: "local", conversation: "main", platformId: "x", text: "x", locale: "en" } as const;
  const refused = await scene.terminal.submit({ ...message, sessionId: first });
  ok(refused.kind === "refused" && refused.reason.includes("removed"));
  const { sessionId: second } = await scene.ask("two");
  ok(second !== first);
  deepStrictEqual(lastPrompt(scene), ["two"]);
  deepStrictEqual(await titles(scene), ["two"]);
  // Restored, the first is gone on with by its id; the conversation stays with the second.
  await assistant.restoreSession(local, first);
  strictEqual((await scene.ask("three")).sessionId, second);
  strictEqual((await scene.ask("four", "main", { sessionId: first })).sessionId, first);
  deepStrictEqual(lastPrompt(scene), ["one", "one: answer 1", "four"]);
  // Restored before anybody wrote, it is the conversation's own as before.
  await assistant.removeSession(local, second);
  await assistant.restoreSession(local, second);
  strictEqual((await scene.ask("five")).sessionId, second);
});

Deno.test("what was removed is erased a day later, row by row, and the audit stays whole", async () => {
  const scene = await startScene(numbering());
  const { assistant } = scene.clawdbot;
  const { sessionId: kept } = await scene.ask("kept", "kept");
  const { sessionId, messageId } = await scene.ask("one");
  for (let index = 0; index < 150; index++) await scene.send(`more ${index}`);
  await scene.rest(10 * 60_000);
  await scene.ask("one otherwise", "main", { replaces: messageId });
  await assistant.answerAgain(local, messageId);
  await scene.rest();
  await assistant.removeSession(local, sessionId);
  await scene.rest(23 * hourMs);
  const counts = () =>
    scene.store.read((tx) =>
      (["sessions", "messages", "turns", "deliveries"] as TableName[]).map((table) =>
        table === "sessions" ? tx.count(table, { id: sessionId }) : tx.count(table, { sessionId } as never)
      )
    );
  deepStrictEqual(await counts(), [1, 305, 153, 153]);
  await scene.rest(2 * hourMs);
  deepStrictEqual(await counts(), [0, 0, 0, 0]);
  deepStrictEqual(await titles(scene), ["kept"]);
  strictEqual((await scene.texts(kept)).length, 2);
  strictEqual((await assistant.restoreSession(local, sessionId)).kind, "refused");
  strictEqual((await verifyAudit(scene.store, scene.vault)).kind, "whole");
  const recorded = await scene.store.read((tx) =>
    tx.find("audit", { resource: `session:${sessionId}` }).map(({ principal, action }) => `${principal} ${action}`)
  );
  deepStrictEqual(recorded, ["local remove", "system erase"]);
  strictEqual((await scene.ask("anew")).sessionId === sessionId, false);
});

Deno.test("an export has every branch, or the shown one, and is audited", async () => {
  const scene = await startScene(numbering());
  const { assistant } = scene.clawdbot;
  const { sessionId } = await scene.ask("begin");
  for (let index = 0; index < 60; index++) await scene.ask(`question ${index}`);
  const { messageId } = await scene.ask("last");
  await scene.ask("last, edited", "main", { replaces: messageId });
  for (const [branches, count] of [["all", 126], ["shown", 124]] as const) {
    const exported = await assistant.exportSession(local, sessionId, branches);
    ok(exported.kind === "export");
    strictEqual(exported.session.title, "begin");
    const messages = await Array.fromAsync(exported.messages);
    strictEqual(messages.length, count);
    strictEqual(new Set(messages.map(({ id }) => id)).size, count);
    const known = new Set(messages.map(({ id }) => id));
    ok(messages.slice(1).every(({ parentId }) => parentId !== null && known.has(parentId)));
    strictEqual(messages.at(-1)!.id, exported.headId);
    strictEqual(messages.at(-1)!.answer!.modelName, "scripted");
  }
  strictEqual((await assistant.exportSession(other, sessionId, "all")).kind, "refused");
  strictEqual(await scene.store.read((tx) => tx.count("audit", { action: "export" })), 2);
});

Deno.test("who may not chat may do none of it", async () => {
  let rules: Policy = mergePolicy({});
  const scene = await startScene(numbering(), { policy: () => rules });
  const { assistant } = scene.clawdbot;
  const { sessionId, messageId, turnId } = await scene.ask("one");
  rules = mergePolicy({ rules: [{ effect: "deny", resources: ["chat"] }] });
  const results = [
    await assistant.sessions(local),
    await assistant.history(local, sessionId),
    await assistant.turn(local, turnId),
    await assistant.stop(local, turnId),
    await assistant.answerAgain(local, messageId),
    await assistant.showBranch(local, messageId),
    await assistant.renameSession(local, sessionId, "x"),
    await assistant.pinSession(local, sessionId, true),
    await assistant.removeSession(local, sessionId),
    await assistant.restoreSession(local, sessionId),
    await assistant.exportSession(local, sessionId, "all"),
    await assistant.subscribe(local, sessionId, AbortSignal.abort()),
  ];
  for (const result of results) {
    ok(result.kind === "refused" && result.reason.includes("denies"), JSON.stringify(result));
  }
  rules = mergePolicy({});
  deepStrictEqual(await scene.texts(sessionId), ["person: one", "assistant: one: answer 1"]);
});

Deno.test("a turn says what it ended with, on whatever branch, to whom it belongs", async () => {
  const scene = await startScene(() => ({ pieces: ["yes"], delayMs: 1_000 }));
  const { assistant } = scene.clawdbot;
  const { messageId, turnId } = await scene.send("one");
  deepStrictEqual(await assistant.turn(local, turnId), { kind: "turn", messageId, state: "running" });
  await scene.rest();
  await scene.ask("another", "main", { replaces: messageId });
  const turn = await assistant.turn(local, turnId);
  ok(turn.kind === "turn");
  deepStrictEqual([turn.state, turn.answer?.text, turn.answer?.parentId], ["answered", "yes", messageId]);
  for (const [who, id] of [[other, turnId], [local, "none"]] as const) {
    strictEqual((await assistant.turn(who, id)).kind, "refused");
  }
});

Deno.test("a session that begins is told to the person's other views", async () => {
  const scene = await startScene(numbering());
  const { sessionId } = await scene.ask("one", "a");
  const watched = await watch(scene, sessionId);
  await scene.ask("two", "b");
  await scene.ask("three", "b");
  deepStrictEqual(kinds(await watched()), ["sessions"]);
});
