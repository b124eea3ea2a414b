import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { createMemoryStore } from "../adapters/storage/memory.ts";
import {
  type ApprovalStand,
  installedTool,
  plantPolicy,
  pumpDigest,
  pumpPorts,
  startApprovalStand,
} from "../tests/approval_stand.ts";
import { local } from "../tests/clawdbot_scene.ts";
import { waitingEachMax, wrongPerMinuteMax } from "./approvals/deps.ts";
import { verifyAudit } from "./audit.ts";

const minuteMs = 60_000;
const last = (stand: ApprovalStand, who: string) => stand.chat.texts(who).at(-1) ?? "";
/** How often something was done. */
const done = (stand: ApprovalStand) => stand.performed.length;
const rows = (stand: ApprovalStand) => stand.store.read((tx) => tx.find("approvals", {}));
const states = async (stand: ApprovalStand) => (await rows(stand)).map(({ state }) => state);

Deno.test("who may approve gets a card with all that will happen, presses a button, and both are told what came of it", async () => {
  const stand = await startApprovalStand();
  const asked = await stand.request("ann", {});
  ok(asked.kind === "asked");
  match(
    asked.text,
    /^`pump\.stop` waits for approval by .*`Bob`.*, until 2026-01-01 00:1\d UTC\. Nothing is done before\.$/,
  );
  const card = stand.chat.sent("bob").at(-1)!;
  for (
    const part of ["`pump.stop`", "| `pump` | `7` |", "Asked by `Ann`", "`abababababab`", "good until 2026-01-01 00:1"]
  ) {
    ok(card.text.includes(part), `${part} in ${card.text}`);
  }
  deepStrictEqual(card.buttons.map(({ label }) => label), ["Approve", "Deny"]);
  ok(card.buttons.every(({ text }) => new TextEncoder().encode(text).length <= 64));
  ok(!stand.chat.texts("eve").some((text) => text.includes("pump.stop")), "eve may not approve and sees nothing");
  ok(!stand.chat.sent("ann").some(({ buttons }) => buttons.length > 0), "nor does ann, who may only use it");
  strictEqual(done(stand), 0);

  strictEqual(
    await stand.say("bob", card.buttons[0]!.text),
    "Approved. `pump.stop` is being done, and you are told what came of it.",
  );
  const [call] = stand.performed;
  ok(call !== undefined && done(stand) === 1);
  deepStrictEqual(call.card, { tool: "pump.stop", digest: pumpDigest, arguments: { pump: 7 }, writes: [] });
  deepStrictEqual([call.requester.id, call.approverIds], [stand.ids.ann, [stand.ids.bob]]);
  const said = "`pump.stop` was approved by `Bob`, and done.\n\n> Pump 7 stands still.";
  strictEqual(last(stand, "ann"), said);
  strictEqual(last(stand, "bob"), `Asked by \`Ann\`: ${said}`);
  strictEqual(last(stand, "me"), `Asked by \`Ann\`: ${said}`, "who was asked too hears that it is decided");
  deepStrictEqual(await states(stand), ["done"]);
  deepStrictEqual((await stand.audit()).filter((line) => line.includes(" approval ")), [
    "ann ask approval asked",
    "system tell approval told",
    "bob approve approval approved",
    "system perform approval done",
  ]);
  const [detail] = await stand.details("ask");
  deepStrictEqual(JSON.parse(detail!), { ...call.card, needs: 1 });
  strictEqual((await verifyAudit(stand.store, stand.vault)).kind, "whole");
});

Deno.test("what is said in a chat becomes a card, and what was approved is done by the plugin, once", async () => {
  const installed = [installedTool("pump.stop")];
  const tools = pumpPorts(() => installed);
  const stand = await startApprovalStand({ tools });
  await stand.say("ann", "stop the pump");
  match(last(stand, "ann"), /^`pump\.stop` waits for approval by .*Nothing is done before\.$/);
  deepStrictEqual(tools.executed, []);
  await stand.say("bob", `/approve ${stand.code("bob")}`);
  await stand.say("cat", `/approve ${stand.code("cat")}`);
  deepStrictEqual(tools.executed, ["stop"]);
  ok(stand.chat.texts("ann").includes("`pump.stop` was approved by `Bob`, and done.\n\n> Pump 7 stands still."));
  const sessions = await stand.clawdbot.assistant.sessions(await stand.person("ann"));
  ok(sessions.kind === "sessions");
  const history = await stand.clawdbot.assistant.history(await stand.person("ann"), sessions.sessions[0]!.id);
  ok(history.kind === "history");
  deepStrictEqual(history.messages.slice(-3).map(({ author, isOutcome = false }) => [author, isOutcome]), [
    ["person", false],
    ["assistant", false],
    ["notice", true],
  ]);
});

Deno.test("a repeated, forwarded or forged approval does nothing, and says why", async () => {
  const stand = await startApprovalStand();
  await stand.request("ann", {});
  const code = stand.code("bob");
  for (const thief of ["cat", "ann", "eve", "me"]) {
    match(await stand.say(thief, `/approve ${code}`), /^There is no such code, or it isn't yours\./);
  }
  match(await stand.say("bob", "/approve ABC-DEF-GHJ"), /^There is no such code/);
  match(await stand.say("bob", "/approve"), /Write the code behind it/);
  match(
    await stand.say("bob", `/approve ${code}`, { conversation: "room", place: "group" }),
    /write this to me directly/,
  );
  strictEqual(done(stand), 0);
  deepStrictEqual(await states(stand), ["pending"]);
  // By the id as well: only who sees the card.
  const [{ id } = { id: "" }] = await rows(stand);
  match((await stand.vote("eve", { id })).text, /^There is no such approval, or it isn't yours to see\./);
  match(
    (await stand.vote("ann", { id })).text,
    /^No rule of this site allows approve of tool:pump\.stop; ask its administrator, or who is lead$/,
  );

  match(await stand.say("bob", `/approve ${code.toLowerCase().replaceAll("-", " ")}`), /^Approved\./);
  match(await stand.say("bob", `/approve ${code}`), /^`pump\.stop` was approved and done already/);
  match(await stand.say("cat", `/deny ${stand.code("cat")}`), /^`pump\.stop` was approved and done already/);
  strictEqual(done(stand), 1);
  const audit = await stand.audit();
  ok(audit.includes("eve approve approval wrong code"), audit.join("\n"));
  ok(audit.includes("bob approve approval is done"));
});

Deno.test("the same message of a platform, offered again, counts once", async () => {
  const stand = await startApprovalStand();
  await stand.request("ann", {});
  const words = `/approve ${stand.code("bob")}`;
  for (let copy = 0; copy < 3; copy++) await stand.chat.write("bob", words, { platformId: "pressed" });
  await stand.rest(1_000);
  strictEqual(done(stand), 1);
  strictEqual(stand.chat.texts("bob").filter((text) => text.startsWith("Approved.")).length, 1);
});

Deno.test("two approvals at the same moment have it done once", async () => {
  const stand = await startApprovalStand();
  await stand.request("ann", {});
  const [{ id } = { id: "" }] = await rows(stand);
  const results = await Promise.all([
    stand.vote("bob", { id }),
    stand.vote("cat", { id }),
    stand.vote("owner", { id }),
  ]);
  deepStrictEqual(results.map(({ kind }) => kind).sort(), ["approved", "nothing", "nothing"]);
  strictEqual(done(stand), 1);
});

Deno.test("an approval expires: who asked is told, and what comes later does nothing", async () => {
  const stand = await startApprovalStand({ approvalMs: () => 5 * minuteMs });
  await stand.request("ann", {});
  await stand.rest(5 * minuteMs + 1_000);
  strictEqual(
    last(stand, "ann"),
    "Nobody approved `pump.stop` in time. Nothing was done; ask again if it is still wanted.",
  );
  match(await stand.say("bob", `/approve ${stand.code("bob")}`), /came too late: it has expired\. Nothing is done\.$/);
  deepStrictEqual(await states(stand), ["expired"]);
  strictEqual(done(stand), 0);
  ok((await stand.audit()).includes("system approve approval expired"));
});

Deno.test("a vote in the moment of the expiry comes too late, whether or not anybody has noticed", async () => {
  const stand = await startApprovalStand({ approvalMs: () => 5 * minuteMs });
  await stand.request("ann", {});
  const code = stand.code("bob");
  const [row] = await rows(stand);
  // The clock is set on without letting the watch run.
  await stand.store.write((tx) => tx.update("approvals", row!.id, { expiresMs: stand.clock.nowMs() }));
  match((await stand.vote("bob", { code })).text, /came too late/);
  deepStrictEqual(await states(stand), ["expired"]);
  strictEqual(done(stand), 0);
});

Deno.test("one denial ends it, and who asked is told by whom", async () => {
  const stand = await startApprovalStand();
  await stand.request("ann", {});
  strictEqual(await stand.say("bob", `/deny ${stand.code("bob")}`), "`pump.stop` is denied. Nothing is done.");
  strictEqual(last(stand, "ann"), "`pump.stop` was denied by `Bob`. Nothing was done.");
  match(last(stand, "cat"), /^Asked by `Ann`: `pump\.stop` was denied by `Bob`/);
  match(await stand.say("cat", `/approve ${stand.code("cat")}`), /was denied already/);
  strictEqual(done(stand), 0);
});

Deno.test("who asked takes it back", async () => {
  const stand = await startApprovalStand();
  await stand.request("ann", {});
  const [{ id } = { id: "" }] = await rows(stand);
  strictEqual((await stand.vote("ann", { id }, "deny")).text, "You took back `pump.stop`. Nothing is done.");
  match(last(stand, "bob"), /was taken back by who asked for it/);
});

Deno.test("two people must approve where a rule says so: neither is who asked, none counts twice, the terminal never", async () => {
  const stand = await startApprovalStand();
  const asked = await stand.request("bob", { tool: "pump.drain" });
  ok(asked.kind === "asked");
  match(asked.text, /waits for approval by two of these: /);
  ok(!stand.chat.sent("bob").some(({ text }) => text.includes("**Please approve:** `pump.drain`")), "bob asked for it");
  match(stand.chat.texts("cat").at(-1)!, /Two people must approve it\./);
  const [{ id } = { id: "" }] = await rows(stand);
  match((await stand.vote("bob", { id })).text, /^Two other people must approve it, since you asked for it/);
  match((await stand.vote("local", { id })).text, /not from this terminal/);
  match(await stand.say("cat", `/approve ${stand.code("cat")}`), /counts\. One more person must approve it\.$/);
  match(await stand.say("cat", `/approve ${stand.code("cat")}`), /You have approved it already/);
  match((await stand.vote("local", { id })).text, /not from this terminal/);
  strictEqual(done(stand), 0);
  match(await stand.say("me", `/approve ${stand.code("me")}`), /^Approved\./);
  deepStrictEqual(stand.performed[0]?.approverIds, [stand.ids.cat, stand.ids.owner]);
  match(last(stand, "bob"), /^`pump\.drain` was approved by `Cat` and the owner, and done\./);
});

Deno.test("what is typed in the terminal is the terminal's word, not the owner's own account's", async () => {
  const stand = await startApprovalStand();
  await stand.request("bob", { tool: "pump.drain" });
  await stand.say("cat", `/approve ${stand.code("cat")}`);
  const typed = { account: "local", conversation: "main", platformId: "1", locale: "en" } as const;
  const result = await stand.terminal.submit({ ...typed, text: `/approve ${stand.code("me")}` });
  ok(result.kind === "handled");
  match(result.text, /not from this terminal/);
  strictEqual(done(stand), 0);
});

Deno.test("where one is enough, who asked may approve it if they may approve", async () => {
  const stand = await startApprovalStand();
  await stand.request("bob", {});
  match(await stand.say("bob", `/approve ${stand.code("bob")}`), /^Approved\./);
  strictEqual(done(stand), 1);
});

Deno.test("where nobody may approve, nothing waits, and who asked is told whom to ask", async () => {
  const stand = await startApprovalStand();
  stand.policy = {
    ...plantPolicy,
    rules: [...plantPolicy.rules, { effect: "deny", actions: ["approve"], resources: ["*"] }],
  };
  const asked = await stand.request("ann", {});
  ok(asked.kind === "refused");
  match(asked.reason, /nobody here may; ask this site's administrator/);
  stand.policy = {
    ...plantPolicy,
    rules: [...plantPolicy.rules, { effect: "deny", roles: ["lead"], actions: ["approve"], resources: ["*"] }],
  };
  const few = await stand.request("ann", { tool: "pump.drain" });
  ok(few.kind === "refused");
  match(few.reason, /must be approved by two people besides you, and fewer may; ask this site's administrator/);
  deepStrictEqual(await rows(stand), []);
});

Deno.test("a card of a plugin that was replaced, or of who lost the right, is void: it says why, and nothing is done", async () => {
  const stand = await startApprovalStand();
  await stand.request("ann", {});
  stand.tools = [installedTool("pump.stop", "cd".repeat(32))];
  match(
    await stand.say("bob", `/approve ${stand.code("bob")}`),
    /plugin of `pump\.stop` was replaced, removed or has lost its grant/,
  );
  match(last(stand, "ann"), /^`pump\.stop` wasn't done: .*\n\n> The plugin of `pump\.stop` was replaced/);
  stand.tools = [installedTool("pump.stop")];
  match(await stand.say("bob", `/approve ${stand.code("bob")}`), /isn't what the card showed any more/);
  await stand.request("ann", {});
  stand.policy = { ...plantPolicy, bindings: { ...plantPolicy.bindings, operator: [] } };
  match(
    await stand.say("bob", `/approve ${stand.code("bob")}`),
    /^Who asked for `pump\.stop` may not have it done any more/,
  );
  deepStrictEqual(await states(stand), ["void", "void"]);
  strictEqual(done(stand), 0);
});

Deno.test("rules that changed meanwhile count: an approver who may no longer doesn't, and two may be needed now", async () => {
  const stand = await startApprovalStand();
  await stand.request("ann", { tool: "pump.drain" });
  await stand.say("bob", `/approve ${stand.code("bob")}`);
  stand.policy = { ...plantPolicy, bindings: { ...plantPolicy.bindings, lead: ["chat:cat"] } };
  match(await stand.say("cat", `/approve ${stand.code("cat")}`), /One more person must approve it/);
  match(await stand.say("bob", `/deny ${stand.code("bob")}`), /^No rule of this site allows approve/);
  match(await stand.say("me", `/approve ${stand.code("me")}`), /^Approved\./);
  strictEqual(done(stand), 1);
  stand.policy = plantPolicy;
  await stand.request("ann", {});
  stand.policy = {
    ...plantPolicy,
    rules: [...plantPolicy.rules, { effect: "ask", actions: ["use"], resources: ["tool:pump.stop"], fourEyes: true }],
  };
  match(await stand.say("bob", `/approve ${stand.code("bob")}`), /One more person must approve it/);
  strictEqual(done(stand), 1);
});

Deno.test("the same thing, asked again while it waits, is one card", async () => {
  const stand = await startApprovalStand();
  const first = await stand.request("ann", {});
  const again = await stand.request("ann", {});
  ok(first.kind === "asked" && again.kind === "asked" && first.id === again.id);
  const other = await stand.request("ann", { arguments: { pump: 8 } });
  ok(other.kind === "asked" && other.id !== first.id);
  strictEqual((await rows(stand)).length, 2);
});

Deno.test("one person has at most so many cards waiting", async () => {
  const stand = await startApprovalStand();
  for (let pump = 0; pump < waitingEachMax; pump++) await stand.request("ann", { arguments: { pump } });
  const one = await stand.request("ann", { arguments: { pump: "more" } });
  ok(one.kind === "refused");
  match(one.reason, /^20 things wait for approval already/);
  strictEqual((await stand.request("bob", {})).kind, "asked");
});

Deno.test("who gives too many wrong codes is told to wait, and leaves no trace; a right one counts all the same", async () => {
  const stand = await startApprovalStand();
  await stand.request("ann", {});
  for (let count = 0; count < wrongPerMinuteMax; count++) await stand.vote("bob", { code: `WRONG-${count}` });
  const audited = (await stand.audit()).length;
  strictEqual(
    (await stand.vote("bob", { code: "WRONG" })).text,
    "That were too many wrong codes. Please wait a minute.",
  );
  strictEqual((await stand.audit()).length, audited);
  strictEqual((await stand.vote("bob", { code: stand.code("bob") })).kind, "approved");
});

Deno.test("failed, void and unknown outcomes are told as what they are", async () => {
  const stand = await startApprovalStand();
  for (
    const [kind, words] of [
      ["failed", "was approved by `Bob`, and failed.\n\n> the valve is stuck"],
      ["void", "wasn't done: it isn't what the card showed any more.\n\n> the valve is stuck"],
      ["unknown", "**Whether it was done isn't known.** Please look before you ask again.\n\n> the valve is stuck"],
    ] as const
  ) {
    stand.outcome = () => Promise.resolve({ kind, reason: "the valve is stuck" });
    await stand.request("ann", {});
    await stand.say("bob", `/approve ${stand.code("bob")}`);
    ok(last(stand, "ann").endsWith(words), last(stand, "ann"));
    ok(last(stand, "bob").endsWith(words));
  }
  deepStrictEqual(await states(stand), ["failed", "void", "unknown"]);
});

Deno.test("a plugin that dies in the middle of an approved call is said to have an unknown outcome, once", async () => {
  const stand = await startApprovalStand();
  stand.outcome = () => Promise.reject(new Error("the process ended"));
  await stand.request("ann", {});
  const said = console.error;
  console.error = () => {};
  await stand.say("bob", `/approve ${stand.code("bob")}`);
  console.error = said;
  match(last(stand, "ann"), /Whether it was done isn't known/);
  match(
    await stand.say("bob", `/approve ${stand.code("bob")}`),
    /nobody knows whether it was done\. It isn't done again\.$/,
  );
  strictEqual(done(stand), 1);
});

Deno.test("what took too long is ended, and isn't known", async () => {
  const stand = await startApprovalStand();
  stand.outcome = (_, signal) =>
    new Promise((resolve) => signal.addEventListener("abort", () => resolve({ kind: "unknown", reason: "cut" })));
  await stand.request("ann", {});
  await stand.say("bob", `/approve ${stand.code("bob")}`);
  deepStrictEqual(await states(stand), ["doing"]);
  await stand.rest(16 * minuteMs);
  deepStrictEqual(await states(stand), ["unknown"]);
});

Deno.test("a host that died while something was done says so in its next life, and what waited waits on", async () => {
  const store = createMemoryStore();
  const stand = await startApprovalStand({ store });
  stand.outcome = () => new Promise(() => {});
  await stand.request("ann", {});
  await stand.request("ann", { arguments: { pump: 8 } });
  const codes = [stand.code("bob"), stand.code("cat")];
  await stand.say("bob", `/approve ${codes[0]}`);
  deepStrictEqual((await states(stand)).sort(), ["doing", "pending"]);
  const [waiting] = (await rows(stand)).filter(({ state }) => state === "pending");
  // Another life of the same store: nothing of the first is asked any more.
  const { startScene } = await import("../tests/clawdbot_scene.ts");
  const { createChatPlatform } = await import("../tests/chat_platform.ts");
  const chat = createChatPlatform("chat");
  const next = await startScene(() => ({ pieces: [] }), {
    store,
    channels: { chat: chat.channel },
    policy: () => plantPolicy,
    performer: { installed: () => stand.tools, perform: () => Promise.resolve({ kind: "done", text: "" }) },
  });
  await next.rest(1_000);
  match(
    chat.texts("ann").at(-1)!,
    /Whether it was done isn't known.*\n\n> The assistant was interrupted while it was done\./s,
  );
  const bob = await stand.person("bob");
  const result = await next.clawdbot.approvals.vote({
    principal: bob,
    which: { id: waiting!.id },
    verdict: "approve",
    locale: "en",
  });
  strictEqual(result.kind, "approved");
  await next.rest(1_000);
  deepStrictEqual((await rows(stand)).map(({ state }) => state).sort(), ["done", "unknown"]);
});

Deno.test("a machine's write shows device, tag, values, unit and range, and needs the right to approve each tag", async () => {
  const stand = await startApprovalStand();
  const write = {
    device: "plc-7",
    tag: "speed",
    place: "register 7",
    present: 1450,
    value: 0,
    unit: "rpm",
    min: 0,
    max: 3000,
  };
  await stand.request("ann", { writes: [write] });
  const text = stand.chat.texts("bob").at(-1)!;
  ok(text.includes("| Place | Now | Then | Allowed |"), text);
  ok(text.includes("| `plc-7.speed` | `1450 rpm` | `0 rpm` | `0 to 3000 rpm` |"), text);
  ok(text.includes("\n`plc-7.speed` is `register 7`\n"), text);
  await stand.request("ann", { writes: [{ ...write, device: "plc-8" }] });
  ok(!stand.chat.texts("bob").some((text) => text.includes("plc-8")), "bob may approve for plc-7 only");
  ok(stand.chat.texts("me").at(-1)!.includes("plc-8.speed"), "an administrator may");
});

Deno.test("who writes in Chinese gets cards, buttons and what comes of them in Chinese", async () => {
  const stand = await startApprovalStand();
  const inChinese = { locale: "zh-CN" } as const;
  for (const who of ["ann", "bob"]) await stand.say(who, "你好", inChinese);
  const write = { device: "plc-7", tag: "speed", place: "register 7", present: 1450, value: 0, unit: "rpm", min: 0 };
  const asked = await stand.request("ann", { writes: [write] }, inChinese);
  ok(asked.kind === "asked");
  match(asked.text, /^`pump\.stop` 正在等待 .*`Bob`.* 批准，到 2026-01-01 00:1\d UTC 为止。在此之前什么都不做。$/);
  const card = stand.chat.sent("bob").at(-1)!;
  for (
    const part of [
      "**请审批：** `pump.stop`",
      "| 位置 | 现在 | 之后 | 允许 |",
      "| `plc-7.speed` | `1450 rpm` | `0 rpm` | `至少 0 rpm` |",
      "`plc-7.speed` 是 `register 7`",
      "申请人 `Ann`",
      "有效至 2026-01-01 00:1",
    ]
  ) ok(card.text.includes(part), `${part} in ${card.text}`);
  deepStrictEqual(card.buttons.map(({ label }) => label), ["批准", "拒绝"]);
  strictEqual(
    await stand.say("bob", card.buttons[0]!.text, inChinese),
    "已批准。正在执行 `pump.stop`，结果会告诉你。",
  );
  const said = "`pump.stop` 由 `Bob` 批准，已执行。\n\n> Pump 7 stands still.";
  strictEqual(last(stand, "ann"), said);
  strictEqual(last(stand, "bob"), `申请人 \`Ann\`：${said}`);

  await stand.request("ann", {}, inChinese);
  await stand.rest(20 * minuteMs);
  strictEqual(last(stand, "ann"), "没有人及时批准 `pump.stop`。什么都没有做；如仍需要请再次提出。");
  match(await stand.say("bob", `/approve ${stand.code("bob")}`, inChinese), /太迟了：它已过期。什么都不做。$/);

  await stand.request("ann", {}, inChinese);
  stand.tools = [installedTool("pump.stop", "cd".repeat(32))];
  match(
    await stand.say("bob", `/approve ${stand.code("bob")}`, inChinese),
    /插件被替换、移除或失去了授权。什么都不做；请重新提出。$/,
  );
  stand.tools = [installedTool("pump.stop")];

  await stand.request("ann", {}, inChinese);
  await stand.say("me", "/halt");
  match(last(stand, "ann"), /`pump\.stop` 没有执行：一切已停止。恢复之后请再次提出。/);
  match(
    await stand.say("bob", `/approve ${stand.code("bob")}`, inChinese),
    /一切已停止，`pump\.stop` 也在其中。什么都不做。$/,
  );
  strictEqual(done(stand), 1);
});

Deno.test("what arguments hold can't pass for something else on a card", async () => {
  const stand = await startApprovalStand();
  await stand.request("ann", {
    arguments: { note: "x` | `y` |\n\n**Please approve:** nothing \u202e[link](http://evil)" },
  });
  const text = stand.chat.texts("bob").at(-1)!;
  strictEqual(text.split("\n").filter((line) => line.startsWith("**Please approve:**")).length, 1);
  ok(text.includes("| `note` | `x' \\| 'y' \\| **Please approve:** nothing [link](http://evil)` |"), text);
  await stand.request("ann", { arguments: { note: "z".repeat(5_000) } });
  ok(stand.chat.texts("bob").at(-1)!.includes("… and 4600 more characters, on the page"));
});

Deno.test("in a group the outcome names who asked, and the history has it", async () => {
  const stand = await startApprovalStand();
  const accepted = await stand.chat.write("ann", "please stop the pump");
  await stand.rest(1_000);
  ok(accepted.kind === "accepted");
  await stand.request("ann", {}, { sessionId: accepted.sessionId, group: "room" });
  await stand.say("bob", `/approve ${stand.code("bob")}`);
  match(stand.chat.texts("room").at(-1)!, /^Asked by `Ann`: `pump\.stop` was approved by `Bob`, and done\./);
  const history = await stand.clawdbot.assistant.history(await stand.person("ann"), accepted.sessionId);
  ok(history.kind === "history");
  deepStrictEqual(history.messages.map(({ author }) => author), [
    "person",
    "assistant",
    "person",
    "assistant",
    "notice",
  ]);
});

Deno.test("an outcome that comes while a question is answered stands behind its answer", async () => {
  const stand = await startApprovalStand();
  const accepted = await stand.chat.write("ann", "stop the pump");
  await stand.rest(1_000);
  ok(accepted.kind === "accepted");
  const { sessionId } = accepted;
  let finish = () => {};
  stand.outcome = () => new Promise((resolve) => finish = () => resolve({ kind: "done", text: "" }));
  await stand.request("ann", {}, { sessionId });
  await stand.say("bob", `/approve ${stand.code("bob")}`);
  await stand.chat.write("ann", "and then?");
  finish();
  await stand.rest(1_000);
  const history = await stand.clawdbot.assistant.history(await stand.person("ann"), sessionId);
  ok(history.kind === "history");
  deepStrictEqual(history.messages.slice(-3).map(({ author, siblingIds }) => [author, siblingIds.length]), [
    ["person", 1],
    ["assistant", 1],
    ["notice", 1],
  ]);
  const again = await stand.clawdbot.assistant.answerAgain(await stand.person("ann"), history.messages.at(-1)!.id);
  strictEqual(again.kind, "accepted");
});

Deno.test("with a session that is erased, its cards, votes and calls of tools go, and the audit stays whole", async () => {
  const stand = await startApprovalStand();
  const accepted = await stand.chat.write("ann", "stop the pump");
  await stand.rest(1_000);
  ok(accepted.kind === "accepted");
  const { sessionId, turnId } = accepted;
  const asked = await stand.request("ann", {}, { sessionId });
  ok(asked.kind === "asked");
  await stand.say("bob", `/approve ${stand.code("bob")}`);
  await stand.request("ann", { arguments: { pump: 8 } }, { sessionId });
  const other = await stand.request("bob", {});
  ok(other.kind === "asked");
  await stand.store.write((tx) =>
    tx.insert("toolCalls", {
      id: "call",
      sessionId,
      turnId,
      approvalId: asked.id,
      identityId: stand.ids.ann,
      tool: "pump.stop",
      digest: pumpDigest,
      state: "done",
      idempotent: 0,
      argumentsEnc: new Uint8Array(),
      resultEnc: null,
      createdMs: 1,
      endedMs: 1,
    })
  );
  await stand.clawdbot.assistant.removeSession(await stand.person("ann"), sessionId);
  await stand.rest(26 * 60 * minuteMs);
  deepStrictEqual((await rows(stand)).map(({ id }) => id), [other.id]);
  const left = await stand.store.read((tx) => [
    tx.count("toolCalls", {}),
    tx.find("approvalVotes", {}).filter(({ approvalId }) => approvalId !== other.id).length,
    tx.count("sessions", { id: sessionId }),
  ]);
  deepStrictEqual(left, [0, 0, 0]);
  strictEqual((await verifyAudit(stand.store, stand.vault)).kind, "whole");
});

Deno.test("a list shows each what concerns them, with what they may do", async () => {
  const stand = await startApprovalStand();
  await stand.request("ann", { tool: "pump.drain" });
  await stand.request("bob", {});
  const list = async (who: Parameters<ApprovalStand["person"]>[0]) =>
    (await stand.clawdbot.approvals.list(await stand.person(who), { of: "waiting", locale: "en" }))
      .map(({ card: { tool }, may }) => [tool, may.approve, may.deny, may.why === undefined]);
  deepStrictEqual(await list("ann"), [["pump.drain", false, true, false]]);
  deepStrictEqual(await list("bob"), [["pump.drain", true, true, true], ["pump.stop", true, true, true]]);
  deepStrictEqual(await list("eve"), []);
  const atTerminal = await stand.clawdbot.approvals.list(local, { of: "waiting", locale: "en" });
  deepStrictEqual(atTerminal.map(({ may }) => [may.approve, may.deny]), [[false, true], [true, true]]);
  const token = { kind: "token", id: "t", roles: ["administrator"] } as const;
  deepStrictEqual(await stand.clawdbot.approvals.list(token, { of: "waiting", locale: "en" }), []);
  const [first] = atTerminal;
  match(
    (await stand.clawdbot.approvals.vote({
      principal: token,
      which: { id: first!.id },
      verdict: "approve",
      locale: "en",
    })).text,
    /^A program can't approve/,
  );
  await stand.vote("bob", { id: first!.id }, "deny");
  const [ended] = await stand.clawdbot.approvals.list(local, { of: "ended", locale: "en" });
  deepStrictEqual([ended?.state, ended?.deniedBy?.name], ["denied", "Bob"]);
});
