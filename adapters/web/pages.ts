import { type Context, Hono } from "hono";
import type { SessionSummary } from "../../core/assistant.ts";
import type { Principal } from "../../core/access.ts";
import { createIds } from "../../core/ids.ts";
import { principalOf, refused, sequenceOf } from "./asking.ts";
import type { WebDeps } from "./deps.ts";
import type { FeedEvent } from "../../core/message/types.ts";
import type { CardFrame } from "./html/card.ts";
import { cardsSection } from "./html/cards.ts";
import { contextPage } from "./html/context.ts";
import { accountPage } from "./html/account.ts";
import { conversationPage } from "./html/conversation.ts";
import { conversationList, conversationsPage, type ListView } from "./html/conversations.ts";
import { sayIn } from "./html/frame.ts";
import { managePage } from "./html/menu.ts";
import { messageItems, type Render } from "./html/messages.ts";
import { liveEvents } from "./live.ts";
import { frameOf } from "./page_request.ts";
import { Problem } from "./problem.ts";
import type { ServerSentEvent } from "./sse.ts";
import { standingOf } from "./standing.ts";
import type { Streams } from "./streams.ts";
import type { WebEnv } from "./visitor.ts";

/** Messages that a page shows unless it is asked for all: what is older is read seldom, and takes long to set. */
const messagesMax = 80;
/** After so many messages, others get a turn: setting a thousand takes most of a second. */
const messagesAtOnce = 20;
/** Longest text that is searched for, in UTF-16 code units. */
const queryLengthMax = 200;

/** The pages of conversations: HTML that is whole without script, and the fragments that the script puts in. */
export function pageRoutes(deps: WebDeps, streams: Streams): Hono<WebEnv> {
  const { assistant, clock, people } = deps;
  const newId = createIds(deps);

  const frame = (c: Context<WebEnv>) => ({
    ...frameOf(c),
    hasConsole: deps.console.parts(principalOf(c)).length > 0,
  });

  async function conversation(c: Context<WebEnv>, sessionId: string | undefined): Promise<Response> {
    const principal = principalOf(c);
    const history = sessionId === undefined ? [] : await historyOf(principal, sessionId, 0);
    const messages = c.req.query("earlier") === undefined ? history.slice(-messagesMax) : history;
    const list = await listOf(c, sessionId);
    const editedId = c.req.query("edit");
    const view = {
      sessionId,
      session: sessionId === undefined ? undefined : await sessionOf(c, sessionId, list.sessions),
      list,
      messages,
      after: history.at(-messages.length - 1)?.sequence ?? 0,
      conversation: newId(),
      platformId: newId(),
      fileBytesMax: deps.attachments.bytesMax,
      edited: messages.find(({ id, author }) => id === editedId && author === "person"),
      cards: await cardsOf(c),
      cardFrame: cardFrame(c, sessionId),
      removedId: sessionId === undefined ? removedIdOf(c) : undefined,
      ...standingOf(assistant),
    };
    return await c.html(conversationPage(frame(c), view, await renderer(c)));
  }

  const cardsOf = async (c: Context<WebEnv>) =>
    await deps.approvals.list(principalOf(c), { of: "waiting", locale: c.get("visitor").locale });

  /** @param sessionId Where its forms lead back to. */
  function cardFrame(c: Context<WebEnv>, sessionId: string | undefined): CardFrame {
    const { locale, csrf } = frameOf(c);
    const format = new Intl.DateTimeFormat(locale, {
      timeZone: c.get("visitor").zone,
      dateStyle: "medium",
      timeStyle: "short",
      hour12: false,
    });
    const path = sessionId === undefined ? "/" : `/c/${sessionId}`;
    return { locale, csrf, path, base: "/approvals", time: (ms) => format.format(ms) };
  }

  async function historyOf(principal: Principal, sessionId: string, after: number) {
    const result = await assistant.history(principal, sessionId, after);
    if (result.kind === "refused") throw refused(result.reason);
    return result.messages;
  }

  async function listOf(c: Context<WebEnv>, currentId: string | undefined): Promise<ListView> {
    const query = (c.req.query("query") ?? "").trim().slice(0, queryLengthMax);
    const result = await assistant.sessions(principalOf(c), query === "" ? {} : { query });
    if (result.kind === "refused") throw refused(result.reason);
    return { sessions: result.sessions, query, currentId, nowMs: clock.nowMs(), zone: c.get("visitor").zone };
  }

  /** One that a long list doesn't reach is shown under the program's own name. */
  async function sessionOf(
    c: Context<WebEnv>,
    id: string,
    listed?: readonly SessionSummary[],
  ): Promise<SessionSummary> {
    const sessions = listed ?? (await listOf(c, undefined)).sessions;
    const title = sayIn(c.get("visitor").locale).name;
    return sessions.find((session) => session.id === id) ??
      { id, title, pinned: false, createdMs: 0, updatedMs: 0 };
  }

  /** Sets one answer after the other, so that a long conversation holds up nobody else. */
  async function renderer(c: Context<WebEnv>): Promise<Render> {
    const { renderMarkdown } = await markdown();
    const { codeWords } = sayIn(c.get("visitor").locale);
    let count = 0;
    let turn = Promise.resolve();
    return async (text) => {
      if (++count % messagesAtOnce === 0) turn = turn.then(() => clock.sleep(0, c.req.raw.signal));
      await turn;
      return await renderMarkdown(text, codeWords);
    };
  }

  return new Hono<WebEnv>()
    .get("/", (c) => conversation(c, undefined))
    .get("/c/:id", (c) => conversation(c, c.req.param("id")))
    .get("/c/:id/manage", async (c) => {
      await historyOf(principalOf(c), c.req.param("id"), Number.MAX_SAFE_INTEGER);
      return await c.html(managePage(frameOf(c), await sessionOf(c, c.req.param("id"))));
    })
    .get("/c/:id/context/:turn", async (c) => {
      const result = await assistant.context(principalOf(c), { turnId: c.req.param("turn") });
      if (result.kind === "refused") throw refused(result.reason);
      if (result.kind === "none" || result.sessionId !== c.req.param("id")) {
        throw new Problem(404, (say) => say.noContext);
      }
      return await c.html(contextPage(frameOf(c), result));
    })
    .get("/c/:id/messages", async (c) => {
      const messages = await historyOf(principalOf(c), c.req.param("id"), sequenceOf(c.req.query("after")));
      return await c.html(
        messageItems(messages, { locale: c.get("visitor").locale, ...standingOf(assistant) }, await renderer(c)),
      );
    })
    .get("/c/:id/events", async (c) => {
      const { createGrowingMarkdown } = await markdown();
      const { codeWords } = sayIn(c.get("visitor").locale);
      const live = {
        grow: () => createGrowingMarkdown(codeWords),
        isModelReady: () => standingOf(assistant).isModelReady,
        clock,
      };
      return await streams.open(principalOf(c), c.req.param("id"), (events) => liveEvents(events, live));
    })
    .get("/cards", async (c) => {
      const session = c.req.query("session");
      return await c.html(cardsSection(cardFrame(c, idIn(session)), await cardsOf(c)));
    })
    .get("/cards/events", (c) => {
      const principal = principalOf(c);
      return streams.view(principal, (signal) => cardEvents(deps.approvals.watch(principal, signal)));
    })
    .get("/account", async (c) => {
      const result = await people.self(principalOf(c));
      if (result.kind === "refused") throw refused(result.reason);
      return await c.html(accountPage(frameOf(c), result.person));
    })
    .get("/conversations", async (c) => await c.html(conversationsPage(frame(c), await listOf(c, undefined))))
    .get(
      "/conversations/list",
      async (c) => await c.html(conversationList(frameOf(c), await listOf(c, c.req.query("current")))),
    );
}

/** The conversation that was just deleted, as the address says. */
function removedIdOf(c: Context<WebEnv>): string | undefined {
  return idIn(c.req.query("removed"));
}

/** What isn't an id is none. */
function idIn(text: string | undefined): string | undefined {
  return /^[\w-]{1,64}$/.exec(text ?? "")?.[0];
}

/** That the cards of a person have changed; what they are is read anew. */
async function* cardEvents(events: AsyncIterable<FeedEvent>): AsyncGenerator<ServerSentEvent> {
  for await (const { kind } of events) if (kind === "approvals") yield { name: kind, data: { kind } };
}

/** Markdown is loaded with the first page that needs it: an idle host shows none. */
function markdown() {
  return import("./markdown/mod.ts");
}
