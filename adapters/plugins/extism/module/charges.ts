import { type CallCosts, unbounded } from "./call_costs.ts";
import { type EventList, events as kinds } from "./events.ts";
import type { FunctionBody } from "./functions.ts";
import { type Head, readHeads } from "./heads.ts";
import { chargedHeads } from "./loops.ts";
import { turnsWritten } from "./unrolling.ts";

/**
 * Something that the meter writes into a function's code. They don't overlap, and stand in the order of positions.
 * `nesting`: how many blocks of the function, itself included, are open there.
 */
export type Edit =
  /** Fuel is taken before the instruction at `at`. */
  | { readonly kind: "charge"; readonly at: number; readonly nesting: number; readonly fuel: number }
  /** The same, by the length on top of the stack. */
  | { readonly kind: "bulk"; readonly at: number; readonly nesting: number; readonly log2: number }
  /** What `memory.grow` gave is kept, too. */
  | { readonly kind: "grown"; readonly at: number }
  /** A number of a label, up to `to`. `target`: how many blocks are open around the one that it means. */
  | {
    readonly kind: "label";
    readonly at: number;
    readonly to: number;
    readonly label: number;
    readonly target: number;
  }
  /** Only in a function that is given its fuel: a local behind the parameters has another index. */
  | { readonly kind: "local"; readonly at: number; readonly to: number; readonly index: number }
  /** There, `return` gives the fuel back too. */
  | { readonly kind: "return"; readonly at: number; readonly nesting: number }
  /** There, a call of the function itself, or of what takes its fuel from the global. */
  | { readonly kind: "own-call" | "other-call"; readonly at: number; readonly to: number }
  | Unrolled;

/** A loop, from its opcode at `at` to behind its end, of which several turns are written that are charged at once. */
export interface Unrolled {
  readonly kind: "unrolled";
  readonly at: number;
  readonly to: number;
  /** Its instructions, between opcode and end. */
  readonly inside: number;
  readonly endAt: number;
  /** How many blocks are open around it. */
  readonly nesting: number;
  /** Of all turns that are written. */
  readonly fuel: number;
  readonly turns: number;
  /** What is written within each turn. */
  readonly edits: Edit[];
}

/** Up to here each instruction is charged in full; beyond, one in 16: the giant loop of an interpreter runs little of itself. */
const fullWeightMax = 256;

/** What one function is charged, and where. None: it is charged by those who call it. */
export function planCharges(
  source: Uint8Array,
  body: FunctionBody,
  events: EventList,
  calls: {
    readonly costs: CallCosts;
    /** The function's own index. */
    readonly own: number;
    readonly imports: number;
  },
  /** How many parameters the function has, where it is given its fuel behind them. */
  given?: number,
): readonly Edit[] {
  if (calls.costs.plain[calls.own] === 1) return [];
  const heads = readHeads(body, events, calls);
  const charged = chargedHeads(heads, body, events, calls);
  const edits: Edit[] = [];
  /** Loops that are being unrolled, the innermost last; what is found goes into it. */
  const unrolling: Unrolled[] = [];
  const add = (edit: Edit) => (unrolling.at(-1)?.edits ?? edits).push(edit);
  const [entry] = heads;
  if (entry !== undefined && charged.has(entry) && calls.costs.weights[calls.own] === unbounded) {
    add({ kind: "charge", at: entry.at, nesting: 1, fuel: fuelOf(entry) });
  }
  let next = 1;
  let nesting = 1;
  for (let event = body.firstEvent; event < body.eventsEnd; event++) {
    const at = events.from(event);
    switch (events.kind(event)) {
      case kinds.block:
      case kinds.if:
        nesting++;
        break;
      case kinds.loop: {
        const head = heads[next++]!;
        const fuel = fuelOf(head);
        const turns = charged.has(head) ? turnsWritten(source, head) : 1;
        if (turns > 1) {
          const { opcodeAt, at: inside, endAt } = head;
          const to = endAt + 1;
          unrolling.push({
            kind: "unrolled",
            at: opcodeAt,
            to,
            inside,
            endAt,
            nesting,
            fuel: fuel * turns,
            turns,
            edits: [],
          });
        } else if (charged.has(head)) add({ kind: "charge", at: head.at, nesting: nesting + 1, fuel });
        nesting++;
        break;
      }
      case kinds.end:
        nesting--;
        if (unrolling.at(-1)?.endAt === at) add(unrolling.pop()!);
        break;
      case kinds.branch:
      case kinds.branchMaybe: {
        const label = events.argument(event);
        const target = nesting - 1 - label;
        // Others mean what they meant. Where there is no such block, the validator refuses it.
        const isMoved = (target === 0 && given === undefined) || unrolling.some((loop) => target < loop.nesting);
        if (isMoved) add({ kind: "label", at, to: events.to(event), label, target });
        break;
      }
      case kinds.bulk:
        add({ kind: "bulk", at, nesting, log2: events.argument(event) });
        break;
      case kinds.growMemory:
        add({ kind: "grown", at: events.to(event) });
        break;
    }
    if (given !== undefined) addGiven(event);
  }
  return edits;

  function addGiven(event: number): void {
    const [at, to, argument] = [events.from(event), events.to(event), events.argument(event)];
    switch (events.kind(event)) {
      case kinds.local:
        if (argument >= given!) add({ kind: "local", at, to, index: argument + 1 });
        break;
      case kinds.stop:
        if (source[at] === 0x0f) add({ kind: "return", at, nesting });
        break;
      case kinds.call:
        if (argument === calls.own) add({ kind: "own-call", at, to });
        else if (calls.costs.plain[argument] !== 1) add({ kind: "other-call", at, to });
        break;
      case kinds.callIndirect:
        add({ kind: "other-call", at, to });
        break;
    }
  }
}

function fuelOf({ weight, extra }: Head): number {
  const capped = weight <= fullWeightMax ? weight : fullWeightMax + Math.ceil((weight - fullWeightMax) / 16);
  return capped + extra;
}
