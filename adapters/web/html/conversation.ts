import { html } from "hono/html";
import type { SessionSummary } from "../../../core/assistant.ts";
import type { MessageRecord } from "../../../core/message/types.ts";
import type { Text } from "../../../core/text/mod.ts";
import { conversationList } from "./conversations.ts";
import { documentOf, type Frame, type Html, sayIn, settingsOf } from "./frame.ts";
import { icon } from "./icons.ts";
import { messageItems, type Render } from "./messages.ts";

/** What a conversation's page shows. */
export interface ConversationView {
  /** `undefined`: it begins with the first message. */
  readonly session: SessionSummary | undefined;
  readonly sessions: readonly SessionSummary[];
  readonly messages: readonly MessageRecord[];
  /** The names that the next message is sent under. */
  readonly conversation: string;
  readonly platformId: string;
  /** Where questions go: always in sight. */
  readonly privacy: "offline" | "channels" | "alone";
  readonly model: string;
}

/** Three parts: conversations, the conversation, the composer. Everything but live text works without script. */
export function conversationPage(frame: Frame, view: ConversationView, render: Render): Html {
  const say = sayIn(frame.locale);
  const { name, you, assistant, queued, answering, answered, unsent, skip } = say;
  const { session, conversation } = view;
  const title = session?.title ?? say.newConversation;
  return documentOf(frame, {
    title: `${title} · ${name}`,
    kind: "chat",
    data: {
      csrf: frame.csrf,
      session: session?.id ?? null,
      conversation,
      locale: frame.locale,
      say: { name, you, assistant, queued, answering, answered, unsent, refused: say.refused("{reason}") },
    },
    body: html`
      <a class="skip" href="#text">${skip}</a>
      ${side(frame, view)}
      <div class="stage">${bar(title, say)} ${log(view, say, render)} ${dock(frame, view, say)}</div>
    `,
  });
}

function side(frame: Frame, { sessions, session }: ConversationView): Html {
  const { newConversation, conversations, settings, ...say } = sayIn(frame.locale);
  return html`
    <aside class="side">
      <a class="button" href="/">${icon("plus")}${newConversation}</a>
      <nav aria-label="${conversations}" data-list>
        ${conversationList(sessions, say.noConversations, session?.id)}
      </nav>
      <details class="more">
        <summary>${icon("settings")}${settings}</summary>
        ${settingsOf(frame, { logOut: true })}
      </details>
    </aside>
  `;
}

function bar(title: string, { conversations, newConversation }: Text["web"]): Html {
  return html`
    <header class="bar">
      <a class="square small-only" href="/conversations" aria-label="${conversations}">${icon("list")}</a>
      <h1><bdi data-title>${title}</bdi></h1>
      <a class="square small-only" href="/" aria-label="${newConversation}">${icon("plus")}</a>
    </header>
  `;
}

function log({ messages }: ConversationView, say: Text["web"], render: Render): Html {
  const { greeting, greetingHint, noScript } = say;
  const hidden = messages.length > 0 ? "hidden" : "";
  return html`
    <main class="scroll" data-scroll tabindex="-1">
      <div class="greeting" data-greeting ${hidden}>
        <p class="big">${greeting}</p>
        <p>${greetingHint}</p>
      </div>
      <div role="log" aria-label="${say.messages}">
        <ol class="messages" data-messages>${messageItems(messages, say, render)}</ol>
      </div>
      <noscript><p class="empty">${noScript}</p></noscript>
    </main>
  `;
}

function dock({ csrf }: Frame, view: ConversationView, say: Text["web"]): Html {
  const { session, conversation, platformId, privacy, model } = view;
  const { message, placeholder, hint, send, stop, newText, away } = say;
  return html`
    <section class="dock" aria-label="${message}">
      <button class="below" type="button" hidden data-below>${icon("below")}${newText}</button>
      <p class="away" role="status"><span hidden data-away>${icon("away")}<span>${away}</span></span></p>
      <form class="composer" method="post" action="/messages" data-composer>
        <input type="hidden" name="csrf" value="${csrf}">
        <input type="hidden" name="session_id" value="${session?.id ?? ""}">
        <input type="hidden" name="conversation" value="${conversation}">
        <input type="hidden" name="platform_id" value="${platformId}">
        <textarea
          id="text"
          name="text"
          rows="1"
          required
          autofocus
          placeholder="${placeholder}"
          aria-label="${message}"
          aria-describedby="hint"
          enterkeyhint="send"
          dir="auto"
          data-text
        ></textarea>
        <button class="primary square" aria-label="${send}" title="${send}" data-send>${icon("send")}</button>
        <button class="primary square" type="button" aria-label="${stop}" title="${stop}" hidden data-stop>
          ${icon("stop")}
        </button>
      </form>
      <p class="foot">
        <span class="privacy">${icon("lock")}${say.privacy[privacy]}</span>
        <span class="model">${model}</span>
        <span class="hint" id="hint">${hint}</span>
      </p>
      <p class="hidden" role="status" data-status></p>
    </section>
  `;
}
