import { html } from "hono/html";
import { harmless } from "../../../core/harmless.ts";
import type { LinkCode, Person, PersonAccount } from "../../../core/people.ts";
import { documentOf, type Frame, type Html, sayIn } from "./frame.ts";
import { icon } from "./icons.ts";

/** Who is logged in, their accounts, and the way to link another one. Forms only: it works without script. */
export function accountPage(frame: Frame, person: Person): Html {
  const say = sayIn(frame.locale);
  const { account } = say;
  return documentOf(frame, {
    title: `${account.title} · ${say.name}`,
    kind: "sheet",
    body: html`
      <main class="card">
        <p><a href="/">${icon("back")}${say.backToConversation}</a></p>
        <h1>${account.title}</h1>
        <p><bdi>${harmless(person.name || account.unnamed)}</bdi></p>
        <ul class="accounts">${person.accounts.map((one) => accountItem(frame, one))}</ul>
        <h2>${account.link}</h2>
        <form method="post" action="/account/code">
          <input type="hidden" name="csrf" value="${frame.csrf}">
          <p class="hint" id="link-hint">${account.linkHint}</p>
          <button class="primary" aria-describedby="link-hint">${account.showCode}</button>
        </form>
      </main>
    `,
  });
}

function accountItem(frame: Frame, { id, channel, account, name }: PersonAccount): Html {
  const { account: say } = sayIn(frame.locale);
  const own = channel === "web" ? say.thisPage : channel === "terminal" ? say.thisTerminal : undefined;
  if (own !== undefined) return html`<li>${own}</li>`;
  const shown = harmless(name || account);
  return html`
    <li>
      <span>${channel}: <bdi>${shown}</bdi></span>
      <form method="post" action="/account/${id}/unlink">
        <input type="hidden" name="csrf" value="${frame.csrf}">
        <button class="small danger" aria-label="${say.unlinkThis(`${channel}: ${shown}`)}">${say.unlink}</button>
      </form>
    </li>
  `;
}

/** A one-time code, shown once: what to send where. */
export function accountCodePage(frame: Frame, { code }: Pick<LinkCode, "code">): Html {
  const say = sayIn(frame.locale);
  const { account } = say;
  return documentOf(frame, {
    title: `${account.link} · ${say.name}`,
    kind: "sheet",
    body: html`
      <main class="card">
        <p><a href="/account">${icon("back")}${account.title}</a></p>
        <h1>${account.link}</h1>
        <p>${account.send}</p>
        <p><code class="send-code" data-code>/link ${code}</code></p>
        <p class="hint">${account.codeHint}</p>
      </main>
    `,
  });
}
