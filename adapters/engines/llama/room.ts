import { type Answer, needOf } from "./answer.ts";

/** How long an answer may go on while another of its class waits in vain, where that one's share is behind. */
export const turnMsMin = 3_000;

/** Where a cache stands when somebody wants to begin, or go on, in it. */
export interface Room {
  readonly running: readonly Answer[];
  /** Those that are parked with their sequence. */
  readonly parked: readonly Answer[];
  readonly answersMax: number;
  readonly cells: number;
  readonly sequencesFree: number;
  /** Positions whose state can still be saved. */
  readonly cellsSavable: number;
  readonly rankOf: (answer: Answer) => number;
  readonly servedMs: (answer: Answer) => number;
  readonly nowMs: number;
}

/** Who wants to get in. */
export interface Newcomer {
  readonly rank: number;
  readonly servedMs: number;
  /** Positions that it may come to need, those that it holds among them. */
  readonly cells: number;
  /** What of it was parked. */
  readonly parked?: Answer | undefined;
}

/** What makes room: whose pause begins, and which of the parked go out of the cache. */
export interface MadeRoom {
  readonly park: readonly Answer[];
  readonly lose: readonly Answer[];
}

/**
 * How room is made for a newcomer; undefined when it has to wait. The youngest of the lowest class below it is parked
 * first, which has the least to go on with; then, of its own class, whoever had his turn and is a turn ahead of it.
 * What is parked keeps its positions, unless somebody more urgent needs them, or they can be saved.
 */
export function makeRoom(room: Room, newcomer: Newcomer): MadeRoom | undefined {
  const { running, rankOf, servedMs, nowMs } = room;
  const parked = room.parked.filter((answer) => answer !== newcomer.parked);
  let slots = room.answersMax - running.length;
  let cells = room.cells - cellsTaken(running, parked);
  let sequences = room.sequencesFree + (room.parked.length - parked.length);
  const fits = () => slots > 0 && cells >= newcomer.cells && sequences > 0;
  const youngestOfLowest = (a: Answer, b: Answer) => rankOf(b) - rankOf(a) || b.order - a.order;

  const below = (answer: Answer) => rankOf(answer) > newcomer.rank;
  const hadTurn = (answer: Answer) =>
    rankOf(answer) === newcomer.rank && nowMs - answer.turnMs >= turnMsMin &&
    servedMs(answer) - newcomer.servedMs >= turnMsMin;
  const park: Answer[] = [];
  const givingWay = [
    ...running.filter(below).sort(youngestOfLowest),
    ...running.filter(hadTurn).sort((a, b) => servedMs(b) - servedMs(a)),
  ];
  for (const answer of givingWay) {
    if (slots > 0 && cells >= newcomer.cells) break;
    park.push(answer);
    slots++;
    cells += needOf(answer.job) - answer.computed;
  }
  const lose: Answer[] = [];
  let savable = room.cellsSavable;
  // Of its own class nobody has to be computed again for it, as long as his state can be saved.
  const losing = [
    ...[...parked, ...park].filter(below).sort(youngestOfLowest),
    ...[...parked, ...park].filter((answer) => !below(answer) && rankOf(answer) === newcomer.rank)
      .sort((a, b) => servedMs(b) - servedMs(a)),
  ];
  for (const answer of losing) {
    if (fits()) break;
    if (!below(answer) && answer.computed > savable) continue;
    savable -= answer.computed;
    lose.push(answer);
    cells += answer.computed;
    sequences++;
  }
  return fits() ? { park, lose } : undefined;
}

/** Positions that are spoken for: all that the running may come to need, and what the parked hold. */
export function cellsTaken(running: readonly Answer[], parked: readonly Answer[]): number {
  return running.reduce((sum, { job }) => sum + needOf(job), 0) +
    parked.reduce((sum, { computed }) => sum + computed, 0);
}
