import { type CallCosts, unbounded } from "./call_costs.ts";
import { type EventList, events as kinds } from "./events.ts";
import type { FunctionBody } from "./functions.ts";
import { type Head, heightMax, isCharged } from "./heads.ts";

/**
 * Which heads must be charged so that nothing runs for ever without taking fuel: each loop that has a way through it, and
 * each entry that has a way to a call or to the end, on which nothing is charged. The others are left out, unless they
 * are long themselves.
 */
export function chargedHeads(
  heads: readonly Head[],
  body: FunctionBody,
  events: EventList,
  { costs, imports }: { readonly costs: CallCosts; readonly imports: number },
): ReadonlySet<Head> {
  const charged = new Set(heads.filter(isCharged));
  const highest = Math.min(heightMax, heads[0]!.height);
  for (let height = 0; height <= highest; height++) {
    const open = heads.filter((head) => !charged.has(head) && head.height === height);
    if (open.length === 0) continue;
    const free = freeHeads(heads, body, events, { costs, imports, charged });
    for (const head of open) if (free.has(head)) charged.add(head);
  }
  return charged;
}

/**
 * The heads from which a way leads back to them, or from the entry to a call or the end, past nothing that is charged. What
 * is followed is how many of the open heads, from the outermost on, something was charged since: the others are within.
 */
function freeHeads(
  heads: readonly Head[],
  { firstEvent, eventsEnd }: FunctionBody,
  events: EventList,
  { costs, imports, charged }: {
    readonly costs: CallCosts;
    readonly imports: number;
    readonly charged: ReadonlySet<Head>;
  },
): ReadonlySet<Head> {
  interface Frame {
    readonly head?: Head;
    /** The least that is charged on a way to its label, and where an `if` began. */
    label: number;
    readonly begun: number;
    readonly isIf: boolean;
    hasElse: boolean;
  }
  const nowhere = Infinity; // Nothing gets here.
  const free = new Set<Head>();
  const entry = heads[0]!;
  const open: Head[] = [entry];
  let next = 1;
  let since = charged.has(entry) ? 1 : 0;
  const frames: Frame[] = [{ head: entry, label: nowhere, begun: since, isIf: false, hasElse: false }];
  const mayLeave = () => {
    if (since === 0) free.add(entry);
  };
  const branch = (label: number) => {
    const frame = frames[frames.length - 1 - label];
    if (frame === undefined || since === nowhere) return;
    if (frame.head === undefined) frame.label = Math.min(frame.label, since);
    else if (frame.head === entry) mayLeave();
    else if (since <= frame.head.depth) free.add(frame.head);
  };
  for (let event = firstEvent; event < eventsEnd; event++) {
    const argument = events.argument(event);
    switch (events.kind(event)) {
      case kinds.block:
      case kinds.if:
        frames.push({ label: nowhere, begun: since, isIf: events.kind(event) === kinds.if, hasElse: false });
        break;
      case kinds.loop: {
        const head = heads[next++]!;
        open.push(head);
        if (charged.has(head) && since !== nowhere) since = open.length;
        frames.push({ head, label: nowhere, begun: since, isIf: false, hasElse: false });
        break;
      }
      case kinds.else: {
        const frame = frames.at(-1)!;
        frame.label = Math.min(frame.label, since);
        frame.hasElse = true;
        since = frame.begun;
        break;
      }
      case kinds.end: {
        const frame = frames.pop()!;
        if (frame.isIf && !frame.hasElse) since = Math.min(since, frame.begun);
        since = Math.min(since, frame.label);
        if (frame.head === entry) mayLeave();
        if (frame.head !== undefined) open.pop();
        // Also who left loops by a branch: what was charged for those within says nothing of loops that come later.
        if (since !== nowhere) since = Math.min(since, open.length);
        break;
      }
      case kinds.branchMaybe:
        branch(argument);
        break;
      case kinds.branch:
        branch(argument);
        since = nowhere;
        break;
      case kinds.stop:
        mayLeave();
        since = nowhere;
        break;
      case kinds.call:
        if (costs.plain[argument] === 1) break; // It calls nothing that could come back here.
        mayLeave();
        // What has no bound takes fuel each time; what has one may take none, and neither does what isn't ours.
        if (argument >= imports && costs.weights[argument] === unbounded && since !== nowhere) since = open.length;
        break;
      case kinds.callIndirect:
        mayLeave();
        break;
    }
  }
  return free;
}
