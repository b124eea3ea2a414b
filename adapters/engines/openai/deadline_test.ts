import { ok, strictEqual } from "node:assert/strict";
import { VirtualClock } from "../../../tests/simulator/virtual_clock.ts";
import { createDeadline } from "./deadline.ts";

const never = new AbortController().signal;

/** A virtual clock that counts the timers that were started. */
class CountingClock extends VirtualClock {
  timers = 0;

  override sleep(ms: number, signal: AbortSignal): Promise<void> {
    this.timers++;
    return super.sleep(ms, signal);
  }
}

Deno.test("a deadline that is set for each token starts a timer for few of them, and is late only after a silence", async () => {
  const clock = new CountingClock(0);
  using deadline = createDeadline(clock, never);
  let setMs = 0;
  for (let token = 0; token < 10_000; token++) {
    setMs = token * 20;
    await clock.run(setMs);
    deadline.set(60_000);
  }
  ok(clock.timers <= 200 / 1.2 + 1, `${clock.timers} timers in 200 seconds`);
  await clock.run(setMs + 58_799);
  ok(!deadline.isLate());
  await clock.run(setMs + 60_000);
  ok(deadline.isLate() && deadline.signal.aborted);
});

Deno.test("another time is set at once, be it shorter or longer", async () => {
  const clock = new VirtualClock(0);
  using deadline = createDeadline(clock, never, 180_000);
  deadline.set(5_000);
  await clock.run(4_999);
  deadline.set(60_000);
  await clock.run(64_998);
  ok(!deadline.isLate());
  await clock.run(64_999);
  ok(deadline.isLate());
});

Deno.test("a deadline ends with the signal that it was made from, and isn't late then", async () => {
  const clock = new CountingClock(0);
  const stopping = new AbortController();
  {
    using deadline = createDeadline(clock, stopping.signal, 1_000);
    stopping.abort();
    ok(deadline.signal.aborted && !deadline.isLate());
  }
  await clock.run(10_000);
  strictEqual(clock.timers, 1);
});
