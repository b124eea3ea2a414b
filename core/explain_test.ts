import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { installedTool, startApprovalStand } from "../tests/approval_stand.ts";
import { local } from "../tests/clawdbot_scene.ts";

const question = { resource: "tool:pump.stop", locale: "en" } as const;

Deno.test("a decision is explained with the rules, what the plugin asks, and what it is granted", async () => {
  const stand = await startApprovalStand();
  const [tool] = stand.tools;
  const plugin = {
    ...tool!.plugin,
    asked: { device: { read: ["plc-7.*"], write: ["plc-7.speed"] }, kv: { quota: 1_000_000 } },
    granted: { device: { read: ["plc-7.speed"], write: [] } },
  };
  stand.tools = [{ ...installedTool("pump.stop"), plugin }];
  const explained = await stand.clawdbot.explainer.explain(local, { ...question, who: "chat:ann" });
  ok(explained.kind === "explained");
  const [head, ...lines] = explained.lines;
  strictEqual(head, `identity:${stand.ids.ann} (operator, user) wants to use tool:pump.stop: ask`);
  deepStrictEqual(lines, [
    "use of tool:pump.stop must be approved by a person",
    "- ask · everyone · use · on tool:pump.stop",
    "Its plugin asks: may keep up to 1 MB of its own notes; may read every tag of plc-7; may ask to write speed of plc-7",
    "The site grants to this file (abababababab): may read speed of plc-7",
  ]);
});

Deno.test("people are found by account, id, name or role; two of one name by none of them", async () => {
  const stand = await startApprovalStand();
  const who = async (name: string) => {
    const explained = await stand.clawdbot.explainer.explain(local, { ...question, who: name });
    return explained.kind === "explained" ? explained.decision.question.principal : explained.kind;
  };
  const ann = `identity:${stand.ids.ann}`;
  for (const name of ["chat:ann", "Ann", stand.ids.ann, ann]) strictEqual(await who(name), ann);
  deepStrictEqual([await who("local"), await who("owner")], ["local", `identity:${stand.ids.owner}`]);
  for (const name of ["chat:nobody", "Nobody", "token:none", "", "chat:"]) {
    strictEqual(await who(name), "unknown", name);
  }
  await stand.clawdbot.people.rename(local, stand.ids.eve, "Ann");
  strictEqual(await who("Ann"), "unknown");
});

Deno.test("anybody is told about themselves, and about others only who may read it", async () => {
  const stand = await startApprovalStand();
  const { explainer } = stand.clawdbot;
  const eve = await stand.person("eve");
  const own = await explainer.explain(eve, { ...question, who: stand.ids.eve });
  ok(own.kind === "explained" && own.decision.effect === "deny");
  ok(
    own.lines.includes(
      "No rule of this site allows use of tool:pump.stop; ask its administrator, or who is lead or operator",
    ),
  );
  strictEqual((await explainer.explain(eve, { ...question, who: "Ann" })).kind, "refused");
  strictEqual((await explainer.explain(eve, { ...question, who: "Nobody" })).kind, "refused", "nor who there is");
});

Deno.test("what is asked may be another action, a write to a machine, another time, or a tool that isn't there", async () => {
  const stand = await startApprovalStand();
  const { explainer } = stand.clawdbot;
  const effect = async (more: object) => {
    const explained = await explainer.explain(local, { ...question, who: "chat:bob", ...more });
    return explained.kind === "explained" ? explained.decision.effect : explained.kind;
  };
  strictEqual(await effect({ action: "approve" }), "allow");
  strictEqual(await effect({ resource: "device:plc-7.speed", action: "write" }), "ask");
  stand.policy = {
    ...stand.policy,
    rules: [
      ...stand.policy.rules,
      { effect: "deny", resources: ["tool:pump.stop"], window: { from: 22 * 60, to: 6 * 60 } },
    ],
  };
  strictEqual(await effect({ atMs: Date.UTC(2026, 0, 1, 23) }), "deny");
  strictEqual(await effect({ atMs: Date.UTC(2026, 0, 1, 12) }), "ask");
  const absent = await explainer.explain(local, { ...question, who: "local", resource: "tool:door.open" });
  ok(absent.kind === "explained" && absent.lines.some((line) => line.startsWith("No plugin that is installed")));
  await stand.clawdbot.halts.change("halt", local, "en");
  const halted = await explainer.explain(local, { ...question, who: "local" });
  ok(halted.kind === "explained" && halted.halted?.startsWith("Everything is stopped since"));
});
