import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { openPage } from "./page_stand.ts";
import { answers, ask, questions, stored, text, visit } from "./page_visit.ts";

// What the page shows of a person's other devices and accounts, and of commands.

visit("what the person writes on another channel appears live: the question, and the answer as it grows", async (
  { stand, page, sessionId },
) => {
  const { assistant } = stand;
  await ask(page, "Here");
  assistant.say(sessionId(), "Answer here.");
  assistant.finish(sessionId());
  await stored(page).nth(1).waitFor();
  const { page: other } = await openPage(page.context());
  await other.goto(page.url());
  await stored(other).nth(1).waitFor();
  await assistant.submit({
    channel: "telegram",
    account: "4711",
    conversation: "4711",
    place: "direct",
    platformId: "1",
    sessionId: sessionId(),
    text: "From the phone",
    locale: "en",
  });
  for (const tab of [page, other]) await questions(tab).getByText("From the phone").waitFor();
  assistant.say(sessionId(), "It grows ");
  for (const tab of [page, other]) await answers(tab).getByText("It grows").waitFor();
  assistant.say(sessionId(), "and ends. ");
  assistant.finish(sessionId());
  for (const tab of [page, other]) {
    await answers(tab).getByText("It grows and ends.").waitFor();
    await stored(tab).nth(3).waitFor();
    deepStrictEqual(await questions(tab).allTextContents(), ["Here", "From the phone"]);
  }
});

visit("a command's words stand in the conversation, which goes on; /new leads to a new one", async (
  { stand, page, sessionId },
) => {
  await ask(page, "One");
  stand.assistant.say(sessionId(), "Answer one.");
  stand.assistant.finish(sessionId());
  await stored(page).nth(1).waitFor();
  await text(page).fill("/help");
  await text(page).press("Enter");
  await page.locator(".notice code").getByText("/new").waitFor();
  await text(page).fill("Two");
  await text(page).press("Enter");
  await stored(page).nth(2).waitFor();
  stand.assistant.say(sessionId(), "Answer two.");
  stand.assistant.finish(sessionId());
  await answers(page).getByText("Answer two.").waitFor();
  strictEqual(stand.assistant.taken.length, 2);
  await text(page).fill("/new");
  await text(page).press("Enter");
  await page.waitForURL(`${stand.url}/`);
});

visit("a code for another account is two clicks away, without script too", async ({ stand, page }) => {
  await page.goto(`${stand.url}/conversations`);
  await page.getByRole("link", { name: "Your accounts" }).click();
  await page.waitForURL(/\/account$/);
  await page.getByRole("button", { name: /^Unlink telegram/ }).waitFor();
  await page.getByRole("button", { name: "Show a code" }).click();
  await page.locator("[data-code]").getByText(/^\/link \S{3}-\S{3}-\S{3}$/).waitFor();
  ok((await page.content()).includes("5 minutes"));
}, { javaScriptEnabled: false });
