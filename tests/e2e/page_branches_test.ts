import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { Page } from "playwright-core";
import { openPage, violationsOf } from "./page_stand.ts";
import { answers, ask, questions, stored, text, unreachable, visit } from "./page_visit.ts";

// What can be done with questions and answers: edited into a branch, answered again, stopped, tried again, copied.

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const clipboard = (page: Page) => page.evaluate("navigator.clipboard.readText()");
const count = (page: Page) => page.locator(".count");

visit("a question is edited into a branch, and both branches stay", async ({ stand, page, sessionId }) => {
  await ask(page, "Pump 3?");
  stand.assistant.say(sessionId(), "Runs. ");
  stand.assistant.finish(sessionId());
  await stored(page).nth(1).waitFor();
  await text(page).fill("half a thought");
  await questions(page).first().hover();
  await page.getByRole("link", { name: "Edit the question" }).click();
  strictEqual(await text(page).inputValue(), "Pump 3?");
  await page.getByText("Editing an earlier question.").waitFor();
  deepStrictEqual(await violationsOf(page), []);
  await text(page).fill("Pump 4?");
  await page.keyboard.press("Enter");
  strictEqual(await text(page).inputValue(), "half a thought");
  await page.getByText("Waiting for its turn").waitFor();
  stand.assistant.say(sessionId(), "Stands still. ");
  stand.assistant.finish(sessionId());
  await stored(page).nth(1).waitFor();
  deepStrictEqual(await page.locator(".message .text").allInnerTexts(), ["Pump 4?", "Stands still."]);
  deepStrictEqual(await count(page).allInnerTexts(), ["2 / 2"]);
  strictEqual(stand.assistant.taken[1]?.replaces !== undefined, true);

  await button(page, "Previous version").click();
  await answers(page).getByText("Runs.").waitFor();
  deepStrictEqual(await page.locator(".message .text").allInnerTexts(), ["Pump 3?", "Runs."]);
  deepStrictEqual(await count(page).allInnerTexts(), ["1 / 2"]);
  strictEqual(await page.evaluate("document.activeElement.ariaLabel"), "Next version");
  await page.reload();
  deepStrictEqual(await count(page).allInnerTexts(), ["1 / 2"]);
});

visit(
  "an edit is called off with Escape, and what was being written comes back",
  async ({ stand, page, sessionId }) => {
    await ask(page, "First");
    stand.assistant.say(sessionId(), "One. ");
    stand.assistant.finish(sessionId());
    await stored(page).nth(1).waitFor();
    await text(page).fill("kept");
    await page.getByRole("link", { name: "Edit the question" }).focus();
    await page.keyboard.press("Enter");
    strictEqual(await text(page).inputValue(), "First");
    await page.keyboard.press("Escape");
    strictEqual(await text(page).inputValue(), "kept");
    strictEqual(await page.getByText("Editing an earlier question.").isVisible(), false);
    await text(page).fill("");
    await page.keyboard.press("ArrowUp");
    strictEqual(await text(page).inputValue(), "First");
    await page.reload();
    strictEqual(await text(page).inputValue(), "");
  },
);

visit("an answer is asked for again; its versions are stepped through, in another tab too", async (
  { stand, page, sessionId },
) => {
  await ask(page, "Name one");
  stand.assistant.say(sessionId(), "Ada. ");
  stand.assistant.finish(sessionId());
  await stored(page).nth(1).waitFor();
  const { page: other, wrong } = await openPage(page.context());
  await other.goto(page.url());
  await stored(other).nth(1).waitFor();
  await button(page, "Answer again").click();
  for (const tab of [page, other]) await button(tab, "Stop").waitFor();
  await stored(page).nth(1).waitFor({ state: "detached" });
  stand.assistant.say(sessionId(), "Grace. ");
  for (const tab of [page, other]) await answers(tab).getByText("Grace.").waitFor();
  stand.assistant.finish(sessionId());
  for (const tab of [page, other]) {
    await stored(tab).nth(1).waitFor();
    deepStrictEqual(await count(tab).allInnerTexts(), ["2 / 2"]);
  }
  await button(page, "Previous version").click();
  for (const tab of [page, other]) await answers(tab).getByText("Ada.").waitFor();
  deepStrictEqual(await count(other).allInnerTexts(), ["1 / 2"]);
  deepStrictEqual(await violationsOf(page), []);
  deepStrictEqual(wrong, []);
});

visit("an answer that grows on another branch isn't shown here, and is there when one goes to it", async (
  { stand, page, sessionId },
) => {
  await ask(page, "Old");
  stand.assistant.say(sessionId(), "Old answer. ");
  stand.assistant.finish(sessionId());
  await stored(page).nth(1).waitFor();
  await page.getByRole("link", { name: "Edit the question" }).click();
  await text(page).fill("New");
  await page.keyboard.press("Enter");
  await button(page, "Stop").waitFor();
  stand.assistant.say(sessionId(), "New ans");
  await button(page, "Previous version").click();
  await answers(page).getByText("Old answer.").waitFor();
  strictEqual(await page.locator(".live").count(), 0);
  strictEqual(await button(page, "Stop").isVisible(), false);
  stand.assistant.say(sessionId(), "wer. ");
  await button(page, "Next version").click();
  await answers(page).getByText("New answer.").waitFor();
  strictEqual(await stored(page).count(), 1);
  stand.assistant.finish(sessionId());
  await stored(page).nth(1).waitFor();
});

visit("a failed answer is tried again", async ({ stand, page, sessionId }) => {
  await ask(page, "Hello?");
  await button(page, "Stop").waitFor();
  stand.assistant.finish(sessionId(), "The model stopped unexpectedly.");
  await button(page, "Try again").click();
  await button(page, "Stop").waitFor();
  stand.assistant.say(sessionId(), "Here. ");
  stand.assistant.finish(sessionId());
  await answers(page).getByText("Here.").waitFor();
  await stored(page).nth(1).waitFor();
  strictEqual(await questions(page).count(), 1);
});

visit(
  "a question that is being answered isn't answered twice, and that is said",
  async ({ stand, page, sessionId }) => {
    const id = stand.assistant.begin("One");
    stand.assistant.add(id, "person", "One");
    stand.assistant.add(id, "assistant", "Answer");
    await page.goto(`${stand.url}/c/${id}`);
    stand.assistant.answerAgain = async () => ({ kind: "busy" });
    await button(page, "Answer again").click();
    await page.getByText("Not done: This question is being answered already").waitFor();
    strictEqual(sessionId(), id);
  },
  { expected: unreachable },
);

visit("an answer is copied as it was written, code as it stands there", async ({ stand, page }) => {
  const id = stand.assistant.begin("Copy");
  stand.assistant.add(id, "person", "How?");
  stand.assistant.add(id, "assistant", "**So:**\n\n```py\nprint('a < b')\n```");
  await page.goto(`${stand.url}/c/${id}`);
  await button(page, "Copy the answer").click();
  await page.locator(".tool.done").waitFor();
  strictEqual(await clipboard(page), "**So:**\n\n```py\nprint('a < b')\n```");
  strictEqual(await page.locator("[data-status]").textContent(), "Copied");
  await page.locator("figure").getByRole("button", { name: "Copy" }).click();
  await page.locator("figure").getByText("Copied").waitFor();
  strictEqual(await clipboard(page), "print('a < b')\n");
  await questions(page).hover();
  await button(page, "Copy the question").click();
  await page.locator(".person .tool.done").waitFor();
  strictEqual(await clipboard(page), "How?");
}, { permissions: ["clipboard-read", "clipboard-write"] });

visit("under an answer stands what wrote it, how fast, and that it was here", async ({ stand, page, sessionId }) => {
  await ask(page, "Hello");
  stand.assistant.say(sessionId(), "Hello. ");
  stand.assistant.finish(sessionId());
  await page.getByText("scripted · 10 tokens/s · on this machine").waitFor();
});

visit("a server that is asked is named, and no answer is said to be from here", async ({ stand, page, sessionId }) => {
  const { status } = stand.assistant;
  stand.assistant.status = (principal) => {
    const result = status(principal);
    if (result.kind === "refused") return result;
    const model = { ...result.status.model, server: "10.0.0.5:8000" };
    return { ...result, status: { ...result.status, model } };
  };
  await page.reload();
  await page.getByText("Questions go to 10.0.0.5:8000").first().waitFor();
  await ask(page, "Hello");
  stand.assistant.say(sessionId(), "Hello. ");
  stand.assistant.finish(sessionId());
  await page.getByText("scripted · 10 tokens/s", { exact: true }).waitFor();
});

visit("a model that is being loaded is said to be, and to a screen reader too", async ({ stand, page, sessionId }) => {
  let kind: "loading" | "ready" = "loading";
  const { status } = stand.assistant;
  const info = { name: "scripted", contextTokens: 1, sequencesMax: 1 };
  stand.assistant.status = (principal) => {
    const result = status(principal);
    if (result.kind === "refused") return result;
    const state = kind === "ready" ? { kind, info } : { kind };
    return { ...result, status: { ...result.status, model: { ...result.status.model, state } } };
  };
  await ask(page, "Hello");
  stand.assistant.run(sessionId());
  await page.locator(".state").getByText("The model is loading…").waitFor();
  strictEqual(await page.locator("[data-status]").textContent(), "The model is loading…");
  deepStrictEqual(await violationsOf(page), []);
  kind = "ready";
  await page.locator(".state").getByText("Answering").waitFor();
});

visit("without script a question is edited, answered again and stopped, and versions are stepped through", async (
  { stand, page, sessionId },
) => {
  await text(page).fill("Pump 3?");
  await button(page, "Send").click();
  await page.waitForURL(/\/c\//);
  await page.getByRole("link", { name: "Reload" }).waitFor();
  await button(page, "Stop").click();
  await page.getByText("Stopped.").waitFor();
  await button(page, "Try again").click();
  await page.getByRole("link", { name: "Reload" }).waitFor(); // the form has arrived, and is being answered
  stand.assistant.say(sessionId(), "Runs.");
  stand.assistant.finish(sessionId());
  await page.reload();
  await answers(page).getByText("Runs.").waitFor();
  await page.getByRole("link", { name: "Edit the question" }).click();
  await page.waitForURL(/\?edit=/);
  strictEqual(await text(page).inputValue(), "Pump 3?");
  await text(page).fill("Pump 4?");
  await button(page, "Send").click();
  await questions(page).getByText("Pump 4?").waitFor();
  stand.assistant.finish(sessionId());
  await button(page, "Previous version").first().click();
  await questions(page).getByText("Pump 3?").waitFor();
  match(page.url(), /\/c\//);
  ok(await answers(page).getByText("Runs.").isVisible());
}, { javaScriptEnabled: false });

visit("an answer of 100 KB grows without the page falling behind, and ends as the record has it", async (
  { stand, page, sessionId },
) => {
  await ask(page, "Everything");
  const part = "The pump runs at **1,450** rpm, see `config.yaml`. ".repeat(8) +
    "\n\n```py\nx = 1\n```\n\n- a\n- b\n\n";
  for (let at = 0; at < 230; at++) {
    stand.assistant.say(sessionId(), part);
    if (at % 23 === 0) await page.waitForTimeout(20);
  }
  stand.assistant.say(sessionId(), "The very end. ");
  await answers(page).getByText("The very end.").waitFor();
  // As the whole answer has it; white space between blocks is no difference.
  const blocks = () => answers(page).evaluate((text) => [...text.children].map(({ outerHTML }) => outerHTML));
  const shown = await blocks();
  ok(shown.join("").length > 100_000);
  stand.assistant.finish(sessionId());
  await stored(page).nth(1).waitFor();
  ok((await blocks()).join("\n") === shown.join("\n"));
});

visit("of a very long conversation the end is shown, and the rest when it is asked for", async ({ stand, page }) => {
  const id = stand.assistant.begin("Long");
  for (let at = 1; at <= 100; at++) {
    stand.assistant.add(id, "person", `Question ${at}`);
    stand.assistant.add(id, "assistant", `Answer ${at}`);
  }
  await page.goto(`${stand.url}/c/${id}`);
  strictEqual(await stored(page).count(), 80);
  await page.locator(".actions").last().getByRole("button", { name: "Answer again" }).click();
  await button(page, "Stop").waitFor();
  stand.assistant.say(id, "Once more. ");
  stand.assistant.finish(id);
  await page.locator(".versions").waitFor();
  strictEqual(await stored(page).count(), 80);
  await page.getByRole("link", { name: "Show earlier messages" }).click();
  await questions(page).getByText("Question 1", { exact: true }).waitFor();
  strictEqual(await stored(page).count(), 200);
});
