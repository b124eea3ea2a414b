import type { SessionSummary } from "../../../core/assistant.ts";
import { type Locale, text } from "../../../core/text/mod.ts";

/** Conversations under one heading. */
export interface Group {
  readonly label: string;
  readonly sessions: readonly SessionSummary[];
}

const dayMs = 24 * 3_600_000;

/** Conversations by day, in the order given: pinned ones, then by the days and months of `zone`, as seen at `nowMs`. */
export function groupsOf(
  sessions: readonly SessionSummary[],
  { nowMs, zone, locale }: { readonly nowMs: number; readonly zone: string; readonly locale: Locale },
): Group[] {
  const { groups: say } = text(locale).web;
  const dayFormat = new Intl.DateTimeFormat("en-CA", { timeZone: zone });
  const monthFormat = new Intl.DateTimeFormat(locale, { timeZone: zone, month: "long", year: "numeric" });
  const dayOf = (ms: number) => Date.parse(dayFormat.format(ms)) / dayMs;
  const today = dayOf(nowMs);

  function labelOf({ pinned, updatedMs }: SessionSummary): string {
    if (pinned) return say.pinned;
    const daysAgo = today - dayOf(updatedMs);
    if (daysAgo <= 0) return say.today;
    if (daysAgo === 1) return say.yesterday;
    if (daysAgo <= 7) return say.week;
    if (daysAgo <= 30) return say.month;
    return monthFormat.format(updatedMs);
  }

  const groups = new Map<string, SessionSummary[]>();
  for (const session of sessions) {
    const label = labelOf(session);
    const group = groups.get(label);
    if (group === undefined) groups.set(label, [session]);
    else group.push(session);
  }
  return [...groups].map(([label, sessions]) => ({ label, sessions }));
}
