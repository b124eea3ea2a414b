import type { Declarations } from "./declarations.ts";
import { type EventList, events as kinds } from "./events.ts";
import type { FunctionBody } from "./functions.ts";

/** A function that takes no more than this, however it is called, isn't charged: those who call it are. */
const boundedWeightMax = 128;

/** Stands for a function whose cost its size doesn't bound. */
export const unbounded = -1;

/**
 * For each function of the module, imported ones included, what a call of it takes at most, or {@link unbounded}: it has
 * loops, or leaves the module, or calls itself in a circle, or is too large.
 */
export function boundedWeights(
  bodies: readonly FunctionBody[],
  events: EventList,
  { imports }: Pick<Declarations, "imports">,
): Int32Array {
  const unknown = -2;
  const weights = new Int32Array(imports.length + bodies.length).fill(unknown);
  weights.fill(unbounded, 0, imports.length);
  const weigh = (index: number, depth: number): number => {
    if (weights[index] !== unknown) return weights[index]!;
    weights[index] = unbounded; // As long as it is being weighed, so that a circle of calls has no bound.
    // Each call weighs something, so what calls deeper than this has no bound below the largest.
    if (depth > boundedWeightMax) return unbounded;
    const { firstEvent, eventsEnd } = bodies[index - imports.length]!;
    let weight = 0;
    for (let event = firstEvent; event < eventsEnd; event++) {
      weight += events.weight(event);
      switch (events.kind(event)) {
        case kinds.loop:
        case kinds.callIndirect:
        case kinds.growMemory:
        case kinds.bulk:
          return unbounded;
        case kinds.call: {
          const called = weigh(events.argument(event), depth + 1);
          if (called === unbounded) return unbounded;
          weight += called;
        }
      }
      if (weight > boundedWeightMax) return unbounded;
    }
    return weights[index] = weight;
  };
  for (let index = imports.length; index < weights.length; index++) weigh(index, 0);
  return weights;
}
