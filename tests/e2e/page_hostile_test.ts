import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Page } from "playwright-core";
import { fakeCode } from "../fake_assistant.ts";
import { nastyMarkdown, pageAttacks } from "../nasty_markdown.ts";
import { seededRandom } from "../seeded.ts";
import { callInPage } from "./in_page/call.ts";
import bidi from "./in_page/bidi.js" with { type: "text" };
import inspect from "./in_page/inspect.js" with { type: "text" };
import { logIn, openBrowser, openPage, openStand, type Stand } from "./page_stand.ts";

// Goal: whatever a model or a person writes, the page shows it as text: it runs nothing, loads nothing, leads to nothing
// but the web, moves nothing around it, and stays usable; and the host goes on for others.
// Method: real Chromium; what arrived in its document is compared with a list of what may, element by element.

const browser = await openBrowser();
addEventListener("unload", () => void browser.close());

/** Generous: only what hangs takes so long. */
const hangMs = 20_000;

interface Visit {
  readonly stand: Stand;
  readonly page: Page;
  /** Addresses of other hosts that the page asked for anything. */
  readonly foreign: readonly string[];
}

/** One test in a logged-in browser, which has reported no error in the end. */
function visit(
  name: string,
  body: (visit: Visit) => Promise<void>,
  options: { readonly javaScriptEnabled?: boolean } = {},
) {
  Deno.test({
    name: `page, hostile: ${name}`,
    // The browser outlives each test, and so do its sockets.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      await using stand = openStand();
      const context = await browser.newContext({
        viewport: { width: 1_280, height: 800 },
        locale: "en-GB",
        ...options,
      });
      try {
        const foreign: string[] = [];
        context.on("request", (request) => {
          if (!request.url().startsWith(stand.url)) foreign.push(request.url());
        });
        const { page, wrong } = await openPage(context);
        page.setDefaultTimeout(hangMs);
        await logIn(page, stand.url, fakeCode);
        await body({ stand, page, foreign });
        deepStrictEqual([wrong, foreign], [[], []]);
      } finally {
        await context.close();
      }
    },
  });
}

/** What stands in the conversation that no message may bring, and how many messages there are. */
async function inspected(page: Page): Promise<{ wrong: string[]; items: number }> {
  return await callInPage(page, inspect);
}

async function openSession({ stand, page }: Visit, id: string): Promise<void> {
  await page.goto(`${stand.url}/c/${id}`);
  await page.locator(".messages").waitFor();
}

/** The host's answer to somebody else. Rejects when it hangs. */
async function answersOthers({ stand }: Visit): Promise<void> {
  const response = await fetch(`${stand.url}/healthz`, { signal: AbortSignal.timeout(hangMs) });
  strictEqual(await response.text(), '{"status":"ok"}');
}

/** The host runs in this very process: how long everybody has to wait for it at most shows in a timer that is late. */
function watchHost(): { stop(): number } {
  let worstMs = 0;
  let lastMs = performance.now();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    worstMs = Math.max(worstMs, nowMs - lastMs);
    lastMs = nowMs;
  }, 5);
  return {
    stop() {
      clearInterval(timer);
      return worstMs;
    },
  };
}

visit("no attack is more than text: stored, in questions, answers, notices and titles", async (visit) => {
  const { stand, page } = visit;
  const ids = pageAttacks.map((attack) => {
    const id = stand.assistant.begin(attack.slice(0, 60));
    for (const author of ["person", "assistant", "notice"] as const) stand.assistant.add(id, author, attack);
    return id;
  });
  for (const [index, id] of ids.entries()) {
    await openSession(visit, id);
    deepStrictEqual(await inspected(page), { wrong: [], items: 3 }, pageAttacks[index]!);
    const shown = await page.locator(".message.person .text").evaluate((element) => element.textContent);
    strictEqual(shown, pageAttacks[index]!.replaceAll("\0", ""));
  }
  await page.goto(`${stand.url}/conversations`);
  strictEqual(await page.locator("nav li a bdi").count() >= ids.length, true);
  deepStrictEqual((await inspected(page)).wrong, ["not one list of messages"]);
});

visit("no attack is more than text while it is written", async (visit) => {
  const { stand, page } = visit;
  for (const attack of pageAttacks) {
    await page.goto(stand.url);
    await page.getByRole("textbox", { name: "Message" }).fill(attack.replaceAll(/\p{Cc}/gu, ""));
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/c\//);
    const id = new URL(page.url()).pathname.split("/c/")[1]!;
    // Cut within, so that a half of it is shown as well.
    const middle = Math.floor(attack.length / 2);
    stand.assistant.say(id, attack.slice(0, middle).toWellFormed());
    stand.assistant.say(id, `${attack.slice(middle).toWellFormed()}\n\nEnd. `);
    await page.locator(".message.assistant").getByText("End.").waitFor();
    deepStrictEqual(await inspected(page), { wrong: [], items: 2 }, attack);
    stand.assistant.finish(id);
    await page.locator(".message[data-sequence]").nth(1).waitFor();
    deepStrictEqual(await inspected(page), { wrong: [], items: 2 }, attack);
  }
});

const seed = 1;
const [pages, answersEach] = [20, 50];
visit(
  `of ${pages * answersEach} answers in the language of attacks, none brings an element or attribute [seed ${seed}]`,
  async (visit) => {
    const { stand, page } = visit;
    for (let at = 0; at < pages; at++) {
      const random = seededRandom({ seed, run: at });
      const id = stand.assistant.begin(nastyMarkdown(random, 3).slice(0, 60).toWellFormed());
      for (let count = 0; count < answersEach; count++) stand.assistant.add(id, "assistant", nastyMarkdown(random, 25));
      await openSession(visit, id);
      deepStrictEqual(await inspected(page), { wrong: [], items: answersEach }, `seed ${seed}, page ${at}`);
    }
  },
);

visit("without script, a text that is edited stays in its box", async ({ stand, page }) => {
  const attack = "</textarea><img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>";
  await page.getByRole("textbox", { name: "Message" }).fill(attack);
  await page.getByRole("button", { name: "Send" }).click();
  await page.waitForURL(/\/c\//);
  const id = new URL(page.url()).pathname.split("/c/")[1]!;
  stand.assistant.say(id, "Answer");
  stand.assistant.finish(id);
  await page.reload();
  strictEqual(await page.locator(".message.person .text").textContent(), attack);
  const edit = page.locator(".message.person a[href*='edit=']");
  if (await edit.count() > 0) {
    await edit.click({ force: true });
    strictEqual(await page.getByRole("textbox", { name: "Message" }).inputValue(), attack);
  }
  strictEqual(await page.locator("main img, main script").count(), 0);
}, { javaScriptEnabled: false });

visit(
  "a text that turns the reading direction turns nothing around it, in titles, links and questions",
  async (visit) => {
    const { stand, page } = visit;
    const turned = "\u202eabc\u2066";
    const id = stand.assistant.begin(turned);
    stand.assistant.add(id, "person", turned);
    stand.assistant.add(id, "assistant", `See [${turned}](https://example.com) (here).`);
    stand.assistant.add(id, "notice", turned);
    await openSession(visit, id);
    for (const path of [`/c/${id}`, "/conversations"]) {
      await page.goto(stand.url + path);
      deepStrictEqual(await callInPage(page, bidi, turned), [], path);
    }
  },
);

visit("a link that says another address than it leads to shows the real host", async (visit) => {
  const { stand, page } = visit;
  const id = stand.assistant.begin("Links");
  const links = ["bank.example", "ba\u200bnk.example", "\u202eelpmaxe.knab", "https://bank.example@evil.example"];
  for (const text of links) stand.assistant.add(id, "assistant", `Go to [${text}](https://evil.example/x).`);
  await openSession(visit, id);
  deepStrictEqual(
    await page.locator(".message.assistant .text").evaluateAll((texts) => texts.map(({ innerText }) => innerText)),
    links.map((text) => `Go to ${text} (evil.example).`),
  );
});

const large: readonly [what: string, text: string][] = [
  ["1 MB of one word", "a".repeat(1_000_000)],
  ["1 MB of Chinese without a space", "水".repeat(333_000)],
  ["10,000 quotes in each other", `${">".repeat(10_000)} deep`],
  ["10,000 brackets", "[".repeat(10_000)],
  ["10,000 links that don't end", "[a](".repeat(10_000)],
  ["10,000 images in each other", "![".repeat(10_000)],
  ["10,000 lists in each other", "- ".repeat(10_000)],
  ["10,000 emphases that don't end", "*a **b _c ".repeat(10_000)],
  ["10,000 code spans that don't end", Array.from({ length: 400 }, (_, at) => "`".repeat(at)).join(" ")],
  ["a table of 200 KB", `|a|b|c|d|\n|-|-|-|-|\n${"|value 1|value 2|value 3|value 4|\n".repeat(6_000)}`],
  [
    "a table with 300 columns",
    `${"|a".repeat(300)}|\n${"|-".repeat(300)}|\n${"|b".repeat(300).concat("|\n").repeat(30)}`,
  ],
  ["rows that a table fills up", `${"|a".repeat(200)}|\n${"|-".repeat(200)}|\n${"|b\n".repeat(10_000)}`],
  ["200 KB of code", `\`\`\`js\n${"const a = `${b}` + /x/g; // c\n".repeat(7_000)}\`\`\``],
  [
    "code that confuses colouring",
    `\`\`\`js\n${"/*".repeat(9_000)}\n\`\`\`\n\`\`\`html\n${"<a ".repeat(6_000)}\n\`\`\``,
  ],
  ["1,000 small blocks of code", "```js\nx = 1\n```\n".repeat(1_000)],
  ["1,000 formulas", "\\(\\frac{a}{b}\\) ".repeat(1_000)],
  ["a formula in itself", `$$${"\\frac{".repeat(2_000)}x${"}".repeat(2_000)}$$`],
  ["formulas that don't end", "$a ".repeat(10_000) + "\\(a ".repeat(10_000) + "\\[\n".repeat(10_000)],
  ["formulas that define themselves", `$${"\\def\\a{\\a\\a}\\a ".repeat(200)}$`],
  ["100,000 line breaks", "a\n".repeat(100_000)],
  ["100,000 entities", "&amp;&#0;&nosuch;".repeat(30_000)],
  ["10,000 marks on one letter", `Z${"\u0300".repeat(10_000)}`],
];
for (const [what, text] of large) {
  visit(`${what}: the page stays usable, goes nowhere sideways, and the host answers others`, async (visit) => {
    const { stand, page } = visit;
    await page.getByRole("textbox", { name: "Message" }).fill("Go");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/c\//);
    const id = new URL(page.url()).pathname.split("/c/")[1]!;
    const host = watchHost();
    // Half, so that it is rendered while it is written; the whole when it is stored; and once more from the record.
    stand.assistant.say(id, text.slice(0, text.length / 2).toWellFormed());
    await answersOthers(visit);
    await page.locator(".message.assistant").waitFor({ state: "attached" });
    stand.assistant.say(id, text.slice(text.length / 2).toWellFormed());
    stand.assistant.finish(id);
    await answersOthers(visit);
    await page.locator(".message[data-sequence]").nth(1).waitFor({ state: "attached" });
    for (const again of [false, true]) {
      if (again) await openSession(visit, id);
      await page.getByRole("textbox", { name: "Message" }).fill("still usable");
      const wide = await page.locator("html, main").evaluateAll((elements) =>
        elements.map((element) => element.scrollWidth - element.clientWidth)
      );
      deepStrictEqual(wide, [0, 0]);
      await answersOthers(visit);
    }
    deepStrictEqual((await inspected(page)).wrong, []);
    const busyMs = host.stop();
    console.log(`${what}: the host was busy for ${busyMs.toFixed(0)} ms at a time`);
    ok(busyMs < hangMs / 2);
  });
}
