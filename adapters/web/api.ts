import { type Context, Hono } from "hono";
import type { FeedEvent } from "../../core/message/types.ts";
import {
  type AnswerAgainResult,
  type BranchShown,
  type LoginCode,
  type MessageAccepted,
  type MessageHandled,
  type MessageList,
  messageRequest,
  type PromptContext,
  type RestoreResult,
  sessionChange,
  type SessionList,
  type SessionRemoved,
  type SessionSummary,
  type Status,
  type StopResult,
  type Turn,
} from "../../schema/api.ts";
import { accessRoutes, approvalRoutes, haltRoutes } from "./approval_routes.ts";
import { attachmentRoutes } from "./attachment_routes.ts";
import { principalOf, refused, sequenceOf, submitAs } from "./asking.ts";
import { readJson } from "./body.ts";
import { auditRoutes, modelRoutes, pluginRoutes } from "./console/api.ts";
import type { Entrance, WebDeps } from "./deps.ts";
import { exportResponse } from "./export.ts";
import { checkCsrf } from "./guard.ts";
import { logRoutes } from "./log_routes.ts";
import { handledHtml } from "./handled.ts";
import { pairingRoutes, peopleRoutes } from "./people_routes.ts";
import { Problem } from "./problem.ts";
import type { ServerSentEvent } from "./sse.ts";
import type { Streams } from "./streams.ts";
import { tokenRoutes } from "./token_routes.ts";
import type { WebEnv } from "./visitor.ts";
import { contextToWire, eventToWire, messageToWire, sessionToWire, shownToWire, statusToWire } from "./wire.ts";

/** What is searched for, at most, in UTF-16 code units: no title is longer. */
const queryLengthMax = 200;

/** `/api`: for the page's script and for the command line. Access is decided by the assistant, not here. */
export function apiRoutes(deps: WebDeps, entrance: Entrance, streams: Streams): Hono<WebEnv> {
  const { assistant, logins, origin } = deps;

  async function context(c: Context<WebEnv>, of: { readonly turnId: string } | { readonly sessionId: string }) {
    const result = await assistant.context(principalOf(c), of);
    if (result.kind === "refused") throw refused(result.reason);
    return c.json<PromptContext>(result.kind === "none" ? null : contextToWire(result));
  }

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
      if (accepted.kind === "handled") {
        const { text, begins = false } = accepted;
        const html = entrance.kind === "browser" ? { html: await handledHtml(text, localeOf(c)) } : {};
        return c.json<MessageHandled>({ handled: true, text, begins, ...html });
      }
      return c.json<MessageAccepted>({
        session_id: accepted.sessionId,
        message_id: accepted.messageId,
        turn_id: accepted.turnId,
        duplicate: accepted.kind === "duplicate",
      }, 202);
    })
    .route("/attachments", attachmentRoutes(deps))
    .route("/tokens", tokenRoutes(deps))
    .route("/logs", logRoutes(deps))
    .route("/people", peopleRoutes(deps))
    .route("/pairings", pairingRoutes(deps))
    .route("/models", modelRoutes(deps))
    .route("/plugins", pluginRoutes(deps))
    .route("/audit", auditRoutes(deps))
    .route("/approvals", approvalRoutes(deps))
    .route("/access", accessRoutes(deps))
    .route("/", haltRoutes(deps))
    .get("/sessions", async (c) => {
      const query = c.req.query("query")?.slice(0, queryLengthMax) ?? "";
      const result = await assistant.sessions(principalOf(c), { query });
      if (result.kind === "refused") throw refused(result.reason);
      return c.json<SessionList>({ sessions: result.sessions.map(sessionToWire) });
    })
    .patch("/sessions/:id", async (c) => {
      const { title, pinned } = await readJson(c.req.raw, sessionChange);
      const [principal, id] = [principalOf(c), c.req.param("id")];
      const renamed = title === undefined ? undefined : await assistant.renameSession(principal, id, title);
      if (renamed?.kind === "refused") throw refused(renamed.reason);
      const result = pinned === undefined ? renamed! : await assistant.pinSession(principal, id, pinned);
      if (result.kind === "refused") throw refused(result.reason);
      return c.json<SessionSummary>(sessionToWire(result.session));
    })
    .delete("/sessions/:id", async (c) => {
      const result = await assistant.removeSession(principalOf(c), c.req.param("id"));
      if (result.kind === "refused") throw refused(result.reason);
      return c.json<SessionRemoved>({ restorable_until_ms: result.restorableUntilMs });
    })
    .post("/sessions/:id/restore", async (c) => {
      const result = await assistant.restoreSession(principalOf(c), c.req.param("id"));
      if (result.kind === "refused") throw refused(result.reason);
      return c.json<RestoreResult>({ result: result.kind });
    })
    .get("/sessions/:id/export", async (c) => {
      const format = c.req.query("format") ?? "json";
      if (format !== "json" && format !== "markdown") {
        throw new Problem(400, (say) => say.invalid("format", format.slice(0, 80), "json or markdown"));
      }
      const branches = format === "json" ? "all" : "shown";
      const result = await assistant.exportSession(principalOf(c), c.req.param("id"), branches);
      if (result.kind === "refused") throw refused(result.reason);
      return exportResponse(result, format, localeOf(c));
    })
    .get("/sessions/:id/messages", async (c) => {
      const result = await assistant.history(principalOf(c), c.req.param("id"), sequenceOf(c.req.query("after")));
      if (result.kind === "refused") throw refused(result.reason);
      return c.json<MessageList>({ messages: result.messages.map(shownToWire) });
    })
    .get("/sessions/:id/context", (c) => context(c, { sessionId: c.req.param("id") }))
    .get("/sessions/:id/events", (c) => streams.open(principalOf(c), c.req.param("id"), namedEvents))
    .post("/messages/:id/answer-again", async (c) => {
      const result = await assistant.answerAgain(principalOf(c), c.req.param("id"));
      if (result.kind === "refused") throw refused(result.reason);
      if (result.kind === "busy") return c.json<AnswerAgainResult>({ result: "busy" });
      return c.json<AnswerAgainResult>({ result: "accepted", turn_id: result.turnId }, 202);
    })
    .post("/messages/:id/show", async (c) => {
      const result = await assistant.showBranch(principalOf(c), c.req.param("id"));
      if (result.kind === "refused") throw refused(result.reason);
      return c.json<BranchShown>({ result: result.kind });
    })
    .get("/turns/:id", async (c) => {
      const id = c.req.param("id");
      const result = await assistant.turn(principalOf(c), id);
      if (result.kind === "refused") throw refused(result.reason);
      const answer = result.answer === undefined ? null : messageToWire(result.answer);
      return c.json<Turn>({ id, message_id: result.messageId, state: result.state, answer });
    })
    .get("/turns/:id/context", (c) => context(c, { turnId: c.req.param("id") }))
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
