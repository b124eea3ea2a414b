import type { Contestant, Question } from "../../peers/contestant.ts";
import { quantile, type Row, row } from "../row.ts";
import { watchCores } from "./cores.ts";
import { type Effort, figuresOf, inTurns, ratioRow, type Round, roundsNote, spread, type Turn } from "./rounds.ts";

/** How long a prompt took to its first token. */
export interface FirstTokenTurn extends Turn {
  readonly firstMs: number;
  /** Tokens of the prompt that were computed for it. */
  readonly promptNew: number;
}

/**
 * Measures everybody in turns.
 *
 * @param question A new one for each round; what it shares with the one before decides what is computed.
 */
export function firstTokenRounds(
  contestants: readonly Contestant[],
  effort: Effort,
  question: (round: number) => Question,
): Promise<readonly Round<FirstTokenTurn>[]> {
  return inTurns(contestants, effort, async (contestant, round) => {
    const look = watchCores([contestant.pid, Deno.pid]);
    const answer = await contestant.answer(question(round), { tokensMax: 4 });
    return {
      firstMs: (answer.timesMs[0] ?? NaN) - answer.startMs,
      promptNew: answer.promptTokens - answer.promptReused,
      othersCores: look().othersCores,
    };
  });
}

/** Time to first token, and its ratio to llama.cpp's server. */
export function* firstTokenRows(
  { name, ratio, rounds, goalMs, what, machine }: {
    readonly name: string;
    readonly ratio: string;
    readonly rounds: readonly Round<FirstTokenTurn>[];
    readonly goalMs?: number;
    readonly what: string;
    readonly machine: string;
  },
): Generator<Row> {
  const first = ({ firstMs }: FirstTokenTurn) => firstMs;
  const own = figuresOf(rounds, "this engine", first);
  const has = (peer: string) => rounds.every((turns) => turns.has(peer));
  const computed = (name: string) => quantile(figuresOf(rounds, name, ({ promptNew }) => promptNew), 0.5);
  const others = has("node-llama-cpp")
    ? `; node-llama-cpp ${spread(figuresOf(rounds, "node-llama-cpp", first))}, ${computed("node-llama-cpp")} new tokens`
    : "";
  yield row({
    name,
    value: quantile(own, 0.5),
    unit: "ms",
    ...(goalMs === undefined ? {} : { goal: { most: goalMs } }),
    detail: `${spread(own)}; ${what}, ${computed("this engine")} new tokens${others}; ${
      roundsNote(rounds)
    }; ${machine}`,
  });
  if (!has("llama-server")) return;
  yield ratioRow({
    name: ratio,
    rounds,
    peers: ["llama-server"],
    figure: first,
    goal: { most: 1 },
    detail: `ms; ${what}; llama-server computed ${computed("llama-server")} new tokens; ${machine}`,
  });
}
