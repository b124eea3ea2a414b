import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { Page } from "playwright-core";
import { openPage, violationsOf } from "./page_stand.ts";
import { ask, stored, text, unreachable, visit } from "./page_visit.ts";

// The conversations beside the conversation: grouped, found, named, kept on top, exported, deleted and brought back.

const dayMs = 24 * 3_600_000;
const rows = (page: Page) => page.locator("[data-list] li");
const row = (page: Page, title: string) => rows(page).filter({ hasText: title });
const titles = (page: Page) => page.locator("[data-list] [data-name]").allInnerTexts();
const headings = (page: Page) => page.locator("[data-list] h2").allInnerTexts();
const choose = async (page: Page, title: string, choice: string) => {
  await row(page, title).hover();
  await row(page, title).getByRole("link", { name: `Actions for ${title}` }).click();
  await page.locator(".menu").getByText(choice, { exact: true }).click();
};

visit("conversations are grouped by the visitor's own days, pinned ones first", async ({ stand, page }) => {
  const nowMs = Date.now();
  for (const daysAgo of [0, 1, 5, 20]) {
    stand.assistant.date(stand.assistant.begin(`${daysAgo} days`), nowMs - daysAgo * dayMs);
  }
  const old = stand.assistant.begin("Old");
  stand.assistant.date(old, Date.UTC(2024, 2, 15));
  const pinned = stand.assistant.begin("Kept");
  stand.assistant.date(pinned, nowMs - 400 * dayMs);
  await stand.assistant.pinSession({ kind: "local" }, pinned, true);
  await page.reload();
  deepStrictEqual(await headings(page), [
    "Pinned",
    "Today",
    "Yesterday",
    "Previous 7 days",
    "Previous 30 days",
    "March 2024",
  ]);
  deepStrictEqual(await titles(page), ["Kept", "0 days", "1 days", "5 days", "20 days", "Old"]);
  strictEqual(
    (await page.context().cookies()).find(({ name }) => name === "clawdbot_zone")?.value,
    "Pacific%2FKiritimati",
  );
  deepStrictEqual(await violationsOf(page), []);
}, { timezoneId: "Pacific/Kiritimati" });

visit("a conversation is renamed where it stands, and another tab shows the name at once", async (
  { stand, page, sessionId },
) => {
  await ask(page, "First");
  await stored(page).first().waitFor();
  const { page: other, wrong } = await openPage(page.context());
  await other.goto(page.url());
  await other.getByRole("heading", { name: "First" }).waitFor();
  await choose(page, "First", "Rename");
  const box = page.getByRole("textbox", { name: "Title" });
  strictEqual(await box.inputValue(), "First");
  deepStrictEqual(await violationsOf(page), []);
  await box.fill("Pump 3");
  await page.keyboard.press("Enter");
  for (const tab of [page, other]) {
    await tab.getByRole("heading", { level: 1, name: "Pump 3" }).waitFor();
    await row(tab, "Pump 3").waitFor();
    strictEqual(await tab.title(), "Pump 3 · Clawdbot");
  }
  strictEqual(await page.evaluate("document.activeElement.textContent.trim()"), "Pump 3");
  const list = await stand.assistant.sessions({ kind: "local" });
  ok(list.kind === "sessions");
  deepStrictEqual(list.sessions.map(({ id, title }) => [id, title]), [[sessionId(), "Pump 3"]]);
  deepStrictEqual(wrong, []);
});

visit("Escape leaves a name as it was, and what others change meanwhile doesn't take the box away", async (
  { stand, page },
) => {
  stand.assistant.begin("One");
  await page.reload();
  await choose(page, "One", "Rename");
  await page.getByRole("textbox", { name: "Title" }).fill("Two");
  stand.assistant.begin("Other");
  await page.evaluate('document.dispatchEvent(new Event("visibilitychange"))');
  strictEqual(await page.getByRole("textbox", { name: "Title" }).inputValue(), "Two");
  await page.keyboard.press("Escape");
  await row(page, "Other").waitFor();
  deepStrictEqual(await titles(page), ["Other", "One"]);
});

visit("a conversation is pinned and let go", async ({ stand, page }) => {
  for (const title of ["One", "Two"]) stand.assistant.begin(title);
  await page.reload();
  await choose(page, "One", "Pin");
  await page.getByRole("heading", { name: "Pinned" }).waitFor();
  deepStrictEqual(await titles(page), ["One", "Two"]);
  await choose(page, "One", "Unpin");
  await page.getByRole("heading", { name: "Pinned" }).waitFor({ state: "detached" });
  deepStrictEqual(await titles(page), ["Two", "One"]);
});

visit("what is deleted is brought back by Undo, by keyboard alone", async ({ stand, page }) => {
  for (const title of ["One", "Two"]) stand.assistant.begin(title);
  await page.reload();
  await row(page, "One").getByRole("link", { name: "Actions for One" }).focus();
  await page.keyboard.press("Enter");
  for (let steps = 0; steps < 4; steps++) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByText("“One” was deleted.").waitFor();
  await row(page, "One").waitFor({ state: "detached" });
  strictEqual(await page.evaluate("document.activeElement.textContent"), "Undo");
  deepStrictEqual(await violationsOf(page), []);
  await page.keyboard.press("Enter");
  await row(page, "One").waitFor();
  strictEqual(await page.locator(".undo").count(), 0);
  strictEqual(await page.evaluate("document.activeElement.id"), "text");
});

visit("once the bar is gone, the last deleted conversation can still be brought back, after a reload too", async (
  { stand, page },
) => {
  for (const title of ["One", "Two"]) stand.assistant.begin(title);
  await page.reload();
  const later = page.getByRole("button", { name: "Bring back the deleted one" });
  await choose(page, "One", "Delete");
  await page.getByText("“One” was deleted.").waitFor();
  strictEqual(await later.isVisible(), false);
  await page.getByRole("button", { name: "Dismiss" }).click();
  await later.waitFor();
  deepStrictEqual(await violationsOf(page), []);
  await page.reload();
  await later.click();
  await row(page, "One").waitFor();
  strictEqual(await later.isVisible(), false);
});

visit("deleting the open conversation leads to a new one, where it can be brought back", async (
  { stand, page, sessionId },
) => {
  await ask(page, "Gone?");
  await stored(page).first().waitFor();
  const id = sessionId();
  await page.locator(".bar").getByRole("link", { name: "Actions for this conversation" }).click();
  await page.locator(".menu").getByText("Delete").click();
  await page.waitForURL(/removed=/);
  strictEqual(await row(page, "Gone?").count(), 0);
  strictEqual((await page.goto(`${stand.url}/c/${id}`))?.status(), 403);
  await page.goBack();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.waitForURL(`${stand.url}/c/${id}`);
  await stored(page).first().waitFor();
}, { expected: unreachable });

visit("titles are searched while one types, and what was found is reached by keyboard", async ({ stand, page }) => {
  for (const title of ["Pump 3 vibrates", "Boiler pressure", "PUMP hours"]) {
    stand.assistant.add(stand.assistant.begin(title), "person", title);
  }
  await page.reload();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("pump");
  await row(page, "Boiler").waitFor({ state: "detached" });
  deepStrictEqual(await titles(page), ["PUMP hours", "Pump 3 vibrates"]);
  await page.keyboard.press("Enter");
  await page.locator("a:focus", { hasText: "PUMP hours" }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "PUMP hours" }).waitFor();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("nothing like it");
  await page.getByText("No conversation has this in its title.").waitFor();
  deepStrictEqual(await violationsOf(page), []);
  await page.keyboard.press("Escape");
  await row(page, "Boiler").waitFor();
});

visit("a conversation is exported as a file of either kind", async ({ stand, page }) => {
  const id = stand.assistant.begin("Valve");
  stand.assistant.add(id, "person", "Is it shut?");
  stand.assistant.add(id, "assistant", "**Yes.**");
  await page.goto(`${stand.url}/c/${id}`);
  for (
    const [choice, name, content] of [
      ["Export as Markdown", "Valve.md", /\*\*Yes\.\*\*/],
      ["Export as JSON", "Valve.json", /"clawdbot-conversation"/],
    ] as const
  ) {
    const [download] = await Promise.all([page.waitForEvent("download"), choose(page, "Valve", choice)]);
    strictEqual(download.suggestedFilename(), name);
    match(await Deno.readTextFile(await download.path()), content);
  }
});

visit("the list is hidden and shown, and the choice is kept", async ({ stand, page }) => {
  stand.assistant.begin("One");
  await page.reload();
  const kept = page.waitForResponse((response) => response.url().endsWith("/preferences"));
  await page.getByRole("button", { name: "Hide the conversations" }).click();
  await rows(page).first().waitFor({ state: "hidden" });
  strictEqual(await page.evaluate("document.activeElement.ariaLabel"), "Show the conversations");
  await kept;
  await page.reload();
  strictEqual(await rows(page).first().isVisible(), false);
  deepStrictEqual(await violationsOf(page), []);
  await page.getByRole("button", { name: "Show the conversations" }).click();
  await rows(page).first().waitFor();
});

visit("on a phone the list is a page of its own, with the same in it", async ({ stand, page }) => {
  const id = stand.assistant.begin("One");
  stand.assistant.begin("Two");
  await page.goto(`${stand.url}/c/${id}`);
  await page.getByRole("link", { name: "Conversations" }).click();
  await page.waitForURL(`${stand.url}/conversations`);
  const touch = await row(page, "One").getByRole("link", { name: "Actions for One" }).boundingBox();
  ok(touch!.width >= 48 && touch!.height >= 48);
  await row(page, "One").getByRole("link", { name: "Actions for One" }).tap();
  await page.locator(".menu").getByText("Delete").tap();
  await page.getByText("“One” was deleted.").waitFor();
  deepStrictEqual(await violationsOf(page), []);
  await page.getByRole("button", { name: "Undo" }).tap();
  await row(page, "One").waitFor();
}, { width: 390, height: 844, hasTouch: true });

visit("without script all of it works by forms", async ({ stand, page }) => {
  const id = stand.assistant.begin("Plain");
  stand.assistant.begin("Other");
  await page.goto(`${stand.url}/c/${id}`);
  await row(page, "Plain").getByRole("link", { name: "Actions for Plain" }).click();
  await page.waitForURL(/\/manage$/);
  deepStrictEqual(await page.locator("main").getByRole("button").allInnerTexts(), ["Save", "Pin", "Delete"]);
  await page.getByRole("textbox", { name: "Title" }).fill("Simple");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Simple" }).waitFor();
  await page.locator(".bar").getByRole("link", { name: "Actions for this conversation" }).click();
  await page.getByRole("button", { name: "Pin" }).click();
  await page.getByRole("heading", { name: "Pinned" }).waitFor();
  await page.getByRole("searchbox").fill("simp");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/conversations\?query=simp/);
  deepStrictEqual(await titles(page), ["Simple"]);
  await page.getByRole("link", { name: "Actions for Simple" }).click();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByText("The conversation was deleted.").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("heading", { name: "Simple" }).waitFor();
  await page.getByRole("button", { name: "Hide the conversations" }).click();
  await page.getByRole("button", { name: "Show the conversations" }).waitFor();
}, { javaScriptEnabled: false });

visit(
  "a change that the host refuses is said with its reason; one that doesn't arrive, too",
  async ({ stand, page }) => {
    const id = stand.assistant.begin("One");
    await page.reload();
    stand.assistant.pinSession = async () => ({ kind: "refused", reason: "Your role may not pin" });
    await choose(page, "One", "Pin");
    await page.getByText("Not done: Your role may not pin").waitFor();
    await page.route(`**/c/${id}/pin`, (route) => route.abort());
    await choose(page, "One", "Pin");
    await page.getByText("The assistant can't be reached. Try again in a moment.").waitFor();
    deepStrictEqual(await violationsOf(page), []);
    strictEqual(await text(page).isEnabled(), true);
  },
  { expected: unreachable },
);
