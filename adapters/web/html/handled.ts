import { html, raw } from "hono/html";
import { documentOf, type Frame, type Html, sayIn } from "./frame.ts";
import { icon } from "./icons.ts";

/** What a command answered, as a page of its own: without script, it can't be shown in the conversation. */
export function handledPage(frame: Frame, { text, back }: { readonly text: string; readonly back: string }): Html {
  const { name, backToConversation } = sayIn(frame.locale);
  return documentOf(frame, {
    title: name,
    kind: "sheet",
    body: html`
      <main class="card">
        <p><a href="${back}">${icon("back")}${backToConversation}</a></p>
        <div class="text">${raw(text)}</div>
      </main>
    `,
  });
}
