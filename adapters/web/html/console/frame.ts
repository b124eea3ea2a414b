import { html, raw } from "hono/html";
import type { TileState } from "../../../../core/console/board.ts";
import type { ConsolePart } from "../../../../core/console/types.ts";
import type { Text } from "../../../../core/text/mod.ts";
import { sizeIn } from "../../../../core/text/size.ts";
import { consoleScriptNames, consoleStyleNames } from "../../assets.ts";
import { documentOf, type Frame, type Html, sayIn } from "../frame.ts";
import { icon, type IconName } from "../icons.ts";

/** What every page of the console shows around its content. */
export interface ConsoleFrame extends Frame {
  /** The parts that this person may see. */
  readonly parts: readonly ConsolePart[];
  readonly part: ConsolePart;
  readonly nowMs: number;
  /** The visitor's time zone. */
  readonly zone: string;
}

/** What a page consists of, each replaced as a whole when it changes: the list, and the details beside it. */
export interface Zones {
  readonly list: Html;
  readonly panel?: Html;
}

/** A zone as it is sent: its HTML, and by what a script sees that it is another one. */
export interface SentZone {
  readonly html: string;
  readonly hash: string;
}

/** The zones of a page, ready to be sent. */
export type SentZones = Readonly<Partial<Record<keyof Zones, SentZone>>>;

/** The console's part of the catalogue. */
export function sayConsole({ locale }: Pick<Frame, "locale">): Text["web"]["console"] {
  return sayIn(locale).console;
}

/** Where a part of the console is. */
export function partPath(part: ConsolePart): string {
  return part === "board" ? "/console" : `/console/${part}`;
}

/** A whole page. `stream`: the address of its live events. `done`: what was just done, in words. */
export function consolePage(
  frame: ConsoleFrame,
  { zones, title, stream, done }: {
    readonly zones: SentZones;
    readonly title: string;
    readonly stream: string;
    readonly done?: string | undefined;
  },
): Html {
  const say = sayConsole(frame);
  const { name } = sayIn(frame.locale);
  const { list, panel } = zones;
  return documentOf(frame, {
    title: `${title} · ${name}`,
    kind: "console",
    scripts: consoleScriptNames,
    styles: consoleStyleNames,
    data: {
      stream,
      back: partPath(frame.part),
      say: {
        live: say.live("{time}"),
        stale: say.stale("{time}"),
        shown: say.shown("{count}"),
        noneShown: say.noneShown,
      },
    },
    body: html`
      <a class="skip" href="#list">${say.skip}</a>
      <header class="console-head">
        <a class="brand" href="/">${icon("chat")}<span>${say.toChat}</span></a>
        ${partsOf(frame)}
        <p class="live" role="status" data-live>${asOf(frame)}</p>
      </header>
      ${done === undefined ? "" : html`<p class="done" role="status">${icon("check")}${done}</p>`}
      <main class="split" data-part="${frame.part}">
        <h1 class="hidden">${title}</h1>
        <div id="list" class="console-list" tabindex="-1" data-zone="list" data-hash="${list?.hash ?? ""}">${raw(
          list?.html ?? "",
        )}</div>
        ${panel === undefined
          ? ""
          : html`<section class="panel" aria-labelledby="panel-title" data-zone="panel" data-hash="${panel.hash}">${
            raw(panel.html)
          }</section>`}
      </main>
    `,
  });
}

function partsOf(frame: ConsoleFrame): Html {
  const say = sayConsole(frame);
  return html`
    <nav class="parts" aria-label="${say.title}">
      ${frame.parts.map((part) =>
        html`<a href="${partPath(part)}" aria-current="${part === frame.part ? "page" : "false"}">${icon(part)}<span>${
          say
            .parts[part]
        }</span></a>`
      )}
    </nav>
  `;
}

/** Without script, a page says of when it is; the script takes its place. */
function asOf(frame: ConsoleFrame): Html {
  const say = sayConsole(frame);
  return html`
    <span data-live-words>${say.asOf(clockOf(frame, frame.nowMs))}</span>
    <noscript><a href="${frame.path}">${say.reload}</a></noscript>
  `;
}

const stateIcons: Readonly<Record<TileState, IconName>> = {
  failed: "failed",
  waiting: "waiting",
  unknown: "unknown",
  running: "running",
};

/** A state as an icon and a word in its colour. */
export function stateMark(state: TileState, word: string): Html {
  return html`<span class="mark-${state}">${icon(stateIcons[state])}<span>${word}</span></span>`;
}

/** The head of a list: its name, and what filters it. `box`: another box than the one that only filters what is shown. */
export function listHead(frame: ConsoleFrame, title: string, box: Html = filterBox(frame)): Html {
  return html`
    <div class="list-head">
      <h2>${title}</h2>
      ${box}
    </div>
    <p class="hidden" role="status" data-filtered></p>
  `;
}

function filterBox(frame: ConsoleFrame): Html {
  const say = sayConsole(frame);
  return html`
    <label class="filter scripted">${icon("search")}<span class="hidden">${say.filter}</span>
      <input type="search" placeholder="${say.filterHint}" autocomplete="off" spellcheck="false" data-filter>
    </label>
  `;
}

/** A column: what it is called, whether it stays on one line, and whether a narrow screen leaves it to the details. */
export interface Column {
  readonly title: string;
  readonly kind?: "short" | "number" | "wide" | "wide number" | "wide short";
}

/** A row of a list that leads to its details, or to none. */
export interface Row {
  /** Of the row among the others, so that focus and filter find it again. */
  readonly id: string;
  readonly href?: string;
  readonly isCurrent?: boolean;
  readonly cells: readonly (Html | string)[];
}

/** A list with a head that stays in sight. */
export function table(caption: string, columns: readonly Column[], rows: readonly Row[]): Html {
  return html`
    <table class="rows">
      <caption class="hidden">${caption}</caption>
      <thead>
        <tr>${columns.map(({ title, kind = "" }) => html`<th scope="col" class="${kind}">${title}</th>`)}</tr>
      </thead>
      <tbody>${rows.map(({ id, href, isCurrent = false, cells }) =>
        html`<tr data-row="${id}" class="${isCurrent ? "current" : ""}">${
          cells.map((cell, index) => {
            const { kind = "" } = columns[index]!;
            if (index > 0) return html`<td class="${kind}">${cell}</td>`;
            return html`<th scope="row" class="${kind}">${
              href === undefined ? cell : html`<a href="${href}" aria-current="${String(isCurrent)}">${cell}</a>`
            }</th>`;
          })
        }</tr>`
      )}</tbody>
    </table>
  `;
}

/** The head of the details, with the way back to the list. */
export function panelHead(frame: ConsoleFrame, title: Html | string): Html {
  const { close } = sayConsole(frame);
  return html`
    <div class="panel-head">
      <h2 id="panel-title" tabindex="-1"><bdi>${title}</bdi></h2>
      <a class="square quiet" href="${partPath(frame.part)}" aria-label="${close}" title="${close}" data-close>${icon(
        "close",
      )}</a>
    </div>
  `;
}

/** What is known, each under its name. */
export function facts(pairs: readonly (readonly [name: string, value: Html | string])[]): Html {
  return html`<dl class="facts">${
    pairs.map(([name, value]) =>
      html`
        <div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>
      `
    )
  }</dl>`;
}

/** A form with one button, under the sentence that says what it will do. The button carries the verb. */
export function action(
  frame: ConsoleFrame,
  { path, hint, button, danger = false, fields = "" }: {
    readonly path: string;
    readonly hint: string;
    readonly button: string;
    readonly danger?: boolean;
    /** What else is filled in. */
    readonly fields?: Html | string;
  },
): Html {
  const id = `hint-${path.replace(/\W+/g, "-")}`;
  return html`
    <form class="action" method="post" action="${path}">
      <input type="hidden" name="csrf" value="${frame.csrf}">
      ${fields}
      <p class="hint" id="${id}">${commands(hint)}</p>
      <button class="${danger ? "danger" : ""}" aria-describedby="${id}">${button}</button>
    </form>
  `;
}

/** A sentence in which what stands between backticks is a command. */
export function commands(sentence: string): Html {
  return html`${sentence.split("`").map((part, index) => index % 2 === 1 ? html`<code>${part}</code>` : part)}`;
}

/** The time of day, with seconds. */
export function clockOf({ locale, zone }: ConsoleFrame, ms: number): string {
  return new Intl.DateTimeFormat(locale, { timeZone: zone, timeStyle: "medium", hour12: false }).format(ms);
}

/** When something was: today by its time, else with its day. */
export function timeOf(frame: ConsoleFrame, ms: number): string {
  const { locale, zone: timeZone, nowMs } = frame;
  const dayOf = (ms: number) => new Intl.DateTimeFormat("en-CA", { timeZone }).format(ms);
  const time = { hour: "2-digit", minute: "2-digit", hour12: false, timeZone } as const;
  if (dayOf(ms) === dayOf(nowMs)) return new Intl.DateTimeFormat(locale, time).format(ms);
  const isThisYear = dayOf(ms).slice(0, 4) === dayOf(nowMs).slice(0, 4);
  const day: Intl.DateTimeFormatOptions = { day: "numeric", month: "short" };
  if (!isThisYear) day.year = "numeric";
  return new Intl.DateTimeFormat(locale, { ...day, ...time }).format(ms);
}

/** A size in the unit that suits it. Decimal, as a disk's label has it. */
export function sizeOf(
  { locale }: Pick<Frame, "locale">,
  bytes: number,
): { readonly number: string; readonly unit: "mb" | "gb" } {
  const unit = bytes >= 999_500_000 ? "gb" : "mb";
  const value = bytes / (unit === "gb" ? 1e9 : 1e6);
  const digits = value > 0 && value < 10 ? 1 : 0;
  return {
    unit,
    number: value.toLocaleString(locale, { maximumFractionDigits: digits, minimumFractionDigits: digits }),
  };
}

/** A size in words. */
export function sizeWords(frame: ConsoleFrame, bytes: number): string {
  return sizeIn(frame.locale, bytes);
}
