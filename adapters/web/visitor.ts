import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { Principal } from "../../core/access.ts";
import { loginMsMax } from "../../core/logins.ts";
import { type Locale, localeOf } from "../../core/text/mod.ts";
import { csrfToken } from "./csrf.ts";
import type { Entrance, WebDeps } from "./deps.ts";

/** How the page looks: by the system's setting, or by choice. */
export type Theme = "auto" | "light" | "dark";

/** Whether the conversations stand beside the conversation, where there is room. */
export type Side = "open" | "closed";

/** Who asks, as far as the request shows it. */
export interface Visitor {
  readonly locale: Locale;
  readonly theme: Theme;
  readonly side: Side;
  /** The visitor's time zone, as far as their browser told it; otherwise the host's own. */
  readonly zone: string;
  /** `undefined`: not logged in. */
  readonly principal: Principal | undefined;
  /** What every change must carry; `undefined` where none is needed (the Unix socket) or no cookie is there yet. */
  readonly csrf: string | undefined;
}

/** What the middleware leaves for the routes. */
export interface WebEnv {
  Variables: { visitor: Visitor };
}

/** A year, in seconds: how long a choice of language or appearance is kept. */
const preferenceSeconds = 365 * 24 * 3_600;
const secondsOf = (ms: number) => Math.floor(ms / 1_000);

/** What is kept in a browser. */
type CookieName = "login" | "form" | "locale" | "theme" | "side";

/** The cookies of one listener. `login` is the secret; `form` guards forms before there is a login. */
export interface Cookies {
  get(c: Context, name: CookieName): string | undefined;
  set(c: Context, name: CookieName, value: string): void;
  clearLogin(c: Context): void;
}

/** Cookies with the strictest attributes that the listener allows. Source: RFC 6265bis, sections 4.1.2 and 4.1.3. */
export function cookiesOf({ secure }: { readonly secure: boolean }): Cookies {
  const prefix = secure ? "host" as const : undefined;
  const options = { httpOnly: true, sameSite: "Strict", path: "/", secure, ...(secure ? { prefix } : {}) } as const;
  const nameOf = (name: string) => `clawdbot_${name}`;
  const maxAge: Record<CookieName, number | undefined> = {
    login: secondsOf(loginMsMax),
    form: undefined,
    locale: preferenceSeconds,
    theme: preferenceSeconds,
    side: preferenceSeconds,
  };
  return {
    get: (c, name) => prefix === undefined ? getCookie(c, nameOf(name)) : getCookie(c, nameOf(name), prefix),
    set: (c, name, value) => {
      const age = maxAge[name];
      setCookie(c, nameOf(name), value, { ...options, ...(age === undefined ? {} : { maxAge: age }) });
    },
    clearLogin: (c) => setCookie(c, nameOf("login"), "", { ...options, maxAge: 0 }),
  };
}

/** Finds out who asks. A login that was prolonged has its cookie prolonged too. */
export function recogniseVisitor(
  { logins }: Pick<WebDeps, "logins">,
  entrance: Entrance,
  cookies: Cookies,
): MiddlewareHandler<WebEnv> {
  return async (c, next) => {
    const locale = localeOf(cookies.get(c, "locale") ?? c.req.header("accept-language"));
    const chosen = cookies.get(c, "theme");
    const theme = chosen === "light" || chosen === "dark" ? chosen : "auto";
    const side = cookies.get(c, "side") === "closed" ? "closed" : "open";
    const look = { locale, theme, side, zone: zoneOf(c) } as const;
    if (entrance.kind === "local") {
      c.set("visitor", { ...look, principal: { kind: "local" }, csrf: undefined });
      return await next();
    }
    const token = cookies.get(c, "login");
    const login = token === undefined ? undefined : await logins.find(token);
    if (token !== undefined && login?.renewed) cookies.set(c, "login", token);
    const secret = login === undefined ? cookies.get(c, "form") : token;
    const csrf = secret === undefined ? undefined : await csrfToken(secret);
    c.set("visitor", { ...look, principal: login?.principal, csrf });
    await next();
  };
}

/** The zone that the page's script told, if it is one. It is no secret, so its cookie is an ordinary one. */
function zoneOf(c: Context): string {
  const { timeZone: hostZone } = Intl.DateTimeFormat().resolvedOptions();
  const zone = getCookie(c, "clawdbot_zone");
  if (zone === undefined) return hostZone;
  try {
    return Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return hostZone;
  }
}
