import { html } from "hono/html";
import type { SessionSummary } from "../../../core/assistant.ts";
import type { Text } from "../../../core/text/mod.ts";
import { documentOf, type Frame, type Html, sayIn, settingsOf } from "./frame.ts";
import { icon } from "./icons.ts";

/** A person's conversations, most recent first. `currentId`: the one that is open. */
export function conversationList(
  sessions: readonly SessionSummary[],
  say: Text["web"],
  currentId: string | undefined,
): Html {
  if (sessions.length === 0) return html`<p class="empty">${say.noConversations}</p>`;
  return html`<ul class="conversations">
${
    sessions.map(({ id, title }) =>
      html`
        <li><a href="/c/${id}"${id === currentId
          ? html`
            aria-current="page"
          `
          : ""}><bdi>${title}</bdi></a></li>
      `
    )
  }</ul>`;
}

/** The list as a page of its own, for screens without room beside the conversation. */
export function conversationsPage(
  frame: Frame,
  { sessions }: { readonly sessions: readonly SessionSummary[] },
): Html {
  const say = sayIn(frame.locale);
  return documentOf(frame, {
    title: `${say.conversations} · ${say.name}`,
    kind: "sheet",
    body: html`
      <main class="card list">
        <h1>${say.conversations}</h1>
        <p><a class="button" href="/">${icon("plus")}${say.newConversation}</a></p>
        <nav aria-label="${say.conversations}">${conversationList(sessions, say, undefined)}</nav>
      </main>
      <footer class="card foot"><h2 class="hidden">${say.settings}</h2>${settingsOf(frame, { logOut: true })}</footer>
    `,
  });
}
