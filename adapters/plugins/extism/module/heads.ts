import { type CallCosts, unbounded } from "./call_costs.ts";
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
  /** Of one turn: its own instructions, what it calls that isn't charged itself, and one turn of loops within that may not be. */
  weight: number;
  /** Fuel of what leaves compiled code: it is never left out, and never counted in part. */
  extra: number;
  /** It calls nothing that takes fuel itself, and does nothing that must be charged besides its weight. */
  isPlain: boolean;
  /** The same of all that is within it. */
  isPlainWithin: boolean;
}

/** What is longer is charged in any case, so that what is left out is short. */
const freeWeightMax = 64;

/** Loops within one another are looked at up to this height; those around are charged in any case. */
export const heightMax = 3;

/** Whether a head is charged whatever is known of the ways through it. The others may be. */
export function isCharged({ weight, extra, height, depth, isPlain }: Head): boolean {
  const isSimple = height === 0 && isPlain; // Nothing in it is charged, so it must be.
  return weight > freeWeightMax || extra > 0 || height > heightMax || (isSimple && depth > 0);
}

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
        // Who comes to it and doesn't turn may pay for nothing in it.
        if (!isCharged(ended)) around.weight += ended.weight;
        around.isPlainWithin &&= ended.isPlainWithin;
        head = around;
        break;
      }
      case kinds.call: {
        const callee = events.argument(event);
        const called = costs.weights[callee] ?? 0; // An index that there isn't is the validator's to refuse.
        if (callee < imports) head.extra += weights.hostCall;
        if (called !== unbounded) head.weight += called;
        head.extra += costs.extras[callee] ?? 0;
        if (costs.plain[callee] === 0) head.isPlain = false;
        break;
      }
      case kinds.callIndirect:
        head.extra += weights.indirectCall;
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
