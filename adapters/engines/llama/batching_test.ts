import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../../../tests/seeded.ts";
import type { Batch } from "./batch.ts";
import { createBatching, type Job, type JobEvent } from "./batching.ts";
import type { StepResult } from "./context.ts";
import type { Pointer } from "./binding.ts";
import { prefixesMax } from "./prefix_memory.ts";

const endToken = 1;
const answersMax = 3;
const cells = 400;
const rowsMax = 32;

/**
 * A cache that keeps books instead of computing: which token stands at which position of which sequence. The token
 * after a row is a function of everything before it in its sequence, so an answer shows whether the books are right.
 */
function createStand(next: () => StepResult["kind"] = () => "done") {
  const sequences = new Map<number, number[]>();
  let rows: { token: number; position: number; sequence: number; wantsLogits: boolean }[] = [];
  const batch: Batch = {
    struct: new Uint8Array(0),
    get rows() {
      return rows.length;
    },
    clear() {
      rows = [];
    },
    put(token, position, sequence, wantsLogits) {
      ok(rows.length < rowsMax + answersMax);
      return rows.push({ token, position, sequence, wantsLogits }) - 1;
    },
  };
  const tokensOf = (sequence: number) => sequences.get(sequence) ?? [];
  let computed = 0;
  let samplers = 0;
  const batching = createBatching({
    context: {
      pointer: {} as Pointer,
      divisible: true,
      decode() {
        const kind = next();
        if (kind === "failed") return { kind, code: -1 };
        if (kind === "no_room") return { kind };
        // A step that was broken off may have written some of its rows.
        const written = kind === "broken_off" ? rows.slice(0, rows.length / 2) : rows;
        for (const { token, position, sequence } of written) {
          const tokens = tokensOf(sequence);
          strictEqual(position, tokens.length, `sequence ${sequence} has a hole`);
          sequences.set(sequence, [...tokens, token]);
        }
        if (kind === "broken_off") return { kind };
        computed += rows.length;
        ok([...sequences.values()].reduce((sum, tokens) => sum + tokens.length, 0) <= cells * 2);
        return { kind: "done", tookMs: rows.length };
      },
      cut(sequence, from) {
        sequences.set(sequence, tokensOf(sequence).slice(0, from));
        return true;
      },
      share(from, to, count) {
        ok(tokensOf(from).length >= count && tokensOf(to).length === 0);
        sequences.set(to, tokensOf(from).slice(0, count));
      },
    },
    batch,
    pace: { rows: () => rowsMax, measured: () => {}, brokenOff: () => {} },
    vocabulary: {
      pieceOf: (token) => new TextEncoder().encode(`${token} `),
      isEnd: (token) => token === endToken,
      tokenize: () => [],
    },
    createSampler: () => {
      samplers++;
      return {
        sample(_, row) {
          const at = rows[row];
          ok(at?.wantsLogits);
          return nextToken(tokensOf(at.sequence).slice(0, at.position + 1));
        },
        hold: (gbnf) => gbnf !== "refused",
        free: () => void samplers--,
      };
    },
    describe: (_, token, alternativesMax) => ({ text: `${token} `, bytes: [], logprob: -alternativesMax, top: [] }),
    answersMax,
    cells,
  });
  return {
    batching,
    computed: () => computed,
    samplers: () => samplers,
    /** Positions that answers hold; prefixes are above them. */
    held: () => Array.from({ length: answersMax }, (_, sequence) => tokensOf(sequence).length),
    prefixes: () =>
      Array.from({ length: prefixesMax }, (_, index) => tokensOf(answersMax + index)).filter(({ length }) =>
        length > 0
      ),
  };
}

function nextToken(tokens: readonly number[]): number {
  return tokens.reduce((hash, token) => (hash * 31 + token) % 97, 7) + 1;
}

/** What a job must say when nobody is beside it. */
function expected({ prompt, tokensMax }: Job): string {
  const tokens = [...prompt.tokens];
  let text = "";
  for (let count = 0; count < tokensMax; count++) {
    const token = nextToken(tokens);
    if (token === endToken) break;
    text += `${token} `;
    tokens.push(token);
  }
  return text;
}

function job(id: number, system: number, length: number, tokensMax: number): Job {
  const stable = Array.from({ length: 20 }, (_, index) => 1_000 * system + index);
  const own = Array.from({ length }, (_, index) => 100 * id + index);
  return {
    id,
    priority: "conversation",
    prompt: { tokens: [...stable, ...own], stableCount: 20 },
    tokensMax,
    sampling: {},
    stop: [],
  };
}

function runAll(batching: ReturnType<typeof createStand>["batching"], stepsMax = 5_000): Map<number, JobEvent[]> {
  const events = new Map<number, JobEvent[]>();
  for (let steps = 0; batching.busy; steps++) {
    ok(steps < stepsMax, "batching never ends");
    for (const event of batching.step()) events.set(event.id, [...events.get(event.id) ?? [], event]);
  }
  return events;
}

function textOf(events: readonly JobEvent[] | undefined): string {
  return (events ?? []).map((event) => event.kind === "text" ? event.text : "").join("");
}

Deno.test("createBatching() computes what prompts begin with once", () => {
  const stand = createStand();
  for (let id = 1; id <= 6; id++) stand.batching.add(job(id, 1, 5, 4));
  const events = runAll(stand.batching);
  for (let id = 1; id <= 6; id++) {
    const [started] = events.get(id) ?? [];
    ok(started?.kind === "started");
    strictEqual(started.promptReused, id === 1 ? 0 : 20);
    strictEqual(textOf(events.get(id)), expected(job(id, 1, 5, 4)));
  }
  strictEqual(stand.prefixes().length, 1);
});

Deno.test("createBatching() forgets the prefix that was used longest ago when there are too many", () => {
  const stand = createStand();
  for (let system = 1; system <= prefixesMax + 2; system++) {
    stand.batching.add(job(system, system, 3, 2));
    runAll(stand.batching);
  }
  strictEqual(stand.prefixes().length, prefixesMax);
  strictEqual(stand.prefixes().some(([first]) => first === 1_000), false);
});

Deno.test("createBatching() lets a short prompt overtake a long one, and both end", () => {
  const stand = createStand();
  stand.batching.add({ ...job(1, 1, 250, 2), prompt: { ...job(1, 1, 250, 2).prompt, stableCount: 0 } });
  stand.batching.step();
  stand.batching.add(job(2, 2, 3, 2));
  const order: number[] = [];
  while (stand.batching.busy) {
    for (const event of stand.batching.step()) if (event.kind === "end") order.push(event.id);
  }
  deepStrictEqual(order, [2, 1]);
});

Deno.test("createBatching() gives each token with its text, and those of what isn't text with none", () => {
  const stand = createStand();
  const one = { ...job(1, 1, 5, 9), alternativesMax: 3 };
  const words = expected(one).trim().split(" ");
  ok(words.length > 4);
  const stop = [`${words[2]} ${words[3]}`];
  stand.batching.add({ ...one, stop });
  const texts = (runAll(stand.batching).get(1) ?? []).filter((event) => event.kind === "text");
  deepStrictEqual(texts.map(({ text }) => text).join(""), `${words[0]} ${words[1]} `);
  const tokens = texts.flatMap(({ tokens }) => tokens ?? []);
  deepStrictEqual(tokens.map(({ text }) => text), [`${words[0]} `, `${words[1]} `]);
  strictEqual(tokens[0]?.logprob, -3);
});

Deno.test("createBatching() fails an answer whose grammar isn't taken, and goes on with the next", () => {
  const stand = createStand();
  stand.batching.add({ ...job(1, 1, 3, 5), gbnf: "refused" });
  stand.batching.add(job(2, 1, 3, 5));
  const events = runAll(stand.batching);
  deepStrictEqual(events.get(1)?.map(({ kind }) => kind), ["failed"]);
  strictEqual(textOf(events.get(2)), expected(job(2, 1, 3, 5)));
  strictEqual(stand.samplers(), 0);
});

Deno.test("createBatching() says so when a step fails, and goes on with the next", () => {
  const kinds: StepResult["kind"][] = ["done", "failed"];
  const stand = createStand(() => kinds.shift() ?? "done");
  stand.batching.add(job(1, 1, 3, 50));
  const events = runAll(stand.batching).get(1);
  strictEqual(events?.at(-1)?.kind, "failed");
  deepStrictEqual(stand.held(), [0, 0, 0]);
  stand.batching.add(job(2, 1, 3, 5));
  strictEqual(textOf(runAll(stand.batching).get(2)), expected(job(2, 1, 3, 5)));
});

// Goal: whoever comes, leaves or breaks steps off, an answer is what it would be alone, and nothing is left behind.
seeded("createBatching() answers as if each were alone, and keeps no sequence", (random) => {
  const whole = (below: number) => Math.floor(random() * below);
  const stand = createStand(() => random() < 0.15 ? "broken_off" : "done");
  const jobs = new Map<number, Job>();
  const cancelled = new Set<number>();
  const events = new Map<number, JobEvent[]>();
  const note = (event: JobEvent | undefined) => event && events.set(event.id, [...events.get(event.id) ?? [], event]);
  for (let id = 1, steps = 0; id <= 12 || stand.batching.busy; steps++) {
    ok(steps < 5_000, "batching never ends");
    if (id <= 12 && random() < 0.4) {
      const one = job(id, 1 + whole(6), whole(60), 1 + whole(20));
      jobs.set(id++, one);
      stand.batching.add(one);
    }
    if (id > 1 && random() < 0.05) {
      const event = stand.batching.cancel(1 + whole(id - 1));
      if (event !== undefined) cancelled.add(event.id);
      note(event);
    }
    for (const event of stand.batching.step()) note(event);
  }
  for (const [id, one] of jobs) {
    const last = events.get(id)?.at(-1);
    ok(last?.kind === "end");
    strictEqual(last.reason === "cancelled", cancelled.has(id));
    const text = textOf(events.get(id));
    if (cancelled.has(id)) ok(expected(one).startsWith(text));
    else strictEqual(text, expected(one));
  }
  deepStrictEqual(stand.held(), [0, 0, 0]);
  strictEqual(stand.samplers(), 0);
});
