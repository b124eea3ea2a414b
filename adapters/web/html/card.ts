import { html } from "hono/html";
import type { ApprovalView } from "../../../core/approvals.ts";
import { rangeText, shortDigest, writeValues } from "../../../core/approvals/words.ts";
import { harmless } from "../../../core/harmless.ts";
import type { Locale, Text } from "../../../core/text/mod.ts";
import { type Frame, type Html, sayIn } from "./frame.ts";
import { icon, type IconName } from "./icons.ts";

/** What a card is drawn with. */
export interface CardFrame extends Pick<Frame, "locale" | "csrf" | "path"> {
  /** A point in time in the reader's words. */
  readonly time: (ms: number) => string;
  /** It stands under a title of its own. */
  readonly isBelowTitle?: true;
  /** Where its forms lead: `${base}/ID/approve`. */
  readonly base: string;
}

type Words = Text["web"]["cards"];

/**
 * A call of a tool, or a write to a machine, as a card: what will happen in a sentence, what is given and what is written
 * as tables, who asked and who must sign, until when, and what the reader may do with it.
 */
export function approvalCard(frame: CardFrame, view: ApprovalView): Html {
  const say = sayIn(frame.locale).cards;
  const { id, card, state } = view;
  const title = `card-${id}`;
  const words = card.writes.length > 0 ? say.writes(card.tool) : say.calls(card.tool);
  return html`
    <article class="act act-${lookOf[state]}" data-card="${id}" aria-labelledby="${title}">
      ${frame.isBelowTitle ? html`<h3 id="${title}">${words}</h3>` : html`<h2 id="${title}">${words}</h2>`}
      <p class="act-state">${icon(icons[lookOf[state]])}<span>${stateWords(view, say)}</span></p>
      ${cardContent(frame, view)} ${deciding(frame, view)}
    </article>
  `;
}

/** What stands on a card besides its head and its buttons. */
export function cardContent({ locale, time }: Pick<CardFrame, "locale" | "time">, view: ApprovalView): Html {
  const say = sayIn(locale).cards;
  const { card: { digest, arguments: given, writes }, requester, needs, approvedBy, expiresMs, outcome } = view;
  const facts: (readonly [string, Html | string])[] = [
    [say.askedBy, html`<bdi>${requester.name}</bdi>`],
    [say.needs, say.people(needs)],
    ...(approvedBy.length === 0 ? [] : [[say.approvedBy, names(approvedBy)] as const]),
    ...(view.deniedBy === undefined ? [] : [[say.deniedBy, names([view.deniedBy])] as const]),
    ...(view.state === "pending" && view.waitsFor.length > 0 ? [[say.waitsFor, names(view.waitsFor)] as const] : []),
    [say.file, html`<code>${shortDigest(digest)}</code>`],
    view.endedMs === undefined ? [say.until, time(expiresMs)] : [say.ended, time(view.endedMs)],
  ];
  return html`
    ${writes.length === 0 ? "" : writesTable(writes, locale, say)} ${givenTable(given, say)}
    <dl class="act-facts">${facts.map(([name, value]) =>
      html`
        <div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>
      `
    )}</dl>
    ${outcome === undefined ? "" : html`
      <details>
        <summary>${say.outcome}</summary>
        <pre class="act-outcome">${harmless(outcome)}</pre>
      </details>
    `}
  `;
}

/** The buttons of whoever may decide, or why they may not. */
function deciding(
  { base, csrf, path, locale }: CardFrame,
  { id, state, may, requester, card }: ApprovalView,
): Html | "" {
  if (state !== "pending") return "";
  const say = sayIn(locale).cards;
  const form = (verdict: "approve" | "deny", label: string, look: string) =>
    html`
      <form method="post" action="${base}/${id}/${verdict}" data-vote>
        <input type="hidden" name="csrf" value="${csrf}">
        <input type="hidden" name="back" value="${path}">
        <button class="${look}" aria-label="${say.labelled(label, card.tool)}">${label}</button>
      </form>
    `;
  return html`
    ${may.why === undefined || may.approve ? "" : html`<p class="hint">${may.why}</p>`}
    <div class="act-buttons">
      ${may.approve ? form("approve", say.approve, "primary") : ""}
      ${may.deny
        ? form("deny", may.approve || may.why === undefined ? say.deny : say.withdraw(requester.name), "")
        : ""}
    </div>
  `;
}

function givenTable(given: Readonly<Record<string, unknown>>, say: Words): Html {
  const entries = Object.entries(given);
  if (entries.length === 0) return html`<p class="hint">${say.without}</p>`;
  return html`
    <table class="act-table">
      <caption class="hidden">${say.given}</caption>
      <thead>
        <tr>
          <th scope="col">${say.argument}</th>
          <th scope="col">${say.value}</th>
        </tr>
      </thead>
      <tbody>${entries.map(([name, value]) =>
        html`
          <tr>
            <th scope="row"><bdi>${harmless(name)}</bdi></th>
            <td><bdi>${harmless(plain(value))}</bdi></td>
          </tr>
        `
      )}</tbody>
    </table>
  `;
}

function writesTable(writes: ApprovalView["card"]["writes"], locale: Locale, say: Words): Html {
  return html`
    <table class="act-table act-writes">
      <caption class="hidden">${say.written}</caption>
      <thead>
        <tr>
          <th scope="col">${say.tag}</th>
          <th scope="col">${say.present}</th>
          <th scope="col">${say.wanted}</th>
          <th
            scope="col">${say.allowed}</th>
        </tr>
      </thead>
      <tbody>${writes.map((write) => {
        const { present, value } = writeValues(write);
        return html`
          <tr>
            <th scope="row"><bdi>${write.device}.${write.tag}</bdi><br><small>${write.place}</small></th>
            <td
            >${harmless(present)}</td>
            <td><strong>${harmless(value)}</strong></td>
            <td>${rangeText(write, locale)}</td>
          </tr>
        `;
      })}</tbody>
    </table>
  `;
}

type Look = "waiting" | "good" | "bad" | "quiet";

/** How a state looks; what isn't known needs somebody as much as what failed. */
export const lookOf: Readonly<Record<ApprovalView["state"], Look>> = {
  pending: "waiting",
  doing: "waiting",
  done: "good",
  failed: "bad",
  unknown: "bad",
  denied: "quiet",
  expired: "quiet",
  void: "quiet",
  halted: "quiet",
};

const icons: Readonly<Record<Look, IconName>> = {
  waiting: "waiting",
  good: "running",
  bad: "failed",
  quiet: "unknown",
};

/** Where it stands, in words. */
export function stateWords({ state, waitsFor, reason }: ApprovalView, say: Words): string {
  if (state === "pending") return waitsFor.length === 0 ? say.states.pending : say.waiting(list(waitsFor));
  return state === "denied" && reason === "withdrawn" ? say.states.withdrawn : say.states[state];
}

const list = (people: readonly { readonly name: string }[]) => people.map(({ name }) => name).join(", ");
const names = (people: readonly { readonly name: string }[]): Html => html`<bdi>${list(people)}</bdi>`;
const plain = (value: unknown) => typeof value === "string" ? value : JSON.stringify(value) ?? "";
