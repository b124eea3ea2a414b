import type { Page } from "playwright-core";

/**
 * Runs a file of this folder in the page and resolves with what it returns. Such a file is one function, in plain
 * JavaScript, because the types of a page's document aren't known here.
 */
export async function callInPage<Result>(page: Page, file: string, argument?: unknown): Promise<Result> {
  return await page.evaluate<Result>(`(${file.trim().replace(/;$/, "")})(${JSON.stringify(argument) ?? ""})`);
}
