import { html } from "hono/html";
import { documentOf, type Frame, type Html, sayIn } from "./frame.ts";
import { icon } from "./icons.ts";

/** What is shown instead of any page while the host can't be reached. It is kept by browsers, so it says nothing of anybody. */
export function offlinePage(frame: Pick<Frame, "locale" | "theme">): Html {
  const { offline: say, name } = sayIn(frame.locale);
  return documentOf({ ...frame, csrf: "", path: "/" }, {
    title: `${say.title} · ${name}`,
    kind: "sheet",
    scripts: ["backoff.js", "offline.js"],
    body: html`
      <main class="card">
        <p class="brand">${icon("away")}${name}</p>
        <h1>${say.title}</h1>
        <p role="status">${say.hint}</p>
        <p><button class="button" type="button" data-retry>${say.retry}</button></p>
      </main>
    `,
  });
}
