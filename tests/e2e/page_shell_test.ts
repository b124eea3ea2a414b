import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { fakeCode } from "../fake_assistant.ts";
import { openPage, violationsOf } from "./page_stand.ts";
import { answers, ask, stored, text, unreachable, type Visit, visit, type VisitOptions } from "./page_visit.ts";

// What the page is besides its content: what it weighs, how it is installed, what a browser keeps of it, how it looks
// under every setting and size.

/** The most that the chat page may weigh as it travels, in bytes. */
const weightMax = 100_000;

visit("the page weighs less than 100 KB as it travels", async ({ stand, page }) => {
  const id = stand.assistant.begin("One");
  stand.assistant.add(id, "person", "Question");
  stand.assistant.add(id, "assistant", "Answer");
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Network.enable");
  await devtools.send("Network.setCacheDisabled", { cacheDisabled: true });
  const kinds = new Map<string, string>();
  const weights = new Map<string, number>();
  devtools.on("Network.responseReceived", ({ requestId, type }) => kinds.set(requestId, type));
  devtools.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const kind = kinds.get(requestId) ?? "Other";
    weights.set(kind, (weights.get(kind) ?? 0) + encodedDataLength);
  });
  await page.goto(`${stand.url}/c/${id}`);
  await stored(page).nth(1).waitFor();
  await page.waitForTimeout(300);
  const parts = ["Document", "Stylesheet", "Script"].map((kind) => [kind, weights.get(kind) ?? 0] as const);
  const total = parts.reduce((sum, [, bytes]) => sum + bytes, 0);
  console.log(
    `The chat page weighs ${(total / 1_000).toFixed(1)} KB: ${
      parts.map(([kind, bytes]) => `${kind.toLowerCase()} ${(bytes / 1_000).toFixed(1)}`).join(", ")
    }`,
  );
  ok(parts.every(([, bytes]) => bytes > 1_000));
  ok(total < weightMax);
});

visit("the page can be installed, under a name in the visitor's language", async ({ page }) => {
  const devtools = await page.context().newCDPSession(page);
  await page.evaluate("navigator.serviceWorker.ready.then(() => true)");
  const { errors, data = "" } = await devtools.send("Page.getAppManifest");
  deepStrictEqual(errors, []);
  const manifest = JSON.parse(data);
  deepStrictEqual([manifest.name, manifest.lang, manifest.description], [
    "Clawdbot",
    "zh-CN",
    "在你自己的机器上运行的私人助手",
  ]);
  const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors");
  deepStrictEqual(installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito"), []);
  for (const { src, sizes, type } of manifest.icons) {
    const size = await page.evaluate(async (src) => {
      const image = Object.assign(new (globalThis as unknown as ImageGlobals).Image(), { src });
      await image.decode();
      return image.naturalWidth;
    }, src);
    if (type === "image/png") strictEqual(`${size}x${size}`, sizes);
  }
}, { locale: "zh-CN", serviceWorkers: "allow" });

interface ImageGlobals {
  readonly Image: new () => { decode(): Promise<void>; readonly naturalWidth: number };
}

visit("of what people wrote, a browser keeps nothing", async ({ stand, page, sessionId }) => {
  await page.evaluate("navigator.serviceWorker.ready.then(() => true)");
  await ask(page, "A secret question");
  stand.assistant.say(sessionId(), "A secret answer. ");
  stand.assistant.finish(sessionId());
  await stored(page).nth(1).waitFor();
  await page.reload();
  await page.goto(`${stand.url}/conversations`);
  const kept = await page.evaluate<readonly [string, string][]>(`(async () => {
    const kept = [];
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        kept.push([new URL(request.url).pathname, await (await cache.match(request)).text()]);
      }
    }
    return kept;
  })()`);
  ok(kept.some(([path]) => path === "/offline"));
  deepStrictEqual(kept.map(([path]) => path).filter((path) => path !== "/offline" && !path.startsWith("/assets/")), []);
  deepStrictEqual(kept.filter(([, content]) => content.includes("secret")), []);
  deepStrictEqual(await page.evaluate("[Object.keys(localStorage), Object.keys(sessionStorage)]"), [[], []]);
}, { serviceWorkers: "allow" });

visit("opened while the host is away, the page says so, and goes on by itself when it is back", async (
  { stand, page, sessionId },
) => {
  await page.evaluate("navigator.serviceWorker.ready.then(() => true)");
  await ask(page, "Are you there?");
  await stored(page).first().waitFor();
  const id = sessionId();
  await stand.stopHost();
  await page.goto(`${stand.url}/c/${id}`);
  await page.getByRole("heading", { name: "The assistant can't be reached" }).waitFor();
  strictEqual(page.url(), `${stand.url}/c/${id}`);
  deepStrictEqual(await violationsOf(page), []);
  stand.startHost();
  await page.getByRole("heading", { name: "Are you there?", level: 1 }).waitFor();
  stand.assistant.say(id, "Yes. ");
  await answers(page).getByText("Yes.").waitFor();
}, { serviceWorkers: "allow", expected: unreachable });

visit("a login that ended while nothing was done leads to the code and back", async ({ stand, page }) => {
  const id = stand.assistant.begin("Mine");
  await page.goto(`${stand.url}/c/${id}`);
  await page.context().clearCookies({ name: "clawdbot_login" });
  stand.assistant.endViews();
  await page.waitForURL(/\/login\?next=/);
  await page.getByRole("textbox").fill(fakeCode);
  await page.keyboard.press("Enter");
  await page.waitForURL(`${stand.url}/c/${id}`);
}, { expected: unreachable });

visit(
  "a conversation that was deleted elsewhere says so, and takes no question",
  async ({ stand, page, sessionId }) => {
    await ask(page, "First");
    await stored(page).first().waitFor();
    const { page: other } = await openPage(page.context());
    await other.goto(page.url());
    await stored(other).first().waitFor();
    await stand.assistant.stop({ kind: "local" }, stand.assistant.unfinished(sessionId())[0]!);
    for (const tab of [page, other]) await tab.getByText("Stopped.").waitFor();
    await stand.assistant.removeSession({ kind: "local" }, sessionId());
    for (const tab of [page, other]) {
      await tab.getByText("This conversation isn't yours, or doesn't exist; ask the administrator").waitFor();
    }
    deepStrictEqual(await violationsOf(page), []);
    await text(page).fill("Second");
    await page.keyboard.press("Enter");
    await page.getByText("Not accepted: This conversation isn't yours").waitFor();
    strictEqual(await text(page).inputValue(), "Second");
  },
  { expected: unreachable },
);

const answer =
  "# Title\n\nWords with `code`, **bold** and a [link](https://example.com).\n\n```py\nprint('a' * 400) # note\n" +
  "```\n\n| a | b |\n|--:|---|\n| 1 | 2 |\n\n$$\\frac{1}{2}$$\n\n> quote\n\nمرحبا بالعالم\n\n1. واحد\n\n";

async function fill({ stand, page, sessionId }: Visit): Promise<void> {
  await ask(page, "Show me everything");
  stand.assistant.say(sessionId(), answer);
  stand.assistant.finish(sessionId());
  await stored(page).nth(1).waitFor();
  await page.getByRole("button", { name: "Answer again" }).click();
  await page.getByRole("button", { name: "Stop" }).waitFor();
  stand.assistant.say(sessionId(), answer);
  stand.assistant.finish(sessionId());
  await page.locator(".versions").waitFor();
}

const looks: readonly (readonly [name: string, options: VisitOptions])[] = [
  ["phone, light", { width: 390, height: 844, hasTouch: true }],
  ["phone, dark", { width: 390, height: 844, hasTouch: true, colorScheme: "dark" }],
  ["320 pixels", { width: 320, height: 640, hasTouch: true }],
  ["desktop, light", {}],
  ["desktop, dark", { colorScheme: "dark" }],
  ["more contrast, light", { contrast: "more" }],
  ["more contrast, dark", { contrast: "more", colorScheme: "dark" }],
  ["forced colours", { forcedColors: "active" }],
  ["less motion", { reducedMotion: "reduce" }],
  ["3,840 pixels", { width: 3_840, height: 2_160 }],
];
for (const [name, options] of looks) {
  visit(`an answer with everything in it is readable and stays within its page (${name})`, async (
    visited,
  ) => {
    const { page } = visited;
    await fill(visited);
    deepStrictEqual(await violationsOf(page), []);
    const wide = await page.locator("html, main, .text").evaluateAll((elements) =>
      elements.map((element) => element.scrollWidth - element.clientWidth)
    );
    deepStrictEqual(wide.filter((pixels) => pixels > 0), []);
    const small = await page.locator("button:visible, a.tool:visible, a.square:visible, summary:visible").evaluateAll((
      elements,
    ) =>
      elements.map((element) => [element.outerHTML.slice(0, 90), element.getBoundingClientRect()] as const)
        .filter(([, { width, height }]) => Math.min(width, height) < 24).map(([html]) => html)
    );
    deepStrictEqual(small, []);
    if (options.hasTouch) {
      ok((await page.getByRole("button", { name: "Answer again" }).boundingBox())!.height >= 40);
      ok((await page.getByRole("button", { name: "Send" }).boundingBox())!.height >= 48);
      strictEqual(await page.evaluate('getComputedStyle(document.querySelector(".actions")).opacity'), "1");
    }
    await page.locator(".bar [data-menu]").click();
    deepStrictEqual(await violationsOf(page), []);
  }, options);
}
