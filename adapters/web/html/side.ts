import { html } from "hono/html";
import { conversationList, type ListView, restoreButton, searchForm } from "./conversations.ts";
import { type Frame, type Html, sayIn, settingsOf } from "./frame.ts";
import { icon } from "./icons.ts";

/** What stands beside the conversation, where there is room: the other conversations, and the settings. */
export function side(frame: Frame, list: ListView): Html {
  const { newConversation, conversations, settings, keys, console: say } = sayIn(frame.locale);
  return html`
    <aside class="side" aria-label="${conversations}" data-aside>
      <div class="side-head">
        <a class="button" href="/" data-new>${icon("plus")}${newConversation}</a>
        ${sideSwitch(frame, "hide")}
      </div>
      ${searchForm(frame, list.query)}
      <nav aria-label="${conversations}" data-list>${conversationList(frame, list)}</nav>
      ${restoreButton(frame)}
      <div class="side-foot">
        <details class="more">
          <summary>${icon("settings")}${settings}</summary>
          ${settingsOf({ ...frame, hasConsole: false }, { logOut: true })}
        </details>
        ${frame.hasConsole
          ? html`<a class="square quiet" href="/console" aria-label="${say.title}" title="${say.title}">${
            icon("board")
          }</a>`
          : ""}
        <button class="square quiet scripted" type="button" aria-label="${keys.title}" title="${keys
          .title}" data-keys-open>
          ${icon("keyboard")}
        </button>
      </div>
    </aside>
  `;
}

/** Shows or hides the part beside the conversation; the choice is kept. Without script, the page comes anew. */
export function sideSwitch(frame: Frame, to: "show" | "hide"): Html {
  const { showList, hideList } = sayIn(frame.locale);
  const [label, value] = to === "show" ? [showList, "open"] : [hideList, "closed"];
  return html`
    <form class="side-${to}" method="post" action="/preferences" data-side-switch>
      <input type="hidden" name="csrf" value="${frame.csrf}">
      <input type="hidden" name="back" value="${frame.path}">
      <button class="square quiet" name="side" value="${value}" aria-label="${label}" title="${label}">
        ${icon("side")}
      </button>
    </form>
  `;
}
