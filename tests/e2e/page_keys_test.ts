import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import type { Page } from "playwright-core";
import { violationsOf } from "./page_stand.ts";
import { answers, ask, questions, stored, text, visit } from "./page_visit.ts";

// Everything by keyboard: the list of keys, what each does, and that none is in the way of typing.

const sheet = (page: Page) => page.getByRole("dialog", { name: "Keyboard" });
const leaveBox = async (page: Page) => {
  await page.waitForLoadState("load");
  // The browser puts the focus into the box with a frame of its own, after the page was loaded.
  await page.waitForFunction("document.activeElement.matches('#text, main')");
  await page.keyboard.press("Escape");
  strictEqual(await page.evaluate("document.activeElement.matches('main')"), true);
};
const isComposing = (page: Page) => page.evaluate("document.activeElement.id === 'text'");

visit("a question mark shows every key, and Escape goes back to where one was", async ({ page }) => {
  await leaveBox(page);
  await page.keyboard.press("?");
  await sheet(page).waitFor();
  const lines = (await sheet(page).locator("dl > div").allInnerTexts()).map((line) => line.replace(/\s+/g, " "));
  deepStrictEqual(lines, [
    "Show this list ?",
    "New conversation n",
    "Search conversations / or Ctrl K",
    "Next conversation j",
    "Previous conversation k",
    "Show or hide the conversations [",
    "To the message box i",
    "Stop the answer, end an edit, or leave the message box Esc",
    "Copy the last answer c",
    "Edit the last question e",
    "Edit the last question, in an empty message box ↑",
    "Answer the last question again r",
  ]);
  deepStrictEqual(await violationsOf(page), []);
  await page.keyboard.press("n");
  await sheet(page).waitFor();
  await page.keyboard.press("Escape");
  await sheet(page).waitFor({ state: "hidden" });
  strictEqual(await page.evaluate("document.activeElement.matches('main')"), true);
  await page.keyboard.press("i");
  strictEqual(await isComposing(page), true);
});

visit("while text is typed, keys are text", async ({ stand, page }) => {
  stand.assistant.begin("One");
  await page.reload();
  await page.locator("#text:focus").waitFor(); // the browser gives it that when it first paints
  await page.keyboard.type("?njk[icer/");
  strictEqual(await text(page).inputValue(), "?njk[icer/");
  await page.getByRole("searchbox").focus();
  await page.keyboard.type("n?j");
  strictEqual(await page.getByRole("searchbox").inputValue(), "n?j");
  strictEqual(await sheet(page).isVisible(), false);
  strictEqual(page.url(), `${stand.url}/`);
});

visit("conversations are walked through, begun and found", async ({ stand, page }) => {
  for (const title of ["Third", "Second", "First"]) {
    stand.assistant.add(stand.assistant.begin(title), "assistant", `This is ${title}`);
  }
  await page.reload();
  for (const [key, title] of [["j", "First"], ["j", "Second"], ["j", "Third"], ["k", "Second"]] as const) {
    await leaveBox(page);
    await page.keyboard.press(key);
    await page.getByRole("heading", { level: 1, name: title }).waitFor();
  }
  await leaveBox(page);
  await page.keyboard.press("n");
  await page.waitForURL(`${stand.url}/`);
  await leaveBox(page);
  await page.keyboard.press("[");
  await page.getByRole("searchbox").waitFor({ state: "hidden" });
  await page.keyboard.press("/");
  await page.getByRole("searchbox").waitFor();
  strictEqual(await page.evaluate("document.activeElement.type"), "search");
});

visit("the last answer is copied and asked for again, the last question edited", async ({ stand, page, sessionId }) => {
  await ask(page, "First");
  stand.assistant.say(sessionId(), "One. ");
  stand.assistant.finish(sessionId());
  await stored(page).nth(1).waitFor();
  await leaveBox(page);
  await page.keyboard.press("c");
  await page.locator(".tool.done").waitFor();
  strictEqual(await page.evaluate("navigator.clipboard.readText()"), "One. ");
  await page.keyboard.press("r");
  await page.getByRole("button", { name: "Stop" }).waitFor();
  stand.assistant.say(sessionId(), "Two. ");
  stand.assistant.finish(sessionId());
  await answers(page).getByText("Two.").waitFor();
  await stored(page).nth(1).waitFor();
  await page.locator("main").focus();
  await page.keyboard.press("e");
  strictEqual(await isComposing(page), true);
  strictEqual(await text(page).inputValue(), "First");
}, { permissions: ["clipboard-read", "clipboard-write"] });

visit("single keys are switched off, and stay so", async ({ stand, page }) => {
  await leaveBox(page);
  await page.keyboard.press("?");
  await page.getByRole("checkbox", { name: "Use single keys" }).uncheck();
  await page.keyboard.press("Escape");
  for (const isReloaded of [false, true]) {
    if (isReloaded) {
      await page.reload();
      await leaveBox(page);
    }
    await page.keyboard.press("?");
    await page.keyboard.press("i");
    strictEqual(await sheet(page).isVisible(), false);
    strictEqual(await isComposing(page), false);
  }
  await page.keyboard.press("Control+k");
  strictEqual(await page.evaluate("document.activeElement.type"), "search");
  strictEqual(page.url(), `${stand.url}/`);
});

visit("a screen reader is told that an answer begins and that it is complete, and nothing in between", async (
  { stand, page, sessionId },
) => {
  await page.evaluate(`
    globalThis.said = [];
    new MutationObserver(() => said.push(document.querySelector("[data-status]").textContent))
      .observe(document.querySelector("[data-status]"), { childList: true, subtree: true, characterData: true });
  `);
  await ask(page, "Tell me");
  for (let step = 0; step < 20; step++) stand.assistant.say(sessionId(), `word ${step} `);
  await answers(page).getByText("word 19").waitFor();
  strictEqual(await page.locator(".live.assistant").getAttribute("aria-busy"), "true");
  stand.assistant.finish(sessionId());
  await stored(page).nth(1).waitFor();
  deepStrictEqual(await page.evaluate("said"), ["The model is loading…", "Answering", "The answer is complete"]);
});

visit("a page read aloud has its parts, its controls and their names", async ({ stand, page }) => {
  const id = stand.assistant.begin("Is it on?");
  stand.assistant.add(id, "person", "Is it on?");
  stand.assistant.add(id, "assistant", "Yes.\n\n```py\nx\n```");
  await page.goto(`${stand.url}/c/${id}`);
  const tree = await page.locator("body").ariaSnapshot();
  for (
    const part of [
      /link "Skip to the message box"/,
      /complementary "Conversations"/,
      /search/,
      /searchbox "Search titles"/,
      /navigation "Conversations"/,
      /list "January 1970"/,
      /link "Actions for Is it on\?"/,
      /banner/,
      /heading "Is it on\?" \[level=1\]/,
      /main/,
      /log "Messages"/,
      /heading "You" \[level=2\]/,
      /link "Edit the question"/,
      /button "Copy the question"/,
      /heading "Assistant" \[level=2\]/,
      /figure "Python/,
      /button "Copy the answer"/,
      /button "Answer again"/,
      /region "Message"/,
      /textbox "Message"/,
      /button "Send"/,
    ]
  ) match(tree, part);
  strictEqual(await questions(page).count(), 1);
});
