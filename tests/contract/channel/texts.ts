import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { accepted, met, ready, type Test, textTo, write } from "./stage.ts";

/**
 * `source` is what people write and, as Markdown, what is delivered. `plain` is how the latter is read where the
 * platform turns marks into looks; the same as `source` where there are none.
 */
const texts: readonly { readonly name: string; readonly source: string; readonly plain?: string }[] = [
  { name: "plain text", source: "Is pump 3 running?" },
  { name: "emoji of several code points", source: "👩🏽‍🔧 says 👍🏿 🇩🇪" },
  { name: "right-to-left text with its marks", source: "\u200Fשלום עולם\u200E — مرحبا" },
  { name: "four-byte characters", source: "𠜎𠜱𡃁 𝔘𝔫𝔦𝔠𝔬𝔡𝔢" },
  { name: "combining characters and joiners", source: "e\u0301 a\u0308 क्षि \u0E01\u0E33 zero\u200Bwidth" },
  { name: "line breaks", source: "first\n\nsecond line\n\nthird" },
  { name: "what looks like markup", source: "if (a < b && c > d) { \"e\" & 'f' } <b>g</b> &amp; &lt;" },
  {
    name: "Markdown",
    source: "This is **bold** and `a_code <x>`, 2 * 3 = 6, snake_case_name, (round) [square] {curly} #1 + - = | . !",
    plain: "This is bold and a_code <x>, 2 * 3 = 6, snake_case_name, (round) [square] {curly} #1 + - = | . !",
  },
  { name: "Markdown that is never closed", source: "**bold and `code and [link](http://x and ```" },
  { name: "what looks like a command", source: "//not a command, nor @one" },
];
/** Far more than any platform shows in one message. */
const large = "0123456789abcde\n".repeat(6_400);

/** Texts both ways. */
export function testTexts(test: Test): void {
  for (const { name, source } of [...texts, { name: "100 KB", source: large }]) {
    test(`hands over ${name} as it was written`, async (stage) => {
      const { message } = await met(stage, { text: source });
      strictEqual(message.text, source);
    });
  }

  for (const { name, source, plain } of texts) {
    test(`delivers ${name}, and it reads as it was meant`, async (stage) => {
      const { conversation } = await met(stage);
      const platformId = accepted(await stage.deliver(textTo(conversation, source)));
      ok(platformId.length > 0);
      const shown = stage.platform.shown?.(conversation);
      if (shown === undefined) return;
      deepStrictEqual(shown.map(({ platformId }) => platformId), [platformId]);
      ok([source, plain].includes(shown[0]!.text), `reads ${JSON.stringify(shown[0]!.text)}`);
    });
  }

  test("delivers a text as long as it says it can", async (stage) => {
    const { conversation } = await met(stage);
    const text = "0123456789abcdef".repeat(6_400).slice(0, stage.channel.capabilities.textLengthMax);
    accepted(await stage.deliver(textTo(conversation, text)));
    const shown = stage.platform.shown?.(conversation);
    if (shown !== undefined) deepStrictEqual(shown.map(({ text }) => text), [text]);
  });

  test("delivers as long a text of which every character must be escaped", async (stage) => {
    const { conversation } = await met(stage);
    const text = "<&>.".repeat(25_600).slice(0, stage.channel.capabilities.textLengthMax);
    accepted(await stage.deliver(textTo(conversation, text)));
    const shown = stage.platform.shown?.(conversation);
    if (shown !== undefined) deepStrictEqual(shown.map(({ text }) => text), [text]);
  });

  test("says who writes, where, and in which language", async (stage) => {
    const { message } = await met(stage);
    strictEqual(message.channel, stage.name);
    ok(message.account.length > 0);
    ok(message.conversation.length > 0);
    ok(message.platformId.length > 0);
    ok(["en", "zh-CN"].includes(message.locale), message.locale);
    ok([undefined, "conversation", "direct"].includes(message.place), `${message.place}`);
  });

  test("keeps people and their conversations apart", async (stage) => {
    const intake = await ready(stage);
    for (const by of ["ann", "bob"]) await write(stage, { key: `of ${by}`, by, text: `from ${by}` });
    const [ann, bob] = intake.taken;
    ok(ann!.account !== bob!.account);
    ok(ann!.conversation !== bob!.conversation);
    accepted(await stage.deliver(textTo(bob!.conversation, "to bob")));
    const shown = [ann!, bob!].map(({ conversation }) => stage.platform.shown?.(conversation).map(({ text }) => text));
    if (stage.platform.shown !== undefined) deepStrictEqual(shown, [[], ["to bob"]]);
  });

  test("knows a group from one person, and who speaks there", async (stage) => {
    const intake = await ready(stage);
    for (const by of ["ann", "bob"]) await write(stage, { key: `of ${by}`, by, group: "night shift", text: "hello" });
    const [ann, bob] = intake.taken;
    deepStrictEqual([ann!.place, bob!.place], ["group", "group"]);
    strictEqual(ann!.conversation, bob!.conversation);
    ok(ann!.account !== bob!.account);
    ok(ann!.text.includes("hello"));
    accepted(await stage.deliver(textTo(ann!.conversation, "to all")));
    deepStrictEqual(stage.platform.shown?.(ann!.conversation).map(({ text }) => text), ["to all"]);
  }, "groups");

  test("hands over what one person writes in its order", async (stage) => {
    const intake = await ready(stage);
    const keys = Array.from({ length: 20 }, (_, index) => `number ${index}`);
    await Promise.all(keys.map((key) => write(stage, { key, text: key })));
    deepStrictEqual(intake.taken.map(({ text }) => text), keys);
    strictEqual(intake.answered(), keys.length);
  });
}
