import type { Approvals, ApprovalView } from "../core/approvals.ts";
import type { Explainer } from "../core/explain.ts";
import type { Halts, ShownHalt } from "../core/halt.ts";

/** Approvals and a halt without core: tests put into them what a page is to show. */
export interface FakeApprovals {
  readonly approvals: Pick<Approvals, "list" | "vote" | "watch">;
  readonly halts: Pick<Halts, "change" | "shown" | "may">;
  readonly explainer: Explainer;
  views: ApprovalView[];
  halt: ShownHalt | undefined;
  may: { readonly halt: boolean; readonly resume: boolean };
  /** What was done, as `verb what`. */
  readonly done: string[];
}

/** A card that waits, of a pump. */
export const waitingCard: ApprovalView = {
  id: "0190-card",
  state: "pending",
  card: {
    tool: "pump.stop",
    digest: "ab".repeat(32),
    arguments: { pump: 7 },
    writes: [{
      device: "plc-7",
      tag: "speed",
      place: "modbus 10.0.0.7:502 unit 1 register 40",
      present: 1450,
      value: 0,
      unit: "rpm",
      min: 0,
      max: 3000,
    }],
  },
  requester: { id: "ann", name: "Ann" },
  needs: 2,
  approvedBy: [{ id: "cat", name: "Cat" }],
  waitsFor: [{ id: "bob", name: "Bob" }],
  createdMs: Date.UTC(2026, 0, 1, 12),
  expiresMs: Date.UTC(2026, 0, 1, 12, 15),
  may: { approve: true, deny: true },
};

/** Makes them, with nothing that waits. */
export function createFakeApprovals(): FakeApprovals {
  const done: string[] = [];
  const fake: FakeApprovals = {
    approvals: {
      list: async (_by, { of }) =>
        fake.views.filter(({ state }) => (state === "pending" || state === "doing") === (of === "waiting")),
      async *watch() {},
      async vote({ which, verdict }) {
        const id = "id" in which ? which.id : which.code;
        const view = fake.views.find((one) => one.id === id);
        if (view === undefined) return { kind: "wrong", text: "There is no such approval, or it isn't yours to see." };
        if (!view.may.approve && verdict === "approve") {
          return { kind: "refused", text: "No rule of this site allows it" };
        }
        done.push(`${verdict} ${id}`);
        const state = verdict === "approve" ? "done" as const : "denied" as const;
        fake.views = fake.views.map((one) =>
          one.id === id ? { ...one, state, endedMs: one.createdMs, may: { approve: false, deny: false } } : one
        );
        return verdict === "approve"
          ? { kind: "approved", text: "Approved. It is being done." }
          : { kind: "denied", text: "It is denied. Nothing is done." };
      },
    },
    halts: {
      may: () => fake.may,
      shown: async () => fake.halt,
      async change(to) {
        done.push(to);
        fake.halt = to === "halt" ? { by: "Ann", atMs: waitingCard.createdMs } : undefined;
        return { kind: "changed", text: to === "halt" ? "Everything is stopped." : "Tools are called again." };
      },
    },
    explainer: { explain: async () => ({ kind: "unknown" }) },
    views: [],
    halt: undefined,
    may: { halt: true, resume: true },
    done,
  };
  return fake;
}
