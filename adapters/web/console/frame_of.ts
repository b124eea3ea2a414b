import type { Context } from "hono";
import { principalOf } from "../asking.ts";
import type { WebDeps } from "../deps.ts";
import type { ConsoleFrame } from "../html/console/frame.ts";
import { frameOf } from "../page_request.ts";
import type { WebEnv } from "../visitor.ts";
import type { View } from "./view.ts";

/** What a page of the console shows around its content. */
export function consoleFrame(
  { console, clock }: Pick<WebDeps, "console" | "clock">,
  c: Context<WebEnv>,
  { part }: Pick<View, "part">,
): ConsoleFrame {
  const { zone } = c.get("visitor");
  return { ...frameOf(c), parts: console.parts(principalOf(c)), part, nowMs: clock.nowMs(), zone };
}
