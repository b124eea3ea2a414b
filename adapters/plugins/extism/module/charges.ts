import { unbounded } from "./bounded.ts";
import { type EventList, events as kinds } from "./events.ts";
import type { FunctionBody } from "./functions.ts";
import { weights } from "./opcodes.ts";

/** Something that the meter writes into a function's code, in the order of positions. */
export type Edit =
  /** Fuel is taken before the instruction at `at`, which stands in `nesting` blocks, the function's own included. */
  | { readonly kind: "charge"; readonly at: number; readonly nesting: number; readonly fuel: number }
  /** The same, by the length on top of the stack. */
  | { readonly kind: "bulk"; readonly at: number; readonly nesting: number; readonly log2: number }
  /** What `memory.grow` gave is kept, too. */
  | { readonly kind: "grown"; readonly at: number }
  /** The number of a label, from `at` to `to`, that means the function's own. */
  | { readonly kind: "label"; readonly at: number; readonly to: number; readonly label: number };

/** Up to here each instruction is charged in full; beyond, one in 16: the giant loop of an interpreter runs little of itself. */
const fullWeightMax = 256;

interface Head {
  readonly index: number;
  weight: number;
  extra: number;
}

/** Where one function is charged how much: at its entry and at the head of each loop, for what belongs to these. */
export function planCharges(
  { codeAt, firstEvent, eventsEnd }: FunctionBody,
  events: EventList,
  { bounded, own, imports }: {
    readonly bounded: Int32Array;
    /** The function's own index. */
    readonly own: number;
    readonly imports: number;
  },
): readonly Edit[] {
  const edits: Edit[] = [];
  const heads: Head[] = [];
  const open = (at: number, nesting: number): Head => {
    const head = { index: edits.length, weight: 0, extra: 0 };
    edits.push({ kind: "charge", at, nesting, fuel: 0 });
    heads.push(head);
    return head;
  };
  const frames: (Head | undefined)[] = [open(codeAt, 1)];
  const loops: Head[] = [frames[0]!];
  let head = loops[0]!;
  for (let event = firstEvent; event < eventsEnd; event++) {
    head.weight += events.weight(event);
    const at = events.from(event);
    const argument = events.argument(event);
    switch (events.kind(event)) {
      case kinds.block:
      case kinds.if:
        frames.push(undefined);
        break;
      case kinds.loop:
        head = open(events.to(event), frames.length + 1);
        frames.push(head);
        loops.push(head);
        break;
      case kinds.end:
        if (frames.pop() !== undefined) {
          loops.pop();
          head = loops.at(-1) ?? head;
        }
        break;
      case kinds.branch:
      case kinds.branchMaybe:
        if (argument === frames.length - 1) edits.push({ kind: "label", at, to: events.to(event), label: argument });
        break;
      case kinds.call: {
        const called = bounded[argument] ?? 0; // An index that there isn't is the validator's to refuse.
        if (argument < imports) head.extra += weights.hostCall;
        else if (called !== unbounded) head.weight += called;
        break;
      }
      case kinds.growMemory:
        head.extra += weights.growMemory;
        edits.push({ kind: "grown", at: events.to(event) });
        break;
      case kinds.bulk:
        head.extra += weights.bulk;
        edits.push({ kind: "bulk", at, nesting: frames.length, log2: argument });
        break;
    }
  }
  if (bounded[own] !== unbounded) return [];
  for (const { index, weight, extra } of heads) {
    const edit = edits[index]!;
    if (edit.kind === "charge") edits[index] = { ...edit, fuel: capped(weight) + extra };
  }
  return edits;
}

function capped(weight: number): number {
  return weight <= fullWeightMax ? weight : fullWeightMax + Math.ceil((weight - fullWeightMax) / 16);
}
