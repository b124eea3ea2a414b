import type { Site } from "../site.ts";

/** A logged-in browser as far as HTTP goes: the login page's form, its cookie, and what the page's script sends. */
export interface BrowserSession {
  /** A request with cookie, origin and CSRF token. Rejects while the host is away. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** What such a request carries, for whoever sends it otherwise. */
  readonly headers: Readonly<Record<"cookie" | "origin" | "x-csrf-token", string>>;
}

/** Logs in with a code, as a person does: a new one of the owner, or the one given. The login outlives restarts of the host. */
export async function logIn(site: Site, code?: string): Promise<BrowserSession> {
  const page = await fetch(`${site.url}/login`);
  const first = cookiesOf(page);
  const form = new URLSearchParams({ csrf: csrfOf(await page.text()), code: code ?? await site.loginCode() });
  const headers = { cookie: first, origin: site.url };
  const redeemed = await fetch(`${site.url}/login`, { method: "POST", body: form, headers, redirect: "manual" });
  await redeemed.body?.cancel();
  const cookie = cookiesOf(redeemed);
  if (redeemed.status !== 303 || cookie === "") throw new Error(`The login answered ${redeemed.status}`);
  const csrf = csrfOf(await (await fetch(site.url, { headers: { cookie } })).text());
  const carried = { cookie, origin: site.url, "x-csrf-token": csrf };
  return {
    fetch: (path, init = {}) =>
      fetch(`${site.url}${path}`, { ...init, headers: { ...init.headers as Record<string, string>, ...carried } }),
    headers: carried,
  };
}

function cookiesOf(response: Response): string {
  return response.headers.getSetCookie().map((cookie) => cookie.split(";")[0]!).join("; ");
}

function csrfOf(html: string): string {
  const token = /[0-9a-f]{64}/.exec(html)?.[0];
  if (token === undefined) throw new Error("There is no CSRF token on the page");
  return token;
}
