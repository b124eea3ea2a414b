import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Page } from "playwright-core";
import { png, pngBomb } from "../png.ts";
import { violationsOf } from "./page_stand.ts";
import { answers, stored, text, visit } from "./page_visit.ts";

// Files: chosen, dropped and pasted, uploaded, taken back, sent, shown, and fetched again.

const chips = (page: Page, state = "") => page.locator(state === "" ? ".chosen" : `.chosen[data-state=${state}]`);
/** A question with all that stands in it. */
const question = (page: Page) => page.locator(".message.person[data-sequence]");
const reason = (page: Page, words: string) => page.locator("[data-file-state]").getByText(words).waitFor();
const note = (page: Page) => page.locator("[data-note]");
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const focused = (page: Page) => page.evaluate("document.activeElement.ariaLabel");

function choose(page: Page, ...files: (readonly [name: string, content: string | Uint8Array])[]): Promise<void> {
  return page.locator("[data-file-input]").setInputFiles(
    files.map(([name, content]) => ({ name, mimeType: "", buffer: Buffer.from(content) })),
  );
}

/** What a browser does when files come by the mouse or the clipboard. */
async function bring(page: Page, type: "drop" | "paste", name: string, plain?: string): Promise<void> {
  const target = type === "drop" ? ".stage" : "[data-text]";
  await page.locator(target).evaluate((element, { type, name, plain }) => {
    const page = globalThis as unknown as Record<string, new (...given: unknown[]) => unknown>;
    const data = new page.DataTransfer!() as { items: { add(...given: unknown[]): void } };
    data.items.add(new File(["brought"], name));
    if (plain !== undefined) data.items.add(plain, "text/plain");
    const options = { bubbles: true, cancelable: true, dataTransfer: data, clipboardData: data };
    const send = (kind: string) =>
      (element as unknown as EventTarget).dispatchEvent(
        new page[type === "drop" ? "DragEvent" : "ClipboardEvent"]!(kind, options) as Event,
      );
    if (type === "drop") send("dragenter");
    if (type === "drop") send("dragover");
    send(type);
  }, { type, name, plain });
}

visit(
  "files are chosen, uploaded, and sent with a question; they stand in it and can be fetched",
  async ({ stand, page, sessionId }) => {
    await choose(page, ["pump.png", png(64, 48)], ["log <b>.csv", "4.8 bar\n"]);
    await chips(page, "done").nth(1).waitFor();
    deepStrictEqual(await violationsOf(page), []);
    await text(page).fill("Look at these");
    await page.keyboard.press("Enter");
    await stored(page).first().waitFor();
    strictEqual(await chips(page).count(), 0);
    const [taken] = stand.assistant.taken;
    strictEqual(taken!.attachmentIds!.length, 2);
    deepStrictEqual(await question(page).locator(".file bdi").allInnerTexts(), ["log _b_.csv"]);
    const picture = question(page).getByRole("img", { name: "pump.png" });
    await picture.evaluate((image) => (image as unknown as { decode(): Promise<void> }).decode());
    const [download] = await Promise.all([page.waitForEvent("download"), question(page).locator("a.file").click()]);
    strictEqual(download.suggestedFilename(), "log _b_.csv");
    stand.assistant.say(sessionId(), "Seen. ");
    stand.assistant.finish(sessionId());
    await answers(page).getByText("Seen.").waitFor();
    await page.reload();
    strictEqual(await question(page).locator(".files > li").count(), 2);
  },
);

visit("files come by drop and by paste; a paste that has text is text", async ({ page }) => {
  await bring(page, "drop", "dropped.txt");
  await chips(page, "done").first().waitFor();
  strictEqual(await page.locator("[data-drop]").isVisible(), false);
  await bring(page, "paste", "pasted.txt");
  await chips(page, "done").nth(1).waitFor();
  await bring(page, "paste", "picture of words.png", "words");
  deepStrictEqual(await page.locator(".chosen [data-file-name]").allInnerTexts(), ["dropped.txt", "pasted.txt"]);
});

visit("a file without words is sent, and a reload keeps what was uploaded", async ({ stand, page }) => {
  await choose(page, ["alone.txt", "x"]);
  await chips(page, "done").waitFor();
  await page.reload();
  await chips(page, "done").waitFor();
  await text(page).focus();
  await page.keyboard.press("Enter");
  await stored(page).first().waitFor();
  deepStrictEqual(stand.assistant.taken.map(({ text, attachmentIds }) => [text, attachmentIds!.length]), [["", 1]]);
  await page.reload();
  strictEqual(await chips(page).count(), 0);
});

visit("a question waits for its files, and is sent by itself when they are there", async ({ stand, page }) => {
  const gate = Promise.withResolvers<void>();
  stand.assistant.files.gate = gate.promise;
  await choose(page, ["slow.txt", "x"]);
  await chips(page, "uploading").waitFor();
  await text(page).fill("Look");
  await page.keyboard.press("Enter");
  await page.getByText("The message is sent when its files are uploaded").waitFor();
  strictEqual(stand.assistant.taken.length, 0);
  gate.resolve();
  await stored(page).first().waitFor();
  strictEqual(stand.assistant.taken[0]!.attachmentIds!.length, 1);
  strictEqual(await note(page).innerText(), "");
});

visit(
  "an upload is called off and an uploaded file removed, by keyboard, and the focus stays near",
  async ({ stand, page }) => {
    await choose(page, ["one.txt", "1"]);
    await chips(page, "done").waitFor();
    stand.assistant.files.gate = new Promise(() => {});
    await choose(page, ["two.txt", "2"], ["three.txt", "3"]);
    await chips(page, "uploading").waitFor();
    await button(page, "Remove two.txt").focus();
    await page.keyboard.press("Enter");
    strictEqual(await focused(page), "Remove three.txt");
    await button(page, "Remove one.txt").focus();
    await page.keyboard.press("Enter");
    strictEqual(await focused(page), "Remove three.txt");
    await page.keyboard.press("Enter");
    strictEqual(await focused(page), "Message");
    strictEqual(await page.locator("[data-files]").isVisible(), false);
    for (let tries = 0; stand.assistant.files.kept.size > 0; tries++) {
      ok(tries < 200, "the removed file is still there");
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 20)));
    }
  },
);

visit(
  "what fails says why and is tried again; what is too large, or one too many, isn't even sent",
  async ({ stand, page }) => {
    const { files } = stand.assistant;
    files.bytesMax = 100_000;
    await page.reload();
    files.refusal = "busy";
    await choose(page, ["a.txt", "a"]);
    await chips(page, "failed").waitFor();
    await reason(page, "Too many files are being uploaded at once; try again in a moment");
    await text(page).fill("x");
    await page.keyboard.press("Enter");
    await page.getByText("A file wasn't uploaded. Try again, or remove it.").waitFor();
    strictEqual(stand.assistant.taken.length, 0);
    deepStrictEqual(await violationsOf(page), []);
    files.refusal = undefined;
    await chips(page).getByRole("button", { name: "Try again" }).click();
    await chips(page, "done").waitFor();

    await choose(page, ["large.bin", new Uint8Array(100_001)]);
    await reason(page, "The file is too large; at most 100 KB are accepted");
    strictEqual(files.kept.size, 1);
    await button(page, "Remove large.bin").click();
    const many = Array.from({ length: 10 }, (_, n) => [`${n}.txt`, `${n}`] as const);
    await choose(page, ...many);
    await page.getByText("A message has at most 10 files").waitFor();
    await chips(page, "done").nth(9).waitFor();
    strictEqual(await chips(page).count(), 10);
  },
  { expected: /Failed to load resource/ },
);

visit(
  "while the host is away a file says so, and is uploaded when it is back",
  async ({ stand, page }) => {
    await stand.stopHost();
    await choose(page, ["a.txt", "a"]);
    await reason(page, "Not uploaded: the assistant can't be reached");
    stand.startHost();
    await chips(page).getByRole("button", { name: "Try again" }).click();
    await chips(page, "done").waitFor();
  },
  { expected: /ERR_|Failed to load resource/ },
);

visit(
  "what was refused gives words and files back",
  async ({ stand, page }) => {
    await choose(page, ["a.txt", "a"]);
    await chips(page, "done").waitFor();
    stand.assistant.refusal = "Your role may not chat at night";
    await text(page).fill("Look");
    await page.keyboard.press("Enter");
    await page.getByText("Your role may not chat at night").waitFor();
    strictEqual(await text(page).inputValue(), "Look");
    strictEqual(await chips(page, "done").count(), 1);
  },
  { expected: /Failed to load resource/ },
);

visit("a picture that unpacks to gigapixels is a link, and the page stays alive", async ({ stand, page }) => {
  const id = stand.assistant.begin("bomb");
  const { files } = stand.assistant;
  stand.assistant.add(id, "person", "", [
    files.keep("bomb.png", pngBomb(60_000, 60_000)),
    files.keep("ok.png", png(32, 32)),
  ]);
  await page.goto(`${stand.url}/c/${id}`);
  strictEqual(await page.locator("img").count(), 1);
  match(await question(page).locator("a.file").innerText(), /bomb\.png/);
  strictEqual(await page.evaluate("1 + 1"), 2);
});

visit("a picture is bounded in size on a phone, and a long name breaks", async ({ stand, page }) => {
  const id = stand.assistant.begin("large");
  const { files } = stand.assistant;
  const long = `${"very-long-name-without-a-space-".repeat(5)}.csv`;
  stand.assistant.add(id, "person", "Look", [
    files.keep("large.png", png(2_000, 1_500)),
    files.keep(long, Buffer.from("x")),
  ]);
  await page.goto(`${stand.url}/c/${id}`);
  const box = (await page.locator("img").boundingBox())!;
  ok(box.width <= 320 && box.height <= 256, JSON.stringify(box));
  strictEqual(await page.evaluate("document.documentElement.scrollWidth - innerWidth"), 0);
}, { width: 320, height: 640 });

visit("without script a form sends words and files", async ({ stand, page }) => {
  await text(page).fill("Look");
  await choose(page, ["plain.txt", "hello"]);
  await page.getByRole("button", { name: "Send" }).click();
  await page.waitForURL(/\/c\//);
  deepStrictEqual(await question(page).locator(".file bdi").allInnerTexts(), ["plain.txt"]);
  const [kept] = stand.assistant.files.kept.values();
  strictEqual(new TextDecoder().decode(kept!.content), "hello");
}, { javaScriptEnabled: false });
