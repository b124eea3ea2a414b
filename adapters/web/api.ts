import { type Context, Hono } from "hono";
import type { Principal } from "../../core/access.ts";
import { ownerAccount } from "../../core/message/identities.ts";
import type { FeedEvent, IntakeResult } from "../../core/message/types.ts";
import {
  type LoginCode,
  type MessageAccepted,
  type MessageList,
  type MessageRequest,
  messageRequest,
  type SessionList,
  type Status,
  type StopResult,
} from "../../schema/api.ts";
import { readJson } from "./body.ts";
import type { Entrance, Submit, WebDeps } from "./deps.ts";
import { checkCsrf } from "./guard.ts";
import { closed, Problem } from "./problem.ts";
import { eventStream, type ServerSentEvent } from "./sse.ts";
import type { WebEnv } from "./visitor.ts";
import { eventToWire, messageToWire, statusToWire } from "./wire.ts";

/** Live views at once: of all, and of one principal. More would be a leak or an attack. */
const streamsMax = 256;
const streamsEachMax = 32;

/** `/api`: for the page's script and for the command line. Access is decided by the assistant, not here. */
export function apiRoutes(deps: WebDeps, entrance: Entrance): Hono<WebEnv> {
  const { assistant, clock, logins, origin } = deps;
  const streams = createStreamCount();

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
    .get("/sessions/:id/events", async (c) => {
      const principal = principalOf(c);
      const release = streams.take(principal);
      if (release === undefined) throw new Problem(429, (say) => say.busy, { "retry-after": "10" });
      const leaving = new AbortController();
      const onEnd = () => {
        leaving.abort();
        release();
      };
      const result = await assistant.subscribe(principal, c.req.param("id"), leaving.signal);
      if (result.kind === "refused") {
        onEnd();
        throw refused(result.reason);
      }
      return eventStream(namedEvents(result.events), { clock, onEnd });
    })
    .post("/turns/:id/stop", async (c) => {
      const result = await assistant.stop(principalOf(c), c.req.param("id"));
      if (result.kind === "refused") throw refused(result.reason);
      return c.json<StopResult>({ result: result.kind });
    });
}

/**
 * Hands a message to the channel that its principal comes by.
 * @throws {Problem} 403 when intake refused it, 503 when the channel isn't open.
 */
export async function submitAs(
  { submit }: { readonly submit: { readonly web: Submit; readonly terminal: Submit } },
  principal: Principal,
  request: MessageRequest & { readonly locale: "en" | "zh-CN" },
): Promise<Exclude<IntakeResult, { kind: "refused" }>> {
  const isLocal = principal.kind === "local";
  const result = await (isLocal ? submit.terminal : submit.web)({
    account: isLocal ? ownerAccount.account : principal.id,
    conversation: request.conversation,
    platformId: request.platform_id,
    ...(request.session_id === undefined ? {} : { sessionId: request.session_id }),
    text: request.text,
    locale: request.locale,
  });
  if (result.kind === "closed") throw closed();
  if (result.kind === "refused") throw refused(result.reason);
  return result;
}

/** Who asks. @throws {Problem} 401 when nobody is logged in. */
export function principalOf(c: Context<WebEnv>): Principal {
  const { principal } = c.get("visitor");
  if (principal === undefined) throw new Problem(401, (say) => say.login);
  return principal;
}

/** A refusal of the core, with its own reason. */
export function refused(reason: string): Problem {
  return new Problem(403, () => reason);
}

/** The sequence in a query; what isn't one counts as the beginning. */
export function sequenceOf(text: string | undefined): number {
  const sequence = Number(text ?? 0);
  return Number.isSafeInteger(sequence) && sequence > 0 ? sequence : 0;
}

function localeOf(c: Context<WebEnv>): "en" | "zh-CN" {
  return c.get("visitor").locale;
}

async function* namedEvents(events: AsyncIterable<FeedEvent>): AsyncGenerator<ServerSentEvent> {
  for await (const event of events) yield { name: event.kind, data: eventToWire(event) };
}

function createStreamCount(): { take(principal: Principal): (() => void) | undefined } {
  const counts = new Map<string, number>();
  let total = 0;
  return {
    take(principal) {
      const key = principal.kind === "local" ? "local" : `${principal.kind}:${principal.id}`;
      const count = counts.get(key) ?? 0;
      if (total >= streamsMax || count >= streamsEachMax) return undefined;
      total++;
      counts.set(key, count + 1);
      let taken = true;
      return () => {
        if (!taken) return;
        taken = false;
        total--;
        const left = counts.get(key)! - 1;
        if (left > 0) counts.set(key, left);
        else counts.delete(key);
      };
    },
  };
}
