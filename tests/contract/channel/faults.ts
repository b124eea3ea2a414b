import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { accepted, createIntake, guardMs, met, type Stage, type Test, textTo, within, write } from "./stage.ts";
import type { Fault } from "./under_test.ts";

/** What is wrong with a network or a platform for a while, and heals. */
const passing = ["refuses", "fails", "cuts", "silent"] as const;

/** A network and a platform that fail: for a while, or until a person acts. */
export function testFaults(test: Test): void {
  const degraded = async (stage: Stage) =>
    await stage.pass("the channel says that it is degraded", () => stage.channel.health().kind === "degraded");
  const healed = async (stage: Stage) =>
    await stage.pass("the channel is ready again", () => stage.channel.health().kind === "ready");

  for (const kind of passing) {
    test(`is degraded with a reason while the platform ${kind}, and comes back by itself`, async (stage) => {
      const { intake, run } = await met(stage);
      await stage.platform.fault!({ kind });
      await degraded(stage);
      const health = stage.channel.health();
      ok(health.kind === "degraded" && health.reason.length > 0 && health.sinceMs <= stage.clock.nowMs());
      let told: string | undefined;
      void write(stage, { key: "meanwhile", text: "written meanwhile" }).then((result) => told = result);
      await stage.platform.fault!({ kind: "none" });
      await stage.pass("what was written meanwhile is taken in", () => told !== undefined);
      await healed(stage);
      strictEqual(told, "acknowledged");
      strictEqual(intake.taken.at(-1)!.text, "written meanwhile");
      ok(!run.hasEnded());
      deepStrictEqual(stage.healths().slice(0, 3), ["connecting", "ready", "degraded"]);
      strictEqual(stage.healths().at(-1), "ready");
    }, "network");

    test(`tries for ever while the platform ${kind}: after a day, too`, async (stage) => {
      const { run } = await met(stage);
      await stage.platform.fault!({ kind });
      await degraded(stage);
      const since = stage.channel.health();
      for (let hour = 0; hour < 24; hour++) {
        await stage.clock.run(stage.clock.nowMs() + 3_600_000);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      ok(!run.hasEnded());
      const health = stage.channel.health();
      strictEqual(health.kind, "degraded");
      // People are told since when it is so, not when it was tried last.
      ok(health.kind === "degraded" && since.kind === "degraded" && health.sinceMs === since.sinceMs);
      await stage.platform.fault!({ kind: "none" });
      await healed(stage);
    }, "network");

    test(`starts while the platform ${kind}, and is ready when that is over`, async (stage) => {
      await stage.platform.fault!({ kind });
      const run = stage.run(createIntake().sink);
      await degraded(stage);
      await stage.platform.fault!({ kind: "none" });
      await healed(stage);
      await run.stop();
    }, "network");

    test(`ends at once, also while the platform ${kind}`, async (stage) => {
      const { run } = await met(stage);
      await stage.platform.fault!({ kind });
      await degraded(stage);
      await run.stop();
      strictEqual(stage.channel.health().kind, "connecting");
    }, "network");
  }

  test("says of a delivery to nobody that it can't have arrived", async (stage) => {
    const { conversation } = await met(stage);
    await stage.platform.fault!({ kind: "refuses" });
    const result = await stage.deliver(textTo(conversation, "to nobody"));
    ok(result.kind === "unreachable" && result.mayHaveArrived !== true, JSON.stringify(result));
    await stage.platform.fault!({ kind: "none" });
    deepStrictEqual(stage.platform.shown?.(conversation), []);
  }, "network");

  test("says of a delivery whose answer broke off that it may have arrived", async (stage) => {
    const { conversation } = await met(stage);
    await stage.platform.fault!({ kind: "cuts" });
    const result = await stage.deliver(textTo(conversation, "perhaps"));
    ok(result.kind === "unreachable" && result.mayHaveArrived === true, JSON.stringify(result));
  }, "network");

  test("ends a delivery at once when it is aborted, and says that it may have arrived", async (stage) => {
    const { conversation } = await met(stage);
    await stage.platform.fault!({ kind: "silent" });
    const stop = new AbortController();
    const delivered = stage.deliver(textTo(conversation, "into the silence"), stop.signal);
    for (let turns = 0; turns < 25; turns++) await new Promise((resolve) => setTimeout(resolve, 2));
    stop.abort();
    const result = await within(guardMs, "deliver resolves", delivered);
    ok(result.kind === "unreachable" && result.mayHaveArrived === true, JSON.stringify(result));
  }, "network");

  test("takes a platform that is broken for unreachable, never for its refusal", async (stage) => {
    const { conversation } = await met(stage);
    await stage.platform.fault!({ kind: "fails" });
    const result = await stage.deliver(textTo(conversation, "later"));
    strictEqual(result.kind, "unreachable", JSON.stringify(result));
    await stage.platform.fault!({ kind: "none" });
    accepted(await stage.deliver(textTo(conversation, "later")));
  }, "network");

  test("hands on how long the platform asks to wait", async (stage) => {
    const { conversation } = await met(stage);
    const fault: Fault = { kind: "busy", retryAfterMs: 7_000 };
    await stage.platform.fault!(fault);
    const result = await stage.deliver(textTo(conversation, "later"));
    ok(result.kind === "unreachable" && result.retryAfterMs === fault.retryAfterMs, JSON.stringify(result));
    ok(result.kind === "unreachable" && result.mayHaveArrived !== true, "it said itself that it didn't take it");
    await stage.platform.fault!({ kind: "none" });
    deepStrictEqual(stage.platform.shown?.(conversation), []);
  }, "retry after");

  for (const [when, first] of [["before it starts", false], ["while it runs", true]] as const) {
    test(`is failed, with a reason, when its secret is refused ${when}; then start resolves`, async (stage) => {
      if (first) await met(stage);
      await stage.platform.fault!({ kind: "revoked" });
      const run = stage.run(createIntake().sink);
      await stage.pass("the channel failed", () => stage.channel.health().kind === "failed");
      const health = stage.channel.health();
      ok(health.kind === "failed" && health.reason.length > 0);
      await stage.pass("start has resolved", run.hasEnded);
      strictEqual(stage.channel.health().kind, "failed", "and it stays failed: a person must act");
    }, "secret");
  }

  test("doesn't give a delivery up because the secret is refused: another one may deliver it", async (stage) => {
    const { conversation } = await met(stage);
    await stage.platform.fault!({ kind: "revoked" });
    const result = await stage.deliver(textTo(conversation, "later"));
    ok(result.kind === "unreachable" && result.mayHaveArrived !== true, JSON.stringify(result));
  }, "secret");
}
