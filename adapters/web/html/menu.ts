import { html } from "hono/html";
import type { SessionSummary } from "../../../core/assistant.ts";
import { documentOf, type Frame, type Html, sayIn } from "./frame.ts";
import { icon } from "./icons.ts";

/** What can be done with a conversation, in one box that the script opens beside whichever was asked for. */
export function sessionMenu({ locale }: Pick<Frame, "locale">): Html {
  const { actionsHere, pin, rename, exportMarkdown, exportJson, remove } = sayIn(locale);
  return html`
    <div class="menu" popover role="dialog" aria-label="${actionsHere}" data-menu-box>
      <button type="button" data-choose="pin">${icon("pin")}<span>${pin}</span></button>
      <button type="button" data-choose="rename">${icon("edit")}<span>${rename}</span></button>
      <a href="/" download data-choose="markdown">${icon("export")}<span>${exportMarkdown}</span></a>
      <a href="/" download data-choose="json">${icon("export")}<span>${exportJson}</span></a>
      <button type="button" class="danger" data-choose="remove">${icon("remove")}<span>${remove}</span></button>
    </div>
  `;
}

/** Where a conversation's export is fetched from. */
export function exportUrl(id: string, format: "markdown" | "json"): string {
  return `/api/sessions/${id}/export?format=${format}`;
}

/** The same without script: a page with a form for each. */
export function managePage(frame: Frame, { id, title, pinned }: SessionSummary): Html {
  const say = sayIn(frame.locale);
  const csrf = html`<input type="hidden" name="csrf" value="${frame.csrf}">`;
  return documentOf(frame, {
    title: `${title} · ${say.name}`,
    kind: "sheet",
    body: html`
      <main class="card">
        <p><a href="/c/${id}">${icon("back")}${say.backToConversation}</a></p>
        <h1><bdi>${title}</bdi></h1>
        <form method="post" action="/c/${id}/rename">
          ${csrf}
          <label for="title">${say.title}</label>
          <input id="title" name="title" value="${title}" required maxlength="200" dir="auto" autocomplete="off">
          <button class="primary">${say.save}</button>
        </form>
        <form method="post" action="/c/${id}/pin">
          ${csrf}
          <input type="hidden" name="pinned" value="${String(!pinned)}">
          <button>${icon("pin")}${pinned ? say.unpin : say.pin}</button>
        </form>
        <p class="choices">
          <a class="button" href="${exportUrl(id, "markdown")}" download>${icon("export")}${say.exportMarkdown}</a>
          <a class="button" href="${exportUrl(id, "json")}" download>${icon("export")}${say.exportJson}</a>
        </p>
        <form method="post" action="/c/${id}/remove">
          ${csrf}
          <p class="hint" id="remove-hint">${say.removeHint}</p>
          <button class="danger" aria-describedby="remove-hint">${icon("remove")}${say.remove}</button>
        </form>
      </main>
    `,
  });
}
