import { type CallCosts, unbounded } from "./bounded.ts";
import { type EventList, events as kinds } from "./events.ts";
import type { FunctionBody } from "./functions.ts";
import { weights } from "./opcodes.ts";

/** The entry of a function, or the head of a loop: where fuel can be taken for what belongs to it and to nothing within. */
export interface Head {
  /** Where its first instruction is, and that of its `loop`; the same for the entry. */
  readonly at: number;
  readonly opcodeAt: number;
  /** Blocks that are open before it, the function's own included; none for the entry. */
  readonly nesting: number;
  /** How many heads are open before it. */
  readonly depth: number;
  /** The most loops that are within one another in it. */
  height: number;
  /** Where its `end` is. */
  endAt: number;
  weight: number;
  /** Fuel of what leaves compiled code: it is never left out. */
  extra: number;
  /** It calls nothing that takes fuel itself, and does nothing that must be charged besides its weight. */
  isPlain: boolean;
  /** The same of all that is within it. */
  isPlainWithin: boolean;
}

/** What is at least left uncharged only where something else is charged each time. */
const freeWeightMax = 64;

/** Loops within one another are looked at up to this height; those around are charged in any case. */
const heightMax = 3;

/** The heads of a function, in the order of their positions, the entry first. */
export function readHeads(
  { codeAt, firstEvent, eventsEnd, end }: FunctionBody,
  events: EventList,
  { costs, imports }: { readonly costs: CallCosts; readonly imports: number },
): readonly Head[] {
  const begin = (at: number, opcodeAt: number, nesting: number): Head => {
    const head = {
      at,
      opcodeAt,
      nesting,
      depth: open.length,
      height: 0,
      endAt: end,
      weight: 0,
      extra: 0,
      isPlain: true,
      isPlainWithin: true,
    };
    heads.push(head);
    open.push(head);
    return head;
  };
  const heads: Head[] = [];
  const open: Head[] = [];
  const frames: (Head | undefined)[] = [];
  let head = begin(codeAt, codeAt, 0);
  frames.push(head);
  for (let event = firstEvent; event < eventsEnd; event++) {
    head.weight += events.weight(event);
    switch (events.kind(event)) {
      case kinds.block:
      case kinds.if:
        frames.push(undefined);
        break;
      case kinds.loop:
        head = begin(events.to(event), events.from(event), frames.length);
        frames.push(head);
        break;
      case kinds.end: {
        const ended = frames.pop();
        if (ended === undefined) break;
        ended.endAt = events.from(event);
        open.pop();
        const around = open.at(-1);
        if (around === undefined) break;
        around.height = Math.max(around.height, ended.height + 1);
        around.isPlainWithin &&= ended.isPlainWithin;
        head = around;
        break;
      }
      case kinds.call: {
        const callee = events.argument(event);
        const called = costs.weights[callee] ?? 0; // An index that there isn't is the validator's to refuse.
        if (callee < imports) head.extra += weights.hostCall;
        if (called !== unbounded) head.weight += called;
        if (costs.plain[callee] === 0) head.isPlain = false;
        break;
      }
      case kinds.callIndirect:
        head.isPlain = false;
        break;
      case kinds.growMemory:
        head.extra += weights.growMemory;
        break;
      case kinds.bulk:
        head.extra += weights.bulk;
        break;
    }
    if (head.extra > 0) head.isPlain = false;
    if (!head.isPlain) head.isPlainWithin = false;
  }
  return heads;
}

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
  const charged = new Set<Head>();
  for (const head of heads) {
    const isLong = head.weight > freeWeightMax || head.extra > 0;
    const isSimple = head.height === 0 && head.isPlain; // Nothing in it is charged, so it must be.
    if (isLong || head.height > heightMax || (isSimple && head.depth > 0)) charged.add(head);
  }
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
        if (frame.head !== undefined) {
          open.pop();
          if (open.length === 0) mayLeave();
          else if (since !== nowhere) since = Math.min(since, open.length);
        }
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
