import { html } from "hono/html";
import { documentOf, type Frame, type Html, sayIn, settingsOf } from "./frame.ts";
import { icon } from "./icons.ts";

/** Where a code is typed in. `problem`: why the last one wasn't taken. `next`: the path to go to afterwards. */
export function loginPage(
  frame: Frame,
  { problem, next }: { readonly problem?: string; readonly next: string },
): Html {
  const { login: say, name } = sayIn(frame.locale);
  const described = problem === undefined ? "hint" : "hint problem";
  return documentOf(frame, {
    title: `${say.title} · ${name}`,
    kind: "sheet",
    body: html`
      <main class="card">
        <p class="brand">${icon("lock")}${name}</p>
        <h1>${say.title}</h1>
        <form method="post" action="/login">
          <input type="hidden" name="csrf" value="${frame.csrf}">
          <input type="hidden" name="next" value="${next}">
          <label for="code">${say.code}</label>
          <p class="hint" id="hint">${say.hint} <code>clawdbot login-code</code></p>
          ${problem === undefined ? "" : problemLine(problem)}
          <input
            class="login-code"
            id="code"
            name="code"
            type="text"
            required
            autofocus
            maxlength="64"
            autocomplete="one-time-code"
            autocapitalize="characters"
            spellcheck="false"
            placeholder="XXX-XXX-XXX"
            aria-describedby="${described}"
            aria-invalid="${String(problem !== undefined)}"
          >
          <button class="primary">${say.submit}</button>
        </form>
      </main>
      <footer class="card foot">${settingsOf(frame, { logOut: false })}</footer>
    `,
  });
}

function problemLine(problem: string): Html {
  return html`<p class="problem" id="problem" role="alert">${icon("notice")}<span>${problem}</span></p>`;
}
