import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Page } from "playwright-core";
import { fakeCode } from "../fake_assistant.ts";
import { callInPage } from "./in_page/call.ts";
import tryEverything from "./in_page/cross_site.js" with { type: "text" };
import { logIn, openBrowser, openPage, openStand, type Stand } from "./page_stand.ts";

// Goal: a page of another site, of another port of this machine, or behind a name that was pointed at this machine can
// neither change nor read nor frame anything, although the browser is logged in.
// Method: such pages in a real browser, which try whatever a page can send.

/** Pages that would do harm, on a port of their own. */
function serveEvil(): { readonly port: number; close(): Promise<void> } {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("<!doctype html><title>evil</title>", { headers: { "content-type": "text/html" } }),
  );
  return { port: server.addr.port, close: () => server.shutdown() };
}

/** One test: a logged-in browser with a conversation, and beside it a page of `evilHost`. */
function crossSite(
  name: string,
  evilHost: string,
  body: (at: { readonly evil: Page; readonly page: Page; readonly stand: Stand; readonly id: string }) => Promise<void>,
): void {
  Deno.test({
    name: `cross-site: ${name}`,
    // The browser's sockets outlive it.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      const server = serveEvil();
      await using stand = openStand();
      const browser = await openBrowser(["--host-resolver-rules=MAP evil.example 127.0.0.1"]);
      try {
        const context = await browser.newContext({ locale: "en-GB" });
        const { page } = await openPage(context);
        await logIn(page, stand.url, fakeCode);
        const id = stand.assistant.begin("A secret title");
        stand.assistant.add(id, "assistant", "A secret answer");
        const { page: evil } = await openPage(context);
        await evil.goto(`http://${evilHost}:${server.port}/`);
        await body({ evil, page, stand, id });
        deepStrictEqual(stand.assistant.taken, []);
      } finally {
        await browser.close();
        await server.close();
      }
    },
  });
}

for (
  const [name, evilHost] of [
    ["a page of another site changes, reads and frames nothing", "localhost"],
    ["a page of another port, which the browser sends the cookies for, changes, reads and frames nothing", "127.0.0.1"],
  ] as const
) {
  crossSite(name, evilHost, async ({ evil, page, stand, id }) => {
    const outcomes = await callInPage<string[]>(evil, tryEverything, { url: stand.url, sessionId: id });
    ok(outcomes.length > 25, `${outcomes.length} tries`);
    deepStrictEqual(outcomes.filter((line) => !/: (nothing|opaque|true)$/.test(line)), []);
    await evil.waitForLoadState("networkidle");
    for (const frame of evil.frames()) ok(!(await frame.content()).includes("secret"));
    await page.goto(`${stand.url}/c/${id}`);
    strictEqual(await page.locator("html").getAttribute("lang"), "en");
    await page.getByText("A secret answer").first().waitFor();
  });
}

crossSite("a name that was pointed at this machine isn't served", "evil.example", async ({ evil, stand }) => {
  const { port } = new URL(stand.url);
  strictEqual((await evil.goto(`http://evil.example:${port}/login`))?.status(), 421);
  const statuses = await evil.evaluate(async () => {
    const paths = ["/", "/api/sessions", "/readyz", "/v1/models"];
    const read = await Promise.all(paths.map(async (path) => (await fetch(path)).status));
    return [...read, (await fetch("/api/messages", { method: "POST", body: "{}" })).status];
  });
  deepStrictEqual(statuses, [421, 421, 421, 421, 421]);
});
