import type { Principal } from "../../../core/access.ts";
import { type ConsolePart, consoleParts } from "../../../core/console/types.ts";
import { unreachable } from "../../../core/errors.ts";
import { refused } from "../asking.ts";
import type { WebDeps } from "../deps.ts";
import { approvalsZones } from "../html/console/approvals.ts";
import { auditZones } from "../html/console/audit.ts";
import { boardZones } from "../html/console/board.ts";
import { channelsZones } from "../html/console/channels.ts";
import type { ConsoleFrame, SentZone, SentZones, Zones } from "../html/console/frame.ts";
import { logEntriesMax, logsZones } from "../html/console/logs.ts";
import { modelsZones } from "../html/console/models.ts";
import { pluginsZones } from "../html/console/plugins.ts";
import { peopleZones } from "../html/console/people.ts";
import { sayIn } from "../html/frame.ts";

/** What a page of the console shows, as its address says. */
export interface View {
  readonly part: ConsolePart;
  /** Whose details stand beside the list. */
  readonly id?: string;
  /** The details are those of a request to be let in. */
  readonly isRequest?: boolean;
  readonly before?: string;
  readonly filter?: string;
}

/** Cards of the history that a page shows. */
const endedMax = 50;

/** Longest text that is searched for, in UTF-16 code units. */
const filterLengthMax = 200;

/** The view of an address; `undefined`: there is no such page. */
export function viewOf(path: string, query: (name: string) => string | undefined): View | undefined {
  if (path === "/console") return { part: "board" };
  const [, name, request, id] = /^\/console\/([a-z]+)(?:\/(requests\/)?([^/]+))?$/.exec(path) ?? [];
  const part = consoleParts.find((part) => part === name && part !== "board");
  if (part === undefined || (request !== undefined && part !== "people")) return undefined;
  const before = query("before");
  const filter = query("filter")?.trim().slice(0, filterLengthMax);
  return {
    part,
    ...(id === undefined ? {} : { id: decodeURIComponent(id), isRequest: request !== undefined }),
    ...(before === undefined || part !== "audit" ? {} : { before }),
    ...(filter === undefined || filter === "" || part !== "audit" ? {} : { filter }),
  };
}

/**
 * What stands on a page now.
 * @throws {Problem} 403 when it isn't for this principal.
 */
export async function zonesOf(
  { console, people, logs, approvals, halts }: Pick<WebDeps, "console" | "people" | "logs" | "approvals" | "halts">,
  principal: Principal,
  frame: ConsoleFrame,
  view: View,
): Promise<Zones> {
  const { part, id } = view;
  switch (part) {
    case "board":
      return boardZones(frame, allowed(await console.board(principal)).board);
    case "approvals": {
      if (!console.parts(principal).includes(part)) throw refused(sayIn(frame.locale).error.console.noApprovals);
      const { locale } = frame;
      const [waiting, ended, halt] = await Promise.all([
        approvals.list(principal, { of: "waiting", locale }),
        approvals.list(principal, { of: "ended", locale, limit: endedMax }),
        halts.shown(locale),
      ]);
      return approvalsZones(frame, { waiting, ended, id, halt, may: halts.may(principal) });
    }
    case "channels":
      return channelsZones(frame, allowed(await console.channels(principal)).channels, id);
    case "people": {
      const [pairings, list] = await Promise.all([people.pairings(principal), people.list(principal)]);
      return peopleZones(frame, {
        pairings: allowed(pairings).pairings,
        people: allowed(list).people,
        ...(view.isRequest ? { code: id } : { id }),
      });
    }
    case "models":
      return modelsZones(frame, allowed(await console.models(principal)).models, id);
    case "plugins":
      return pluginsZones(frame, allowed(console.plugins(principal)).plugins, id);
    case "logs":
      return logsZones(frame, allowed(logs.latest(principal, { limit: logEntriesMax })).entries);
    case "audit": {
      const { before, filter = "" } = view;
      const list = allowed(await console.audit(principal, { filter, ...(before === undefined ? {} : { before }) }));
      const entry = id === undefined ? undefined : allowed(await console.auditEntry(principal, id));
      return auditZones(frame, {
        list,
        filter,
        isOlder: before !== undefined,
        entry: entry?.kind === "entry" ? entry.entry : undefined,
        verification: console.verification(),
      });
    }
    default:
      return unreachable(part);
  }
}

/** The zones as they are sent. Values that differ from one rendering to the next don't stand in them. */
export async function toSend({ list, panel }: Zones): Promise<SentZones> {
  return { list: await sentZone(list), ...(panel === undefined ? {} : { panel: await sentZone(panel) }) };
}

async function sentZone(zone: Zones["list"]): Promise<SentZone> {
  const html = String(await zone);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(html));
  return { html, hash: new Uint8Array(digest).subarray(0, 12).toBase64() };
}

/** What was asked for. @throws {Problem} 403 with the core's reason. */
export function allowed<Result extends { readonly kind: string }>(
  result: Result,
): Exclude<Result, { readonly kind: "refused" }> {
  if (result.kind === "refused" && "reason" in result) throw refused(String(result.reason));
  return result as Exclude<Result, { readonly kind: "refused" }>;
}
