import { ok, strictEqual } from "node:assert/strict";
import * as v from "valibot";
import { createApp } from "../adapters/web/app.ts";
import type { WebDeps } from "../adapters/web/deps.ts";
import * as api from "../schema/api.ts";
import { createFakeAssistant, depsAround, type FakeAssistant, fakeCode } from "./fake_assistant.ts";

/** Where the page is. */
export const host = "127.0.0.1:8080";
export const origin = `http://${host}`;

/** A browser in front of the page, in this process. */
export interface Browser {
  readonly assistant: FakeAssistant;
  /** A request as a browser sends it: with its cookies, and with `Origin` on changes. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** A change by the page's script: with the token. */
  change(path: string, body: BodyInit | null, headers?: Record<string, string>, method?: string): Promise<Response>;
  cookies(): string;
}

/** A browser in front of an app, logged in unless `loggedIn` is false. */
export async function openBrowser(
  { deps = {}, secure = false, loggedIn = true }: {
    readonly deps?: Partial<WebDeps>;
    readonly secure?: boolean;
    readonly loggedIn?: boolean;
  } = {},
): Promise<Browser> {
  const assistant = createFakeAssistant();
  const app = createApp(depsAround(assistant, deps), {
    kind: "browser",
    hostNames: (name) => ["127.0.0.1", "[::1]"].includes(name),
    secure,
  });
  const jar = new Map<string, string>();
  const ask = async (path: string, init: RequestInit = {}) => {
    const scheme = secure ? "https" : "http";
    const request = new Request(`${scheme}://${host}${path}`, init);
    if (!request.headers.has("host")) request.headers.set("host", host);
    if (request.method !== "GET" && !request.headers.has("origin")) {
      request.headers.set("origin", `${scheme}://${host}`);
    }
    if (!request.headers.has("cookie")) request.headers.set("cookie", cookies());
    const response = await app.fetch(request);
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ""] = cookie.split(";");
      jar.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
    }
    return response;
  };
  const cookies = () => [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
  if (loggedIn) strictEqual((await submitForm(ask, "/login", { code: fakeCode }, "/login")).status, 303);
  return {
    assistant,
    ask,
    cookies,
    change: async (path, body, headers = {}, method = "POST") =>
      await ask(path, { method, body, headers: { "x-csrf-token": await csrfOf(ask, "/"), ...headers } }),
  };
}

/** Sends a request. */
export type Ask = Browser["ask"];

/** The token of a page's changes. */
export async function csrfOf(ask: Ask, page: string): Promise<string> {
  return /name="csrf" value="([0-9a-f]{64})"/.exec(await (await ask(page)).text())?.[1] ?? "";
}

/** Sends a form of a page. */
export async function submitForm(
  ask: Ask,
  path: string,
  fields: Record<string, string>,
  page = "/",
): Promise<Response> {
  const body = new URLSearchParams({ csrf: await csrfOf(ask, page), ...fields });
  return await ask(path, { method: "POST", body });
}

/** The one line of a refusal. */
export async function lineOf(response: Response): Promise<string> {
  const { error: { message } } = v.parse(api.apiError, await response.json());
  ok(!message.includes("\n"));
  return message;
}
