import { type Context, Hono } from "hono";
import type { FeedEvent } from "../../core/message/types.ts";
import {
  type LoginCode,
  type MessageAccepted,
  type MessageList,
  messageRequest,
  type SessionList,
  type Status,
  type StopResult,
} from "../../schema/api.ts";
import { principalOf, refused, sequenceOf, submitAs } from "./asking.ts";
import { readJson } from "./body.ts";
import type { Entrance, WebDeps } from "./deps.ts";
import { checkCsrf } from "./guard.ts";
import { Problem } from "./problem.ts";
import type { ServerSentEvent } from "./sse.ts";
import type { Streams } from "./streams.ts";
import type { WebEnv } from "./visitor.ts";
import { eventToWire, messageToWire, statusToWire } from "./wire.ts";

/** `/api`: for the page's script and for the command line. Access is decided by the assistant, not here. */
export function apiRoutes(deps: WebDeps, entrance: Entrance, streams: Streams): Hono<WebEnv> {
  const { assistant, logins, origin } = deps;

  return new Hono<WebEnv>()
    .use(async (c, next) => {
      principalOf(c);
      if (c.req.method !== "GET" && c.req.method !== "HEAD") checkCsrf(c, c.req.header("x-csrf-token"), entrance);
      await next();
    })
    .get("/status", (c) => {
      const result = assistant.status(principalOf(c));
      if (result.kind === "refused") throw refused(result.reason);
      return c.json<Status>(statusToWire(result.status));
    })
    .post("/login-codes", async (c) => {
      const principal = principalOf(c);
      if (principal.kind !== "local") throw new Problem(403, (say) => say.localOnly);
      const { code, expiresMs } = await logins.issue(principal);
      return c.json<LoginCode>({ code, expires_ms: expiresMs, url: `${origin()}/login` });
    })
    .post("/messages", async (c) => {
      const request = await readJson(c.req.raw, messageRequest);
      const accepted = await submitAs(deps, principalOf(c), { ...request, locale: request.locale ?? localeOf(c) });
      return c.json<MessageAccepted>({
        session_id: accepted.sessionId,
        message_id: accepted.messageId,
        turn_id: accepted.turnId,
        duplicate: accepted.kind === "duplicate",
      }, 202);
    })
    .get("/sessions", async (c) => {
      const result = await assistant.sessions(principalOf(c));
      if (result.kind === "refused") throw refused(result.reason);
      const sessions = result.sessions.map(({ id, title, updatedMs }) => ({ id, title, updated_ms: updatedMs }));
      return c.json<SessionList>({ sessions });
    })
    .get("/sessions/:id/messages", async (c) => {
      const result = await assistant.history(principalOf(c), c.req.param("id"), sequenceOf(c.req.query("after")));
      if (result.kind === "refused") throw refused(result.reason);
      return c.json<MessageList>({ messages: result.messages.map(messageToWire) });
    })
    .get("/sessions/:id/events", (c) => streams.open(principalOf(c), c.req.param("id"), namedEvents))
    .post("/turns/:id/stop", async (c) => {
      const result = await assistant.stop(principalOf(c), c.req.param("id"));
      if (result.kind === "refused") throw refused(result.reason);
      return c.json<StopResult>({ result: result.kind });
    });
}

function localeOf(c: Context<WebEnv>): "en" | "zh-CN" {
  return c.get("visitor").locale;
}

async function* namedEvents(events: AsyncIterable<FeedEvent>): AsyncGenerator<ServerSentEvent> {
  for await (const event of events) yield { name: event.kind, data: eventToWire(event) };
}
