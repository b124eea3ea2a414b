import { deepStrictEqual } from "node:assert/strict";
import { openBrowser, openPage, openStand, violationsOf } from "./page_stand.ts";
import { pageStates, scenes, sizes, stateNowMs } from "./page_states.ts";

// Goal: whoever can't see the page, or sees it poorly, can use each of its states. Method: axe, with every rule that isn't
// experimental, on every page and state, on phone and desktop, light and dark, in both languages: every day two of these
// eight, so that each of them is there once; with `--long` all.

const browser = await openBrowser();
addEventListener("unload", () => void browser.close());

/** What a browser says of a host that isn't there, or that refused: these states are made by that. */
const expected = /ERR_|Failed to load resource/;
const isLong = Deno.env.get("CLAWDBOT_TEST_LONG") === "1";

for (const [size, screen] of Object.entries(sizes)) {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const locale of Object.keys(scenes) as (keyof typeof scenes)[]) {
      const isEveryday = (size === "phone") === (colorScheme === "dark") && (size === "phone") === (locale === "zh-CN");
      if (!isLong && !isEveryday) continue;
      Deno.test({
        name: `axe finds nothing wrong in any state (${size}, ${colorScheme}, ${locale})`,
        // The browser outlives each test, and so do its sockets.
        sanitizeOps: false,
        sanitizeResources: false,
        async fn(t) {
          for (const { name, show } of pageStates) {
            await t.step(name, async () => {
              await using stand = openStand({ nowMs: stateNowMs });
              const context = await browser.newContext({ ...screen, colorScheme, locale, serviceWorkers: "block" });
              try {
                const { page, wrong } = await openPage(context);
                page.setDefaultTimeout(20_000);
                await show({ stand, page, locale });
                deepStrictEqual(await violationsOf(page), []);
                const sideways = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
                deepStrictEqual([sideways, wrong.filter((line) => !expected.test(line))], [0, []]);
              } finally {
                await context.close();
              }
            });
          }
        },
      });
    }
  }
}
