import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { StoreError } from "../../../core/ports/store.ts";
import { accepted, createIntake, guardMs, met, ready, type Test, textTo, within, write } from "./stage.ts";

/** From creating to ending. */
export function testLife(test: Test): void {
  test("does nothing before it is started", async (stage) => {
    strictEqual(stage.channel.health().kind, "connecting");
    let told = "nothing";
    void stage.platform.write({ key: "one", text: "too early" }).then((result) => told = result);
    for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setTimeout(resolve, 2));
    ok(["nothing", "unavailable"].includes(told), told);
  });

  test("is connecting, then ready while it runs, and connecting again when it was ended", async (stage) => {
    const { run } = await ready(stage);
    await run.stop();
    deepStrictEqual(stage.healths(), ["connecting", "ready", "connecting"]);
  });

  test("ends at once when it is started with a signal that is already aborted", async (stage) => {
    const start = stage.channel.start(createIntake().sink, AbortSignal.abort());
    await within(guardMs, "start", start);
    strictEqual(stage.channel.health().kind, "connecting");
  });

  test("starts again after it ended, each time", async (stage) => {
    for (let times = 0; times < 3; times++) {
      const { run, taken } = await ready(stage);
      strictEqual(await write(stage, { key: `m${times}`, text: "hello" }), "acknowledged");
      accepted(await stage.deliver(textTo(taken.at(-1)!.conversation, "hello too")));
      await run.stop();
    }
  });

  test("ends while the sink is at work, and what wasn't taken in by then is offered to the next start", async (stage) => {
    const arrived = Promise.withResolvers<void>();
    const broken = Promise.withResolvers<never>();
    broken.promise.catch(() => {});
    const run = stage.run(async () => {
      arrived.resolve();
      return await broken.promise;
    });
    await stage.become("the channel is ready", () => stage.channel.health().kind === "ready");
    const written = (async () => {
      for (;;) {
        const told = await stage.platform.write({ key: "one", text: "hello" }).catch(() => "unavailable" as const);
        if (told !== "unavailable") return told;
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    })();
    await arrived.promise;
    const stopped = run.stop();
    broken.reject(new StoreError("closed", "the host is stopping"));
    await stopped;
    const { taken } = await ready(stage);
    strictEqual(await written, "acknowledged");
    strictEqual(taken.at(-1)?.text, "hello");
  });

  test("delivers nothing with a signal that is already aborted, and says so as a value", async (stage) => {
    const { conversation } = await met(stage);
    const result = await stage.deliver(textTo(conversation, "too late"), AbortSignal.abort());
    strictEqual(result.kind, "unreachable");
    deepStrictEqual(stage.platform.shown?.(conversation), []);
  }, "network");

  test("says what it can do within bounds that mean something", async (stage) => {
    const { textLengthMax, fileBytesMax, rate } = stage.channel.capabilities;
    ok(Number.isSafeInteger(textLengthMax) && textLengthMax >= 100);
    ok(Number.isSafeInteger(fileBytesMax) && fileBytesMax >= 0);
    if (rate === undefined) return;
    ok(rate.perSecond > 0 && rate.directEveryMs >= 0 && rate.groupEveryMs >= rate.directEveryMs);
  });
}
