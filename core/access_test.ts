import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../tests/seeded.ts";
import {
  type Action,
  decide,
  defaultPolicy,
  type Effect,
  explain,
  mergePolicy,
  type Policy,
  type Principal,
  type Rule,
} from "./access.ts";

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
const actions: readonly Action[] = ["use", "read", "manage"];
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
