import { html } from "hono/html";
import type { ApprovalView } from "../../../core/approvals.ts";
import { approvalCard, type CardFrame } from "./card.ts";
import { type Html, sayIn } from "./frame.ts";

/** What waits for whoever looks, or was asked for by them, above the composer: it is seen whatever stands in the history. */
export function cardsSection(frame: CardFrame, views: readonly ApprovalView[]): Html {
  const { title } = sayIn(frame.locale).cards;
  return html`<section class="cards" aria-label="${title}" ${views.length === 0 ? "hidden" : ""} data-cards>${
    views.map((view) => approvalCard(frame, view))
  }</section>`;
}
