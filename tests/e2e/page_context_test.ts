import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { violationsOf } from "./page_stand.ts";
import { ask, stored, visit } from "./page_visit.ts";

// What the model was given: reached from its answer by pointer, touch, keyboard and without script.

const link = "What the model was given";

visit("an answer leads to what the model was given, by keyboard, and back", async ({ stand, page, sessionId }) => {
  await ask(page, "Is pump 3 running?");
  stand.assistant.say(sessionId(), "Yes. ");
  stand.assistant.finish(sessionId());
  await stored(page).nth(1).waitFor();
  await page.getByRole("button", { name: "Answer again" }).focus();
  await page.keyboard.press("Tab");
  strictEqual(await page.evaluate("document.activeElement.ariaLabel"), link);
  const conversation = page.url();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/context\//);
  await page.getByRole("heading", { level: 1, name: link }).waitFor();
  const rows = await page.locator("tbody tr").allInnerTexts();
  deepStrictEqual(rows.map((row) => row.replace(/\s+/g, " ").trim()), [
    "Standing instructions The same for everybody 43 1%",
    "You Is pump 3 running? 4 0.1%",
    "Marks between the messages Put there by the model's own template 4 0.1%",
  ]);
  await page.getByText("Nothing was left out.").waitFor();
  deepStrictEqual(await violationsOf(page), []);
  await page.getByRole("link", { name: "Back to the conversation" }).click();
  await page.waitForURL(conversation);
});

visit("it is reached by touch and without script, and markup in messages is text", async ({ stand, page }) => {
  const id = stand.assistant.begin("Old");
  const attack = '<img src=x onerror="alert(1)"></table><script>alert(2)</script>\u202e';
  const question = {
    account: "owner",
    conversation: "c",
    platformId: "1",
    text: attack,
    locale: "en",
    channel: "web",
    sessionId: id,
  } as const;
  await stand.assistant.submit(question);
  stand.assistant.say(id, "No.");
  stand.assistant.finish(id);
  stand.assistant.shapeContext = (context) => ({
    ...context,
    leftOut: [{ id: context.messages[0]!.id, reason: "room", tokens: 12 }, { id: "erased", reason: "notice" }],
    messages: [{ ...context.messages[0]!, files: [{ name: attack, tokens: 1, bytesLeftOut: 5_000 }] }],
  });
  await page.goto(`${stand.url}/c/${id}`);
  const tool = page.getByRole("link", { name: link });
  const box = (await tool.boundingBox())!;
  match(`${box.width >= 40 && box.height >= 40}`, /true/, "large enough for a thumb");
  await tool.tap();
  await page.waitForURL(/\/context\//);
  const words = await page.locator("main").innerText();
  strictEqual(words.split("<img src=x").length, 4, "as the question, as its file, and among what was left out");
  match(words, /It has been erased\./);
  strictEqual(await page.locator("main img, main script").count(), 0);
  strictEqual(await page.evaluate("document.documentElement.scrollWidth - innerWidth"), 0);
}, { javaScriptEnabled: false, hasTouch: true, width: 390, height: 844 });

visit("a turn of another conversation, or one that asked no model, is no page", async ({ stand, page, sessionId }) => {
  await ask(page, "Hello?");
  stand.assistant.say(sessionId(), "Yes. ");
  stand.assistant.finish(sessionId());
  await stored(page).nth(1).waitFor();
  const address = await page.getByRole("link", { name: link }).getAttribute("href");
  const other = stand.assistant.begin("Other");
  for (const path of [address!.replace(sessionId(), other), `/c/${other}/context/nothing`]) {
    const response = await page.request.get(stand.url + path, { headers: { accept: "text/html" } });
    match(`${response.status()}`, /^40[34]$/);
  }
});
