import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../../../tests/seeded.ts";
import type { Batch } from "./batch.ts";
import { createBatching } from "./batching.ts";
import type { StepResult } from "./context.ts";
import { priorities } from "../../../core/priority.ts";
import type { Pointer } from "./binding.ts";
import type { Job, JobEvent } from "./job.ts";
import { createParkedStates } from "./parked_states.ts";
import { createPrefixMemory } from "./prefix_memory.ts";
import { agingMs } from "./rank.ts";
import { turnMsMin } from "./room.ts";
import { prefixesMax, sequencesOf } from "./sequences.ts";
import { type CellKind, createCellBooks } from "../../../tests/simulator/cell_books.ts";

const endToken = 1;
const answersMax = 3;
const sequencesMax = sequencesOf(answersMax);
const cellsDefault = 400;
const rowsMax = 32;
/** The state of a position takes about so much in the books. */
const bookBytes = 6;

/** What a step does, and how long it takes. */
interface Steps {
  readonly next?: () => StepResult["kind"];
  readonly stepMs?: (rows: number) => number;
  /** Positions of the cache, and those whose state is kept beside it. */
  readonly cells?: number;
  readonly kind?: CellKind;
  readonly forgets?: () => boolean;
  readonly cellsSaved?: number;
}

/**
 * Batching over books. The token after a row is a function of everything before it in its sequence, so an answer shows
 * whether the books are right.
 */
function createStand(
  { next = () => "done", stepMs = (rows) => rows, cells = cellsDefault, cellsSaved = 0, ...more }: Steps = {},
) {
  const books = createCellBooks({ cellsMax: cells, ...more });
  const { tokensOf } = books;
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
  let computed = 0;
  let nowMs = 0;
  let restored = 0;
  let samplers = 0;
  const prefixes = createPrefixMemory({
    context: books.context,
    sequenceFirst: sequencesMax,
    cellsMax: Math.floor(cells / 2),
  });
  const states = createParkedStates({
    stateOf: books.context.stateOf,
    restore(sequence, state, count) {
      restored += count;
      return books.context.restore(sequence, state, count);
    },
  }, { bytesMax: bookBytes * cellsSaved, cellBytes: bookBytes });
  const batching = createBatching({
    context: {
      pointer: {} as Pointer,
      decode() {
        const kind = next();
        if (kind === "failed") return { kind, code: -1 };
        if (kind === "no_room") return { kind };
        books.beginStep();
        // A step that was broken off may have written some of its rows.
        const written = kind === "broken_off" ? rows.slice(0, rows.length / 2) : rows;
        for (const { token, position, sequence } of written) books.write(sequence, position, token);
        if (kind === "broken_off") return { kind, isLate: false };
        computed += rows.length;
        const tookMs = stepMs(rows.length);
        nowMs += tookMs;
        return { kind: "done", tookMs };
      },
      cut: books.context.cut,
    },
    prefixes,
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
    states,
    nowMs: () => nowMs,
  });
  return {
    batching,
    computed: () => computed,
    /** Positions that came back from saved states. */
    restored: () => restored,
    saved: () => cellsSaved - states.cellsLeft,
    /** Whose rows the last step had. */
    computing: () => new Set(rows.map(({ sequence }) => sequence)).size,
    /** The first token of each prompt that the last step had rows of. */
    whose: () => new Set(rows.map(({ sequence }) => tokensOf(sequence)[0])),
    nowMs: () => nowMs,
    samplers: () => samplers,
    /** Positions that answers hold; prefixes are above them. */
    held: () =>
      Array.from({ length: sequencesMax }, (_, sequence) => tokensOf(sequence).length).filter((count) => count > 0),
    prefixes: () =>
      Array.from({ length: prefixesMax }, (_, index) => tokensOf(sequencesMax + index)).filter(({ length }) =>
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
  const stand = createStand({ cells: 1_000 });
  for (let system = 1; system <= prefixesMax + 2; system++) {
    stand.batching.add(job(system, system, 3, 2));
    runAll(stand.batching);
  }
  strictEqual(stand.prefixes().length, prefixesMax);
  strictEqual(stand.prefixes().some(([first]) => first === 1_000), false);
});

/** The next question of a conversation, after what was said in a job. */
function nextJob(id: number, { prompt, tokensMax, ...before }: Job, length: number): Job {
  const said = expected({ prompt, tokensMax, ...before }).split(" ").filter((word) => word !== "").map(Number);
  const own = Array.from({ length }, (_, index) => 100 * id + index);
  return { ...before, id, tokensMax, prompt: { ...prompt, tokens: [...prompt.tokens, ...said, ...own] } };
}

for (const kind of ["attention", "window", "whole"] as const) {
  Deno.test(`createBatching() computes of a conversation's next turn only what is new, where it remembers ${kind}`, () => {
    const stand = createStand({ kind });
    const first: Job = { ...job(1, 1, 25, 8), conversation: "c" };
    stand.batching.add(first);
    strictEqual(textOf(runAll(stand.batching).get(1)), expected(first));
    const second = nextJob(2, first, 6);
    stand.batching.add(second);
    const [started, ...rest] = runAll(stand.batching).get(2) ?? [];
    ok(started?.kind === "started");
    // The last token of an answer is given out, and not computed.
    strictEqual(started.promptReused, second.prompt.tokens.length - 6 - 1);
    strictEqual(textOf(rest), expected(second));
    // Another conversation shares no more than what all begin with, whatever it says.
    stand.batching.add({ ...second, id: 3, conversation: "d" });
    const [other] = runAll(stand.batching).get(3) ?? [];
    ok(other?.kind === "started");
    strictEqual(other.promptReused, 20);
  });

  Deno.test(`createBatching() goes on from a question whose answer reads otherwise, where it remembers ${kind}`, () => {
    const stand = createStand({ kind });
    const first: Job = { ...job(1, 1, 25, 8), conversation: "c" };
    stand.batching.add(first);
    runAll(stand.batching);
    const question = first.prompt.tokens;
    const second = { ...first, id: 2, prompt: { ...first.prompt, tokens: [...question, 7_777, 7_778] } };
    stand.batching.add(second);
    const [started, ...rest] = runAll(stand.batching).get(2) ?? [];
    ok(started?.kind === "started");
    strictEqual(started.promptReused, question.length);
    strictEqual(textOf(rest), expected(second));
  });
}

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
  const stand = createStand({ next: () => kinds.shift() ?? "done" });
  stand.batching.add(job(1, 1, 3, 50));
  const events = runAll(stand.batching).get(1);
  strictEqual(events?.at(-1)?.kind, "failed");
  deepStrictEqual(stand.held(), []);
  stand.batching.add(job(2, 1, 3, 5));
  strictEqual(textOf(runAll(stand.batching).get(2)), expected(job(2, 1, 3, 5)));
});

/** Fills every slot with a long answer, and lets more of them wait. */
function fill(stand: ReturnType<typeof createStand>, jobs: readonly Job[]): void {
  for (const one of jobs) {
    stand.batching.add(one);
    for (let steps = 0; steps < 3; steps++) stand.batching.step();
  }
}

/** Steps until it is over: the events of every job, and the order in which jobs ended. */
function runInOrder(stand: ReturnType<typeof createStand>): { events: Map<number, JobEvent[]>; ended: number[] } {
  const events = runAll(stand.batching);
  return { events, ended: [...events].filter(([, of]) => of.at(-1)?.kind === "end").map(([id]) => id) };
}

const overtaken: readonly { readonly parks: string; readonly jobs: readonly Job[]; readonly parked: number }[] = [
  {
    parks: "the lowest class",
    jobs: [{ ...job(1, 1, 3, 30), priority: "background" }, job(2, 2, 3, 30), job(3, 3, 3, 30)],
    parked: 1,
  },
  { parks: "the youngest", jobs: [job(1, 1, 3, 30), job(2, 2, 3, 30), job(3, 3, 3, 20)], parked: 3 },
];
for (const { parks, jobs, parked } of overtaken) {
  Deno.test(`createBatching() lets an alarm overtake: ${parks} is parked, and goes on as if it hadn't been`, () => {
    const stand = createStand();
    fill(stand, jobs);
    const alarm: Job = { ...job(5, 5, 40, 25), priority: "alarm" };
    stand.batching.add(alarm);
    const said = new Map<number, string>();
    const order: number[] = [];
    let first: number | undefined;
    for (let steps = 1; stand.batching.busy; steps++) {
      const events = stand.batching.step();
      if (first === undefined) strictEqual(stand.computing(), 1, "something else is computed before its first token");
      for (const event of events) {
        if (event.kind === "text") said.set(event.id, (said.get(event.id) ?? "") + event.text);
        if (event.kind === "text" && event.id === alarm.id) first ??= steps;
        if (event.kind === "end") order.push(event.id);
      }
    }
    strictEqual(first, Math.ceil(alarm.prompt.tokens.length / rowsMax), "its prompt isn't computed at once");
    strictEqual(said.get(alarm.id), expected(alarm));
    for (const one of jobs) ok(expected(one).endsWith(said.get(one.id) ?? "?"), `answer ${one.id} is another`);
    strictEqual(order.at(-1), parked);
    deepStrictEqual(stand.held(), []);
    strictEqual(stand.samplers(), 0);
  });
}

for (const [how, cellsSaved] of [["saves", 200], ["computes again", 0]] as const) {
  Deno.test(`createBatching() ${how} what is parked where an alarm needs its cells`, () => {
    const stand = createStand({ cellsSaved });
    const jobs = [1, 2, 3].map((id) => job(id, id, 60, 50));
    fill(stand, jobs);
    const before = stand.computed();
    const alarm: Job = { ...job(4, 4, 240, 50), priority: "alarm" };
    stand.batching.add(alarm);
    const { events, ended } = runInOrder(stand);
    strictEqual(textOf(events.get(4)), expected(alarm));
    for (const one of jobs) ok(expected(one).endsWith(textOf(events.get(one.id))));
    deepStrictEqual(ended.toSorted(), [1, 2, 3, 4]);
    const again = stand.computed() - before - (260 + 4 * 50);
    if (cellsSaved > 0) ok(again <= 0 && stand.restored() > 60, `${again} again, ${stand.restored()} restored`);
    else ok(again > 20 && stand.restored() === 0, `${again} again`);
    deepStrictEqual(stand.held(), []);
  });
}

Deno.test("createBatching() lets nobody wait for what nobody waits for", () => {
  const stand = createStand();
  fill(stand, [1, 2, 3].map((id) => ({ ...job(id, id, 3, 40), priority: "background" })));
  stand.batching.add(job(4, 4, 3, 2));
  stand.batching.add({ ...job(5, 5, 3, 2), priority: "background" });
  const order: number[] = [];
  while (stand.batching.busy) {
    for (const event of stand.batching.step()) if (event.kind === "end") order.push(event.id);
  }
  strictEqual(order[0], 4);
});

Deno.test("createBatching() lets background work come among the conversations when it has waited long", () => {
  const stand = createStand({ stepMs: () => 1_000 });
  const background: Job = { ...job(1, 1, 3, 2), priority: "background" };
  fill(stand, [2, 3, 4].map((id) => job(id, id, 3, 40)));
  stand.batching.add(background);
  const order: number[] = [];
  for (let id = 5; stand.batching.busy; id++) {
    if (id < 100) stand.batching.add(job(id, id, 3, 10));
    for (const event of stand.batching.step()) if (event.kind === "end") order.push(event.id);
    if (order.includes(1)) break;
  }
  ok(stand.nowMs() >= agingMs && stand.nowMs() < 2 * agingMs, `${stand.nowMs()}`);
});

Deno.test("createBatching() lets what is parked go on where it is in the way of the next", () => {
  const stand = createStand({ stepMs: () => 1_000 });
  const [parked, short, large] = [job(1, 1, 80, 150), job(2, 2, 80, 100), job(3, 3, 200, 80)];
  fill(stand, [parked]);
  stand.batching.add(short);
  for (let steps = 0; steps < 6; steps++) stand.batching.step();
  strictEqual(stand.held().length, 2);
  stand.batching.add(large);
  const { events, ended } = runInOrder(stand);
  deepStrictEqual(ended, [2, 1, 3]);
  strictEqual(textOf(events.get(3)), expected(large));
});

Deno.test("createBatching() ends what is parked when it is cancelled", () => {
  const stand = createStand();
  fill(stand, [1, 2, 3].map((id) => job(id, id, 3, 40)));
  stand.batching.add({ ...job(4, 4, 3, 2), priority: "alarm" });
  stand.batching.step();
  const event = stand.batching.cancel(3);
  ok(event?.kind === "end" && event.reason === "cancelled" && event.usage.answerTokens > 0, "3 is the youngest");
  runAll(stand.batching);
  deepStrictEqual(stand.held(), []);
  strictEqual(stand.samplers(), 0);
});

// Goal: whoever comes, leaves or breaks steps off, an answer is what it would be alone, and nothing is left behind.
seeded("createBatching() answers as if each were alone, and keeps no sequence", (random) => {
  const whole = (below: number) => Math.floor(random() * below);
  const stand = createStand({
    next: () => random() < 0.15 ? "broken_off" : "done",
    stepMs: (rows) => rows * 300,
    kind: (["attention", "window", "whole"] as const)[whole(3)]!,
    forgets: () => random() < 0.2,
    cellsSaved: whole(300),
  });
  const jobs = new Map<number, Job>();
  const cancelled = new Set<number>();
  const events = new Map<number, JobEvent[]>();
  const note = (event: JobEvent | undefined) => event && events.set(event.id, [...events.get(event.id) ?? [], event]);
  for (let id = 1, steps = 0; id <= 12 || stand.batching.busy; steps++) {
    ok(steps < 5_000, "batching never ends");
    if (id <= 12 && random() < 0.4) {
      const plain = job(id, 1 + whole(6), whole(60), 1 + whole(20));
      const priority = priorities[whole(6)] ?? "conversation";
      const conversation = `c${whole(3)}`;
      const before = jobs.values().toArray().findLast((other) => other.conversation === conversation);
      const goesOn = before !== undefined && before.prompt.tokens.length < 150;
      const one = random() < 0.3
        ? { ...plain, priority }
        : { ...(goesOn ? nextJob(id, before, 1 + whole(9)) : plain), priority, conversation };
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
  deepStrictEqual(stand.held(), []);
  strictEqual(stand.saved(), 0);
  strictEqual(stand.samplers(), 0);
});

// Goal: whatever others ask for, a conversation is computed at least half as long as its share of the slots would be,
// so none waits more than twice its share. A turn is the least that a slot is given for, so it is what may be missing.
seeded("createBatching() lets no conversation wait more than twice its share", (random) => {
  const whole = (below: number) => Math.floor(random() * below);
  const stepMs = 200;
  const stand = createStand({ stepMs: () => stepMs, cells: 1_000, cellsSaved: 10_000 });
  const jobsMax = 4 * sequencesMax;
  interface Conversation {
    jobs: number;
    had: number;
    share: number;
  }
  const conversations = new Map<string, Conversation>();
  const owners = new Map<number, string>();
  for (let id = 1, steps = 0; id <= jobsMax || stand.batching.busy; steps++) {
    ok(steps < 5_000, "batching never ends");
    while (id <= jobsMax && random() < (stand.batching.busy ? 0.05 : 1)) {
      // One of them asks for much more at once than the others do.
      const conversation = random() < 0.5 ? "greedy" : `modest ${id}`;
      owners.set(id, conversation);
      const known = conversations.get(conversation);
      if (known === undefined) conversations.set(conversation, { jobs: 1, had: 0, share: 0 });
      else known.jobs++;
      stand.batching.add({ ...job(id, id, whole(30), 1 + whole(200)), conversation });
      id++;
    }
    const events = stand.batching.step();
    const whose = stand.whose();
    const present = [...conversations].filter(([, { jobs }]) => jobs > 0);
    for (const [name, conversation] of present) {
      conversation.share += stepMs * Math.min(1, answersMax / present.length);
      const computed = [...owners].filter(([id, owner]) => owner === name && whose.has(1_000 * id)).length;
      conversation.had += stepMs * computed;
      const least = conversation.share / 2 - turnMsMin - stepMs;
      ok(conversation.had >= least, `${name} had ${conversation.had} of ${conversation.share} ms`);
    }
    for (const event of events) {
      if (event.kind !== "end") continue;
      const conversation = conversations.get(owners.get(event.id) ?? "");
      ok(conversation !== undefined);
      if (--conversation.jobs === 0) conversation.had = conversation.share = 0;
    }
  }
}, { runs: 60, long: 1_000 });

// Goal: the same for the rows of steps: however many short prompts come after a long one.
seeded("createBatching() gives a prompt at least half of its share of the rows", (random) => {
  const whole = (below: number) => Math.floor(random() * below);
  const stand = createStand({ cells: 10_000 });
  const add = (id: number, length: number) => stand.batching.add({ ...job(id, id, 0, 1), prompt: prompt(id, length) });
  const long = 100 + whole(400);
  add(1, long);
  const others = new Set<number>();
  let idNext = 2;
  for (let shareLeft = long; stand.batching.busy;) {
    for (; shareLeft > 0 && others.size < answersMax - 1; idNext++) {
      add(idNext, 20 + whole(60));
      others.add(idNext);
    }
    shareLeft -= Math.floor(rowsMax / 2 / answersMax);
    for (const { kind, id } of stand.batching.step()) {
      if (kind !== "end") continue;
      others.delete(id);
      if (id === 1) return;
    }
    ok(shareLeft > 0, "it isn't computed after twice its time");
  }
}, { runs: 300 });

/** A prompt that has nothing in common with others. */
function prompt(id: number, length: number): Job["prompt"] {
  return { tokens: Array.from({ length }, (_, index) => 1_000 * id + index), stableCount: 0 };
}
