import { deepStrictEqual } from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { fakeCode } from "../fake_assistant.ts";
import { logIn, openBrowser, openPage, openStand, type Stand } from "./page_stand.ts";

/** What a test of the page is given. */
export interface Visit {
  readonly stand: Stand;
  readonly page: Page;
  /** The session that the page shows; empty on a new one. */
  readonly sessionId: () => string;
}

/** The browser that a test wants. Default: a desktop, light, English. */
export interface VisitOptions {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: "light" | "dark";
  readonly locale?: string;
  readonly javaScriptEnabled?: boolean;
  readonly reducedMotion?: "reduce";
  readonly contrast?: "more";
  readonly forcedColors?: "active";
  readonly hasTouch?: boolean;
  readonly permissions?: string[];
  readonly timezoneId?: string;
  /** Default: blocked, so that a test sees what the host says and nothing that a worker kept. */
  readonly serviceWorkers?: "allow";
  /** Console errors that the test causes on purpose. */
  readonly expected?: RegExp;
}

const browser = await openBrowser();
addEventListener("unload", () => void browser.close());

/** One test: a stand, a browser that is logged in, and at the end no error that wasn't expected. */
export function visit(name: string, body: (visit: Visit) => Promise<void>, options: VisitOptions = {}): void {
  const { width = 1_280, height = 800, expected, ...more } = options;
  Deno.test({
    name: `page: ${name}`,
    // The browser outlives each test, and so do its sockets.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      await using stand = openStand();
      const context = await browser.newContext({
        viewport: { width, height },
        locale: "en-GB",
        serviceWorkers: "block",
        ...more,
      });
      try {
        const { page, wrong } = await openPage(context);
        page.setDefaultTimeout(10_000);
        await logIn(page, stand.url, fakeCode);
        await body({ stand, page, sessionId: () => new URL(page.url()).pathname.split("/c/")[1] ?? "" });
        deepStrictEqual(wrong.filter((line) => expected === undefined || !expected.test(line)), []);
      } finally {
        await context.close();
      }
    },
  });
}

/** Asks by typing, as a person does. */
export async function ask(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: /Message|消息/ }).fill(text);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/c\//);
}

/** Answers, also while they are written. */
export const answers = (page: Page): Locator => page.locator(".message.assistant .text:visible");
/** Questions. */
export const questions = (page: Page): Locator => page.locator(".message.person .text");
/** Messages of the record. */
export const stored = (page: Page): Locator => page.locator(".message[data-sequence]");
/** The box that messages are typed into. */
export const text = (page: Page): Locator => page.getByRole("textbox", { name: "Message" });
/** What a browser says of a host that isn't there, or that refused. */
export const unreachable = /ERR_|Failed to load resource/;
