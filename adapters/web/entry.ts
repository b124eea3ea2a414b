import { type Context, Hono } from "hono";
import { toHex } from "../../core/vault.ts";
import { readForm } from "./body.ts";
import { csrfToken } from "./csrf.ts";
import type { Entrance, WebDeps } from "./deps.ts";
import { checkCsrf } from "./guard.ts";
import { sayIn } from "./html/frame.ts";
import { loginPage } from "./html/login.ts";
import { frameOf, pathOf } from "./page_request.ts";
import type { Cookies, WebEnv } from "./visitor.ts";

/** The way in and out, and what a visitor has chosen for this browser. */
export function entryRoutes(deps: WebDeps, entrance: Entrance, cookies: Cookies): Hono<WebEnv> {
  const { logins } = deps;

  async function login(c: Context<WebEnv>, next: string, problem?: string): Promise<Response> {
    let secret = cookies.get(c, "form");
    if (secret === undefined) {
      secret = toHex(deps.random.bytes(16));
      cookies.set(c, "form", secret);
    }
    const frame = { ...frameOf(c), csrf: c.get("visitor").csrf ?? await csrfToken(secret), path: "/login" };
    return await c.html(loginPage(frame, { next, ...(problem === undefined ? {} : { problem }) }));
  }

  return new Hono<WebEnv>()
    .get(
      "/login",
      (c) => c.get("visitor").principal === undefined ? login(c, pathOf(c.req.query("next"))) : c.redirect("/", 303),
    )
    .post("/login", async (c) => {
      const fields = await readForm(c.req.raw);
      checkCsrf(c, fields.csrf, entrance);
      const say = sayIn(c.get("visitor").locale).login;
      const redeemed = await logins.redeem(fields.code ?? "");
      switch (redeemed.kind) {
        case "granted":
          cookies.set(c, "login", redeemed.token);
          return c.redirect(pathOf(fields.next), 303);
        case "wrong":
          c.status(403);
          return await login(c, pathOf(fields.next), say.wrong);
        case "wait":
          c.status(429);
          c.header("retry-after", `${secondsOf(redeemed.retryAfterMs)}`);
          return await login(c, pathOf(fields.next), say.wait(secondsOf(redeemed.retryAfterMs)));
      }
    })
    .post("/logout", async (c) => {
      checkCsrf(c, (await readForm(c.req.raw)).csrf, entrance);
      const token = cookies.get(c, "login");
      if (token !== undefined) await logins.end(token);
      cookies.clearLogin(c);
      return c.redirect("/login", 303);
    })
    .post("/preferences", async (c) => {
      const { csrf, back, locale, theme, side } = await readForm(c.req.raw);
      checkCsrf(c, csrf, entrance);
      if (locale === "en" || locale === "zh-CN") cookies.set(c, "locale", locale);
      if (theme === "auto" || theme === "light" || theme === "dark") cookies.set(c, "theme", theme);
      if (side === "open" || side === "closed") cookies.set(c, "side", side);
      return c.redirect(pathOf(back), 303);
    });
}

function secondsOf(ms: number): number {
  return Math.ceil(ms / 1_000);
}
