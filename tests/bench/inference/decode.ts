import type { Contestant, Question } from "../../peers/contestant.ts";
import { type Row, row } from "../row.ts";
import { watchCores } from "./cores.ts";
import { type Effort, figuresOf, inTurns, ratioRow, type Round, roundsNote, spread, type Turn } from "./rounds.ts";
import { quantile } from "../row.ts";

/** How fast so many answers went on together, from when the last of them had begun until the first of them ended. */
export interface DecodeTurn extends Turn {
  /** All answers together. */
  readonly tokensPerSecond: number;
  /** Processor time of the process that computes. */
  readonly cpuMsPerToken: number;
}

/** How much is computed in one measurement. */
export interface DecodeLoad {
  /** Answers at once. */
  readonly count: number;
  /** Of each answer. */
  readonly tokens: number;
  /** Beside which other programs, on purpose. */
  readonly beside?: readonly number[];
}

/** What collapses beside other programs isn't waited for: that much for the beginnings, and for what is measured. */
const beginMsMax = 20_000;
const windowMsMax = 6_000;

/** Measures one contestant once. */
export async function decodeTurn(
  contestant: Contestant,
  questions: readonly Question[],
  { count, tokens, beside = [] }: DecodeLoad,
): Promise<DecodeTurn> {
  const own = [contestant.pid, Deno.pid, ...beside];
  const stop = new AbortController();
  let timer = setTimeout(() => stop.abort(), beginMsMax);
  let begun = 0;
  let look: ReturnType<typeof watchCores> | undefined;
  let used: ReturnType<ReturnType<typeof watchCores>> | undefined;
  const fromStart = watchCores(own);
  const answers = await Promise.all(
    questions.slice(0, count).map(async (question) => {
      const answer = await contestant.answer(question, {
        tokensMax: tokens,
        signal: stop.signal,
        onFirst() {
          if (++begun < count) return;
          look = watchCores(own);
          clearTimeout(timer);
          timer = setTimeout(() => stop.abort(), windowMsMax);
        },
      });
      used ??= look?.();
      return answer;
    }),
  );
  clearTimeout(timer);
  const fromMs = Math.max(...answers.map(({ timesMs }) => timesMs[0] ?? Infinity));
  const untilMs = Math.min(...answers.map(({ timesMs }) => timesMs.at(-1) ?? 0));
  const all = answers.flatMap(({ timesMs }) => timesMs);
  if (used === undefined || !(untilMs > fromMs)) {
    // Not all of them had begun when time was up: what there was, over the whole time.
    const { tookMs, ownMs, othersCores } = fromStart();
    const texts = Math.max(1, all.length);
    return { tokensPerSecond: texts / tookMs * 1_000, cpuMsPerToken: (ownMs[0] ?? 0) / texts, othersCores };
  }
  const texts = all.filter((ms) => ms > fromMs && ms <= untilMs).length;
  return {
    tokensPerSecond: texts / (untilMs - fromMs) * 1_000,
    cpuMsPerToken: (used.ownMs[0] ?? 0) / texts,
    othersCores: used.othersCores,
  };
}

/** Measures everybody in turns. */
export function decodeRounds(
  contestants: readonly Contestant[],
  effort: Effort,
  questions: readonly Question[],
  load: DecodeLoad,
): Promise<readonly Round<DecodeTurn>[]> {
  return inTurns(contestants, effort, (contestant) => decodeTurn(contestant, questions, load));
}

const speed = ({ tokensPerSecond }: DecodeTurn) => tokensPerSecond;

/** Speed and processor time alone, and the ratios to the peers that were there. */
export function* decodeRows(
  model: string,
  count: number,
  rounds: readonly Round<DecodeTurn>[],
  machine: string,
): Generator<Row> {
  const own = figuresOf(rounds, "this engine", speed);
  yield row({
    name: `decode.${model}.${count}`,
    value: quantile(own, 0.5),
    unit: "tokens/s",
    detail: `${spread(own)}; all answers together; ${roundsNote(rounds)}; ${machine}`,
  });
  const has = (peer: string) => rounds.every((turns) => turns.has(peer));
  const detail = `tokens/s of ${count} together; ${machine}`;
  const ratio = { rounds, figure: speed, detail };
  if (has("llama-server")) {
    yield ratioRow({ ...ratio, name: `decode.ratio.${model}.${count}`, peers: ["llama-server"], goal: { least: 1 } });
  }
  if (has("node-llama-cpp")) {
    const name = `decode.ratio.node.${model}.${count}`;
    yield ratioRow({ ...ratio, name, peers: ["node-llama-cpp"], goal: { least: 1.3 } });
  }
  const cpu = ({ cpuMsPerToken }: DecodeTurn) => cpuMsPerToken;
  const peers = ["llama-server", "node-llama-cpp"].filter(has)
    .map((peer) => `, ${peer} ${spread(figuresOf(rounds, peer, cpu))}`);
  yield row({
    name: `cpu.token.${model}.${count}`,
    value: quantile(figuresOf(rounds, "this engine", cpu), 0.5) / 1_000,
    unit: "s",
    detail: `processor seconds a token of the process that computes; in ms ${
      spread(figuresOf(rounds, "this engine", cpu))
    }${peers.join("")}; ${roundsNote(rounds)}; ${machine}`,
  });
}

/** The same beside busy loops: how many times faster than the better of the peers. */
export function* contendedRows(
  model: string,
  count: number,
  rounds: readonly Round<DecodeTurn>[],
  machine: string,
): Generator<Row> {
  const own = figuresOf(rounds, "this engine", speed);
  yield row({
    name: `decode.${model}.${count}.contended`,
    value: quantile(own, 0.5),
    unit: "tokens/s",
    detail: `${spread(own)} beside 2 busy loops; ${roundsNote(rounds)}; ${machine}`,
  });
  const peers = ["llama-server", "node-llama-cpp"].filter((peer) => rounds.every((turns) => turns.has(peer)));
  if (peers.length === 0) return;
  const which = model === "small" && count === 1 ? "" : `.${model}.${count}`;
  yield ratioRow({
    name: `decode.contended.ratio${which}`,
    rounds,
    peers,
    figure: speed,
    goal: { least: 5 },
    detail: `tokens/s of ${count} together beside 2 busy loops; ${machine}`,
  });
}
