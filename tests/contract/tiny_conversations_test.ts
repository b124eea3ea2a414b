/**
 * Conversations over llama.cpp itself, in this process, with a tiny model for each way in which it remembers: an answer is
 * the same with its history kept, put back from a state, and computed again.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { createBatching } from "../../adapters/engines/llama/batching.ts";
import type { Job } from "../../adapters/engines/llama/job.ts";
import { createParkedStates } from "../../adapters/engines/llama/parked_states.ts";
import { createPrefixMemory } from "../../adapters/engines/llama/prefix_memory.ts";
import { sequencesInAll, sequencesOf } from "../../adapters/engines/llama/sequences.ts";
import { priorities } from "../../core/priority.ts";
import { seededRandom } from "../seeded.ts";
import { type TinyKind, tinyVocabulary } from "../tiny_models.ts";
import { rowsMax, type TinyStand, withTinyModel } from "./tiny_stand.ts";

const answersMax = 2;
const size = { cells: 512, sequences: sequencesInAll(answersMax) };

/** A process that answers: batching over a context, greedy. */
function createAnswerer({ context, batch, logitsOf }: TinyStand) {
  const prefixes = createPrefixMemory({ context, sequenceFirst: sequencesOf(answersMax), cellsMax: 256 });
  let restored = 0;
  const states = createParkedStates({
    stateOf: context.stateOf,
    restore(sequence, state, count) {
      const isRestored = context.restore(sequence, state, count);
      if (isRestored) restored++;
      return isRestored;
    },
  }, { bytesMax: 10e6, cellBytes: 1_000 });
  const batching = createBatching({
    context,
    prefixes,
    states,
    batch,
    pace: { rows: () => rowsMax - answersMax, measured: () => {}, brokenOff: () => {} },
    vocabulary: { pieceOf: (token) => new TextEncoder().encode(`${token} `), isEnd: () => false, tokenize: () => [] },
    createSampler: () => ({
      sample(_, row) {
        const logits = logitsOf(row);
        return logits.reduce((best, value, token) => value > logits[best]! ? token : best, 0);
      },
      hold: () => true,
      free: () => {},
    }),
    describe: () => {
      throw new Error("nobody asks for probabilities");
    },
    answersMax,
    cells: size.cells,
    nowMs: () => 0,
  });
  return {
    batching,
    prefixes,
    /** Parked answers that came back from bytes. */
    restored: () => restored,
    /** Answers jobs side by side: the tokens of each, and how much of its prompt was taken from before. */
    answer(...jobs: readonly Job[]) {
      const answers = new Map(jobs.map(({ id }) => [id, { reused: 0, tokens: [] as number[] }]));
      for (const job of jobs) batching.add(job);
      while (batching.busy) {
        for (const event of batching.step()) {
          const answer = answers.get(event.id)!;
          if (event.kind === "started") answer.reused = event.promptReused;
          else if (event.kind === "text") answer.tokens.push(...event.text.trim().split(" ").map(Number));
          else ok(event.kind === "end", JSON.stringify(event));
        }
      }
      return jobs.map(({ id }) => answers.get(id)!);
    },
  };
}

function text(length: number, run: number): number[] {
  const random = seededRandom({ seed: 11, run });
  return Array.from({ length }, () => Math.floor(random() * tinyVocabulary));
}

const system = text(37, 0);
let ids = 0;
/** Of each model. */
const requests = Deno.env.get("CLAWDBOT_TEST_LONG") === "1" ? 1_000 : 250;
const ask = (conversation: string | undefined, tokens: readonly number[]): Job => ({
  id: ++ids,
  priority: "conversation",
  ...(conversation === undefined ? {} : { conversation }),
  prompt: { tokens: [...system, ...tokens], stableCount: system.length },
  tokensMax: 8,
  sampling: {},
  stop: [],
});

for (const kind of ["attention", "window", "recurrent", "hybrid"] satisfies TinyKind[]) {
  Deno.test(`a conversation of the model ${kind} says the same kept, put back, and computed again`, () =>
    withTinyModel(kind, size, (stand, another) => {
      const first = text(41, 1);
      const next = text(9, 2);
      const kept = createAnswerer(stand);
      const [before] = kept.answer(ask("c", first));
      const second = [...first, ...before!.tokens, ...next];
      const [history] = kept.prefixes.unsaved();
      ok(history?.conversation === "c");
      const state = stand.context.stateOf(history.sequence);

      const [goesOn] = kept.answer(ask("c", second));
      const [fresh] = createAnswerer(another()).answer(ask("c", second));
      const restored = createAnswerer(another());
      ok(restored.batching.restore(history, state));
      const [comesBack] = restored.answer(ask("c", second));

      deepStrictEqual(goesOn!.tokens, fresh!.tokens);
      deepStrictEqual(comesBack!.tokens, fresh!.tokens);
      strictEqual(fresh!.reused, 0);
      // All but the last token of the answer, which was given out and not computed.
      strictEqual(goesOn!.reused, system.length + second.length - next.length - 1);
      strictEqual(comesBack!.reused, goesOn!.reused);
    }));

  Deno.test(`many conversations of the model ${kind} share what they begin with, and no more`, () =>
    withTinyModel(kind, size, (stand, another) => {
      const one = createAnswerer(stand);
      const jobs = Array.from({ length: 6 }, (_, index) => ask(`c${index}`, text(20, 20 + index)));
      const answers = one.answer(...jobs);
      const alone = createAnswerer(another());
      for (const [index, job] of jobs.entries()) {
        const [fresh] = alone.answer({ ...job, id: ++ids });
        deepStrictEqual(answers[index]!.tokens, fresh!.tokens);
        ok(answers[index]!.reused <= system.length);
      }
      // The first computes it, and whoever comes at the same time waits for that.
      deepStrictEqual(answers.map(({ reused }) => reused), [0, ...Array(5).fill(system.length)]);
      ok(one.prefixes.cells <= 256);
    }));

  for (const [how, length] of [["keep their sequences", 30], ["leave the cache", 330]] as const) {
    Deno.test(`answers of the model ${kind} that an alarm parks ${how} and go on token for token`, () =>
      withTinyModel(kind, size, (stand, another) => {
        const jobs = [1, 2].map((run): Job => ({ ...ask(undefined, text(20, run)), tokensMax: 60 }));
        const alarm: Job = { ...ask(undefined, text(length, 3)), priority: "alarm" };
        const one = createAnswerer(stand);
        const said = new Map<number, string>();
        const order: number[] = [];
        for (const job of jobs) one.batching.add(job);
        for (let steps = 0; one.batching.busy; steps++) {
          if (steps === 20) one.batching.add(alarm);
          for (const event of one.batching.step()) {
            if (event.kind === "text") said.set(event.id, (said.get(event.id) ?? "") + event.text);
            if (event.kind === "end") order.push(event.id);
          }
        }
        strictEqual(order[0], alarm.id);
        strictEqual(one.restored() > 0, how === "leave the cache");
        for (const job of [...jobs, alarm]) {
          const [alone] = createAnswerer(another()).answer({ ...job, id: ++ids });
          deepStrictEqual(said.get(job.id)?.trim().split(" ").map(Number), alone!.tokens);
        }
      }));
  }

  // Goal: a thousand requests to four models leave no sequence, and change no answer. Method: llama.cpp itself is asked
  // what its sequences hold.
  Deno.test(`aborted and overlapping requests to the model ${kind} leave no sequence, and change no answer`, () =>
    withTinyModel(kind, size, (stand, another) => {
      const random = seededRandom({ seed: 16, run: 1 });
      const whole = (below: number) => Math.floor(random() * below);
      const one = createAnswerer(stand);
      const open = new Set<number>();
      for (let asked = 0; asked < requests || one.batching.busy;) {
        while (asked < requests && open.size < 12 && random() < 0.7) {
          const conversation = whole(2) === 0 ? undefined : `c${whole(4)}`;
          const priority = priorities[whole(8)] ?? "conversation";
          const job = {
            ...ask(conversation, text(1 + whole(whole(5) === 0 ? 330 : 60), asked)),
            priority,
            tokensMax: 1 + whole(30),
          };
          one.batching.add(job);
          open.add(job.id);
          asked++;
        }
        for (const { kind, id } of one.batching.step()) {
          ok(kind !== "failed");
          if (kind === "end") open.delete(id);
        }
        const [oldest] = open;
        if (oldest === undefined || random() >= 0.2) continue;
        ok(one.batching.cancel(oldest)?.kind === "end");
        open.delete(oldest);
      }
      const answering = Array.from({ length: sequencesOf(answersMax) }, (_, sequence) => stand.lengthOf(sequence));
      deepStrictEqual(answering, answering.map(() => 0));
      for (let run = 0; run < 3; run++) {
        const tokens = text(30, 5_000 + run);
        const [used] = one.answer(ask(undefined, tokens));
        const [fresh] = createAnswerer(another()).answer(ask(undefined, tokens));
        deepStrictEqual(used!.tokens, fresh!.tokens);
      }
      while (one.prefixes.dropOldest());
      const kept = Array.from({ length: size.sequences }, (_, sequence) => stand.lengthOf(sequence));
      deepStrictEqual(kept, kept.map(() => 0));
    }));
}
