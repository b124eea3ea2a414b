import type { Contestant } from "../../peers/contestant.ts";
import { quantile, type Row, row } from "../row.ts";

/** How often is measured. */
export interface Effort {
  /** So many rounds at least, and as many in which no other program took the cores, if `most` rounds have them. */
  readonly least: number;
  readonly most: number;
  /** By `performance.now()`: later than this, `least` rounds are enough. Default: never. */
  readonly moreUntilMs?: number;
}

/** Medians of five and more; and one round, which only shows that everything runs. */
export const efforts = { whole: { least: 5, most: 7 }, rough: { least: 1, most: 1 } } as const;

/** What one contestant did in one round. */
export interface Turn {
  /** Cores that other programs used meanwhile. */
  readonly othersCores: number;
}

/** One round: what each contestant did in it, by name. */
export type Round<T extends Turn> = ReadonlyMap<string, T>;

/** From here on other programs change what is measured. */
const disturbedCores = 0.15;

/** Everybody in turns, in another order each round. */
export async function inTurns<T extends Turn>(
  contestants: readonly Contestant[],
  effort: Effort,
  measure: (contestant: Contestant, round: number) => Promise<T>,
): Promise<readonly Round<T>[]> {
  const { least, most, moreUntilMs = Infinity } = effort;
  const rounds: Round<T>[] = [];
  const wantsMore = () => quiet(rounds).length < least && rounds.length < most && performance.now() < moreUntilMs;
  while (rounds.length < least || wantsMore()) {
    const first = rounds.length % contestants.length;
    const turns = new Map<string, T>();
    for (const contestant of [...contestants.slice(first), ...contestants.slice(0, first)]) {
      turns.set(contestant.name, await measure(contestant, rounds.length));
    }
    rounds.push(turns);
  }
  return rounds;
}

function quiet<T extends Turn>(rounds: readonly Round<T>[]): Round<T>[] {
  return rounds.filter((turns) => [...turns.values()].every(({ othersCores }) => othersCores < disturbedCores));
}

/** The rounds that count: those that nothing disturbed if they are five or more, else all. */
function counted<T extends Turn>(rounds: readonly Round<T>[]): readonly Round<T>[] {
  const undisturbed = quiet(rounds);
  return undisturbed.length >= efforts.whole.least ? undisturbed : rounds;
}

/** How many rounds there were, and in which of them other programs took the cores. */
export function roundsNote<T extends Turn>(rounds: readonly Round<T>[]): string {
  const used = counted(rounds).length;
  const disturbed = rounds.length - quiet(rounds).length;
  if (disturbed === 0) return `median of ${used}`;
  const most = Math.max(...rounds.flatMap((turns) => [...turns.values()].map(({ othersCores }) => othersCores)));
  const what = `other programs took up to ${most.toFixed(1)} cores`;
  return used === rounds.length
    ? `median of ${used}, DISTURBED: ${what} in ${disturbed} of them`
    : `median of ${used}; ${disturbed} more don't count: ${what}`;
}

/** Each round's figure of one contestant. */
export function figuresOf<T extends Turn>(
  rounds: readonly Round<T>[],
  name: string,
  figure: (turn: T) => number,
): number[] {
  return counted(rounds).flatMap((turns) => {
    const turn = turns.get(name);
    return turn === undefined ? [] : [figure(turn)];
  });
}

/** The median and the range of one contestant's figures: `12.3 (10.1 to 14.2)`. */
export function spread(figures: readonly number[]): string {
  const short = (value: number) => `${Number(value.toPrecision(3))}`;
  return `${short(quantile(figures, 0.5))} (${short(Math.min(...figures))} to ${short(Math.max(...figures))})`;
}

/**
 * The median of this engine's figure over a peer's, each of one round. With several peers: over the one of each round
 * that comes nearest.
 */
export function ratioRow<T extends Turn>(
  { name, rounds, peers, figure, goal, detail }: {
    readonly name: string;
    readonly rounds: readonly Round<T>[];
    readonly peers: readonly string[];
    readonly figure: (turn: T) => number;
    readonly goal?: { readonly most: number } | { readonly least: number };
    readonly detail: string;
  },
): Row {
  const own = figuresOf(rounds, "this engine", figure);
  const theirs = peers.map((peer) => figuresOf(rounds, peer, figure));
  const nearest = goal !== undefined && "most" in goal ? Math.max : Math.min;
  const ratios = own.map((value, round) => nearest(...theirs.map((figures) => value / (figures[round] ?? NaN))));
  const beside = peers.map((peer, index) => `${peer} ${spread(theirs[index]!)}`).join(", ");
  return row({
    name,
    value: quantile(ratios, 0.5),
    unit: "x",
    ...(goal === undefined ? {} : { goal }),
    detail: `${spread(own)} beside ${beside}; ratios ${spread(ratios)}; ${roundsNote(rounds)}; ${detail}`,
  });
}
