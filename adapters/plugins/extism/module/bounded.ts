import type { Declarations } from "./declarations.ts";
import { type EventList, events as kinds } from "./events.ts";
import type { FunctionBody } from "./functions.ts";
import { weights as instructionWeights } from "./opcodes.ts";

/** A function that takes no more than this besides what is charged in it isn't charged at its entry: those who call it are. */
const boundedWeightMax = 2_048;

/** A chain of calls that is longer isn't followed. */
const depthMax = 256;

/** Stands for a function that takes fuel itself, each time that it is called. */
export const unbounded = -1;

/** What calls of each function come to, imported ones included. */
export interface CallCosts {
  /** What a call takes at most besides what is charged in the function itself, or {@link unbounded}. */
  readonly weights: Int32Array;
  /** 1 where nothing is charged in it, nor in what it calls: it has no loops and leaves the module nowhere. */
  readonly plain: Uint8Array;
}

/**
 * Weighs each function. One is unbounded that calls itself in a circle (of each circle at least one), calls through a table,
 * or is too large. In others a loop is charged at its own head, with what it calls, and doesn't count.
 */
export function callCosts(
  bodies: readonly FunctionBody[],
  events: EventList,
  { imports }: Pick<Declarations, "imports">,
): CallCosts {
  const unknown = -2;
  const weights = new Int32Array(imports.length + bodies.length).fill(unknown);
  weights.fill(unbounded, 0, imports.length);
  const plain = new Uint8Array(weights.length);
  const isOpen = new Uint8Array(weights.length);
  const weigh = (index: number, depth: number): number => {
    if (weights[index] === undefined) return 0; // There is no such function: the validator refuses it.
    if (weights[index] !== unknown) return weights[index]!;
    weights[index] = unbounded;
    if (depth > depthMax) return unbounded;
    isOpen[index] = 1;
    const weight = weighOpen(index, depth);
    isOpen[index] = 0;
    return weights[index] = weight;
  };
  const weighOpen = (index: number, depth: number): number => {
    const { firstEvent, eventsEnd } = bodies[index - imports.length]!;
    const isLoop: boolean[] = [false];
    let loops = 0;
    let weight = 0;
    let isPlain = true;
    for (let event = firstEvent; event < eventsEnd; event++) {
      if (loops === 0) weight += events.weight(event);
      switch (events.kind(event)) {
        case kinds.block:
        case kinds.if:
          isLoop.push(false);
          break;
        case kinds.loop:
          isLoop.push(true);
          loops++;
          isPlain = false;
          break;
        case kinds.end:
          if (isLoop.pop() === true) loops--;
          break;
        case kinds.callIndirect:
          return unbounded;
        case kinds.growMemory:
          weight += instructionWeights.growMemory;
          isPlain = false;
          break;
        case kinds.bulk:
          weight += instructionWeights.bulk;
          isPlain = false;
          break;
        case kinds.call: {
          const callee = events.argument(event);
          if (isOpen[callee] === 1) return unbounded; // Here a circle closes: within loops too.
          const called = weigh(callee, depth + 1);
          if (callee < imports.length) weight += instructionWeights.hostCall;
          else if (called !== unbounded && loops === 0) weight += called;
          if (plain[callee] === 0) isPlain = false;
        }
      }
      if (weight > boundedWeightMax) return unbounded;
    }
    plain[index] = isPlain ? 1 : 0;
    return weight;
  };
  for (let index = imports.length; index < weights.length; index++) weigh(index, 0);
  return { weights, plain };
}
