import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { VirtualClock } from "../tests/simulator/virtual_clock.ts";
import { createLeases } from "./leases.ts";

const never = new AbortController().signal;

Deno.test("one holds a lease at a time, in order; another name doesn't wait; what fails lets go", async () => {
  const leases = createLeases({ clock: new VirtualClock(0), waitMsMax: 1_000, waitingMax: 9 });
  const said: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = leases.hold("a", async () => {
    said.push("first begins");
    await gate.promise;
    throw new Error("broken");
  }, never);
  const second = leases.hold("a", async () => said.push("second"), never);
  deepStrictEqual(await leases.hold("b", async () => said.push("other"), never), { kind: "held", result: 2 });
  gate.resolve();
  await rejects(first, /broken/);
  deepStrictEqual(await second, { kind: "held", result: 3 });
  deepStrictEqual(said, ["first begins", "other", "second"]);
});

Deno.test("who waits too long, or doesn't want to any more, never begins", async () => {
  const clock = new VirtualClock(0);
  const leases = createLeases({ clock, waitMsMax: 1_000, waitingMax: 2 });
  const gate = Promise.withResolvers<void>();
  const begun: string[] = [];
  const work = (name: string) => async () => begun.push(name);
  const first = leases.hold("a", () => gate.promise, never);
  await Promise.resolve();
  const leaving = new AbortController();
  const late = leases.hold("a", work("late"), never);
  const left = leases.hold("a", work("left"), leaving.signal);
  strictEqual((await leases.hold("a", work("crowded"), never)).kind, "crowded");
  leaving.abort();
  strictEqual((await left).kind, "cancelled");
  strictEqual((await leases.hold("a", work("gone"), leaving.signal)).kind, "cancelled");
  await clock.run(1_000);
  strictEqual((await late).kind, "waited");
  gate.resolve();
  await first;
  deepStrictEqual(await leases.hold("a", work("next"), never), { kind: "held", result: 1 });
  deepStrictEqual(begun, ["next"]);
});
