import { deepStrictEqual, ok } from "node:assert/strict";
import { createMemoryStore } from "../adapters/storage/memory.ts";
import {
  type ApprovalStand,
  installedTool,
  plantPolicy,
  pumpDigest,
  startApprovalStand,
} from "../tests/approval_stand.ts";
import { local } from "../tests/clawdbot_scene.ts";
import { seeded } from "../tests/seeded.ts";
import { cardResources, decideApproval, type Policy } from "./access.ts";
import type { ApprovedCall } from "./approvals.ts";
import { verifyAudit } from "./audit.ts";

// Goal: whatever people, thieves, administrators and the clock do, in whatever order, each card is done once at most, and
// only what the card showed, after enough of the right people approved it, in time, while nothing was stopped, by the
// plugin's very file. Method: seeded walks on the whole core over a store in memory and a virtual clock, judged by a
// bookkeeping of their own.

type Who = keyof ApprovalStand["ids"];
const people: readonly Who[] = ["owner", "ann", "bob", "cat", "eve"];
const chats: Readonly<Record<Who, string>> = { owner: "me", ann: "ann", bob: "bob", cat: "cat", eve: "eve" };

const policies: readonly Policy[] = [
  plantPolicy,
  { ...plantPolicy, bindings: { ...plantPolicy.bindings, lead: ["chat:cat"] } },
  { ...plantPolicy, bindings: { ...plantPolicy.bindings, operator: [] } },
  { ...plantPolicy, rules: [...plantPolicy.rules, { effect: "ask", resources: ["tool:pump.stop"], fourEyes: true }] },
  { ...plantPolicy, rules: [...plantPolicy.rules, { effect: "deny", resources: ["tool:pump.drain"] }] },
];

seeded("approvals do each card once at most, and nothing that the right people didn't approve", async (random) => {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const stand = await startApprovalStand({ store: createMemoryStore(), approvalMs: () => 10 * 60_000 });
  const { clawdbot, store, clock } = stand;
  const codes: { readonly of: Who; readonly code: string; readonly id: string }[] = [];
  const problems: string[] = [];

  stand.outcome = async (call: ApprovedCall) => {
    const row = (await store.read((tx) => tx.get("approvals", call.id)))!;
    const judged = await judge(call, { requesterId: row.identityId, expiresMs: row.expiresMs, digest: row.digest });
    problems.push(...judged);
    await clock.sleep(random() * 30_000, new AbortController().signal);
    return random() < 0.2 ? { kind: "failed", reason: "stuck" } : { kind: "done", text: "" };
  };

  /** What is wrong with doing this now, by the rules and the clock alone. */
  async function judge(
    { card, approverIds, requester }: ApprovedCall,
    { requesterId, expiresMs, digest }: { requesterId: string; expiresMs: number; digest: string },
  ): Promise<string[]> {
    const found: string[] = [];
    const asked = stand.policy.rules.filter((rule) =>
      rule.effect === "ask" && rule.resources.includes(`tool:${card.tool}`)
    );
    const needs = asked.some(({ fourEyes }) => fourEyes) ? 2 : 1;
    if (new Set(approverIds).size < needs) found.push(`${approverIds.length} of ${needs} approved`);
    if (needs > 1 && approverIds.includes(requesterId)) found.push("who asked was one of two");
    if (requester.id !== requesterId) found.push("somebody else's");
    for (const approverId of approverIds) {
      const name = people.find((one) => stand.ids[one] === approverId)!;
      const question = { requesterId, approverId, needs, resources: cardResources(card) };
      const decision = decideApproval(await stand.person(name), question, stand.policy, clock.nowMs());
      if (decision.effect !== "allow") found.push(`${name} may not approve it`);
    }
    if (clock.nowMs() >= expiresMs) found.push("too late");
    if (clawdbot.halts.current() !== undefined) found.push("everything is stopped");
    if (!stand.tools.some((tool) => tool.name === card.tool && tool.plugin.digest === digest)) found.push("other file");
    return found;
  }

  const steps: readonly (() => Promise<unknown>)[] = [
    async () => {
      const by = pick<Who>(["ann", "bob"]);
      const tool = pick(["pump.stop", "pump.drain"]);
      const before = await store.read((tx) => tx.count("approvals", {}));
      const asked = await stand.request(by, { tool, arguments: { pump: Math.floor(random() * 3) } });
      if (asked.kind !== "asked" || await store.read((tx) => tx.count("approvals", {})) === before) return;
      for (const of of people) {
        const code = stand.code(chats[of]);
        if (code !== "" && !codes.some((known) => known.code === code)) codes.push({ of, code, id: asked.id });
      }
    },
    // The right person, by code; a thief with that code; by id; the terminal; a made-up code.
    async () => {
      const one = codes.length === 0 ? undefined : pick(codes);
      if (one !== undefined) await stand.vote(one.of, { code: one.code }, random() < 0.85 ? "approve" : "deny");
    },
    async () => {
      const one = codes.length === 0 ? undefined : pick(codes);
      if (one === undefined) return;
      const thief = pick(people.filter((who) => who !== one.of));
      const result = await stand.vote(thief, { code: one.code });
      if (result.kind !== "wrong") problems.push(`${thief} used a code of ${one.of}: ${result.kind}`);
    },
    async () => {
      const one = codes.length === 0 ? undefined : pick(codes);
      if (one !== undefined) await stand.vote(pick<Who | "local">([...people, "local"]), { id: one.id });
    },
    async () => void await stand.vote(pick(people), { code: `ABC-DEF-${Math.floor(random() * 900) + 100}` }),
    async () => {
      stand.policy = random() < 0.5 ? plantPolicy : pick(policies);
    },
    async () => {
      stand.tools = random() < 0.7 ? [installedTool("pump.stop"), installedTool("pump.drain")] : [
        installedTool("pump.stop", "cd".repeat(32)),
      ];
    },
    async () => {
      if (random() < 0.2) await clawdbot.halts.change("halt", await stand.person(pick(people)), "en");
      else await clawdbot.halts.change("resume", local, "en");
    },
    () => stand.rest(random() * 4 * 60_000),
  ];
  for (let step = 0; step < 40; step++) await pick([...steps.slice(0, 2), ...steps])();
  await stand.rest(20 * 60_000);
  deepStrictEqual(problems, []);
  const ids = stand.performed.map(({ id }) => id);
  deepStrictEqual(ids.length, new Set(ids).size, "one was done twice");
  const rows = await store.read((tx) => tx.find("approvals", {}));
  ok(rows.every(({ state }) => state !== "pending" && state !== "doing"), "one waits for ever");
  ok(stand.performed.every(({ card }) => card.digest === pumpDigest));
  deepStrictEqual((await verifyAudit(store, stand.vault)).kind, "whole");
}, { runs: 60, long: 2_000 });
