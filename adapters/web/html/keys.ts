import { html } from "hono/html";
import { type Frame, type Html, sayIn } from "./frame.ts";
import { icon } from "./icons.ts";

/** The list of keys, which opens on `?`. What each does stands in `assets/keys.js`. */
export function keySheet({ locale }: Pick<Frame, "locale">): Html {
  const { keys: say } = sayIn(locale);
  const rows: readonly (readonly [what: string, ...keys: string[]])[] = [
    [say.show, "?"],
    [say.newConversation, "n"],
    [say.search, "/", "Ctrl K"],
    [say.next, "j"],
    [say.previous, "k"],
    [say.side, "["],
    [say.composer, "i"],
    [say.leave, "Esc"],
    [say.copy, "c"],
    [say.edit, "e"],
    [say.editEmpty, "↑"],
    [say.again, "r"],
  ];
  return html`
    <dialog class="keys" aria-labelledby="keys-title" data-keys>
      <div class="keys-head">
        <h2 id="keys-title">${say.title}</h2>
        <button class="square" type="button" aria-label="${say.close}" title="${say.close}" data-keys-close>
          ${icon("close")}
        </button>
      </div>
      <dl>
        ${rows.map(([what, ...keys]) =>
          html`
            <div>
              <dt>${what}</dt>
              <dd>${keyList(keys, say.then)}</dd>
            </div>
          `
        )}
      </dl>
      <p class="hint">${say.hint}</p>
      <label class="check"><input type="checkbox" checked data-keys-single>${say.single}</label>
    </dialog>
  `;
}

function keyList(keys: readonly string[], then: string): Html {
  return html`${
    keys.map((key, index) =>
      html`${
        index > 0
          ? html`
            <span>${then}</span>
          `
          : ""
      }<kbd>${key}</kbd>`
    )
  }`;
}
