import { type CallCosts, unbounded } from "./call_costs.ts";
import type { Declarations } from "./declarations.ts";
import { type EventList, events as kinds } from "./events.ts";
import type { FunctionBody } from "./functions.ts";
import { readHeads } from "./heads.ts";

/** A function that takes no more than this besides what is charged in it isn't charged at its entry: those who call it are. */
const boundedWeightMax = 2_048;

/** A chain of calls that is longer isn't followed. */
const depthMax = 256;

/**
 * Weighs each function by its entry. One is unbounded that calls itself in a circle (of each circle at least one), calls
 * through a table, or is too large.
 */
export function callCosts(
  bodies: readonly FunctionBody[],
  events: EventList,
  { imports }: Pick<Declarations, "imports">,
): CallCosts {
  const unknown = -2;
  const weights = new Int32Array(imports.length + bodies.length).fill(unknown);
  weights.fill(unbounded, 0, imports.length);
  const costs = { weights, extras: new Int32Array(weights.length), plain: new Uint8Array(weights.length) };
  const isOpen = new Uint8Array(weights.length);
  const weigh = (index: number, depth: number): void => {
    if (weights[index] !== unknown) return; // Or there is no such function: the validator refuses it.
    weights[index] = unbounded;
    if (depth > depthMax) return;
    isOpen[index] = 1;
    weighOpen(index, depth);
    isOpen[index] = 0;
  };
  const weighOpen = (index: number, depth: number): void => {
    const body = bodies[index - imports.length]!;
    for (let event = body.firstEvent; event < body.eventsEnd; event++) {
      if (events.kind(event) === kinds.callIndirect) return;
      if (events.kind(event) !== kinds.call) continue;
      const callee = events.argument(event);
      if (isOpen[callee] === 1) return; // Here a circle closes: within loops too.
      weigh(callee, depth + 1);
    }
    const heads = readHeads(body, events, { costs, imports: imports.length });
    const { weight, extra, isPlain } = heads[0]!;
    if (weight + extra > boundedWeightMax) return;
    weights[index] = weight;
    costs.extras[index] = extra;
    costs.plain[index] = isPlain && heads.length === 1 ? 1 : 0;
  };
  for (let index = imports.length; index < weights.length; index++) weigh(index, 0);
  return costs;
}
