import { html } from "hono/html";
import type { SessionSummary } from "../../../core/assistant.ts";
import type { Text } from "../../../core/text/mod.ts";
import { documentOf, type Frame, type Html, sayIn, settingsOf } from "./frame.ts";
import { groupsOf } from "./groups.ts";
import { icon } from "./icons.ts";
import { keySheet } from "./keys.ts";
import { sessionMenu } from "./menu.ts";

/** A person's conversations as a list shows them. */
export interface ListView {
  readonly sessions: readonly SessionSummary[];
  /** What was searched for in their titles; empty: nothing. */
  readonly query: string;
  /** The one that is open. */
  readonly currentId?: string | undefined;
  readonly nowMs: number;
  readonly zone: string;
}

/** The conversations, grouped by day. Without script, each is renamed, pinned, exported and deleted on its own page. */
export function conversationList(frame: Pick<Frame, "locale">, view: ListView): Html {
  const say = sayIn(frame.locale);
  const { sessions, query, currentId } = view;
  if (sessions.length === 0) return html`<p class="empty">${query === "" ? say.noConversations : say.nothingFound}</p>`;
  const groups = groupsOf(sessions, { ...view, locale: frame.locale });
  return html`${
    groups.map(({ label, sessions }, index) =>
      html`
        <h2 class="group" id="group-${index}">${label}</h2>
        <ul class="conversations" aria-labelledby="group-${index}">
          ${sessions.map((session) => conversationItem(session, currentId, say))}
        </ul>
      `
    )
  }`;
}

function conversationItem(
  { id, title, pinned }: SessionSummary,
  currentId: string | undefined,
  say: Text["web"],
): Html {
  const current = id === currentId ? "page" : "false";
  const actions = say.actions(title);
  return html`
    <li data-session="${id}" data-pinned="${String(pinned)}">
      <a class="open" href="/c/${id}" aria-current="${current}"><bdi data-name>${title}</bdi></a>
      <a class="square more" href="/c/${id}/manage" aria-label="${actions}" title="${actions}"
        data-menu>${icon("more")}</a>
    </li>
  `;
}

/** Brings the last deleted conversation back; shown by the script for as long as that can be done. */
export function restoreButton({ locale }: Pick<Frame, "locale">): Html {
  const { restoreRemoved } = sayIn(locale);
  return html`<button class="quiet small" type="button" hidden data-restore>${icon("undo")}${restoreRemoved}</button>`;
}

/** Searches titles; with script at once, without it on the page of the list. */
export function searchForm({ locale }: Pick<Frame, "locale">, query: string): Html {
  const { search } = sayIn(locale);
  return html`
    <form class="search" role="search" method="get" action="/conversations" data-search>
      ${icon("search")}
      <input type="search" name="query" value="${query}" aria-label="${search}" placeholder="${search}"
        autocomplete="off" spellcheck="false" enterkeyhint="search" maxlength="200">
    </form>
  `;
}

/** The list as a page of its own, for screens without room beside the conversation. */
export function conversationsPage(frame: Frame, view: ListView): Html {
  const { conversations, newConversation, settings, name } = sayIn(frame.locale);
  return documentOf(frame, {
    title: `${conversations} · ${name}`,
    kind: "sheet",
    data: listData(frame),
    body: html`
      <main class="card list">
        <h1>${conversations}</h1>
        <p><a class="button" href="/" data-new>${icon("plus")}${newConversation}</a></p>
        ${searchForm(frame, view.query)}
        <nav aria-label="${conversations}" data-list>${conversationList(frame, view)}</nav>
        <p>${restoreButton(frame)}</p>
        <p class="note" role="status" data-note></p>
        <div role="status" data-undo></div>
      </main>
      <footer class="card list foot">
        <h2 class="hidden">${settings}</h2>
        ${settingsOf(frame, { logOut: true })}
      </footer>
      ${sessionMenu(frame)} ${keySheet(frame)}
    `,
  });
}

/** What the list's script needs on every page that has one. */
export function listData({ csrf, locale }: Frame): Readonly<Record<string, unknown>> {
  const { name, title, undo, dismiss, unreachable, copied, pin, unpin, ...say } = sayIn(locale);
  return {
    csrf,
    list: {
      name,
      title,
      undo,
      dismiss,
      unreachable,
      copied,
      pin,
      unpin,
      notDone: say.notDone("{reason}"),
      removed: say.removedTitle("{title}"),
    },
  };
}
