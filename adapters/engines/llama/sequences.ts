/** So many answers can be parked with their sequence, for each that is computed. */
const parkedPerAnswer = 1;

/** So many beginnings are kept at most; each has a sequence, for which llama.cpp sets a row of logits aside. */
export const prefixesMax = 12;

/** How many sequences batching takes for itself: the first ones of its context. */
export function sequencesOf(answersMax: number): number {
  return answersMax * (1 + parkedPerAnswer);
}

/** How many a context has in all: those of answers, and behind them those that are kept. */
export function sequencesInAll(answersMax: number): number {
  return sequencesOf(answersMax) + prefixesMax;
}
