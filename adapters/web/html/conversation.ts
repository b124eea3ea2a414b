import { html } from "hono/html";
import type { SessionSummary } from "../../../core/assistant.ts";
import type { MessageRecord } from "../../../core/message/types.ts";
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
  const { session, sessions, messages, conversation, platformId, privacy, model } = view;
  const title = session?.title ?? say.newConversation;
  const { queued, answering, answered, sending, unsent, you, assistant, newConversation } = say;
  return documentOf(frame, {
    title: `${title} · ${say.name}`,
    kind: "chat",
    data: {
      csrf: frame.csrf,
      session: session?.id ?? null,
      conversation,
      locale: frame.locale,
      say: { queued, answering, answered, sending, unsent, you, assistant, newConversation, name: say.name },
      refused: say.refused("{reason}"),
    },
    body: html`
      <a class="skip" href="#text">${say.skip}</a>
      <aside class="side">
        <a class="button" href="/">${icon("plus")}${say.newConversation}</a>
        <nav aria-label="${say.conversations}" data-list>${conversationList(sessions, say, session?.id)}</nav>
        <details class="more"><summary>${icon("settings")}${say.settings}</summary>
      ${settingsOf(frame, { logOut: true })}
        </details>
      </aside>
      <div class="stage">
        <header class="bar">
          <a class="square small-only" href="/conversations" aria-label="${say.conversations}">${icon(
            "conversations",
          )}</a>
          <h1><bdi data-title>${title}</bdi></h1>
          <a class="square small-only" href="/" aria-label="${say.newConversation}">${icon("plus")}</a>
        </header>
        <main class="scroll" data-scroll tabindex="-1">
          <div class="greeting" ${messages.length > 0
            ? html`
              hidden
            `
            : ""} data-greeting>
            <p class="big">${say.greeting}</p>
            <p>${say.greetingHint}</p>
          </div>
          <ol class="messages" role="log" aria-label="${say.messages}" data-messages>
      ${messageItems(messages, say, render)}</ol>
          <noscript><p class="empty">${say.noScript}</p></noscript>
        </main>
        <section class="dock" aria-label="${say.message}">
          <button class="below" type="button" hidden data-below>${icon("below")}${say.newText}</button>
          <p class="away" role="status" data-away-box><span hidden data-away>${icon("away")}<span>${say
            .away}</span></span></p>
          <form class="composer" method="post" action="/messages" data-composer>
            <input type="hidden" name="csrf" value="${frame.csrf}">
            <input type="hidden" name="session_id" value="${session?.id ?? ""}">
            <input type="hidden" name="conversation" value="${conversation}">
            <input type="hidden" name="platform_id" value="${platformId}">
            <textarea id="text" name="text" rows="1" required autofocus placeholder="${say
              .placeholder}" aria-label="${say.message}"
              aria-describedby="hint" enterkeyhint="send" dir="auto" data-text></textarea>
            <button class="primary square" aria-label="${say.send}" title="${say.send}" data-send>${icon(
              "send",
            )}</button>
            <button class="primary square" type="button" aria-label="${say.stop}" title="${say.stop}" hidden
              data-stop>${icon("stop")}</button>
          </form>
          <p class="foot"><span class="privacy">${icon("lock")}${say
            .privacy[privacy]}</span><span class="model">${model}</span>
      <span class="hint" id="hint">${say.hint}</span></p>
          <p class="hidden" role="status" data-status></p>
        </section>
      </div>
      <template data-unsent>${icon("notice")}</template>
    `,
  });
}
