import { html } from "hono/html";
import { documentOf, type Frame, type Html, sayIn, settingsOf } from "./frame.ts";
import { icon } from "./icons.ts";

/** Where a code is typed in. `problem`: why the last one wasn't taken. `next`: the path to go to afterwards. */
export function loginPage(
  frame: Frame,
  { problem, next }: { readonly problem?: string; readonly next: string },
): Html {
  const say = sayIn(frame.locale);
  return documentOf(frame, {
    title: `${say.login.title} · ${say.name}`,
    kind: "sheet",
    body: html`
      <main class="card">
        <p class="brand">${icon("lock")}${say.name}</p>
        <h1>${say.login.title}</h1>
        <form method="post" action="/login">
      <input type="hidden" name="csrf" value="${frame.csrf}"><input type="hidden" name="next" value="${next}">
      <label for="code">${say.login.code}</label>
      <p class="hint" id="hint">${say.login.hint} <code>clawdbot login-code</code></p>
      ${problem === undefined ? "" : html`<p class="problem" id="problem" role="alert">${icon("notice")}${problem}</p>`}
      <input class="code" id="code" name="code" type="text" required autofocus maxlength="64" autocomplete="one-time-code"
        autocapitalize="characters" spellcheck="false" placeholder="XXX-XXX-XXX"
        aria-describedby="hint${problem === undefined ? "" : " problem"}"${problem === undefined ? "" : html`
          aria-invalid="true"
        `}>
      <button class="primary">${say.login.submit}</button>
        </form>
      </main>
      <footer class="card foot">${settingsOf(frame, { logOut: false })}</footer>
    `,
  });
}
