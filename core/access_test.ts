import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../tests/seeded.ts";
import * as v from "valibot";
import {
  type Action,
  decide,
  decideApproval,
  decideCard,
  decideRequest,
  decideTool,
  defaultPolicy,
  type Effect,
  explain,
  grantedTo,
  mergePolicy,
  type Policy,
  type Principal,
  type Rule,
} from "./access.ts";
import type { AnyCapability } from "./capabilities/capability.ts";

const local: Principal = { kind: "local" };
const owner: Principal = { kind: "identity", id: "o", owner: true, accounts: ["web:owner"] };
const ann: Principal = { kind: "identity", id: "a", owner: false, accounts: ["telegram:1", "web:ann"] };
const bob: Principal = { kind: "identity", id: "b", owner: false, accounts: ["telegram:2"] };
const eve: Principal = { kind: "identity", id: "e", owner: false, accounts: ["telegram:3"] };
const sly: Principal = {
  kind: "identity",
  id: "s",
  owner: false,
  accounts: ["local", "owner", "identity:a", "everyone"],
};
const monitor: Principal = { kind: "token", id: "t", roles: ["watcher"] };
const stray: Principal = { kind: "token", id: "u", roles: [] };

const site = mergePolicy({
  roles: { operator: {}, watcher: {}, night: {}, auditor: {} },
  bindings: {
    user: ["telegram:1", "telegram:2"],
    operator: ["web:ann"],
    night: ["telegram:2"],
    auditor: ["identity:e"],
  },
  rules: [
    { effect: "allow", roles: ["operator"], actions: ["use"], resources: ["tool:pump.*", "tool:lamp.on"] },
    { effect: "ask", roles: ["operator"], resources: ["tool:pump.set*"] },
    { effect: "ask", resources: ["tool:pump.set_pressure"], fourEyes: true },
    { effect: "deny", resources: ["tool:pump.*.raw"] },
    { effect: "allow", roles: ["watcher"], actions: ["read"], resources: ["admin:status"] },
    {
      effect: "allow",
      roles: ["night"],
      actions: ["use"],
      resources: ["tool:gate.*"],
      window: { days: ["fri"], from: 22 * 60, to: 6 * 60 },
    },
    {
      effect: "allow",
      roles: ["night"],
      actions: ["use"],
      resources: ["tool:desk"],
      window: { days: ["mon", "tue"], from: 8 * 60, to: 17 * 60, offsetMinutes: 120 },
    },
    { effect: "allow", roles: ["night"], resources: ["tool:always"], window: { days: ["sat"], from: 720, to: 720 } },
    { effect: "allow", roles: ["auditor"], actions: ["read"], resources: ["knowledge:*:public", "*audit*"] },
    { effect: "allow", roles: ["auditor"], actions: ["manage"], resources: ["device:valve"], fourEyes: true },
  ],
});

/** A Friday noon, where a row doesn't say otherwise. */
const noon = "2026-11-20T12:00:00Z";

type Row = readonly [
  who: Principal,
  action: Action,
  resource: string,
  effect: Effect | "ask by two" | "deny by rule",
  at?: string,
  policy?: Policy,
];

const table: readonly Row[] = [
  // Without configuration.
  [local, "use", "chat", "allow", noon, defaultPolicy],
  [local, "manage", "admin:config", "allow", noon, defaultPolicy],
  [owner, "use", "chat", "allow", noon, defaultPolicy],
  [owner, "manage", "admin:model", "allow", noon, defaultPolicy],
  [owner, "manage", "anything:else", "allow", noon, defaultPolicy],
  [ann, "use", "chat", "allow", noon, defaultPolicy], // Whoever was let in.
  [ann, "manage", "admin:people", "deny", noon, defaultPolicy],
  [eve, "use", "chat", "deny"], // The site says who is a user.
  [ann, "read", "admin:status", "deny", noon, defaultPolicy],
  [stray, "use", "chat", "deny", noon, defaultPolicy],
  [{ kind: "token", id: "x", roles: ["administrator"] }, "manage", "admin:config", "allow", noon, defaultPolicy],
  // Configuration adds to the defaults.
  [local, "manage", "admin:login-code", "allow"],
  [owner, "manage", "admin:plugins", "allow"],
  // Roles by accounts, by identity, by token.
  [ann, "use", "chat", "allow"],
  [bob, "use", "chat", "allow"],
  [eve, "use", "chat", "deny"],
  [ann, "read", "chat", "deny"],
  [ann, "manage", "chat", "deny"],
  [ann, "manage", "admin:config", "deny"],
  [monitor, "read", "admin:status", "allow"],
  [monitor, "manage", "admin:status", "deny"],
  [monitor, "read", "admin:statuses", "deny"],
  [stray, "read", "admin:status", "deny"],
  // An account's name never becomes a principal's.
  [sly, "use", "chat", "deny"],
  [sly, "manage", "admin:config", "deny"],
  [sly, "use", "tool:lamp.on", "deny"],
  // Globs.
  [ann, "use", "tool:lamp.on", "allow"],
  [ann, "use", "tool:lamp.on2", "deny"],
  [ann, "use", "tool:lamp.off", "deny"],
  [ann, "use", "tool:pump.read", "allow"],
  [ann, "use", "tool:pump.", "allow"],
  [ann, "use", "tool:pump", "deny"],
  [ann, "use", "TOOL:PUMP.READ", "deny"],
  [bob, "use", "tool:pump.read", "deny"],
  [eve, "read", "knowledge:x:public", "allow"],
  [eve, "read", "knowledge::public", "allow"],
  [eve, "read", "knowledge:public", "deny"],
  [eve, "read", "knowledge:x:publicity", "deny"],
  [eve, "read", "audit", "allow"],
  [eve, "read", "my audit log", "allow"],
  // Deny beats ask beats allow.
  [ann, "use", "tool:pump.set_speed", "ask"],
  [ann, "use", "tool:pump.set_pressure", "ask by two"],
  [bob, "use", "tool:pump.set_pressure", "deny"], // Ask alone allows nothing.
  [ann, "use", "tool:pump.set.raw", "deny by rule"],
  [local, "use", "tool:pump.x.raw", "deny by rule"],
  [owner, "use", "tool:pump.x.raw", "deny by rule"],
  [local, "use", "tool:pump.set_pressure", "ask by two"],
  [eve, "manage", "device:valve", "ask by two"],
  [local, "manage", "device:valve", "allow"], // Another rule allows it freely.
  // A Friday night, 22:00 to 06:00 UTC, ends on Saturday.
  [bob, "use", "tool:gate.open", "deny", "2026-11-20T21:59:59.999Z"],
  [bob, "use", "tool:gate.open", "allow", "2026-11-20T22:00:00Z"],
  [bob, "use", "tool:gate.open", "allow", "2026-11-20T23:59:59.999Z"],
  [bob, "use", "tool:gate.open", "allow", "2026-11-21T00:00:00Z"],
  [bob, "use", "tool:gate.open", "allow", "2026-11-21T05:59:59.999Z"],
  [bob, "use", "tool:gate.open", "deny", "2026-11-21T06:00:00Z"],
  [bob, "use", "tool:gate.open", "deny", "2026-11-21T22:00:00Z"],
  [bob, "use", "tool:gate.open", "deny", "2026-11-20T05:00:00Z"],
  // Monday and Tuesday, 08:00 to 17:00 two hours ahead of UTC.
  [bob, "use", "tool:desk", "deny", "2026-11-23T05:59:59Z"],
  [bob, "use", "tool:desk", "allow", "2026-11-23T06:00:00Z"],
  [bob, "use", "tool:desk", "allow", "2026-11-24T14:59:59Z"],
  [bob, "use", "tool:desk", "deny", "2026-11-24T15:00:00Z"],
  [bob, "use", "tool:desk", "deny", "2026-11-25T10:00:00Z"],
  [bob, "use", "tool:desk", "deny", "2026-11-22T10:00:00Z"],
  // From noon to noon.
  [bob, "use", "tool:always", "deny", "2026-11-21T11:59:59Z"],
  [bob, "use", "tool:always", "allow", "2026-11-21T12:00:00Z"],
  [bob, "use", "tool:always", "allow", "2026-11-22T11:59:59Z"],
  [bob, "use", "tool:always", "deny", "2026-11-22T12:00:00Z"],
];

for (const [who, action, resource, expected, at = noon, policy = site] of table) {
  const name = who.kind === "local" ? "local" : `${who.kind} ${who.id}`;
  const where = policy === defaultPolicy ? " by default" : "";
  Deno.test(`decide() says ${expected} when ${name} wants to ${action} ${resource} at ${at}${where}`, () => {
    const decision = decide(who, action, resource, policy, Date.parse(at));
    const said = decision.effect === "ask" && decision.fourEyes
      ? "ask by two"
      : decision.denial === "denied"
      ? "deny by rule"
      : decision.effect;
    strictEqual(said, expected);
    strictEqual(decision.denial !== undefined, decision.effect === "deny");
    strictEqual(decision.rules.length === 0, decision.denial === "no-rule");
    ok(!decision.reason.includes("\n") && decision.reason.length > 0);
  });
}

Deno.test("explain() names who asked, what was decided, and each rule behind it", () => {
  strictEqual(
    explain(decide(ann, "use", "tool:pump.set_pressure", site, Date.parse(noon))),
    [
      "identity:a (operator, user) wants to use tool:pump.set_pressure: ask, by two people",
      "use of tool:pump.set_pressure must be approved by two people",
      "- ask · operator · everything · on tool:pump.set*",
      "- ask · everyone · everything · on tool:pump.set_pressure · by two people",
    ].join("\n"),
  );
  strictEqual(
    explain(decide(eve, "use", "chat", site, Date.parse(noon))),
    [
      "identity:e (auditor) wants to use chat: deny",
      "No rule of this site allows use of chat; ask its administrator",
    ].join("\n"),
  );
  strictEqual(
    explain(decide(bob, "use", "tool:gate.open", site, Date.parse("2026-11-20T23:00:00Z"))),
    [
      "identity:b (night, user) wants to use tool:gate.open: allow",
      "use of tool:gate.open is allowed",
      "- allow · night · use · on tool:gate.* · fri from 22:00 to 06:00 UTC",
    ].join("\n"),
  );
});

Deno.test("decide() takes a glob of many stars and a long resource without blowing up", () => {
  const policy: Policy = {
    roles: {},
    bindings: {},
    rules: [{ effect: "allow", resources: [`${"*a".repeat(500)}b`] }],
  };
  strictEqual(decide(local, "use", "a".repeat(100_000), policy, 0).effect, "deny");
});

const severity = { allow: 0, ask: 1, deny: 2 };
const roles = ["administrator", "user", "x"];
const resources = ["chat", "admin:status", "tool:a.b", "tool:a", ""];
const globs = ["*", "chat", "admin:*", "tool:*", "*.b", "tool:a*", "*:*"];
const actions: readonly Action[] = ["use", "read", "write", "approve", "manage"];
const pick = <T>(random: () => number, from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
const some = <T>(random: () => number, from: readonly T[]): T[] | undefined =>
  random() < 0.3 ? undefined : from.filter(() => random() < 0.5);

function anyRule(random: () => number, effect = pick<Effect>(random, ["allow", "ask", "deny"])): Rule {
  const window = { from: Math.floor(random() * 1441), to: Math.floor(random() * 1441), days: ["mon", "tue"] as const };
  return {
    effect,
    roles: some(random, roles),
    actions: some(random, actions),
    resources: [pick(random, globs), pick(random, globs)],
    ...random() < 0.2 ? { window } : {},
    fourEyes: random() < 0.2,
  };
}

// Goal: what a site adds to its policy never surprises it. Method: random policies, each asked everything, before and
// after one change.
seeded(
  "decide() never grows milder by a deny, an ask, a lost allow, and never changes by the order of rules",
  (random) => {
    const rules = Array.from({ length: Math.floor(random() * 6) }, () => anyRule(random));
    const bindings = { administrator: ["local", "owner"], user: ["everyone"], x: ["telegram:1"] };
    const policy: Policy = { roles: {}, bindings, rules };
    const at = Math.floor(random() * 2e12) - 1e11;
    const firstAllow = rules.findIndex(({ effect }) => effect === "allow");
    for (const who of [local, ann, bob, monitor]) {
      for (const action of actions) {
        for (const resource of resources) {
          const ask = (changed: readonly Rule[]) => decide(who, action, resource, { ...policy, rules: changed }, at);
          const before = ask(rules);
          const atLeast = (changed: readonly Rule[]) => {
            const after = ask(changed);
            ok(severity[after.effect] >= severity[before.effect]);
            ok(after.effect !== "ask" || after.fourEyes || !before.fourEyes);
          };
          atLeast([anyRule(random, "deny"), ...rules]);
          atLeast([...rules, anyRule(random, "ask")]);
          if (firstAllow >= 0) atLeast(rules.filter((_, index) => index !== firstAllow));
          const mixed = rules.toSorted(() => random() - 0.5);
          const after = ask(mixed);
          deepStrictEqual([after.effect, after.fourEyes, new Set(after.rules)], [
            before.effect,
            before.fourEyes,
            new Set(before.rules),
          ]);
          if (before.effect === "allow") ok(before.rules.every(({ effect }) => effect === "allow"));
          if (!rules.some(({ effect }) => effect === "allow")) strictEqual(before.effect, "deny");
        }
      }
    }
  },
  { runs: 300, long: 3_000 },
);

Deno.test("by default a user chats, also by programs, and does nothing else", () => {
  const token = { kind: "token", id: "t", roles: ["user"] } as const;
  const may = (action: "use" | "read" | "manage", resource: string) =>
    decide(token, action, resource, defaultPolicy, 0).effect === "allow";
  ok(may("use", "chat") && may("use", "api:chat") && may("use", "api:embeddings") && may("read", "api:models"));
  for (
    const resource of ["api:models", "api:chat", "api:other", "admin:tokens", "admin:status", "role:user", "tool:x"]
  ) {
    ok(!may("manage", resource) && (resource === "api:chat" || !may("use", resource)), resource);
  }
});

/** Tools, devices and people of a plant, by rules that a site would write. */
const plant = mergePolicy({
  roles: { operator: {}, lead: {}, guest: {}, shift: {} },
  bindings: { operator: ["web:ann"], lead: ["telegram:2"], guest: ["identity:e"], shift: ["telegram:3"] },
  rules: [
    { effect: "allow", roles: ["operator"], actions: ["use"], resources: ["tool:pump.*", "tool:web.*"] },
    { effect: "ask", actions: ["use"], resources: ["tool:pump.stop"] },
    { effect: "ask", resources: ["tool:pump.drain"], fourEyes: true },
    { effect: "deny", roles: ["operator"], actions: ["use"], resources: ["tool:pump.purge"] },
    { effect: "allow", roles: ["lead"], actions: ["use", "approve"], resources: ["tool:pump.*", "device:plc-7.*"] },
    { effect: "allow", roles: ["shift"], actions: ["use"], resources: ["tool:gate.*"], window: { from: 360, to: 840 } },
    { effect: "deny", resources: ["http:evil.example"] },
    { effect: "ask", actions: ["use"], resources: ["http:pay.example", "message:*"] },
    { effect: "ask", actions: ["write"], resources: ["device:plc-7.pressure"], fourEyes: true },
    { effect: "deny", roles: ["operator"], actions: ["write"], resources: ["device:plc-7.safety"] },
    { effect: "deny", actions: ["approve"], roles: ["guest"], resources: ["*"] },
  ],
});

const toolTable: readonly (readonly [Principal, string, Effect | "ask by two", at?: string, policy?: Policy])[] = [
  [owner, "pump.read", "allow", noon, defaultPolicy],
  [local, "pump.read", "allow", noon, defaultPolicy],
  [ann, "pump.read", "deny", noon, defaultPolicy],
  [ann, "pump.read", "allow"],
  [ann, "pump.stop", "ask"],
  [owner, "pump.stop", "ask"], // What is asked is asked of administrators too.
  [local, "pump.stop", "ask"],
  [ann, "pump.drain", "ask by two"],
  [owner, "pump.drain", "ask by two"],
  [ann, "pump.purge", "deny"],
  [owner, "pump.purge", "allow"],
  [bob, "pump.stop", "ask"],
  [bob, "web.get", "deny"],
  [eve, "pump.read", "deny"],
  [eve, "gate.open", "allow"], // Noon.
  [eve, "gate.open", "deny", "2026-11-20T14:00:00Z"],
  [stray, "pump.read", "deny"],
  [ann, "pumpx.read", "deny"],
  [ann, "", "deny"],
];

for (const [who, tool, expected, at = noon, policy = plant] of toolTable) {
  const name = who.kind === "local" ? "local" : `${who.kind} ${who.id}`;
  Deno.test(`decideTool() says ${expected} of ${tool} to ${name} at ${at}${policy === plant ? "" : " by default"}`, () => {
    const { effect, fourEyes, reason } = decideTool(who, tool, policy, Date.parse(at));
    strictEqual(fourEyes ? "ask by two" : effect, expected);
    ok(!reason.includes("\n"));
    ok(effect !== "deny" || reason.includes("ask its administrator"), reason);
  });
}

Deno.test("decideTool() says in one line why it refuses, and whom to ask", () => {
  const reason = (who: Principal, tool: string, at = noon) => decideTool(who, tool, plant, Date.parse(at)).reason;
  strictEqual(
    reason(eve, "pump.stop"),
    "No rule of this site allows use of tool:pump.stop; ask its administrator, or who is lead or operator",
  );
  strictEqual(
    reason(ann, "pump.purge"),
    "A rule of this site denies use of tool:pump.purge; ask its administrator, or who is lead",
  );
  strictEqual(reason(ann, "door.open"), "No rule of this site allows use of tool:door.open; ask its administrator");
  strictEqual(
    reason(eve, "gate.open", "2026-11-20T22:00:00Z"),
    "use of tool:gate.open is allowed every day from 06:00 to 14:00 UTC only; ask its administrator",
  );
});

/** A capability of names: `w:` before one means that it is written. What it wants is what the request names. */
function named(name: AnyCapability["name"], resource = (wanted: string) => `${name}:${wanted}`): AnyCapability {
  const covers = (names: readonly string[], wanted: string) => names.includes(wanted) || names.includes("*");
  return {
    name,
    asked: v.unknown(),
    granted: v.unknown(),
    request: v.unknown(),
    describe: () => [],
    cover(asked: readonly string[], granted: readonly string[], wanted: readonly string[]) {
      for (const one of wanted) {
        if (!covers(asked, one)) return { kind: "uncovered", by: "manifest", reason: `${one} isn't asked for` };
        if (!covers(granted, one)) return { kind: "uncovered", by: "grant", reason: `${one} isn't granted` };
      }
      const wants = wanted.map((one) => ({
        action: one.startsWith("w:") ? "write" : name === "device" ? "read" : "use",
        resource: resource(one.replace(/^w:/, "")),
      } as const));
      return { kind: "covered", wants };
    },
  };
}

const httpLike = named("http");
const deviceLike = named("device");
const kvLike = named("kv");

type Names = Readonly<Record<string, readonly string[]>>;
const everything = { http: ["*"], device: ["*"], kv: ["*"], message: ["*"] };

const requestTable: readonly (readonly [
  name: string,
  who: Principal,
  capability: AnyCapability,
  request: readonly string[],
  effect: Effect | "ask by two",
  more?: {
    readonly asked?: Names;
    readonly granted?: Names;
    readonly readOnly?: boolean;
    readonly approvals?: number;
    readonly policy?: Policy;
  },
])[] = [
  ["what three agree on", ann, httpLike, ["api.example"], "allow"],
  ["what the manifest doesn't ask", ann, httpLike, ["api.example"], "deny", { asked: { kv: ["*"] } }],
  ["what isn't granted", ann, httpLike, ["api.example"], "deny", { granted: { kv: ["*"] } }],
  ["what the manifest asks of another host", ann, httpLike, ["b"], "deny", { asked: { http: ["a"] } }],
  ["what is granted of another host", ann, httpLike, ["b"], "deny", { granted: { http: ["a"] } }],
  ["a capability by an inherited name", ann, { ...httpLike, name: "toString" as "http" }, ["a"], "deny", {
    granted: { toString: ["*"] } as unknown as Names,
  }],
  ["what a rule denies", ann, httpLike, ["evil.example"], "deny"],
  ["what a rule denies to everybody", owner, httpLike, ["evil.example"], "deny"],
  ["what a rule has asked", ann, httpLike, ["pay.example"], "ask"],
  ["one of two that is asked", ann, httpLike, ["api.example", "pay.example"], "ask"],
  ["one of two that is denied", ann, httpLike, ["pay.example", "evil.example"], "deny"],
  ["what was asked and approved", ann, httpLike, ["pay.example"], "allow", { approvals: 1 }],
  ["what is denied, whoever approved", ann, httpLike, ["evil.example"], "deny", { approvals: 2 }],
  ["what wants nothing of the policy", ann, kvLike, [], "allow"],
  ["what is read of a device", ann, deviceLike, ["plc-7.speed"], "allow"],
  ["a write", ann, deviceLike, ["w:plc-7.speed"], "ask"],
  ["a write of an administrator", owner, deviceLike, ["w:plc-7.speed"], "ask"],
  ["a write from the terminal, by default", local, deviceLike, ["w:plc-7.speed"], "ask", { policy: defaultPolicy }],
  ["a write that one approved", ann, deviceLike, ["w:plc-7.speed"], "ask", { approvals: 1 }],
  ["a write that two approved", ann, deviceLike, ["w:plc-7.speed"], "ask", { approvals: 2 }],
  ["a write by two", ann, deviceLike, ["w:plc-7.pressure"], "ask by two"],
  ["a write by two of an administrator", owner, deviceLike, ["w:plc-7.pressure"], "ask by two"],
  ["a write that is denied", ann, deviceLike, ["w:plc-7.safety"], "deny"],
  ["two writes, one of them by two", ann, deviceLike, ["w:plc-7.speed", "w:plc-7.pressure"], "ask by two"],
  ["what a tool asks that only reads", ann, httpLike, ["api.example"], "allow", { readOnly: true }],
  ["what a tool writes that only reads", owner, httpLike, ["w:api.example"], "deny", { readOnly: true }],
  ["one of two that is written by one that only reads", ann, httpLike, ["a", "w:b"], "deny", { readOnly: true }],
  ["a write to a device of one that only reads", owner, deviceLike, ["w:plc-7.speed"], "deny", {
    readOnly: true,
    approvals: 2,
  }],
];

for (const [name, who, capability, request, expected, more = {}] of requestTable) {
  Deno.test(`decideRequest() says ${expected} of ${name}`, () => {
    const { asked = everything, granted = everything, policy = plant, ...rest } = more;
    const site = { devices: {} };
    const decision = decideRequest(
      who,
      { asked, granted, capability, request, site, ...rest },
      policy,
      Date.parse(noon),
    );
    strictEqual(decision.fourEyes ? "ask by two" : decision.effect, expected);
    ok(!decision.reason.includes("\n"));
    ok(
      decision.effect !== "deny" ||
        /; ask (?:its author|its administrator|this site's administrator)/.test(decision.reason),
    );
  });
}

const pumpStop: readonly [string, ...string[]] = ["tool:pump.stop"];

const approvalTable: readonly (readonly [
  name: string,
  approver: Principal,
  asked: { readonly by?: string; readonly needs?: number; readonly resources?: readonly [string, ...string[]] },
  expected: "allow" | "no-rule" | "denied" | "own",
  policy?: Policy,
])[] = [
  ["an administrator", owner, {}, "allow"],
  ["an administrator by default", owner, {}, "allow", defaultPolicy],
  ["a lead", bob, {}, "allow"],
  ["who may use it only", ann, {}, "no-rule"],
  ["whom a rule denies it", eve, {}, "denied"],
  ["the terminal", local, {}, "allow"],
  ["who asked, where one is enough", bob, { by: "b" }, "allow"],
  ["who asked, of two", bob, { by: "b", needs: 2 }, "own"],
  ["the owner who asked, of two", owner, { by: "o", needs: 2 }, "own"],
  ["another, of two", bob, { by: "a", needs: 2 }, "allow"],
  ["the terminal, of two", local, { by: "a", needs: 2 }, "own"],
  ["a program", { kind: "token", id: "x", roles: ["administrator"] }, {}, "own"],
  ["a program, of two", { kind: "token", id: "x", roles: ["administrator"] }, { needs: 2 }, "own"],
  ["a lead, of a tag too", bob, { resources: ["tool:pump.stop", "device:plc-7.speed"] }, "allow"],
  ["a lead, of another's tag", bob, { resources: ["tool:pump.stop", "device:plc-8.speed"] }, "no-rule"],
  // What is asked of everybody is asked once: not of who approves as well.
  ["a lead, of what a rule has asked whatever is wanted", bob, { resources: ["tool:pump.drain"] }, "allow"],
];

for (
  const [name, approver, { by = "a", needs = 1, resources = pumpStop }, expected, policy = plant] of approvalTable
) {
  Deno.test(`decideApproval() says ${expected} to ${name}${policy === plant ? "" : "."}`, () => {
    const approverId = approver.kind === "identity" ? approver.id : "o";
    const question = { requesterId: by, approverId, needs, resources };
    const decision = decideApproval(approver, question, policy, Date.parse(noon));
    strictEqual(decision.denial ?? decision.effect, expected);
    ok(decision.effect !== "ask" && decision.reason.length > 0 && !decision.reason.includes("\n"));
  });
}

for (
  const [name, who, tool, tags, expected] of [
    ["a call that is allowed", ann, "pump.read", [], "allow"],
    ["a call that is asked", ann, "pump.stop", [], "ask"],
    ["a call of who may no longer", eve, "pump.stop", [], "deny"],
    ["a write by an allowed call", ann, "pump.read", ["speed"], "ask"],
    ["a write by two", ann, "pump.stop", ["speed", "pressure"], "ask by two"],
    ["a write that is denied meanwhile", ann, "pump.read", ["safety"], "deny"],
  ] as const
) {
  Deno.test(`decideCard() says ${expected} of ${name}`, () => {
    const writes = tags.map((tag) => ({ device: "plc-7", tag }));
    const { effect, fourEyes } = decideCard(who, { tool, writes }, plant, Date.parse(noon));
    strictEqual(fourEyes ? "ask by two" : effect, expected);
  });
}

const strictness = (decision: { effect: Effect; fourEyes: boolean }) =>
  severity[decision.effect] + (decision.fourEyes ? 0.5 : 0);
const things = ["a", "b", "w:a", "w:b", "*"];
const kinds = ["http", "device", "kv"] as const;
const anyNames = (random: () => number): Record<string, readonly string[]> =>
  Object.fromEntries(kinds.filter(() => random() < 0.7).map((kind) => [kind, things.filter(() => random() < 0.5)]));

// Goal: no right comes from where nobody gave it. Method: random manifests, grants and policies, each asked everything,
// before and after one change.
seeded("decideRequest() widens nothing but what was added, and never lets a device be written unasked", (random) => {
  const rules = Array.from({ length: Math.floor(random() * 5) }, () => ({
    ...anyRule(random),
    resources: [pick(random, ["*", "http:*", "device:*", "device:a", "http:b", "kv:*", "tool:*"])],
  }));
  const policy: Policy = {
    roles: {},
    bindings: { administrator: ["local", "owner"], user: ["everyone"], x: ["telegram:1"] },
    rules,
  };
  const plugins: Record<string, { digest: string; grant: Record<string, readonly string[]> }> = {
    one: { digest: "d1", grant: anyNames(random) },
    two: { digest: "d2", grant: anyNames(random) },
  };
  const asked = anyNames(random);
  const nowMs = Math.floor(random() * 2e12);
  const ask = (who: Principal, kind: typeof kinds[number], wanted: string, by = policy, manifest = asked) =>
    decideRequest(
      who,
      {
        asked: manifest,
        granted: grantedTo(plugins, { name: "one", digest: "d1" }),
        capability: named(kind),
        request: [wanted],
        site: { devices: {} },
      },
      by,
      nowMs,
    );
  const questions = [local, owner, ann].flatMap((who) =>
    kinds.flatMap((kind) => things.slice(0, 4).map((wanted) => [who, kind, wanted] as const))
  );
  const all = (by?: Policy, manifest?: typeof asked) => questions.map((question) => ask(...question, by, manifest));
  const before = all();
  // A capability more in the manifest.
  const added = pick(random, kinds);
  all(undefined, { ...asked, [added]: things }).forEach((after, index) => {
    if (questions[index]![1] !== added) deepStrictEqual(after, before[index]);
    else ok(strictness(after) <= strictness(before[index]!) || before[index]!.denial === "uncovered");
  });
  // A grant more, to another digest, also of the same plugin.
  plugins.two = { digest: "d1", grant: { http: things, device: things, kv: things } };
  deepStrictEqual(all(), before);
  const one = plugins.one!;
  plugins.one = { digest: "d3", grant: { http: things, device: things, kv: things } };
  ok(all().every(({ effect }) => effect === "deny"));
  plugins.one = one;
  // A deny or an ask more makes nothing milder.
  for (const effect of ["deny", "ask"] as const) {
    all({ ...policy, rules: [...rules, anyRule(random, effect)] }).forEach((after, index) =>
      ok(strictness(after) >= strictness(before[index]!))
    );
  }
  questions.forEach(([, kind, wanted], index) => {
    if (kind === "device" && wanted.startsWith("w:")) ok(before[index]!.effect !== "allow");
  });
}, { runs: 300, long: 3_000 });
