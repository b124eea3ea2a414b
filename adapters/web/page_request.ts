import type { Context } from "hono";
import type { Frame } from "./html/frame.ts";
import type { WebEnv } from "./visitor.ts";

/** What a page shows around its content, as far as the request tells it. */
export function frameOf(c: Context<WebEnv>): Frame {
  const { locale, theme, side, csrf } = c.get("visitor");
  return { locale, theme, side, csrf: csrf ?? "", path: c.req.path };
}

/** A path of this very site; anything else becomes the first page, so that nobody is sent elsewhere. */
export function pathOf(text: string | undefined): string {
  return text !== undefined && /^\/(?![\/\\])[\w\-\/]*$/.test(text) ? text : "/";
}
