import { type Context, Hono } from "hono";
import * as v from "valibot";
import type { SessionSummary } from "../../core/assistant.ts";
import type { Principal } from "../../core/access.ts";
import { createIds } from "../../core/ids.ts";
import { toHex } from "../../core/vault.ts";
import { messageRequest } from "../../schema/api.ts";
import { principalOf, refused, sequenceOf, submitAs } from "./asking.ts";
import { assets, assetsVersion } from "./assets.ts";
import { readForm } from "./body.ts";
import { csrfToken } from "./csrf.ts";
import type { Entrance, WebDeps } from "./deps.ts";
import { checkCsrf } from "./guard.ts";
import { conversationPage } from "./html/conversation.ts";
import { conversationList, conversationsPage } from "./html/conversations.ts";
import { type Frame, sayIn } from "./html/frame.ts";
import { loginPage } from "./html/login.ts";
import { messageItems, type Render } from "./html/messages.ts";
import { liveEvents } from "./live.ts";
import { Problem } from "./problem.ts";
import type { Streams } from "./streams.ts";
import type { Cookies, WebEnv } from "./visitor.ts";

/** Channels that are this machine itself: they reach nobody elsewhere. */
const localChannels: readonly string[] = ["web", "terminal"];

/** The pages: HTML that is whole without script, and the fragments that the script puts in. */
export function pageRoutes(deps: WebDeps, entrance: Entrance, cookies: Cookies, streams: Streams): Hono<WebEnv> {
  const { assistant, clock, logins } = deps;
  const newId = createIds(deps);

  async function conversation(c: Context<WebEnv>, sessionId: string | undefined): Promise<Response> {
    const principal = principalOf(c);
    const messages = sessionId === undefined ? [] : await historyOf(principal, sessionId, 0);
    const sessions = await sessionsOf(principal);
    const view = {
      session: sessionId === undefined ? undefined : sessions.find(({ id }) => id === sessionId) ??
        { id: sessionId, title: sayIn(c.get("visitor").locale).name, pinned: false, createdMs: 0, updatedMs: 0 },
      sessions,
      messages,
      conversation: newId(),
      platformId: newId(),
      ...standing(),
    };
    return await c.html(conversationPage(frameOf(c), view, await renderer()));
  }

  async function historyOf(principal: Principal, sessionId: string, after: number) {
    const result = await assistant.history(principal, sessionId, after);
    if (result.kind === "refused") throw refused(result.reason);
    return result.messages;
  }

  async function sessionsOf(principal: Principal): Promise<readonly SessionSummary[]> {
    const result = await assistant.sessions(principal);
    if (result.kind === "refused") throw refused(result.reason);
    return result.sessions;
  }

  /** Where questions go: every person may know that, so it is asked on the host's own behalf. */
  function standing(): { privacy: "offline" | "channels" | "alone"; model: string } {
    const result = assistant.status({ kind: "local" });
    if (result.kind === "refused") return { privacy: "alone", model: "" };
    const { offline, channels, model } = result.status;
    const isOnline = Object.entries(channels).some(([name, { kind }]) =>
      !localChannels.includes(name) && kind === "ready"
    );
    return { privacy: offline ? "offline" : isOnline ? "channels" : "alone", model: model.name };
  }

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
    .get("/", (c) => conversation(c, undefined))
    .get("/c/:id", (c) => conversation(c, c.req.param("id")))
    .get("/c/:id/messages", async (c) => {
      const say = sayIn(c.get("visitor").locale);
      const messages = await historyOf(principalOf(c), c.req.param("id"), sequenceOf(c.req.query("after")));
      return await c.html(messageItems(messages, say, await renderer()));
    })
    .get("/c/:id/events", async (c) => {
      const render = await renderer();
      return await streams.open(principalOf(c), c.req.param("id"), (events) => liveEvents(events, { render, clock }));
    })
    .get(
      "/conversations",
      async (c) => await c.html(conversationsPage(frameOf(c), { sessions: await sessionsOf(principalOf(c)) })),
    )
    .get("/conversations/list", async (c) => {
      const { noConversations } = sayIn(c.get("visitor").locale);
      const sessions = await sessionsOf(principalOf(c));
      return await c.html(conversationList(sessions, noConversations, c.req.query("current")));
    })
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
      const { csrf, back, locale, theme } = await readForm(c.req.raw);
      checkCsrf(c, csrf, entrance);
      if (locale === "en" || locale === "zh-CN") cookies.set(c, "locale", locale);
      if (theme === "auto" || theme === "light" || theme === "dark") cookies.set(c, "theme", theme);
      return c.redirect(pathOf(back), 303);
    })
    .post("/messages", async (c) => {
      const { csrf, session_id, ...fields } = await readForm(c.req.raw);
      checkCsrf(c, csrf, entrance);
      const { locale } = c.get("visitor");
      const request = v.safeParse(messageRequest, { ...fields, ...(session_id ? { session_id } : {}), locale });
      if (!request.success) throw new Problem(400, (say) => say.stale);
      const accepted = await submitAs(deps, principalOf(c), { ...request.output, locale });
      return c.redirect(`/c/${accepted.sessionId}`, 303);
    })
    .get("/assets/:version/:name", (c) => {
      const { version, name } = c.req.param();
      const asset = assets.get(name);
      if (asset === undefined) throw new Problem(404, (say) => say.notFound);
      const isCurrent = version === assetsVersion;
      c.header("cache-control", isCurrent ? "public, max-age=31536000, immutable" : "no-cache");
      return c.body(asset.body, 200, { "content-type": asset.type });
    });
}

function frameOf(c: Context<WebEnv>): Frame {
  const { locale, theme, csrf } = c.get("visitor");
  return { locale, theme, csrf: csrf ?? "", path: c.req.path };
}

/** A path of this very site; anything else becomes the first page, so that nobody is sent elsewhere. */
function pathOf(text: string | undefined): string {
  return text !== undefined && /^\/(?![\/\\])[\w\-\/]*$/.test(text) ? text : "/";
}

function secondsOf(ms: number): number {
  return Math.ceil(ms / 1_000);
}

/** Markdown is loaded with the first page that needs it: an idle host shows none. */
async function renderer(): Promise<Render> {
  return (await import("./markdown.ts")).renderMarkdown;
}
