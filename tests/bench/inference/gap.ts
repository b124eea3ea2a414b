import type { Contestant, Question } from "../../peers/contestant.ts";
import { quantile, type Row, row } from "../row.ts";
import { watchCores } from "./cores.ts";
import { type Effort, figuresOf, inTurns, type Round, roundsNote, spread, type Turn } from "./rounds.ts";

/** What running answers suffered while a long prompt arrived. */
export interface GapTurn extends Turn {
  /** The longest pause between two tokens of one running answer. */
  readonly gapMs: number;
  /** The long prompt's own time to first token, and its length. */
  readonly firstMs: number;
  readonly promptTokens: number;
  /** Answers that went on until the long prompt's first token. */
  readonly running: number;
}

/** The answers run for so long before the long prompt comes. */
const settledMs = 300;

/** Measures everybody in turns: `running` are answered while `long` arrives, a new one for each round. */
export function gapRounds(
  contestants: readonly Contestant[],
  effort: Effort,
  load: {
    readonly running: readonly Question[];
    readonly tokensMax: number;
    readonly long: (round: number) => Question;
  },
): Promise<readonly Round<GapTurn>[]> {
  return inTurns(contestants, effort, async (contestant, round) => {
    const stop = new AbortController();
    const allBegan = Promise.withResolvers<void>();
    let begun = 0;
    const running = load.running.map((question) =>
      contestant.answer(question, {
        tokensMax: load.tokensMax,
        signal: stop.signal,
        onFirst: () => ++begun === load.running.length && allBegan.resolve(),
      })
    );
    await allBegan.promise;
    await new Promise((resolve) => setTimeout(resolve, settledMs));
    const look = watchCores([contestant.pid, Deno.pid]);
    const long = await contestant.answer(load.long(round), { tokensMax: 2 });
    const { othersCores } = look();
    stop.abort();
    const untilMs = long.timesMs[0] ?? NaN;
    const answers = await Promise.all(running);
    const gaps = answers.flatMap(({ timesMs }) =>
      timesMs.slice(1).map((after, index) => ({ before: timesMs[index]!, after }))
        .filter(({ before, after }) => after > long.startMs && before < untilMs)
        .map(({ before, after }) => after - before)
    );
    return {
      gapMs: Math.max(0, ...gaps),
      firstMs: untilMs - long.startMs,
      promptTokens: long.promptTokens - long.promptReused,
      running: answers.filter(({ timesMs }) => (timesMs.at(-1) ?? 0) >= untilMs).length,
      othersCores,
    };
  });
}

/** The worst gap, with everybody's in the detail. */
export function* gapRows(
  { name, rounds, goalMs, machine }: {
    readonly name: string;
    readonly rounds: readonly Round<GapTurn>[];
    readonly goalMs?: number;
    readonly machine: string;
  },
): Generator<Row> {
  const gap = ({ gapMs }: GapTurn) => gapMs;
  const own = figuresOf(rounds, "this engine", gap);
  const everybody = [...rounds[0]!.keys()].map((contestant) => {
    const median = (figure: (turn: GapTurn) => number) => quantile(figuresOf(rounds, contestant, figure), 0.5);
    return `${contestant} ${spread(figuresOf(rounds, contestant, gap))}, the prompt of ${
      median(({ promptTokens }) => promptTokens)
    } took ${Math.round(median(({ firstMs }) => firstMs))}, ${median(({ running }) => running)} answers went on`;
  });
  yield row({
    name,
    value: quantile(own, 0.5),
    unit: "ms",
    ...(goalMs === undefined ? {} : { goal: { most: goalMs } }),
    detail: `longest gap of an answer; ${everybody.join("; ")}; ${roundsNote(rounds)}; ${machine}`,
  });
}
