import { html } from "hono/html";
import { documentOf, type Frame, type Html, sayIn } from "./frame.ts";
import { icon } from "./icons.ts";

/** A page that can't be shown: what, why, and where to go. `status` is the HTTP status. */
export function problemPage(
  frame: Pick<Frame, "locale" | "theme">,
  { status, reason }: { readonly status: number; readonly reason: string },
): Html {
  const say = sayIn(frame.locale);
  const title = status === 404
    ? say.problem.notFound
    : status === 401 || status === 403
    ? say.problem.refused
    : say.problem.failed;
  const kept = status >= 500 ? html`<p class="hint">${say.problem.kept}</p>` : "";
  return documentOf({ ...frame, csrf: "", path: "/" }, {
    title: `${title} · ${say.name}`,
    kind: "sheet",
    body: html`<main class="card">
<p class="brand">${icon("notice")}${say.name}</p>
<h1>${title}</h1>
<p>${status === 404 ? say.problem.notFoundHint : reason}</p>
${kept}
<p><a href="/">${say.problem.home}</a></p>
</main>`,
  });
}
