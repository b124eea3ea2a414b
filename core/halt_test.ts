import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { createMemoryStore } from "../adapters/storage/memory.ts";
import { installedTool, plantPolicy, pumpPorts, startApprovalStand } from "../tests/approval_stand.ts";
import { local, startScene } from "../tests/clawdbot_scene.ts";

Deno.test("whoever may use a tool stops everything: what waits is off, what comes is refused, and only administrators resume", async () => {
  const stand = await startApprovalStand();
  await stand.request("ann", {});
  await stand.request("bob", {});
  match(
    await stand.say("eve", "/halt"),
    /^Only who may use a tool can stop everything; ask this site's administrator$/,
  );
  strictEqual(stand.clawdbot.halts.current(), undefined);
  const signal = stand.clawdbot.halts.signal();
  match(await stand.say("ann", "/halt"), /^Everything is stopped: .* 2 approvals that waited are off\./);
  ok(signal.aborted);
  deepStrictEqual(stand.chat.texts("bob").slice(-2).sort(), [
    "Asked by `Ann`: `pump.stop` wasn't done: everything was stopped. Ask again once that is over.",
    "`pump.stop` wasn't done: everything was stopped. Ask again once that is over.",
  ]);
  match(
    await stand.say("bob", `/approve ${stand.code("bob")}`),
    /^Everything was stopped, `pump\.stop` with it\. Nothing is done\.$/,
  );
  const refused = await stand.request("bob", {});
  ok(refused.kind === "refused");
  match(
    refused.reason,
    /^Everything is stopped since 2026-01-01 00:\d\d UTC, by `Ann`: .*; ask the administrator to resume$/,
  );
  strictEqual(await stand.store.read((tx) => stand.clawdbot.halts.reason(tx, "en")), refused.reason);
  match(await stand.say("bob", "/halt"), /^Everything is stopped already/);
  match(await stand.say("ann", "/resume"), /^No rule of this site allows manage of admin:halt; ask its administrator$/);
  match(await stand.say("me", "/resume"), /^Tools are called again\./);
  strictEqual(await stand.say("me", "/resume"), "Nothing is stopped.");
  ok(!stand.clawdbot.halts.signal().aborted);
  strictEqual((await stand.request("ann", {})).kind, "asked");
  strictEqual(stand.performed.length, 0);
  deepStrictEqual((await stand.audit()).filter((line) => line.includes("admin:halt")), [
    "eve halt admin:halt refused",
    "ann halt admin:halt halted",
    "ann resume admin:halt refused",
    "owner resume admin:halt resumed",
  ]);
});

Deno.test("a halt works in a group and from the terminal, and survives a restart", async () => {
  const store = createMemoryStore();
  const stand = await startApprovalStand({ store });
  match(await stand.say("bob", "/halt", { conversation: "room", place: "group" }), /^Everything is stopped/);
  strictEqual((await stand.clawdbot.halts.change("resume", local, "en")).kind, "changed");
  strictEqual((await stand.clawdbot.halts.change("halt", local, "en")).kind, "changed");
  deepStrictEqual((await stand.clawdbot.halts.shown("en"))?.by, "the terminal");
  const next = await startScene(() => ({ pieces: [] }), { store, policy: () => plantPolicy });
  ok(next.clawdbot.halts.current() !== undefined && next.clawdbot.halts.signal().aborted);
  match(await store.read((tx) => next.clawdbot.halts.reason(tx, "zh-CN")) ?? "", /一切已由 终端 停止/);
});

Deno.test("a halt that was damaged in the store still holds", async () => {
  for (const value of ["{", "{}", '{"by":7,"atMs":"x"}']) {
    const stand = await startApprovalStand();
    await stand.store.write((tx) => tx.insert("settings", { id: "halt", value, updatedMs: 1 }));
    const refused = await stand.request("ann", {});
    ok(refused.kind === "refused" && refused.reason.startsWith("Everything is stopped"));
  }
});

Deno.test("while everything is stopped people go on talking, and a tool that is asked for is refused with the reason", async () => {
  const installed = [installedTool("pump.read"), installedTool("pump.stop")];
  const tools = pumpPorts(() => installed);
  const stand = await startApprovalStand({ tools });
  const last = () => stand.chat.texts("ann").at(-1)!;
  await stand.say("ann", "read the pump");
  strictEqual(last(), "`pump.read`: Pump 7 stands still.");
  await stand.say("ann", "/halt");
  await stand.say("ann", "how are you?");
  strictEqual(last(), "re: how are you?");
  for (const asked of ["read the pump", "stop the pump"]) {
    await stand.say("ann", asked);
    match(last(), /^Everything is stopped since .*; ask the administrator to resume$/);
  }
  deepStrictEqual(tools.executed, ["read"]);
  await stand.say("me", "/resume");
  await stand.say("ann", "read the pump");
  strictEqual(last(), "`pump.read`: Pump 7 stands still.");
});

Deno.test("a tool that runs when everything is stopped is ended, and who asked is told why", async () => {
  const installed = [installedTool("pump.read")];
  const tools = pumpPorts(() => installed);
  let running = () => {};
  const begun = new Promise<void>((resolve) => running = resolve);
  const stand = await startApprovalStand({
    tools: {
      ...tools,
      plugins: {
        ...tools.plugins,
        call: (_call, _host, signal) => {
          running();
          return new Promise((resolve) => signal.addEventListener("abort", () => resolve({ kind: "cancelled" })));
        },
      },
    },
  });
  await stand.chat.write("ann", "read the pump");
  await begun;
  await stand.say("bob", "/halt");
  match(stand.chat.texts("ann").at(-1)!, /^Everything is stopped since .*, by `Bob`: /);
});

Deno.test("a halt that can't be read back ends what runs all the same", async () => {
  const store = createMemoryStore();
  let isBroken = false;
  const failing: typeof store = {
    ...store,
    read: (work) => isBroken ? Promise.reject(new Error("the disk is gone")) : store.read(work),
  };
  const stand = await startApprovalStand({ store: failing });
  const signal = stand.clawdbot.halts.signal();
  isBroken = true;
  await stand.clawdbot.halts.noticed();
  isBroken = false;
  ok(signal.aborted);
});
