import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { accepted, met, type Stage, type Test, textTo } from "./stage.ts";

/** What people see beside new texts: edits, replies, buttons, and that an answer is being written. */
export function testShown(test: Test): void {
  const texts = (stage: Stage, conversation: string) => stage.platform.shown!(conversation).map(({ text }) => text);
  const editOf = (conversation: string, platformId: string, text: string) =>
    ({ kind: "edit", id: `e-${crypto.randomUUID()}`, conversation, platformId, text, mayBeDuplicate: false }) as const;

  test(
    "puts another text in the place of an earlier one",
    async (stage) => {
      const { conversation } = await met(stage);
      const platformId = accepted(await stage.deliver(textTo(conversation, "The ans")));
      for (const text of ["The answer is", "The answer is <b>42</b> & `more`…", "The answer is 42."]) {
        strictEqual(accepted(await stage.deliver(editOf(conversation, platformId, text))), platformId);
      }
      deepStrictEqual(texts(stage, conversation), ["The answer is 42."]);
    },
    "edits",
    "shown",
  );

  test(
    "takes an edit that changes nothing for accepted: it is shown as it should be",
    async (stage) => {
      const { conversation } = await met(stage);
      const platformId = accepted(await stage.deliver(textTo(conversation, "the same")));
      for (let times = 0; times < 2; times++) {
        strictEqual(accepted(await stage.deliver(editOf(conversation, platformId, "the same"))), platformId);
      }
      deepStrictEqual(texts(stage, conversation), ["the same"]);
    },
    "edits",
    "shown",
  );

  test(
    "says that an edit of what is gone was refused",
    async (stage) => {
      const { conversation } = await met(stage);
      const platformId = accepted(await stage.deliver(textTo(conversation, "soon gone")));
      stage.platform.remove!({ conversation, platformId });
      const result = await stage.deliver(editOf(conversation, platformId, "never seen"));
      strictEqual(result.kind, "refused", JSON.stringify(result));
      deepStrictEqual(texts(stage, conversation), []);
    },
    "edits",
    "shown",
  );

  test(
    "shows what a text answers",
    async (stage) => {
      const { conversation, message } = await met(stage);
      accepted(await stage.deliver({ ...textTo(conversation, "an answer"), replyTo: message.platformId }));
      deepStrictEqual(stage.platform.shown!(conversation).map(({ replyTo }) => replyTo), [message.platformId]);
    },
    "replies",
    "shown",
  );

  test(
    "delivers an answer to what is gone: its text counts",
    async (stage) => {
      const { conversation } = await met(stage);
      const gone = accepted(await stage.deliver(textTo(conversation, "soon gone")));
      stage.platform.remove!({ conversation, platformId: gone });
      accepted(await stage.deliver({ ...textTo(conversation, "still said"), replyTo: gone }));
      deepStrictEqual(texts(stage, conversation), ["still said"]);
    },
    "replies",
    "shown",
  );

  test(
    "shows buttons, and pressing one is as if the person had written its text",
    async (stage) => {
      const { conversation, message, intake } = await met(stage);
      const buttons = [
        { label: "Yes, start pump 3", text: "yes" },
        { label: "Nein <abbrechen> 🛑", text: "n".repeat(64) },
        { label: "四字节", text: "𠜎".repeat(16) },
      ];
      const platformId = accepted(await stage.deliver({ ...textTo(conversation, "Start it?"), buttons }));
      deepStrictEqual(stage.platform.shown!(conversation)[0]!.buttons, buttons.map(({ label }) => label));
      for (const { label, text } of buttons) {
        const before = intake.taken.length;
        await stage.platform.press!({ conversation, platformId, label });
        await stage.until("the press came in", () => intake.taken.length > before);
        const pressed = intake.taken.at(-1)!;
        strictEqual(pressed.text, text);
        deepStrictEqual(
          [pressed.channel, pressed.account, pressed.conversation, pressed.place],
          [message.channel, message.account, message.conversation, message.place],
        );
      }
      strictEqual(intake.answered(), 1 + buttons.length, "each press is a message of its own");
    },
    "buttons",
    "shown",
  );

  test("shows that an answer is being written, and nothing else for it", async (stage) => {
    const { conversation } = await met(stage);
    strictEqual((await stage.deliver({ kind: "typing", conversation })).kind, "accepted");
    ok(stage.platform.typed!(conversation) > 0);
    deepStrictEqual(stage.platform.shown?.(conversation), []);
  }, "typing");

  test("refuses with a reason what goes to a conversation that there isn't", async (stage) => {
    await met(stage);
    const result = await stage.deliver(textTo("-9999999999999", "to nobody"));
    ok(result.kind === "refused" && result.reason.length > 0, JSON.stringify(result));
  }, "shown");
}
