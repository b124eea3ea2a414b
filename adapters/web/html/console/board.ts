import { html } from "hono/html";
import type { Board, Tile } from "../../../../core/console/board.ts";
import { confinementWords } from "../../../../core/confinement.ts";
import { unreachable } from "../../../../core/errors.ts";
import { text } from "../../../../core/text/mod.ts";
import type { Html } from "../frame.ts";
import { icon } from "../icons.ts";
import { commands, type ConsoleFrame, sayConsole, sizeOf, stateMark, timeOf, type Zones } from "./frame.ts";

/** What one tile says: a word, a number, and where it leads. */
interface TileWords {
  readonly name: string;
  readonly word: string;
  readonly number: string;
  readonly unit: string;
  /** Why, or what it is about. */
  readonly note?: string;
  readonly href?: string;
}

/** The first screen: everything at a glance, the worst first. */
export function boardZones(frame: ConsoleFrame, { tiles, offline, confinement }: Board): Zones {
  const say = sayConsole(frame);
  const { held, missing } = confinementWords(confinement, text(frame.locale));
  return {
    list: html`
      ${offline ? html`<p class="board-note">${icon("lock")}${say.tiles.offline}</p>` : ""}
      <ul class="board">${tiles.map((tile) => tileOf(frame, tile))}</ul>
      <p class="board-foot">${icon("audit")}<bdi>${say.tiles.confined(held)}</bdi></p>
      ${missing.length === 0
        ? ""
        : html`<p class="board-foot">${icon("notice")}<bdi>${say.tiles.unconfined(missing)}</bdi></p>`}
    `,
  };
}

function tileOf(frame: ConsoleFrame, tile: Tile): Html {
  const { name, word, number, unit, note, href } = wordsOf(frame, tile);
  const { since } = sayConsole(frame);
  const content = html`
    <span class="tile-name"><bdi>${name}</bdi></span>
    <span class="tile-word">${stateMark(tile.state, word)}</span>
    <span class="tile-since">${since(timeOf(frame, tile.sinceMs))}</span>
    <span class="tile-number"><b>${number}</b> ${unit}</span>
    ${note === undefined ? "" : html`<span class="tile-note"><bdi>${commands(note)}</bdi></span>`}
  `;
  return html`
    <li class="tile tile-${tile.state}" data-row="${tile.id}">
      ${href === undefined ? html`<div>${content}</div>` : html`<a href="${href}">${content}</a>`}
    </li>
  `;
}

function wordsOf(frame: ConsoleFrame, { facts }: Tile): TileWords {
  const { tiles: say, parts: _ } = sayConsole(frame);
  const { units } = say;
  const count = (number: number) => number.toLocaleString(frame.locale);
  const leads = (part: ConsoleFrame["part"], more = "") =>
    frame.parts.includes(part) ? { href: `/console/${part}${more}` } : {};
  switch (facts.kind) {
    case "host":
      return { ...say.host, ...upOf(frame, facts.uptimeMs), note: say.version(facts.version), ...leads("logs") };
    case "model": {
      const { use, name, engine, server } = facts;
      const words = server === undefined ? say.modelWords : say.serverWords;
      const info = engine.kind === "ready" ? engine.info : undefined;
      const memory = sizeOf(frame, info?.memoryBytes ?? info?.fileBytes ?? 0);
      const note = engine.kind === "failed"
        ? engine.failure.reason
        : engine.kind === "idle" && server === undefined
        ? `${name} · ${say.loadsByItself}`
        : server === undefined
        ? name
        : `${name} · ${server}`;
      return {
        name: use === "chat" ? say.model : say.embedding,
        word: words[engine.kind],
        number: memory.number,
        unit: memory.unit === "mb" ? units.memoryMb : units.memoryGb,
        note,
        ...leads("models", `/${use}`),
      };
    }
    case "channel": {
      const { name, health, waiting } = facts;
      return {
        name: channelName(frame, name),
        word: say.channelWords[health.kind],
        number: count(waiting),
        unit: units.waitingDeliveries,
        ...("reason" in health ? { note: health.reason } : {}),
        ...leads("channels", `/${encodeURIComponent(name)}`),
      };
    }
    case "queue": {
      const { queued, running } = facts;
      const word = queued > 0 ? say.queue.waiting : running > 0 ? say.queue.answering : say.queue.rest;
      return { name: say.queue.name, word, number: count(queued + running), unit: units.inHand };
    }
    case "deliveries": {
      const { name, all, waiting } = say.deliveries;
      const number = count(facts.pending);
      return { name, word: facts.pending > 0 ? waiting : all, number, unit: units.waiting, ...leads("channels") };
    }
    case "database": {
      const { health, bytes } = facts;
      const { number, unit } = sizeOf(frame, bytes);
      const note = health.kind === "ready" ? {} : { note: health.reason };
      return { name: say.database.name, word: say.database[health.kind], number, unit: units[unit], ...note };
    }
    case "pairings": {
      const { name, none, open } = say.pairings;
      const word = facts.count > 0 ? open : none;
      return { name, word, number: count(facts.count), unit: units.asking(facts.count), ...leads("people") };
    }
    case "plugins": {
      const { name, well, look, count: unit } = say.plugins;
      return { name, word: facts.wrong > 0 ? look : well, number: count(facts.granted), unit, ...leads("plugins") };
    }
    case "approvals": {
      const { name, none, open, stopped, stoppedNote } = say.approvals;
      const isHalted = facts.haltedMs !== undefined;
      return {
        name,
        word: isHalted ? stopped : facts.count > 0 ? open : none,
        number: count(facts.count),
        unit: units.waiting,
        ...(isHalted ? { note: stoppedNote } : {}),
        ...leads("approvals"),
      };
    }
    case "configuration":
      return { name: say.configuration.name, ...configurationWords(frame, facts.configuration) };
    default:
      return unreachable(facts);
  }
}

function configurationWords(
  frame: ConsoleFrame,
  configuration: Extract<Tile["facts"], { kind: "configuration" }>["configuration"],
): Omit<TileWords, "name"> {
  const { tiles: { configuration: say, units, ...notes } } = sayConsole(frame);
  switch (configuration.kind) {
    case "in-force":
      return { word: say.inForce, number: "0", unit: units.problems(0) };
    case "proposed":
      return { word: say.proposed, number: "0", unit: units.problems(0), note: notes.configurationProposed };
    case "refused": {
      const [first = "", ...rest] = configuration.problems;
      const count = rest.length + 1;
      return {
        word: say.refused,
        number: `${count}`,
        unit: units.problems(count),
        note: `${first} · ${notes.configurationRefused}`,
      };
    }
    default:
      return unreachable(configuration);
  }
}

/** How long it has run, in the largest unit that says something. */
function upOf(frame: ConsoleFrame, ms: number): { readonly number: string; readonly unit: string } {
  const { tiles: { units } } = sayConsole(frame);
  const minutes = Math.floor(ms / 60_000);
  const [unit, count] = minutes >= 2_880
    ? ["days" as const, Math.floor(minutes / 1_440)]
    : minutes >= 120
    ? ["hours" as const, Math.floor(minutes / 60)]
    : ["minutes" as const, minutes];
  return { number: count.toLocaleString(frame.locale), unit: units[unit](count) };
}

/** What a channel is called where it has a name of its own in the catalogue. */
export function channelName(frame: ConsoleFrame, name: string): string {
  const names: Readonly<Record<string, string>> = sayConsole(frame).tiles.channelNames;
  return Object.hasOwn(names, name) ? names[name]! : name;
}
