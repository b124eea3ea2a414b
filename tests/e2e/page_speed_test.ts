import { ok } from "node:assert/strict";
import { pageBytes, paintMs, streamedFluency } from "./page_measures.ts";
import { openBrowser } from "./page_stand.ts";

// The goals and the figures are the bench's (`deno task bench page`); here only what hangs is caught, and the weight, which
// is the same on every machine.

const hangMs = 5_000;
/** In processor time, so that it says the same beside other programs: five times the goal. */
const taskMsMax = 500;
const pageBytesMax = 100_000;

const measures: Readonly<Record<string, (browser: Awaited<ReturnType<typeof openBrowser>>) => Promise<void>>> = {
  "the page stays fluent while an answer is streamed, on a slow processor": async (browser) => {
    const { frameMs, taskMs } = await streamedFluency(browser, 150);
    ok(taskMs < taskMsMax, `${taskMs} ms`);
    ok(frameMs < hangMs, `${frameMs} ms`);
  },
  "the page weighs less than 100 KB, with all that it loads": async (browser) => {
    const bytes = await pageBytes(browser);
    ok(bytes > 10_000 && bytes <= pageBytesMax, `${bytes} bytes`);
  },
  "without script the conversation is painted": async (browser) => {
    ok(await paintMs(browser) < hangMs);
  },
};
for (const [name, measure] of Object.entries(measures)) {
  Deno.test({
    name,
    // The browser's sockets outlive it.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      const browser = await openBrowser();
      try {
        await measure(browser);
      } finally {
        await browser.close();
      }
    },
  });
}
