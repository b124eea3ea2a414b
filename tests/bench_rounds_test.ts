import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { figuresOf, inTurns, ratioRow, roundsNote } from "./bench/inference/rounds.ts";
import type { Contestant } from "./peers/contestant.ts";

const named = (name: string) => ({ name }) as Contestant;
const everybody = [named("this engine"), named("slow"), named("fast")];
const speeds: Readonly<Record<string, number>> = { "this engine": 120, "slow": 30, "fast": 100 };

/** Rounds in which others took so many cores, one round after the other. */
const measured = (others: readonly number[], more: { readonly moreUntilMs?: number } = {}) => {
  const turns: string[] = [];
  const rounds = inTurns(everybody, { least: 5, most: 7, ...more }, ({ name }, round) => {
    turns.push(`${round} ${name}`);
    const othersCores = others[round] ?? 0;
    const speed = (speeds[name] ?? 0) * (othersCores > 0 && name !== "this engine" ? 0.1 : 1);
    return Promise.resolve({ speed, othersCores });
  });
  return rounds.then((rounds) => ({ rounds, turns }));
};

Deno.test("inTurns measures everybody five times, another one first each round", async () => {
  const { rounds, turns } = await measured([]);
  strictEqual(rounds.length, 5);
  deepStrictEqual(turns.slice(0, 7), [
    ...["0 this engine", "0 slow", "0 fast"],
    ...["1 slow", "1 fast", "1 this engine", "2 fast"],
  ]);
});

Deno.test("inTurns makes up for disturbed rounds, which then don't count", async () => {
  const { rounds } = await measured([0, 1.5, 0, 0, 0.4]);
  strictEqual(rounds.length, 7);
  deepStrictEqual(figuresOf(rounds, "fast", ({ speed }) => speed), [100, 100, 100, 100, 100]);
  strictEqual(roundsNote(rounds), "median of 5; 2 more don't count: other programs took up to 1.5 cores");
});

Deno.test("where five undisturbed rounds can't be had, all count, and it is said", async () => {
  const { rounds } = await measured([1, 1, 1, 0, 0, 0, 0]);
  strictEqual(rounds.length, 7);
  strictEqual(figuresOf(rounds, "fast", ({ speed }) => speed).length, 7);
  match(roundsNote(rounds), /^median of 7, DISTURBED: other programs took up to 1\.0 cores in 3 of them$/);
  strictEqual((await measured([1, 1, 1], { moreUntilMs: 0 })).rounds.length, 5);
});

Deno.test("ratioRow compares with the peer that comes nearest, for speeds and for times", async () => {
  const { rounds } = await measured([]);
  const of = { name: "x", rounds, peers: ["slow", "fast"], detail: "" };
  const speed = ratioRow({ ...of, figure: ({ speed }) => speed, goal: { least: 1 } });
  deepStrictEqual([speed.value, speed.ok], [1.2, true]);
  const time = ratioRow({ ...of, figure: ({ speed }) => 1 / speed, goal: { most: 0.5 } });
  deepStrictEqual([time.value, time.ok], [0.833, false]);
});
