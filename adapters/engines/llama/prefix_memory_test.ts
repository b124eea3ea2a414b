import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../../../tests/seeded.ts";
import { type CellKind, createCellBooks } from "../../../tests/simulator/cell_books.ts";
import { type Asked, createPrefixMemory, type History } from "./prefix_memory.ts";
import { prefixesMax } from "./sequences.ts";
import { commonLength } from "./prefix_tree.ts";

/** Sequences of those that run; the memory's are above them. */
const runningMax = 3;

/** A running sequence of the stand. */
interface Running {
  readonly job: Asked;
  readonly sequence: number;
  readonly tokens: number[];
  computed: number;
}

function createStand(kind: CellKind, cellsMax: number, random: () => number = () => 1) {
  const dropped: History[] = [];
  const books = createCellBooks({ cellsMax: 2_000, kind, forgets: () => random() < 0.3 });
  const memory = createPrefixMemory({
    context: books.context,
    sequenceFirst: runningMax,
    cellsMax,
    dropping: (history) => void dropped.push(history),
  });
  const running: Running[] = [];
  return {
    books,
    memory,
    dropped,
    running,
    begin(job: Asked): number {
      const sequence = [0, 1, 2].find((free) => running.every((one) => one.sequence !== free))!;
      const computed = memory.share(job, sequence, running);
      running.push({ job, sequence, tokens: [...job.prompt.tokens], computed });
      return computed;
    },
    /** Computes so many tokens, and those of an answer once the prompt is read. */
    compute(one: Running, count: number, answer: () => number): void {
      const left = one.job.prompt.tokens.length - one.computed;
      if (left <= 0) one.tokens.push(answer());
      const step = Math.min(left <= 0 ? 1 : left, count, memory.stepMax(one.job, one.computed));
      books.beginStep();
      for (let index = 0; index < step; index++, one.computed++) {
        books.write(one.sequence, one.computed, one.tokens[one.computed]!);
      }
      memory.computed(one);
    },
    end(one: Running, keeps: boolean): void {
      memory.leave(one, keeps);
      books.context.cut(one.sequence, 0);
      running.splice(running.indexOf(one), 1);
    },
  };
}

const prompt = (stable: readonly number[], rest: readonly number[]): Asked["prompt"] => ({
  tokens: [...stable, ...rest],
  stableCount: stable.length,
});
const range = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);

Deno.test("createPrefixMemory() keeps no history of a request that has no conversation", () => {
  const stand = createStand("attention", 500);
  stand.begin({ prompt: prompt(range(0, 10), range(100, 20)) });
  stand.compute(stand.running[0]!, 30, () => 1);
  stand.end(stand.running[0]!, true);
  strictEqual(stand.memory.cells, 10);
  strictEqual(stand.begin({ prompt: prompt(range(0, 10), range(100, 20)) }), 10);
});

Deno.test("createPrefixMemory() lets those with a conversation share nothing with those without one", () => {
  const stand = createStand("attention", 500);
  stand.begin({ prompt: prompt(range(0, 10), range(100, 20)), conversation: "a" });
  stand.compute(stand.running[0]!, 30, () => 1);
  strictEqual(stand.begin({ prompt: prompt(range(0, 10), range(100, 20)) }), 0);
  strictEqual(stand.begin({ prompt: prompt(range(0, 10), range(100, 20)), conversation: "b" }), 10);
});

Deno.test("createPrefixMemory() counts cells that several share once", () => {
  const stand = createStand("attention", 500);
  for (const conversation of ["a", "b", "c"]) {
    stand.begin({ prompt: prompt(range(0, 100), range(200, 5)), conversation });
    const [one] = stand.running;
    for (let step = 0; step < 12; step++) stand.compute(one!, 20, () => 7);
    stand.end(one!, true);
  }
  // 100 that all begin with, and what they say after it, which happens to be the same.
  strictEqual(stand.memory.cells, stand.books.taken());
  ok(stand.memory.cells < 120, `${stand.memory.cells}`);
});

Deno.test("createPrefixMemory() keeps nothing that is longer than all it may keep", () => {
  const stand = createStand("attention", 50);
  stand.begin({ prompt: prompt(range(0, 60), range(200, 5)), conversation: "a" });
  stand.compute(stand.running[0]!, 65, () => 7);
  stand.end(stand.running[0]!, true);
  strictEqual(stand.memory.cells, 0);
  strictEqual(stand.books.taken(), 0);
});

for (const kind of ["attention", "window", "whole"] as const) {
  Deno.test(`createPrefixMemory() goes on from a state that was put back, where a model remembers ${kind}`, () => {
    const before = createStand(kind, 500);
    const asked: Asked = { prompt: prompt(range(0, 10), range(100, 20)), conversation: "a" };
    before.begin(asked);
    for (let step = 0; step < 8; step++) before.compute(before.running[0]!, 20, () => 1_000 + step);
    before.end(before.running[0]!, true);
    const [history] = before.memory.unsaved();
    ok(history?.conversation === "a");
    const state = before.books.context.stateOf(history.sequence);
    before.memory.saved(history.sequence);
    deepStrictEqual(before.memory.unsaved(), []);

    const after = createStand(kind, 500);
    ok(after.memory.restore(history, state));
    strictEqual(after.memory.cells, history.tokens.length);
    deepStrictEqual(after.memory.unsaved(), []);
    const next: Asked = { ...asked, prompt: prompt(range(0, 10), [...history.tokens.slice(10), 5, 6, 7]) };
    strictEqual(after.begin(next), history.tokens.length);
    after.compute(after.running[0]!, 20, () => 1);
    strictEqual(after.memory.restore({ ...history, tokens: [1, 2] }, state), false);
  });
}

// Goal: whoever comes and goes, what is shared is right, nobody's but his own, and no more than what is counted for;
// and what is given up is what was used least recently.
for (const kind of ["attention", "window", "whole"] as const) {
  seeded(`createPrefixMemory() shares and counts rightly where a model remembers ${kind}`, (random) => {
    const whole = (below: number) => Math.floor(random() * below);
    const cellsMax = 60 + whole(200);
    const stand = createStand(kind, cellsMax, random);
    const { memory, books, running, dropped } = stand;
    /** What of conversations is kept, the least recently used first. */
    let histories: History[] = [];
    const said = new Map<string, number[]>();
    /** All that was ever asked and said in a conversation. */
    const texts = new Map<string, (readonly number[])[]>();
    const noteDropped = () => {
      for (const { conversation } of dropped.splice(0)) {
        strictEqual(histories[0]?.conversation, conversation, "what was used later was given up");
        histories = histories.slice(1);
      }
    };
    for (let step = 0; step < 60; step++) {
      const one = running[whole(running.length)];
      const what = random();
      if (running.length < runningMax && what < 0.3) {
        const conversation = random() < 0.7 ? `c${whole(4)}` : undefined;
        const before = said.get(conversation ?? "") ?? [];
        const stable = range(1_000 * whole(2), 5 + whole(2) * 10);
        const history = commonLength(before, stable, stable.length) === stable.length
          ? before.slice(stable.length)
          : [];
        const job = {
          prompt: prompt(stable, [...history, ...range(10 + whole(3), 1 + whole(20))]),
          ...(conversation === undefined ? {} : { conversation }),
        };
        const reused = stand.begin(job);
        deepStrictEqual(books.tokensOf(running.at(-1)!.sequence), job.prompt.tokens.slice(0, reused));
        ok(reused < job.prompt.tokens.length);
        const own = histories.find((kept) => kept.conversation === conversation);
        const most = job.prompt.tokens.length - 1;
        const length = own === undefined
          ? 0
          : commonLength(own.tokens, job.prompt.tokens, Math.min(most, own.tokens.length));
        if (kind === "attention") ok(reused >= length, "what is kept wasn't found");
        const mine = conversation === undefined ? [] : texts.get(conversation) ?? [];
        const isMine = [...mine, range(0, 15), range(1_000, 15)].some((tokens) =>
          commonLength(tokens, job.prompt.tokens, reused) === reused
        );
        ok(isMine, "somebody else's history");
        if (conversation !== undefined) texts.set(conversation, [...mine, running.at(-1)!.tokens]);
        if (own !== undefined) histories = [...histories.filter((kept) => kept !== own), own];
      } else if (one !== undefined && what < 0.85) {
        stand.compute(one, 1 + whole(12), () => 5_000 + whole(50));
      } else if (one !== undefined) {
        const keeps = random() < 0.8;
        const { conversation } = one.job;
        stand.end(one, keeps);
        if (keeps && conversation !== undefined) {
          const tokens = one.tokens.slice(0, one.computed);
          said.set(conversation, tokens);
          if (tokens.length > one.job.prompt.stableCount) {
            histories = histories.filter((kept) => kept.conversation !== conversation);
            if (tokens.length <= cellsMax) histories.push({ conversation, tokens, sequence: -1 });
          }
        }
      }
      noteDropped();
      const kept = memory.unsaved();
      deepStrictEqual(kept.map(({ tokens }) => tokens), histories.map(({ tokens }) => tokens));
      const own = running.reduce((sum, { sequence, computed }) => sum + computed - memory.sharedBy(sequence), 0);
      ok(books.taken() <= memory.cells + own, `${books.taken()} cells, counted ${memory.cells} and ${own}`);
      const shared = running.reduce((sum, { sequence }) => sum + memory.sharedBy(sequence), 0);
      ok(memory.cells <= cellsMax + shared);
    }
    for (const one of [...running]) stand.end(one, false);
    ok(books.taken() <= memory.cells && memory.cells <= cellsMax);
    if (kind === "attention") strictEqual(memory.cells, books.taken());
    for (let count = 0; memory.dropOldest(); count++) ok(count < prefixesMax);
    strictEqual(memory.cells, 0);
    strictEqual(books.taken(), 0);
  });
}
