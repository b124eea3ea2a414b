import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Sink } from "../../../core/ports/channel.ts";
import { StoreError } from "../../../core/ports/store.ts";
import { createIntake, ready, type Test, write } from "./stage.ts";

/** When a message counts as taken in, and what becomes of it until then. */
export function testOffers(test: Test): void {
  test("gives a message the same names each time it is offered, so that it is answered once", async (stage) => {
    const intake = await ready(stage);
    for (let times = 0; times < 3; times++) {
      strictEqual(await write(stage, { key: "again", text: "hello" }), "acknowledged");
    }
    const names = intake.taken.map(({ channel, account, conversation, platformId }) =>
      JSON.stringify([channel, account, conversation, platformId])
    );
    strictEqual(names.length, 3);
    strictEqual(new Set(names).size, 1);
    strictEqual(intake.answered(), 1);
  });

  test("gives different messages different names, though they say the same", async (stage) => {
    const intake = await ready(stage);
    for (const key of ["one", "two"]) await write(stage, { key, text: "hello" });
    strictEqual(intake.answered(), 2);
  });

  test("acknowledges only after the sink has committed", async (stage) => {
    const order: string[] = [];
    const commit = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const intake = createIntake();
    await ready(stage, {
      ...intake,
      async sink(message) {
        arrived.resolve();
        await commit.promise;
        order.push("committed");
        return await intake.sink(message);
      },
    });
    const acknowledged = write(stage, { key: "one", text: "hello" }).then(() => order.push("acknowledged"));
    await arrived.promise;
    // Whoever acknowledges too early has the time for it here.
    for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setTimeout(resolve, 2));
    deepStrictEqual(order, []);
    commit.resolve();
    await acknowledged;
    deepStrictEqual(order, ["committed", "acknowledged"]);
  });

  test("passes a refusal on", async (stage) => {
    const sink: Sink = async () => ({ kind: "refused", reason: "not for you" });
    await ready(stage, { ...createIntake(), sink });
    strictEqual(await stage.platform.write({ key: "one", text: "hello" }), "refused");
  }, "telling");

  test("goes on after a message that was refused", async (stage) => {
    const intake = createIntake();
    let offered = 0;
    await ready(stage, {
      ...intake,
      sink: async (message) => offered++ === 0 ? { kind: "refused", reason: "no" } : await intake.sink(message),
    });
    await write(stage, { key: "one", text: "refused" });
    strictEqual(await write(stage, { key: "two", text: "taken" }), "acknowledged");
    strictEqual(intake.taken.at(-1)?.text, "taken");
  });

  for (const times of [1, 5]) {
    test(`offers again, ${times} times, what the sink couldn't take, and loses nothing of it`, async (stage) => {
      const intake = createIntake();
      let left = times;
      let early = false;
      const told: string[] = [];
      await ready(stage, {
        ...intake,
        async sink(message) {
          early ||= told.length > 0 && left > 0;
          if (left-- > 0) throw new StoreError("full", "no room left");
          return await intake.sink(message);
        },
      });
      const keys = ["one", "two", "three"];
      const written = Promise.all(keys.map(async (key) => {
        for (;;) {
          // Where the platform doesn't keep it, the sink's error is the writer's to meet.
          const result = await stage.platform.write({ key, text: key }).catch(() => "unavailable" as const);
          if (result !== "unavailable") return void told.push(result);
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
      }));
      let isTold = false;
      void written.then(() => isTold = true);
      await stage.pass("all three are taken in", () => isTold && intake.answered() === keys.length);
      ok(!early, "nothing is acknowledged that wasn't taken in");
      deepStrictEqual(told, ["acknowledged", "acknowledged", "acknowledged"]);
      deepStrictEqual(new Set(intake.taken.map(({ text }) => text)), new Set(keys));
    });
  }

  test("takes in what was written while it didn't run", async (stage) => {
    const first = await ready(stage);
    await write(stage, { key: "one", text: "while it runs" });
    await first.run.stop();
    let told = "nothing";
    const written = write(stage, { key: "two", text: "while it doesn't" }).then((result) => told = result);
    for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setTimeout(resolve, 2));
    strictEqual(told, "nothing");
    const second = await ready(stage);
    strictEqual(await written, "acknowledged");
    deepStrictEqual(second.taken.map(({ text }) => text), ["while it doesn't"]);
  });
}
