import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { fakeCode } from "../fake_assistant.ts";
import { openPage, violationsOf } from "./page_stand.ts";
import { answers, ask, questions, stored, text, unreachable, visit } from "./page_visit.ts";

// The page in a real browser, before an assistant that a test drives into every state. `page_site_test.ts` has the
// same page before the real host and the real model.

visit(
  "a question is sent with Enter, and its answer appears while it is written",
  async ({ stand, page, sessionId }) => {
    await ask(page, "Is pump 3 running?");
    await page.getByText("Waiting for its turn").waitFor();
    stand.assistant.say(sessionId(), "**Yes**, since ");
    await page.getByText("Answering").first().waitFor();
    await answers(page).locator("strong").waitFor();
    strictEqual(await answers(page).innerText(), "Yes, since");
    stand.assistant.say(sessionId(), "six o'clock.");
    stand.assistant.finish(sessionId());
    await stored(page).nth(1).waitFor();
    strictEqual(await answers(page).innerText(), "Yes, since six o'clock.");
    deepStrictEqual(await stored(page).evaluateAll((items) => items.map((item) => item.className)), [
      "message person",
      "message assistant",
    ]);
    strictEqual(await page.locator(".live").count(), 0);
    strictEqual(await page.title(), "Is pump 3 running? · Clawdbot");
    await page.getByRole("navigation", { name: "Conversations" }).getByText("Is pump 3 running?").waitFor();
  },
);

visit("the finished answer takes the place of the live one without a jump", async ({ stand, page, sessionId }) => {
  await ask(page, "Table?");
  stand.assistant.say(sessionId(), "# Values\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nDone. ");
  await answers(page).getByText("Done.").waitFor();
  const before = await answers(page).boundingBox();
  stand.assistant.finish(sessionId());
  await stored(page).nth(1).waitFor();
  deepStrictEqual(await answers(page).boundingBox(), before);
});

visit("Shift and Enter begin a new line, and the box grows to eight lines", async ({ stand, page }) => {
  await text(page).focus();
  const heights: number[] = [];
  for (let line = 1; line <= 12; line++) {
    await page.keyboard.type(`${line}`);
    heights.push((await text(page).boundingBox())!.height);
    await page.keyboard.press("Shift+Enter");
  }
  ok(heights[4]! > heights[0]! + 60);
  strictEqual(heights[11], heights[8]);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/c\//);
  strictEqual(stand.assistant.taken[0]?.text, "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12");
});

visit("stop stands where send was, and keeps what was written", async ({ stand, page, sessionId }) => {
  const send = page.getByRole("button", { name: "Send" });
  const place = await send.boundingBox();
  await ask(page, "Tell me a long story");
  const stop = page.getByRole("button", { name: "Stop" });
  await stop.waitFor();
  deepStrictEqual(await stop.boundingBox(), place);
  strictEqual(await send.isVisible(), false);
  stand.assistant.say(sessionId(), "Once upon ");
  await answers(page).getByText("Once upon").waitFor();
  await stop.click();
  await stored(page).nth(1).waitFor();
  await send.waitFor();
  strictEqual(await answers(page).innerText(), "Once upon");
  deepStrictEqual(stand.assistant.unfinished(sessionId()), []);
});

visit("Escape stops as well", async ({ page }) => {
  await ask(page, "Tell me a long story");
  await page.getByRole("button", { name: "Stop" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByText("Stopped.").waitFor();
});

visit("a reload in the middle of an answer goes on where it stood", async ({ stand, page, sessionId }) => {
  await ask(page, "Count");
  stand.assistant.say(sessionId(), "one two ");
  await answers(page).getByText("one two").waitFor();
  await page.reload();
  await answers(page).getByText("one two").waitFor();
  await page.getByRole("button", { name: "Stop" }).waitFor();
  stand.assistant.say(sessionId(), "three ");
  await answers(page).getByText("one two three").waitFor();
  stand.assistant.finish(sessionId());
  await stored(page).nth(1).waitFor();
  strictEqual(await questions(page).count(), 1);
  strictEqual(await answers(page).count(), 1);
});

visit("two tabs of one conversation show the same", async ({ stand, page, sessionId }) => {
  await ask(page, "First");
  const { page: other, wrong } = await openPage(page.context());
  await other.goto(page.url());
  await other.getByRole("button", { name: "Stop" }).waitFor();
  stand.assistant.say(sessionId(), "Answer. ");
  for (const tab of [page, other]) await answers(tab).getByText("Answer.").waitFor();
  stand.assistant.finish(sessionId());
  await stored(page).nth(1).waitFor();
  await text(other).fill("Second");
  await other.keyboard.press("Enter");
  await page.getByText("Second").waitFor();
  await stored(page).nth(2).waitFor();
  for (const tab of [page, other]) strictEqual(await questions(tab).count(), 2);
  deepStrictEqual(wrong, []);
});

const hostile: readonly string[] = [
  "<img src=x onerror=\"document.title='owned'\">",
  "<script>document.title='owned'</script>",
  "<svg onload=\"document.title='owned'\"></svg>",
  "[click](javascript:document.title='owned')",
  "![x](x\" onerror=\"document.title='owned')",
  "</li></ol></main><h1>owned</h1>",
  '```"><img src=x onerror="document.title=\'owned\'">\nx\n```',
  "\u202Edednwo\u202C <iframe srcdoc=\"<script>parent.document.title='owned'</script>\">",
];
for (const attack of hostile) {
  visit(`${attack.split("\n")[0]} stays text in question, answer and title`, async ({ stand, page, sessionId }) => {
    const requested: string[] = [];
    page.on("request", (request) => requested.push(request.url()));
    await ask(page, attack);
    stand.assistant.say(sessionId(), `${attack}\n\nEnd. `);
    await answers(page).getByText("End.").waitFor();
    stand.assistant.finish(sessionId());
    await stored(page).nth(1).waitFor();
    await page.reload();
    await stored(page).nth(1).waitFor();
    strictEqual(await questions(page).textContent(), attack);
    strictEqual(await page.locator(".messages :is(img, script, svg:not(.icon), iframe, h1)").count(), 0);
    strictEqual(await page.locator('a[href^="javascript" i]').count(), 0);
    ok(!/^owned/.test(await page.title()));
    deepStrictEqual(requested.filter((url) => !url.startsWith(stand.url)), []);
  });
}

visit(
  "a host that stops is said calmly; what is typed is sent once it is back, and only once",
  async ({ stand, page, sessionId }) => {
    await ask(page, "First");
    stand.assistant.say(sessionId(), "half an ");
    await answers(page).getByText("half an").waitFor();
    await stand.stopHost();
    await page.getByText("The assistant can't be reached.").waitFor();
    const unknown = page.getByText("what has become of it isn't known yet");
    await unknown.waitFor();
    await text(page).fill("Second");
    await page.keyboard.press("Enter");
    await page.getByText("Not sent yet.").waitFor();
    strictEqual(await answers(page).innerText(), "half an");
    stand.startHost();
    await page.getByText("The assistant can't be reached.").waitFor({ state: "hidden" });
    await page.getByText("Not sent yet.").waitFor({ state: "hidden" });
    await unknown.waitFor({ state: "hidden" });
    stand.assistant.say(sessionId(), "answer. ");
    await answers(page).getByText("half an answer.").waitFor();
    deepStrictEqual(stand.assistant.taken.map((message) => message.text), ["First", "Second"]);
    strictEqual(stand.assistant.taken[1]?.sessionId, sessionId());
    strictEqual(await questions(page).count(), 2);
  },
  { expected: unreachable },
);

visit("an answer of the host that gets lost leads to no second message", async ({ stand, page }) => {
  let cut = true;
  await page.route("**/api/messages", async (route) => {
    if (!cut) return await route.continue();
    cut = false;
    await route.fetch();
    await route.abort();
  });
  await ask(page, "Once");
  await stored(page).first().waitFor();
  strictEqual(stand.assistant.taken.length, 1);
  strictEqual(stand.assistant.copies, 1);
  strictEqual(await questions(page).count(), 1);
}, { expected: unreachable });

visit("what wasn't sent outlives a reload, and so does a draft", async ({ stand, page }) => {
  await ask(page, "First");
  await stored(page).first().waitFor();
  let isCut = true;
  await page.route("**/api/messages", (route) => isCut ? route.abort() : route.continue());
  await text(page).fill("Second");
  await page.keyboard.press("Enter");
  await page.getByText("Not sent yet.").waitFor();
  await text(page).fill("A draft");
  await page.reload();
  strictEqual(await text(page).inputValue(), "A draft");
  await page.getByText("Second").waitFor();
  isCut = false;
  await stored(page).nth(1).waitFor();
  deepStrictEqual(stand.assistant.taken.map((message) => message.text), ["First", "Second"]);
}, { expected: unreachable });

visit("a refusal is said with its reason, and the words come back", async ({ stand, page }) => {
  stand.assistant.refusal = "Your role may not chat at night; ask the shift lead";
  await text(page).fill("Open the gate");
  await page.keyboard.press("Enter");
  await page.getByText("Not accepted: Your role may not chat at night; ask the shift lead").waitFor();
  strictEqual(await text(page).inputValue(), "Open the gate");
  deepStrictEqual(await violationsOf(page), []);
}, { expected: unreachable });

visit("a failed turn is stated, and the next question works", async ({ stand, page, sessionId }) => {
  await ask(page, "First");
  stand.assistant.finish(sessionId(), "The model stopped unexpectedly. Please ask again.");
  await page.getByText("The model stopped unexpectedly. Please ask again.").waitFor();
  await page.getByRole("button", { name: "Send" }).waitFor();
  await ask(page, "Again");
  await stored(page).nth(2).waitFor();
});

visit(
  "a login that ended leads to the code, then back, and what waited is sent",
  async ({ stand, page, sessionId }) => {
    await ask(page, "First");
    await stored(page).first().waitFor();
    const id = sessionId();
    // It ends while the message is on its way: before that, the page would notice by itself and leave.
    await page.route("**/api/messages", async (route) => {
      await page.context().clearCookies({ name: "clawdbot_login" });
      const { cookie: _, ...headers } = await route.request().allHeaders();
      await route.continue({ headers });
    }, { times: 1 });
    await text(page).fill("Second");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/login/);
    await page.getByRole("textbox").fill(fakeCode);
    await page.keyboard.press("Enter");
    await page.waitForURL(`${stand.url}/c/${id}`);
    await stored(page).nth(1).waitFor();
    deepStrictEqual(stand.assistant.taken.map((message) => message.text), ["First", "Second"]);
  },
  { expected: unreachable },
);

visit("scrolling follows only while the person is at the end", async ({ stand, page, sessionId }) => {
  const position = () => page.locator(".scroll").evaluate((element) => element.scrollTop);
  const distance = () =>
    page.locator(".scroll").evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight);
  await ask(page, "Long?");
  const lines = (from: number) => Array.from({ length: 60 }, (_, index) => `Line ${from + index}.\n\n`).join("");
  stand.assistant.say(sessionId(), lines(0));
  await answers(page).getByText("Line 59.").waitFor();
  ok(await distance() < 2);
  await page.locator(".scroll").evaluate((element) => element.scrollTo(0, 100));
  await page.waitForTimeout(50);
  stand.assistant.say(sessionId(), lines(60));
  const below = page.getByRole("button", { name: "New text below" });
  await below.waitFor();
  strictEqual(await position(), 100);
  await below.click();
  await below.waitFor({ state: "hidden" });
  while (await distance() >= 2) await page.waitForTimeout(20);
  stand.assistant.say(sessionId(), lines(120));
  await answers(page).getByText("Line 179.").waitFor();
  ok(await distance() < 2);
});

visit("everything is reached by keyboard alone, in the order in which it stands", async ({ stand, page }) => {
  const id = stand.assistant.begin("Earlier");
  stand.assistant.add(id, "assistant", "See [the manual](https://example.com).\n\n```\ncode\n```");
  await page.goto(`${stand.url}/c/${id}`);
  strictEqual(await page.evaluate("document.activeElement.id"), "text");
  await page.locator(".skip").focus();
  const order: string[] = ["Skip to the message box"];
  for (let steps = 0; steps < 20; steps++) {
    await page.keyboard.press("Tab");
    const name = await page.locator(":focus").evaluate((element) =>
      (element.getAttribute("aria-label") ?? element.textContent ?? "").trim()
    ).catch(() => "");
    if (name === "" || name === order[0]) break;
    order.push(name);
  }
  deepStrictEqual(order, [
    "Skip to the message box",
    "New conversation",
    "Hide the conversations",
    "Search titles",
    "Earlier",
    "Actions for Earlier",
    "Settings",
    "Keyboard",
    "Actions for this conversation",
    "the manual",
    "Copy",
    "code",
    "Copy the answer",
    "Answer again",
    "Message",
    "Attach files",
    "Send",
  ]);
});

visit("the language is switched on the page, and stays", async ({ stand, page }) => {
  await page.getByText("Settings").click();
  await page.getByRole("button", { name: "简体中文" }).click();
  await page.getByRole("heading", { name: "新会话" }).waitFor();
  strictEqual(await page.locator("html").getAttribute("lang"), "zh-CN");
  await ask(page, "你好");
  await page.getByText("排队等候").waitFor();
  strictEqual(stand.assistant.taken[0]?.locale, "zh-CN");
});

visit("a Chinese browser is spoken to in Chinese", async ({ page }) => {
  await page.getByText("想了解什么？").waitFor();
}, { locale: "zh-CN" });

visit("the appearance is switched on the page, against the system's", async ({ page }) => {
  const background = () => page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
  const light = await background();
  await page.getByText("Settings").click();
  await page.getByRole("button", { name: "Dark" }).click();
  await page.locator('html[data-theme="dark"]').waitFor();
  ok(await background() !== light);
});

visit("logging out leads to the login, and back there is nothing to see", async ({ stand, page }) => {
  await page.getByText("Settings").click();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.waitForURL(`${stand.url}/login`);
  await page.goBack();
  await page.waitForURL(/\/login/);
});

visit(
  "without script a question is sent and its answer is there after a reload",
  async ({ stand, page, sessionId }) => {
    await text(page).fill("Plain?");
    await page.getByRole("button", { name: "Send" }).click();
    await page.waitForURL(/\/c\//);
    stand.assistant.say(sessionId(), "**Plain.**");
    stand.assistant.finish(sessionId());
    await page.reload();
    await answers(page).locator("strong").waitFor();
  },
  { javaScriptEnabled: false },
);

visit("with 10,000 characters in one word, wide tables and code, nothing scrolls sideways at 320 pixels", async (
  { stand, page, sessionId },
) => {
  await ask(page, "a".repeat(2_000));
  stand.assistant.say(
    sessionId(),
    `${"水".repeat(300)} ${"b".repeat(10_000)}\n\n| ${"wide | ".repeat(20)}\n|${"-|".repeat(20)}\n| ${
      "cell | ".repeat(20)
    }\n\n\`\`\`\n${"code ".repeat(100)}\n\`\`\`\n\n${"nested ".repeat(1)}\n\n> > > > ${"d".repeat(500)} `,
  );
  stand.assistant.finish(sessionId());
  await stored(page).nth(1).waitFor();
  for (const path of [new URL(page.url()).pathname, "/", "/conversations", "/nothing", "/c/nothing"]) {
    await page.goto(stand.url + path);
    const wide = await page.locator("html, main").evaluateAll((elements) =>
      elements.map((element) => element.scrollWidth - element.clientWidth)
    );
    deepStrictEqual(wide, [0, 0], path);
  }
}, { width: 320, height: 640, expected: unreachable });

for (const colorScheme of ["light", "dark"] as const) {
  for (const [size, width, height] of [["phone", 390, 844], ["desktop", 1_280, 800]] as const) {
    visit(`axe finds nothing wrong on any page in any state (${size}, ${colorScheme})`, async (
      { stand, page, sessionId },
    ) => {
      const check = async (state: string) => deepStrictEqual(await violationsOf(page), [], state);
      await check("empty");
      if (size === "desktop") {
        await page.getByText("Settings").click();
        await check("settings");
      }
      await ask(page, "First");
      await page.getByText("Waiting for its turn").waitFor();
      await check("queued");
      stand.assistant.say(
        sessionId(),
        "# Title\n\n1. a **b** `c`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\nx\n```\n\n> quote [link](https://e.com) ",
      );
      await answers(page).getByText("quote").waitFor();
      await check("answering");
      stand.assistant.finish(sessionId());
      await stored(page).nth(1).waitFor();
      await check("answered");
      await ask(page, "Again");
      await page.getByRole("button", { name: "Stop" }).waitFor();
      stand.assistant.finish(sessionId(), "The model stopped unexpectedly.");
      await stored(page).nth(3).waitFor();
      await check("failed");
      await stand.stopHost();
      await page.getByText("The assistant can't be reached.").waitFor();
      await text(page).fill("Second");
      await page.keyboard.press("Enter");
      await page.getByText("Not sent yet.").waitFor();
      await check("away");
      stand.startHost();
      await page.getByText("Not sent yet.").waitFor({ state: "hidden" });
      for (const path of ["/conversations", "/nothing", "/c/nothing"]) {
        await page.goto(stand.url + path);
        await check(path);
      }
      await page.context().clearCookies();
      await page.goto(`${stand.url}/login`);
      await check("login");
      await page.getByRole("textbox").fill("NOPE");
      await page.keyboard.press("Enter");
      await page.getByRole("alert").waitFor();
      await check("wrong code");
    }, { width, height, colorScheme, expected: unreachable });
  }
}

visit("the page names its parts to a screen reader", async ({ stand, page, sessionId }) => {
  await ask(page, "Is it on?");
  stand.assistant.say(sessionId(), "Yes. ");
  await answers(page).getByText("Yes.").waitFor();
  stand.assistant.finish(sessionId());
  await stored(page).nth(1).waitFor();
  const tree = await page.locator("body").ariaSnapshot();
  for (
    const part of [
      /complementary/,
      /navigation "Conversations"/,
      /banner/,
      /heading "Is it on\?" \[level=1\]/,
      /main/,
      /log "Messages"/,
      /You/,
      /Assistant/,
      /region "Message"/,
      /textbox "Message"/,
      /button "Send"/,
    ]
  ) match(tree, part);
  strictEqual(await page.locator("[data-status]").textContent(), "The answer is complete");
});
