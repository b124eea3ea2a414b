import { html } from "hono/html";
import type { ApprovalView } from "../../../core/approvals.ts";
import type { ShownMessage } from "../../../core/message/types.ts";
import type { Standing } from "../standing.ts";
import { cardsSection } from "./cards.ts";
import type { CardFrame } from "./card.ts";
import { type Frame, type Html, sayIn } from "./frame.ts";
import { icon } from "./icons.ts";

/** What the composer shows and sends. Where questions go is always in sight. */
export interface DockView extends Standing {
  /** `undefined`: the message begins a conversation. */
  readonly sessionId: string | undefined;
  /** What waits for this person. */
  readonly cards: readonly ApprovalView[];
  readonly cardFrame: CardFrame;
  /** The names that the next message is sent under. */
  readonly conversation: string;
  readonly platformId: string;
  /** The question that is being edited. */
  readonly edited?: ShownMessage | undefined;
  /** The conversation that was just deleted. */
  readonly removedId?: string | undefined;
}

/** The composer, which stays at the bottom, and everything that is said next to it. */
export function dock(frame: Frame, view: DockView): Html {
  const { sessionId, conversation, platformId, edited } = view;
  const { message, placeholder, send, stop, newText, away, ...say } = sayIn(frame.locale);
  return html`
    <section class="dock" aria-label="${message}">
      <button class="below" type="button" hidden data-below>${icon("below")}${newText}</button>
      <div role="status" data-undo>${view.removedId === undefined ? "" : undoBar(frame, view.removedId)}</div>
      <p class="note away" role="status"><span hidden data-away>${icon("away")}<span>${away}</span></span></p>
      <p class="note" role="status" data-note></p>
      ${cardsSection(view.cardFrame, view.cards)}
      <p class="note editing" data-editing ${edited === undefined ? "hidden" : ""}>
        ${icon("edit")}<span>${say.editing}</span>
        <a class="button small" href="${sessionId === undefined ? "/" : `/c/${sessionId}`}" data-edit-cancel>${say
          .cancelEdit}</a>
      </p>
      <ul class="files" aria-label="${say.files}" hidden data-files></ul>
      ${fileTemplate(frame)}
      <form class="composer" method="post" action="/messages" enctype="multipart/form-data" data-composer>
        <input type="hidden" name="csrf" value="${frame.csrf}">
        <input type="hidden" name="session_id" value="${sessionId ?? ""}">
        <input type="hidden" name="conversation" value="${conversation}">
        <input type="hidden" name="platform_id" value="${platformId}">
        <input type="hidden" name="replaces" value="${edited?.id ?? ""}">
        <textarea
          id="text"
          name="text"
          rows="1"
          autofocus
          placeholder="${placeholder}"
          aria-label="${message}"
          aria-describedby="hint"
          enterkeyhint="send"
          dir="auto"
          data-text
        >${edited?.text ?? ""}</textarea>
        <label class="attach square quiet" title="${say.attach}">${icon("attach")}<input
          type="file" name="files" multiple aria-label="${say.attach}" data-file-input></label>
        <button class="primary square" aria-label="${send}" title="${send}" data-send>${icon("send")}</button>
        <button class="primary square" type="button" aria-label="${stop}" title="${stop}" hidden data-stop>
          ${icon("stop")}
        </button>
      </form>
      ${foot(frame, view)}
      <p class="hidden" role="status" data-status></p>
    </section>
  `;
}

/** A file that is on its way into the message; the script makes one for each. */
function fileTemplate({ locale }: Frame): Html {
  const { tryAgain } = sayIn(locale);
  return html`
    <template data-file-template>
      <li class="file chosen">
        <span class="file-icon">${icon("file")}</span><span class="failed-icon">${icon("notice")}</span>
        <span><bdi data-file-name></bdi><span class="size" data-file-size></span>
          <progress max="1" value="0" hidden data-file-progress></progress>
          <span data-file-state></span></span>
        <button class="tool" type="button" aria-label="${tryAgain}" title="${tryAgain}" hidden data-file-again>
          ${icon("again")}
        </button>
        <button class="tool" type="button" data-file-remove>${icon("close")}</button>
      </li>
    </template>
  `;
}

function foot({ locale }: Frame, { privacy, model }: DockView): Html {
  const say = sayIn(locale);
  return html`
    <p class="foot">
      <span class="privacy">${icon(privacy.kind === "server" ? "server" : "lock")}${privacy.kind === "server"
        ? say.asksServer(privacy.server)
        : say.privacy[privacy.kind]}</span>
      <span class="model">${model}</span>
      <span class="hint" id="hint">${say.hint}</span>
    </p>
  `;
}

function undoBar({ csrf, locale }: Frame, id: string): Html {
  const { removed, undo } = sayIn(locale);
  return html`
    <form class="undo" method="post" action="/c/${id}/restore">
      <input type="hidden" name="csrf" value="${csrf}">
      <span>${removed}</span>
      <button class="small">${icon("undo")}${undo}</button>
    </form>
  `;
}
