import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { startSite } from "../site.ts";
import { logIn, openBrowser, openPage } from "./page_stand.ts";

// The page before the real host, the real runner and the small model. What the page does in every state stands in
// `page_test.ts`.

Deno.test({
  name: "a real answer streams into the page, is stopped, outlives a reload and the host's restart",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using site = await startSite();
    await site.untilReady();
    const browser = await openBrowser();
    try {
      const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1_280, height: 800 } });
      const { page, wrong } = await openPage(context);
      page.setDefaultTimeout(60_000);
      await logIn(page, site.url, await site.loginCode());
      const send = async (text: string) => {
        await page.getByRole("textbox", { name: "Message" }).fill(text);
        await page.keyboard.press("Enter");
      };
      const stored = page.locator(".message[data-sequence]");
      const stop = page.getByRole("button", { name: "Stop" });
      const answer = page.locator(".message.assistant .text:visible");

      await send("What is the capital of France? Answer in one word.");
      await stored.nth(1).waitFor();
      match(await answer.first().innerText(), /Paris/);
      strictEqual(await page.locator(".live").count(), 0);

      // A small model sometimes says little: then the answer has ended before it could be stopped, and it is asked again.
      for (let tries = 1, isStopped = false; !isStopped; tries++) {
        ok(tries <= 5, "No answer was long enough to be stopped");
        const count = await stored.count();
        await send("Write a very long story about a lighthouse, at least a thousand words.");
        await answer.nth(tries).waitFor();
        const early = (await answer.nth(tries).innerText()).length;
        await page.reload();
        await answer.nth(tries).waitFor();
        ok((await answer.nth(tries).innerText()).length >= early);
        isStopped = await stop.click({ timeout: 2_000 }).then(() => true, () => false);
        await stored.nth(count + 1).waitFor();
        strictEqual(await stop.isVisible(), false);
      }

      const texts = await stored.allInnerTexts();
      const [host] = site.pids("host");
      Deno.kill(host!, "SIGKILL");
      await page.getByText("The assistant can't be reached.").waitFor();
      await send("What is two plus two?");
      await page.getByText("The assistant can't be reached.").waitFor({ state: "hidden" });
      await stored.nth(texts.length + 1).waitFor();
      deepStrictEqual((await stored.allInnerTexts()).slice(0, texts.length), texts);
      deepStrictEqual(wrong.filter((line) => !/ERR_|Failed to load resource/.test(line)), []);
    } finally {
      await browser.close();
    }
  },
});
