import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { seeded } from "../tests/seeded.ts";
import { type ApprovalEvent, type ApprovalState, nextApproval } from "./approval.ts";
import { InvariantError } from "./errors.ts";

const pending = (needs: number, ...approvedBy: string[]) =>
  ({ kind: "pending", requesterId: "r", needs, approvedBy }) as const;
const by = (who: string) => ({ kind: "approved", by: who }) as const;
const done = { kind: "ended", outcome: { kind: "done", text: "" } } as const;

const cases: readonly (readonly [name: string, from: ApprovalState, event: ApprovalEvent, to: ApprovalState])[] = [
  ["does what one approved", pending(1), by("a"), { kind: "doing", approvedBy: ["a"] }],
  ["does what who asked approved, where one is enough", pending(1), by("r"), { kind: "doing", approvedBy: ["r"] }],
  ["waits for the second", pending(2), by("a"), pending(2, "a")],
  ["counts nobody twice", pending(2, "a"), by("a"), pending(2, "a")],
  ["does what two approved", pending(2, "a"), by("b"), { kind: "doing", approvedBy: ["a", "b"] }],
  ["ends by one denial, whoever approved", pending(2, "a"), { kind: "denied" }, { kind: "denied" }],
  ["expires", pending(1), { kind: "expired" }, { kind: "expired" }],
  ["is stopped with everything", pending(1), { kind: "halted" }, { kind: "halted" }],
  ["is void when what it names was replaced", pending(1), { kind: "void" }, { kind: "void" }],
  ["takes the outcome", { kind: "doing", approvedBy: ["a"] }, done, { kind: "done" }],
  ["isn't known after a crash", { kind: "doing", approvedBy: ["a"] }, { kind: "died" }, { kind: "unknown" }],
];
for (const [name, from, event, to] of cases) {
  Deno.test(`nextApproval() ${name}`, () => deepStrictEqual(nextApproval(from, event), to));
}

const events: readonly ApprovalEvent[] = [
  by("a"),
  by("b"),
  by("c"),
  by("r"),
  { kind: "denied" },
  { kind: "expired" },
  { kind: "halted" },
  { kind: "void" },
  done,
  { kind: "ended", outcome: { kind: "failed", reason: "" } },
  { kind: "ended", outcome: { kind: "unknown", reason: "" } },
  { kind: "ended", outcome: { kind: "void", reason: "" } },
  { kind: "died" },
];

// Goal: whatever happens in whatever order, it is done once at most, after enough different people, none of whom asked
// where two are needed; and what ended never changes. Method: seeded walks over every event.
seeded("nextApproval() lets nothing be done that not enough others approved, and nothing twice", (random) => {
  const needs = random() < 0.5 ? 1 : 2;
  let state: ApprovalState = pending(needs);
  let begun = 0;
  const approvers = new Set<string>();
  for (let step = 0; step < 12; step++) {
    const event = events[Math.floor(random() * events.length)]!;
    const before: ApprovalState = state;
    try {
      state = nextApproval(state, event);
    } catch (error) {
      ok(error instanceof InvariantError);
      strictEqual(state, before);
      continue;
    }
    const from: string = before.kind;
    ok(from === "pending" || from === "doing", "what ended changed");
    ok(state.kind !== "done" || from === "doing");
    if (event.kind === "approved") approvers.add(event.by);
    if (before.kind === "pending" && state.kind === "doing") {
      begun++;
      deepStrictEqual(new Set(state.approvedBy), approvers);
      strictEqual(approvers.size, needs);
      ok(needs === 1 || !approvers.has("r"));
    }
  }
  ok(begun <= 1);
}, { runs: 2_000, long: 20_000 });

Deno.test("nextApproval() throws for what can't happen, also for a vote that access would have refused", () => {
  throws(() => nextApproval(pending(2), by("r")), InvariantError);
  for (const kind of ["done", "failed", "unknown", "denied", "expired", "void", "halted"] as const) {
    for (const event of events) throws(() => nextApproval({ kind }, event), InvariantError);
  }
});
