import { html } from "hono/html";
import type { ApprovalView } from "../../../../core/approvals.ts";
import type { ShownHalt } from "../../../../core/halt.ts";
import { approvalCard, lookOf, stateWords } from "../card.ts";
import { type Html, sayIn } from "../frame.ts";
import {
  action,
  type ConsoleFrame,
  listHead,
  panelHead,
  sayConsole,
  stateMark,
  table,
  timeOf,
  type Zones,
} from "./frame.ts";

/** What the page of approvals shows. `id`: whose card stands beside the lists. */
export interface ApprovalsView {
  readonly waiting: readonly ApprovalView[];
  readonly ended: readonly ApprovalView[];
  readonly id?: string | undefined;
  readonly halt: ShownHalt | undefined;
  readonly may: { readonly halt: boolean; readonly resume: boolean };
}

/** What waits for people, the most urgent first; what they decided; and the halt. */
export function approvalsZones(frame: ConsoleFrame, view: ApprovalsView): Zones {
  const { parts, approvals: say } = sayConsole(frame);
  const waiting = view.waiting.toSorted((a, b) => urgency(a) - urgency(b) || a.expiresMs - b.expiresMs);
  const shown = [...waiting, ...view.ended].find(({ id }) => id === view.id);
  return {
    list: html`
      ${listHead(frame, parts.approvals)} ${haltOf(frame, view)}
      <h3>${say.waiting}</h3>
      ${waiting.length === 0 ? html`<p class="empty">${say.none}</p>` : cards(frame, say.waiting, waiting, shown)}
      <h3>${say.history}</h3>
      ${view.ended.length === 0
        ? html`<p class="empty">${say.noHistory}</p>`
        : cards(frame, say.history, view.ended, shown)}
    `,
    ...(shown === undefined ? {} : { panel: panelOf(frame, shown) }),
  };
}

/** What the reader can decide, of that writes to machines, stands before everything else. */
function urgency({ may, card: { writes } }: ApprovalView): number {
  return (may.approve ? 0 : 2) + (writes.length > 0 ? 0 : 1);
}

const marks = { waiting: "waiting", good: "running", bad: "failed", quiet: "unknown" } as const;

function cards(
  frame: ConsoleFrame,
  caption: string,
  views: readonly ApprovalView[],
  current: ApprovalView | undefined,
): Html {
  const { approvals: say } = sayConsole(frame);
  const words = sayIn(frame.locale).cards;
  const rows = views.map((view) => ({
    id: view.id,
    href: `/console/approvals/${encodeURIComponent(view.id)}`,
    isCurrent: view === current,
    cells: [
      html`<bdi>${view.card.tool}</bdi>`,
      stateMark(marks[lookOf[view.state]], stateWords(view, words)),
      html`<bdi>${view.requester.name}</bdi>`,
      `${view.approvedBy.length}/${view.needs}`,
      timeOf(frame, view.endedMs ?? view.expiresMs),
    ],
  }));
  const { what, state, who, approved, until, ended } = say.columns;
  return table(caption, [
    { title: what },
    { title: state },
    { title: who, kind: "wide" },
    { title: approved, kind: "wide number" },
    { title: views[0]?.endedMs === undefined ? until : ended, kind: "wide short" },
  ], rows);
}

function panelOf(frame: ConsoleFrame, view: ApprovalView): Html {
  const time = (ms: number) => timeOf(frame, ms);
  const path = `/console/approvals/${encodeURIComponent(view.id)}`;
  return html`
    ${panelHead(frame, view.card.tool)}
    ${approvalCard(
      { locale: frame.locale, csrf: frame.csrf, path, time, base: "/approvals", isBelowTitle: true },
      view,
    )}
  `;
}

function haltOf(frame: ConsoleFrame, { halt, may }: ApprovalsView): Html | "" {
  const { approvals: say } = sayConsole(frame);
  if (halt !== undefined) {
    return html`
      <p class="board-note" role="alert">${stateMark("failed", say.halted(halt.by, timeOf(frame, halt.atMs)))}</p>
      ${may.resume
        ? action(frame, { path: "/console/approvals/resume", hint: say.resumeHint, button: say.resume })
        : html`<p class="hint">${say.resumeBy}</p>`}
    `;
  }
  if (!may.halt) return "";
  return action(frame, { path: "/console/approvals/halt", hint: say.haltHint, button: say.halt, danger: true });
}
