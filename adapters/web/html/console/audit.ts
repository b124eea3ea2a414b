import { html } from "hono/html";
import type { AuditDetail, AuditList, AuditView, Verification } from "../../../../core/console/types.ts";
import { unreachable } from "../../../../core/errors.ts";
import type { Html } from "../frame.ts";
import { icon } from "../icons.ts";
import {
  type ConsoleFrame,
  facts,
  listHead,
  panelHead,
  sayConsole,
  stateMark,
  table,
  timeOf,
  type Zones,
} from "./frame.ts";

/** What the page of the audit shows. */
export interface AuditPageView {
  readonly list: AuditList;
  readonly filter: string;
  /** The page doesn't begin with the newest entry. */
  readonly isOlder: boolean;
  readonly entry?: AuditDetail | undefined;
  readonly verification: Verification;
}

/** The audit, newest first, and whether its chain is whole. */
export function auditZones(frame: ConsoleFrame, view: AuditPageView): Zones {
  const say = sayConsole(frame);
  const { list: { entries, next }, filter, entry } = view;
  const address = (more: Readonly<Record<string, string>>) => {
    const query = new URLSearchParams({ ...(filter === "" ? {} : { filter }), ...more }).toString();
    return query === "" ? "" : `?${query}`;
  };
  const { columns } = say.audit;
  const rows = entries.map((row) => ({
    id: row.id,
    href: `/console/audit/${row.id}${address({})}`,
    isCurrent: row.id === entry?.id,
    cells: [
      timeOf(frame, row.atMs),
      html`<bdi>${whoOf(frame, row)}</bdi>`,
      html`<bdi>${row.action}</bdi>`,
      html`<bdi>${row.resource}</bdi>`,
      html`<bdi>${row.outcome}</bdi>`,
    ],
  }));
  return {
    list: html`
      ${listHead(frame, say.parts.audit, searchForm(frame, filter))}
      ${chain(frame, view.verification)}
      ${rows.length === 0 ? html`<p class="empty">${say.audit.none}</p>` : table(say.parts.audit, [
        { title: columns.time, kind: "short" },
        { title: columns.who },
        { title: columns.action, kind: "short" },
        { title: columns.resource, kind: "wide" },
        { title: columns.outcome, kind: "wide short" },
      ], rows)}
      <p class="pages">
        ${view.isOlder ? html`<a class="button" href="/console/audit${address({})}">${say.audit.newest}</a>` : ""}
        ${next === undefined
          ? ""
          : html`<a class="button" href="/console/audit${address({ before: next })}">${say.audit.older}</a>`}
      </p>
    `,
    ...(entry === undefined ? {} : { panel: entryPanel(frame, entry) }),
  };
}

/** With script it filters what is shown while it is typed; Enter searches all of the audit. */
function searchForm(frame: ConsoleFrame, filter: string): Html {
  const { audit: say } = sayConsole(frame);
  return html`
    <form class="audit-search" role="search" method="get" action="/console/audit">
      <label class="filter">${icon("search")}<span class="hidden">${say.search}</span>
        <input type="search" name="filter" value="${filter}" placeholder="${say.search}" maxlength="200"
          autocomplete="off" spellcheck="false" data-filter>
      </label>
      <button>${say.searchButton}</button>
    </form>
  `;
}

function chain(frame: ConsoleFrame, verification: Verification): Html {
  const { audit: say } = sayConsole(frame);
  return html`
    <form class="chain" method="post" action="/console/audit/verify">
      <input type="hidden" name="csrf" value="${frame.csrf}">
      <p>${chainWords(frame, verification)}</p>
      <p class="hint" id="verify-hint">${say.verifyHint}</p>
      <button aria-describedby="verify-hint" ${verification.kind === "running" ? "disabled" : ""}>${say.verify}</button>
    </form>
  `;
}

function chainWords(frame: ConsoleFrame, verification: Verification): Html {
  const { verification: say } = sayConsole(frame).audit;
  switch (verification.kind) {
    case "never":
      return stateMark("unknown", say.never);
    case "running":
      return stateMark("waiting", say.running(timeOf(frame, verification.sinceMs)));
    case "done": {
      const { verdict } = verification;
      const time = timeOf(frame, verification.atMs);
      return verdict.kind === "whole"
        ? stateMark("running", say.whole(verdict.count.toLocaleString(frame.locale), time))
        : stateMark("failed", say.broken(verdict.id, verdict.reason, time));
    }
    default:
      return unreachable(verification);
  }
}

/** Who it was: what the person is called, else what the audit says. */
function whoOf(frame: ConsoleFrame, { principal, name }: AuditView): string {
  const known: Readonly<Record<string, string>> = sayConsole(frame).audit.principals;
  return name ?? (Object.hasOwn(known, principal) ? known[principal]! : principal);
}

function entryPanel(frame: ConsoleFrame, entry: AuditDetail): Html {
  const { audit: say } = sayConsole(frame);
  const { columns } = say;
  const plain = (words: string) => html`<bdi>${words}</bdi>`;
  return html`
    ${panelHead(frame, entry.action)}
    ${facts([
      [
        columns.time,
        new Intl.DateTimeFormat(frame.locale, {
          timeZone: frame.zone,
          dateStyle: "medium",
          timeStyle: "long",
        }).format(entry.atMs),
      ],
      [
        columns.who,
        plain(
          whoOf(frame, entry) === entry.principal ? entry.principal : `${whoOf(frame, entry)} · ${entry.principal}`,
        ),
      ],
      [columns.action, plain(entry.action)],
      [columns.resource, plain(entry.resource)],
      [columns.outcome, plain(entry.outcome)],
      [say.detail, entry.detail === undefined ? say.noDetail : plain(entry.detail)],
      [say.id, entry.id],
      [say.hash, html`<code>${entry.hash}</code>`],
      [say.previousHash, html`<code>${entry.previousHash}</code>`],
    ])}
  `;
}
