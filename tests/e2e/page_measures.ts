import type { Browser, CDPSession, Page } from "playwright-core";
import { fakeCode } from "../fake_assistant.ts";
import { callInPage } from "./in_page/call.ts";
import frames from "./in_page/frames.js" with { type: "text" };
import { logIn, openPage, openStand, type Stand } from "./page_stand.ts";

/** How much slower than this machine a small one is. */
export const slowdown = 4;
/** Between two tokens of a quick model, in milliseconds. */
const tokenMs = 20;

/** A long answer as models write them: sentences, a list, a table, code. */
const answer = Array.from({ length: 6 }, (_, part) =>
  `## Part ${part + 1}

The pump runs at constant speed, so the flow follows the valve and the pressure follows the flow. Look at **valve 12** first.

1. Open the panel and read the \`pressure\`.
2. Compare it with the curve at [the maker's page](https://example.com/curve).

| pressure | flow | meaning |
|---:|---:|---|
| 3.6 bar | 42 m³/h | normal |
| 4.8 bar | 31 m³/h | throttled |

\`\`\`python
def flow(pressure: float) -> float:
    """Flow in m³/h, from the pump's own curve."""
    for step in range(10):
        pressure = max(0.0, pressure - 0.1 * step)
    return 58.0 * (1.0 - (pressure / 5.5) ** 2) ** 0.5
\`\`\`

`).join("").match(/\s*\S+\s*?/g)!;

/** Runs `work` with a tab of its own, logged in, before a stand. */
async function withPage<Result>(
  browser: Browser,
  options: { readonly javaScriptEnabled?: boolean; readonly isSlow?: boolean },
  work: (page: Page, stand: Stand) => Promise<Result>,
): Promise<Result> {
  await using stand = openStand();
  const { isSlow = false, ...more } = options;
  const viewport = { width: 390, height: 844 };
  const context = await browser.newContext({ viewport, locale: "en-GB", serviceWorkers: "block", ...more });
  try {
    const { page } = await openPage(context);
    page.setDefaultTimeout(60_000);
    await logIn(page, stand.url, fakeCode);
    if (isSlow) {
      const session = await context.newCDPSession(page);
      await session.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
    }
    return await work(page, stand);
  } finally {
    await context.close();
  }
}

/** How fluent a page was, in milliseconds. */
export interface Fluency {
  /** The longest that one frame took, as a person sees it. Whatever else the machine does lengthens it. */
  readonly frameMs: number;
  /** The longest that the page itself worked at a time, in processor time of its main thread. */
  readonly taskMs: number;
}

/**
 * Streams an answer into the page, on a processor that is slowed down.
 * @param tokens How many of the answer's words are streamed, one every 20 ms.
 */
export async function streamedFluency(browser: Browser, tokens: number): Promise<Fluency> {
  return await withPage(browser, { isSlow: true }, async (page, stand) => {
    await page.getByRole("textbox").fill("How does the pump run?");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/c\//);
    const id = new URL(page.url()).pathname.split("/c/")[1]!;
    // What happens once, before the first word, isn't the answer's doing.
    stand.assistant.say(id, "First ");
    await page.locator(".message.assistant .text").getByText("First").waitFor();
    const tracing = await browser.newBrowserCDPSession();
    const tasks = await traceTasks(tracing);
    await callInPage(page, frames);
    const beganMs = performance.now();
    for (let at = 0; at < tokens; at++) {
      stand.assistant.say(id, answer[at % answer.length]!);
      const waitMs = beganMs + (at + 1) * tokenMs - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
    stand.assistant.finish(id);
    await page.locator(".message.assistant[data-sequence]").waitFor();
    const frameMs = await page.evaluate<number[]>("globalThis.frameMs");
    const taskMs = await tasks.longestMs();
    await tracing.detach();
    return { frameMs: Math.max(...frameMs), taskMs };
  });
}

/**
 * Notes the tasks of the page's main thread. Source: the Trace Event Format; `tdur` is thread time, in microseconds, and
 * includes the slowing down, which spins.
 */
async function traceTasks(session: CDPSession): Promise<{ longestMs(): Promise<number> }> {
  const events: TraceEvent[] = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...value as unknown as TraceEvent[]));
  const traceConfig = { includedCategories: ["toplevel", "__metadata"] };
  await session.send("Tracing.start", { transferMode: "ReportEvents", traceConfig });
  return {
    async longestMs() {
      const complete = new Promise<void>((resolve) => session.on("Tracing.tracingComplete", () => resolve()));
      await session.send("Tracing.end");
      await complete;
      const threadOf = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`;
      const main = new Set(events.filter(({ args }) => args?.name === "CrRendererMain").map(threadOf));
      const longest = events.filter((event) => main.has(threadOf(event)) && event.tdur !== undefined)
        .reduce((most, { tdur = 0 }) => Math.max(most, tdur), 0);
      if (longest === 0) throw new Error("Chromium told no task of the page");
      return longest / 1_000;
    },
  };
}

interface TraceEvent {
  readonly pid: number;
  readonly tid: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** A page with a conversation in the record. Resolves with its address. */
function conversation({ assistant, url }: Stand): string {
  const id = assistant.begin("Pump 3");
  assistant.add(id, "person", "How does the pump run?");
  assistant.add(id, "assistant", answer.join(""));
  return `${url}/c/${id}`;
}

/** All that the network carries for a conversation's page in a browser that has nothing of it yet, in bytes. */
export async function pageBytes(browser: Browser): Promise<number> {
  return await withPage(browser, {}, async (page, stand) => {
    const session = await page.context().newCDPSession(page);
    await session.send("Network.enable");
    await session.send("Network.setCacheDisabled", { cacheDisabled: true });
    let bytes = 0;
    session.on("Network.loadingFinished", ({ encodedDataLength }) => bytes += encodedDataLength);
    await page.goto(conversation(stand), { waitUntil: "load" });
    await page.locator(".message.assistant").waitFor();
    await page.waitForTimeout(500); // the icon is asked for last, and nothing tells when
    return bytes;
  });
}

/**
 * From the request to the first paint of a conversation in a browser without script, on a slowed processor, in
 * milliseconds.
 * @throws {Error} When the conversation isn't there.
 */
export async function paintMs(browser: Browser): Promise<number> {
  return await withPage(browser, { javaScriptEnabled: false, isSlow: true }, async (page, stand) => {
    await page.goto(conversation(stand));
    await page.locator(".message.assistant figure.code").first().waitFor();
    const entries = await page.evaluate<{ name: string; startTime: number }[]>(
      'performance.getEntriesByType("paint").map(({ name, startTime }) => ({ name, startTime }))',
    );
    const paint = entries.find(({ name }) => name === "first-contentful-paint");
    if (paint === undefined) throw new Error("The conversation was never painted");
    return paint.startTime;
  });
}
