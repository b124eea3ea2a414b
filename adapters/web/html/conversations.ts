import { html } from "hono/html";
import type { SessionSummary } from "../../../core/assistant.ts";
import { documentOf, type Frame, type Html, sayIn, settingsOf } from "./frame.ts";
import { icon } from "./icons.ts";

/** A person's conversations, most recent first. `currentId`: the one that is open. `none`: said when there are none. */
export function conversationList(
  sessions: readonly SessionSummary[],
  none: string,
  currentId: string | undefined,
): Html {
  if (sessions.length === 0) return html`<p class="empty">${none}</p>`;
  return html`<ul class="conversations">${sessions.map((session) => conversationItem(session, currentId))}</ul>`;
}

function conversationItem({ id, title }: SessionSummary, currentId: string | undefined): Html {
  const current = id === currentId ? "page" : "false";
  return html`<li><a href="/c/${id}" aria-current="${current}"><bdi>${title}</bdi></a></li>`;
}

/** The list as a page of its own, for screens without room beside the conversation. */
export function conversationsPage(
  frame: Frame,
  { sessions }: { readonly sessions: readonly SessionSummary[] },
): Html {
  const { conversations, noConversations, newConversation, settings, name } = sayIn(frame.locale);
  return documentOf(frame, {
    title: `${conversations} · ${name}`,
    kind: "sheet",
    body: html`
      <main class="card list">
        <h1>${conversations}</h1>
        <p><a class="button" href="/">${icon("plus")}${newConversation}</a></p>
        <nav aria-label="${conversations}">${conversationList(sessions, noConversations, undefined)}</nav>
      </main>
      <footer class="card list foot">
        <h2 class="hidden">${settings}</h2>
        ${settingsOf(frame, { logOut: true })}
      </footer>
    `,
  });
}
