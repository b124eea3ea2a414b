import { deepStrictEqual, ok, throws } from "node:assert/strict";
import { seeded } from "../../tests/seeded.ts";
import { InvariantError } from "../errors.ts";
import { type DeliveryEvent, type DeliveryState, leftToWait, nextDelivery } from "./delivery.ts";

const policy = { backoffMs: 1_000, backoffMsMax: 60_000, expiryMs: 3_600_000 };
const pending = (attempt: number, notBeforeMs: number, mayBeDuplicate = false) =>
  ({ kind: "pending", attempt, notBeforeMs, mayBeDuplicate }) as const;
const sending = (attempt: number, mayBeDuplicate = false) => ({ kind: "sending", attempt, mayBeDuplicate }) as const;
const lost = (more: { retryAfterMs?: number; mayHaveArrived?: boolean } = {}) =>
  ({ kind: "unreachable", reason: "timeout", ...more }) as const;

const cases: [name: string, from: DeliveryState, event: DeliveryEvent, to: DeliveryState][] = [
  ["counts the attempt before the send", pending(0, 0), { kind: "picked" }, sending(1)],
  ["waits backoff × jitter", sending(1), lost(), pending(1, 500)],
  ["doubles the backoff", sending(3), lost(), pending(3, 2_000)],
  ["lets retry-after win over backoff", sending(1), lost({ retryAfterMs: 30_000 }), pending(1, 30_000)],
  ["remembers that a copy may have arrived", sending(1), lost({ mayHaveArrived: true }), pending(1, 500, true)],
  ["keeps that memory", sending(2, true), lost(), pending(2, 1_000, true)],
  ["never gives up for being unreachable", sending(900), lost(), pending(900, 30_000)],
  ["ends by refusal", sending(1), { kind: "refused", reason: "blocked" }, { kind: "refused", reason: "blocked" }],
  [
    "ends by acceptance",
    sending(2, true),
    { kind: "accepted", platformId: "7" },
    { kind: "delivered", platformId: "7", mayBeDuplicate: true },
  ],
];
for (const [name, from, event, to] of cases) {
  Deno.test(`nextDelivery() ${name}`, () =>
    deepStrictEqual(nextDelivery(from, event, { nowMs: 0, createdMs: 0, jitter: 0.5, policy }), to));
}

Deno.test("nextDelivery() doesn't take a clock that jumped a year for a week of trying", () => {
  const yearMs = 365 * 86_400_000;
  const at = { nowMs: yearMs, createdMs: 0, jitter: 0.5, policy };
  deepStrictEqual(nextDelivery(sending(1), lost(), at), pending(1, yearMs + 500));
  deepStrictEqual(nextDelivery(sending(10), lost(), at).kind, "expired");
});

Deno.test("leftToWait() waits for no clock that was set back, and no figure of a platform's for longer than a day", () => {
  const dayMs = 86_400_000;
  const at = { nowMs: 0, createdMs: 0, jitter: 0.5, policy };
  const held = nextDelivery(sending(1), lost({ retryAfterMs: 30 * dayMs }), at);
  deepStrictEqual(held, pending(1, dayMs));
  ok(held.kind === "pending");
  deepStrictEqual(leftToWait(held, 0), dayMs);
  deepStrictEqual(leftToWait(held, dayMs + 1), 0);
  deepStrictEqual(leftToWait(held, -365 * dayMs), 0);
});

Deno.test("nextDelivery() throws for what can't happen", () => {
  const at = { nowMs: 0, createdMs: 0, jitter: 0, policy };
  throws(() => nextDelivery({ kind: "refused", reason: "" }, { kind: "picked" }, at), InvariantError);
  throws(() => nextDelivery(pending(0, 0), lost(), at), InvariantError);
});

// Goal: whatever the platform does, a delivery ends by acceptance, refusal or expiry, and never waits in the past.
// Method: seeded walks on a virtual clock; `SEED=… ./scripts/test unit` replays a failure.
seeded("nextDelivery() ends only by acceptance, refusal or expiry", (random) => {
  let state: DeliveryState = pending(0, 0);
  for (let nowMs = 0; state.kind === "pending";) {
    ok(state.notBeforeMs >= nowMs);
    ok(nowMs < policy.expiryMs + policy.backoffMsMax + 90_000);
    nowMs = state.notBeforeMs;
    const at = { nowMs, createdMs: 0, jitter: random(), policy };
    const event: DeliveryEvent = random() < 0.05
      ? { kind: "accepted", platformId: "1" }
      : lost({ retryAfterMs: random() * 90_000 });
    state = nextDelivery(nextDelivery(state, { kind: "picked" }, at), event, at);
    ok(state.kind !== "expired" || nowMs >= policy.expiryMs);
  }
});
