import { html, raw } from "hono/html";
import type { MessageRecord } from "../../../core/message/types.ts";
import type { Text } from "../../../core/text/mod.ts";
import type { Html } from "./frame.ts";
import { icon } from "./icons.ts";

/** Turns Markdown into safe HTML. */
export type Render = (markdown: string) => string;

/** Stored messages as items of the list. What a person wrote stays as they wrote it; answers are Markdown. */
export function messageItems(messages: readonly MessageRecord[], say: Text["web"], render: Render): Html {
  return html`${messages.map((message) => messageItem(message, say, render))}`;
}

function messageItem({ id, sequence, author, text }: MessageRecord, say: Text["web"], render: Render): Html {
  const who = { person: say.you, assistant: say.assistant, notice: say.notice }[author];
  const content = author === "assistant"
    ? html`<div class="text">${raw(render(text))}</div>`
    : author === "notice"
    ? html`<p class="text typed">${icon("notice")}<span>${text}</span></p>`
    : html`<p class="text typed">${text}</p>`;
  return html`
    <li class="message ${author}" data-id="${id}" data-sequence="${sequence}">
    <h2 class="who">${who}</h2>
    ${content}
    </li>
  `;
}
