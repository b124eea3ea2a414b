import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { createLocalChannel } from "../../../adapters/channels/local.ts";
import { long, openCore, short } from "./core_stage.ts";
import { guardMs, type Test, within, write, writePassing } from "./stage.ts";

/** A channel as people meet it: through the real core, beside another one. */
export function testCore(test: Test): void {
  test("answers in the core each message once, however often it is offered", async (stage) => {
    await using core = await openCore(stage);
    for (let times = 0; times < 3; times++) await write(stage, { key: "again", text: "one question" });
    await core.rest();
    deepStrictEqual(core.read(), [short("one question")]);
  });

  test("shows an answer of 100 KB whole, in parts that the platform takes", async (stage) => {
    await using core = await openCore(stage);
    await write(stage, { key: "long", text: "long" });
    await core.rest();
    const parts = core.read();
    for (const { length } of parts) ok(length <= stage.channel.capabilities.textLengthMax);
    strictEqual(leftOf(long, parts), "");
  });

  test(
    "is never given more than the platform bears",
    async (stage) => {
      const people = Array.from({ length: 100 }, (_, index) => ({ by: `p${index}` }));
      const crowd = { by: "cid", group: "night shift" };
      await using core = await openCore(stage, { others: [crowd, ...people] });
      const { limits } = stage.platform;
      await Promise.all([
        write(stage, { key: "of ann", by: "ann", text: "long" }),
        write(stage, { key: "of all", ...crowd, text: "long" }),
        ...people.map(({ by }) => write(stage, { key: `of ${by}`, by, text: by })),
      ]);
      await core.rest();
      const sends = limits!.sends().toSorted((a, b) => a.atMs - b.atMs);
      ok(sends.length > 2 * long.length / stage.channel.capabilities.textLengthMax + people.length);
      for (const { atMs } of sends) {
        const within = sends.filter((other) => other.atMs >= atMs && other.atMs < atMs + 1_000);
        ok(within.length <= limits!.perSecond, `${within.length} within a second`);
      }
      for (const [conversation, all] of Map.groupBy(sends, ({ conversation }) => conversation)) {
        const everyMs = all[0]!.isGroup ? limits!.groupEveryMs : limits!.directEveryMs;
        for (const [index, { atMs }] of all.entries()) {
          const gapMs = index === 0 ? Infinity : atMs - all[index - 1]!.atMs;
          ok(gapMs >= everyMs, `${gapMs} ms between two in ${conversation}, which bears one in ${everyMs}`);
        }
      }
      deepStrictEqual(core.failures, [], "the platform never had to ask for a pause");
    },
    "limits",
    "groups",
  );

  test(
    "delays nobody else while its platform is silent, and says later what it owes",
    async (stage) => {
      await using core = await openCore(stage, { goesOn: true });
      core.beforeDelivery = () => stage.platform.fault!({ kind: "silent" });
      // A platform that fell silent can't be told that it was taken in.
      void write(stage, { key: "one", text: "first" });
      await stage.pass("it is being answered", () => !core.owesNothing());
      for (let index = 0; index < 20; index++) await core.askBeside(`${index}`);
      ok(!core.owesNothing());
      core.beforeDelivery = () => Promise.resolve();
      await stage.platform.fault!({ kind: "none" });
      await core.rest();
      ok(core.read().some((text) => text.endsWith(short("first"))), JSON.stringify(core.read()));
    },
    "network",
    "shown",
  );

  test("isn't delayed by another channel whose platform is silent", async (stage) => {
    const local = createLocalChannel("silent");
    await using core = await openCore(stage, { silent: { ...local, deliver: () => new Promise(() => {}) } });
    for (let index = 0; index < 40; index++) {
      const asked = { account: "eve", conversation: `${index}`, platformId: "1", text: "?", locale: "en" } as const;
      strictEqual((await local.submit(asked)).kind, "accepted");
    }
    for (let index = 0; index < 3; index++) await write(stage, { key: `${index}`, text: `${index}` });
    await stage.pass("all have their answer", () => core.read().length >= 3);
    deepStrictEqual(core.read(), ["0", "1", "2"].map(short));
  });

  test(
    "says of what may be a copy that it may be one",
    async (stage) => {
      await using core = await openCore(stage);
      let cut = false;
      core.beforeDelivery = async () => {
        if (!cut) await stage.platform.fault!({ kind: "cuts" });
        else await stage.platform.fault!({ kind: "none" });
        cut = true;
      };
      await writePassing(stage, { key: "twice", text: "twice" });
      await core.rest();
      strictEqual(core.failures.length, 1);
      const copies = core.read().filter((text) => text.includes(short("twice")));
      ok(copies.length >= 1, JSON.stringify(core.read()));
      const unsaid = copies.filter((text) => text === short("twice"));
      ok(unsaid.length <= 1, `the same was said ${unsaid.length} times, and nothing was said of that`);
    },
    "network",
    "shown",
  );

  test("ends with the core at once, also while its platform is silent", async (stage) => {
    await using core = await openCore(stage, { goesOn: true });
    const reached = Promise.withResolvers<void>();
    core.beforeDelivery = async () => {
      await stage.platform.fault!({ kind: "silent" });
      reached.resolve();
    };
    void write(stage, { key: "one", text: "first" });
    await stage.pass("it is being delivered", () => !core.owesNothing());
    await within(guardMs, "it is being delivered", reached.promise);
    await core[Symbol.asyncDispose]();
  }, "network");
}

/** The beginning of what is left of a text when its parts are taken away, whatever space stands between them. */
function leftOf(text: string, parts: readonly string[]): string {
  let rest = text.trim();
  for (const part of parts) {
    const [wanted, found] = [part.trim(), rest.slice(0, part.trim().length)];
    if (wanted !== found) {
      return `${JSON.stringify(wanted.slice(0, 80))} instead of ${JSON.stringify(found.slice(0, 80))}`;
    }
    rest = rest.slice(wanted.length).trimStart();
  }
  return rest.slice(0, 80);
}
