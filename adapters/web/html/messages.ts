import { html, raw } from "hono/html";
import { harmless } from "../../../core/harmless.ts";
import type { ShownMessage } from "../../../core/message/types.ts";
import { type Locale, text } from "../../../core/text/mod.ts";
import type { Standing } from "../standing.ts";
import { attachmentList } from "./attachments.ts";
import { type Html, sayIn } from "./frame.ts";
import { icon } from "./icons.ts";

/** Turns Markdown into safe HTML. */
export type Render = (markdown: string) => Promise<string>;

/** The form that the buttons of messages belong to: one for all, because each of them only names another address. */
export const actForm = "act";

/** Fewer tokens or less time say nothing of a speed. */
const measuredTokensMin = 4;
const measuredMsMin = 20;

/** Stored messages as items of the list. What a person wrote stays as they wrote it; answers are Markdown. */
export function messageItems(messages: readonly ShownMessage[], around: Around, render: Render): Html {
  return html`${messages.map((message) => messageItem(message, around, render))}`;
}

/** What is shown of a message besides itself. */
interface Around extends Pick<Standing, "privacy" | "model"> {
  readonly locale: Locale;
}

function messageItem(message: ShownMessage, around: Around, render: Render): Html {
  const { locale } = around;
  const { id, sequence, parentId, author, text } = message;
  const say = sayIn(locale);
  const who = { person: nameOf(message, locale) ?? say.you, assistant: say.assistant, notice: say.notice }[author];
  const content = author === "assistant" || message.isOutcome
    ? html`<div class="text">${render(text).then(raw)}</div>`
    : author === "notice"
    ? html`<p class="text typed">${icon("notice")}<span>${text}</span></p>`
    : text === ""
    ? html`<p class="text typed" hidden></p>`
    : html`<p class="text typed">${text}</p>`;
  return html`
    <li class="message ${author}" data-id="${id}" data-sequence="${sequence}" data-parent="${parentId ?? ""}">
    <h2 class="who">${who}</h2>
    ${attachmentList(message.attachments, locale)}${content}
    <div class="tail">${versionsOf(message, locale)}${metaOf(message, around)}${actionsOf(message, locale)}</div>
    </li>
  `;
}

/** Who wrote it, where several people speak; whoever looks is one of them by name. */
function nameOf({ authorName }: ShownMessage, locale: Locale): string | undefined {
  return authorName === undefined ? undefined : harmless(authorName) || text(locale).people.someone;
}

/** Which of several questions or answers in the same place this is, and the ways to its neighbours. */
function versionsOf({ id, siblingIds }: ShownMessage, locale: Locale): Html | "" {
  if (siblingIds.length < 2) return "";
  const say = sayIn(locale);
  const at = siblingIds.indexOf(id);
  const step = (name: "previous" | "next", to: string | undefined, label: string) => {
    const state = to === undefined ? "disabled" : "";
    return html`
      <button class="tool" form="${actForm}" formaction="/messages/${to ?? id}/show" aria-label="${label}"
        title="${label}" data-act="${name}" ${state}>${icon(name)}</button>
    `;
  };
  return html`
    <span class="versions" role="group"
      aria-label="${say.versions}">${step("previous", siblingIds[at - 1], say.previousVersion)}<span class="count">${say
        .version(at + 1, siblingIds.length)}</span>${step("next", siblingIds[at + 1], say.nextVersion)}</span>
  `;
}

function actionsOf({ id, sessionId, author, contextTurnId, isOutcome }: ShownMessage, locale: Locale): Html {
  const say = sayIn(locale);
  const copy = (label: string) =>
    html`
      <button class="tool" type="button" aria-label="${label}" title="${label}"
        data-copy>${icon("copy")}${icon("check")}</button>
    `;
  const again = (label: string) =>
    html`
      <button class="tool" form="${actForm}" formaction="/messages/${id}/again" aria-label="${label}"
        title="${label}" data-act="again">${icon("again")}</button>
    `;
  const context = contextTurnId === undefined ? "" : html`
    <a class="tool" href="/c/${sessionId}/context/${contextTurnId}" aria-label="${say.context.title}"
      title="${say.context.title}">${icon("context")}</a>
  `;
  switch (author) {
    case "person":
      return html`<span class="actions"><a class="tool" href="/c/${sessionId}?edit=${id}" aria-label="${say.edit}"
        title="${say.edit}" data-edit>${icon("edit")}</a>${copy(say.copyQuestion)}</span>`;
    case "assistant":
      return html`<span class="actions">${copy(say.copyAnswer)}${again(say.again)}${context}</span>`;
    case "notice":
      if (isOutcome) return html`<span class="actions">${copy(say.copyAnswer)}</span>`;
      return html`<button class="small" form="${actForm}" formaction="/messages/${id}/again" data-act="again">
        ${icon("again")}${say.tryAgain}</button>${context}`;
  }
}

/** Only what this machine's model is known to have written is said to be from here. */
function metaOf({ answer }: ShownMessage, { locale, privacy, model }: Around): Html | "" {
  if (answer === undefined) return "";
  const { modelName, answerTokens, answerMs } = answer;
  const { writtenBy } = sayIn(locale);
  const say = privacy.kind !== "server" && model === modelName ? writtenBy.thisMachine : writtenBy.another;
  if (answerTokens < measuredTokensMin || answerMs < measuredMsMin) {
    return html`<span class="meta">${say.model(modelName)}</span>`;
  }
  const perSecond = answerTokens / answerMs * 1_000;
  const rate = perSecond.toLocaleString(locale, { maximumFractionDigits: perSecond < 10 ? 1 : 0 });
  return html`<span class="meta">${say.modelAndRate(modelName, rate)}</span>`;
}
