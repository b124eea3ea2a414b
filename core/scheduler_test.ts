import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { seeded } from "../tests/seeded.ts";
import { InvariantError } from "./errors.ts";
import { priorities, type Priority } from "./priority.ts";
import { alarmsInRowMax, createScheduler, lookaheadMax, type Needs, resources, type Task } from "./scheduler.ts";

const agingMs = 1_000;

function createStand(pool: Needs) {
  let nowMs = 0;
  const scheduler = createScheduler<null>({ pool, nowMs: () => nowMs, agingMs });
  return {
    scheduler,
    at(ms: number) {
      nowMs = ms;
    },
    add: (id: number, needs: Needs, more: Partial<Task<null>> = {}) =>
      scheduler.add({ id, priority: "conversation", needs, value: null, ...more }),
    start: () => scheduler.start().map(({ id }) => id),
  };
}

Deno.test("the scheduler starts by priority, and by arrival within one", () => {
  const { add, start, scheduler } = createStand({ cpu: 1 });
  add(1, { cpu: 1 }, { priority: "background" });
  add(2, { cpu: 1 });
  add(3, { cpu: 1 });
  add(4, { cpu: 1 }, { priority: "alarm" });
  const order: unknown[] = [];
  for (let left = 4; left > 0; left--) {
    const [id] = start();
    order.push(id);
    scheduler.finish(id!);
  }
  deepStrictEqual(order, [4, 2, 3, 1]);
});

Deno.test("the scheduler lets background work go first that has waited longer than one aging", () => {
  const { add, start, at, scheduler } = createStand({ cpu: 1 });
  add(0, { cpu: 1 });
  start();
  add(1, { cpu: 1 }, { priority: "background" });
  at(agingMs - 1);
  add(2, { cpu: 1 });
  at(agingMs + 1);
  add(3, { cpu: 1 });
  const order: unknown[] = [];
  for (let id: number | string = 0; scheduler.waitingCount > 0; order.push(id)) {
    scheduler.finish(id);
    id = start()[0]!;
  }
  deepStrictEqual(order, [2, 1, 3]);
});

Deno.test("the scheduler puts alarms before everything, but for one turn in nine", () => {
  const { add, start, at, scheduler } = createStand({ cpu: 1 });
  add(0, { cpu: 1 });
  start();
  add(1, { cpu: 1 });
  add(2, { cpu: 1 });
  at(1_000 * agingMs);
  for (let id = 101; id <= 100 + 2 * alarmsInRowMax; id++) add(id, { cpu: 1 }, { priority: "alarm" });
  const order: unknown[] = [];
  for (let id: number | string = 0; scheduler.waitingCount > 0; order.push(id)) {
    scheduler.finish(id);
    id = start()[0]!;
  }
  deepStrictEqual(order, [101, 102, 103, 104, 105, 106, 107, 108, 1, 109, 110, 111, 112, 113, 114, 115, 116, 2]);
});

Deno.test("the scheduler counts only alarms that passed somebody by", () => {
  const { add, start, scheduler } = createStand({ cpu: 1 });
  for (let id = 1; id <= 20; id++) {
    add(id, { cpu: 1 }, { priority: "alarm" });
    deepStrictEqual(start(), [id]);
    if (id < 20) scheduler.finish(id);
  }
  add(21, { cpu: 1 });
  add(22, { cpu: 1 }, { priority: "alarm" });
  scheduler.finish(20);
  deepStrictEqual(start(), [22]);
});

Deno.test("the scheduler fills gaps with what is over before the first in line can run", () => {
  const { add, start, at } = createStand({ cpu: 4 });
  add(1, { cpu: 3 }, { lastsMs: 100 });
  deepStrictEqual(start(), [1]);
  add(2, { cpu: 4 }); // at 100
  add(3, { cpu: 1 }, { lastsMs: 101 });
  add(4, { cpu: 1 });
  add(5, { cpu: 1 }, { lastsMs: 100 });
  deepStrictEqual(start(), [5]);
  at(50);
  add(6, { cpu: 1 }, { lastsMs: 1 });
  deepStrictEqual(start(), [], "there is no gap any more");
});

Deno.test("the scheduler fills what the first in line leaves, for as long as it takes", () => {
  const { add, start } = createStand({ cpu: 8 });
  add(1, { cpu: 6 }, { lastsMs: 100 });
  start();
  add(2, { cpu: 6 });
  add(3, { cpu: 1 });
  add(4, { cpu: 2 });
  add(5, { cpu: 1 });
  deepStrictEqual(start(), [3, 5], "beside the second one there is room for two");
});

Deno.test("the scheduler keeps what the first in line needs where nobody knows when it can run", () => {
  const { add, start } = createStand({ cpu: 4, memory: 8, tokens: 1 });
  add(1, { cpu: 3, memory: 1 });
  start();
  add(2, { cpu: 4, memory: 6 });
  add(3, { cpu: 1 }, { lastsMs: 1 });
  add(4, { memory: 2 });
  add(5, { memory: 1, tokens: 1 });
  deepStrictEqual(start(), [5], "memory for one and the tokens are to spare; a core isn't");
});

Deno.test("the scheduler takes nothing that can never run", () => {
  const { add, start } = createStand({ cpu: 4 });
  strictEqual(add(1, { cpu: 5 }), "never");
  strictEqual(add(2, { cpu: 1, gpu: 1 }), "never");
  strictEqual(add(3, { cpu: 4 }), "waiting");
  deepStrictEqual(start(), [3]);
});

Deno.test("the scheduler forgets who is cancelled, and knows who runs", () => {
  const { add, start, scheduler } = createStand({ cpu: 1 });
  add(1, { cpu: 1 });
  add(2, { cpu: 1 });
  deepStrictEqual(start(), [1]);
  strictEqual(scheduler.cancel(1), false);
  strictEqual(scheduler.cancel(2), true);
  strictEqual(scheduler.cancel(2), false);
  scheduler.finish(1);
  deepStrictEqual(start(), []);
  strictEqual(scheduler.waitingCount, 0);
  throws(() => scheduler.finish(1), InvariantError);
});

Deno.test("the scheduler starts nothing after its deadline, and tells what is late", () => {
  const { add, start, at, scheduler } = createStand({ cpu: 2 });
  add(1, { cpu: 2 });
  start();
  add(2, { cpu: 2 }, { deadlineMs: 100 });
  add(3, { cpu: 1 }, { deadlineMs: 300 });
  add(4, { cpu: 1 });
  at(100);
  deepStrictEqual(scheduler.expire(), []);
  at(101);
  scheduler.finish(1);
  deepStrictEqual(start(), [3, 4], "who is late stands in nobody's way");
  deepStrictEqual(scheduler.expire().map(({ id }) => id), [2]);
  at(1_000);
  deepStrictEqual(scheduler.expire(), [], "what runs isn't late");
});

Deno.test("the scheduler keeps the place of a task that ran and waits again", () => {
  const { add, start, at, scheduler } = createStand({ cpu: 1 });
  add(1, { cpu: 1 });
  start();
  at(5);
  add(2, { cpu: 1 });
  scheduler.finish(1);
  add(1, { cpu: 1 }, { sinceMs: 0 });
  deepStrictEqual(start(), [1]);
});

Deno.test("the scheduler follows a pool that changes", () => {
  const { add, start, scheduler } = createStand({ cpu: 4 });
  add(1, { cpu: 2 });
  add(2, { cpu: 2 });
  add(3, { cpu: 1 });
  add(4, { cpu: 3 });
  deepStrictEqual(start(), [1, 2]);
  deepStrictEqual(scheduler.resize({ cpu: 2 }).map(({ id }) => id), [4]);
  scheduler.finish(1);
  deepStrictEqual(start(), [], "what runs holds all of it");
  scheduler.resize({ cpu: 3 });
  deepStrictEqual(start(), [3]);
  deepStrictEqual(scheduler.used(), { cpu: 3, gpu: 0, memory: 0, tokens: 0 });
});

Deno.test("the scheduler refuses what can't be counted", () => {
  const { add } = createStand({ cpu: 4 });
  for (const cpu of [0.1, -1, NaN, Infinity]) throws(() => add(1, { cpu }), InvariantError);
  add(1, { cpu: 1 });
  throws(() => add(1, { cpu: 1 }), /it is here already/);
});

Deno.test("the scheduler looks at no more than its bound for gaps", () => {
  const { add, start } = createStand({ cpu: 2 });
  add(0, { cpu: 1 }, { lastsMs: 100 });
  start();
  for (let id = 1; id <= lookaheadMax + 1; id++) add(id, { cpu: 2 });
  add(1_000, { cpu: 1 }, { lastsMs: 1 });
  deepStrictEqual(start(), []);
});

/** What a walk knows of a task, told apart from what the scheduler knows. */
interface Known extends Task<null> {
  readonly key: number;
  readonly lastsMs: number;
  /** Which may be less than what was said. */
  readonly tookMs: number;
}

const none: Required<Needs> = { cpu: 0, gpu: 0, memory: 0, tokens: 0 };
const sum = (all: Iterable<Known>) => {
  const total = { ...none };
  for (const { needs } of all) for (const resource of resources) total[resource] += needs[resource] ?? 0;
  return total;
};
const isWithin = (needs: Needs, pool: Needs) =>
  resources.every((resource) => (needs[resource] ?? 0) <= (pool[resource] ?? 0));

/** When `head` fits at the latest, if everything that runs takes all the time it said: found by trying each end. */
function latestStart(head: Known, running: ReadonlyMap<Known, number>, pool: Needs, nowMs: number): number {
  const endsMs = ([task, sinceMs]: [Known, number]) => sinceMs + task.lastsMs;
  for (const atMs of [nowMs, ...[...running].map(endsMs).sort((a, b) => a - b)]) {
    const left = [...running].filter((run) => endsMs(run) > atMs).map(([task]) => task);
    if (isWithin(sum([...left, head]), pool)) return atMs;
  }
  return Infinity;
}

/** Work without an end that is more urgent than the pool can do, and how long the least of the rest may wait for it. */
const floods = [
  { classes: ["conversation", "background"], flood: "conversation", turnsMs: 1 },
  { classes: priorities, flood: "alarm", turnsMs: alarmsInRowMax + 1 },
] as const;

// Goal: nothing is over-committed; nothing waits beside an idle pool; who is first in line starts no later than it could
// when it became first; and everything starts, also while more urgent work than the pool can do arrives without an end.
// Method: seeded walks on a virtual clock beside a plain model of the pool. Where there are alarms, the model doesn't
// say who is first.
for (const { classes, flood, turnsMs } of floods) {
  seeded(`the scheduler keeps the pool, the first in line and the last beside endless work: ${flood}`, (random) => {
    const whole = (max: number) => Math.floor(random() * max);
    const pool = { cpu: 1 + whole(8), memory: 1 + whole(16), tokens: 1 + whole(100), gpu: whole(2) };
    let nowMs = 0;
    const scheduler = createScheduler<null>({ pool, nowMs: () => nowMs, agingMs });
    const waiting = new Map<number, Known>();
    const running = new Map<Known, number>();
    const lastsMsMax = 500;
    let head: { readonly task: Known; readonly latestMs: number } | undefined;

    const add = (id: number, priority: Priority) => {
      const needs: Needs = {
        cpu: whole(pool.cpu + 1),
        ...(random() < 0.5 ? { memory: whole(pool.memory + 1) } : {}),
        ...(random() < 0.5 ? { tokens: whole(pool.tokens + 1) } : {}),
        ...(random() < 0.1 ? { gpu: whole(pool.gpu + 1) } : {}),
      };
      const lastsMs = 1 + whole(lastsMsMax);
      const key = nowMs + (priority === "background" ? agingMs : 0);
      const task = { id, priority, needs, lastsMs, tookMs: 1 + whole(lastsMs), value: null, key };
      strictEqual(scheduler.add(task), "waiting");
      waiting.set(id, task);
      return task;
    };
    const isConversation = (task: Known) => task.priority === "conversation" ? 0 : 1;
    const first = () =>
      [...waiting.values()].sort((a, b) => a.key - b.key || isConversation(a) - isConversation(b))[0]!;

    const settle = () => {
      for (const { id } of scheduler.start()) {
        const task = waiting.get(id as number)!;
        waiting.delete(id as number);
        running.set(task, nowMs);
        if (head !== undefined && task.key < head.task.key) head = undefined; // more urgent, and comes first
        if (head?.task === task) ok(nowMs <= head.latestMs, `the first waited ${nowMs - head.latestMs} ms too long`);
      }
      const held = sum(running.keys());
      ok(isWithin(held, pool), "over-committed");
      deepStrictEqual(scheduler.used(), held);
      strictEqual(scheduler.waitingCount, waiting.size);
      deepStrictEqual(scheduler.start(), [], "all that could start did");
      if (waiting.size === 0) return;
      ok(running.size > 0, "a task waits beside an idle pool");
      if (flood === "alarm") return;
      const task = first();
      ok(!isWithin(sum([...running.keys(), task]), pool), "the first in line fits, and waits");
      const latestMs = latestStart(task, running, pool, nowMs);
      if (head?.task === task) ok(latestMs <= head.latestMs, "the first in line was delayed");
      head = { task, latestMs };
    };

    const endsMs = ([task, sinceMs]: [Known, number]) => sinceMs + task.tookMs;
    const pass = (ms: number) => {
      const untilMs = nowMs + ms;
      for (;;) {
        const next = Math.min(...[...running].map(endsMs));
        if (next > untilMs) break;
        nowMs = next;
        for (const [task] of [...running].filter((run) => endsMs(run) <= nowMs)) {
          running.delete(task);
          scheduler.finish(task.id);
        }
        settle();
      }
      nowMs = untilMs;
    };

    for (let id = 1; id <= 40; id++) {
      add(id, classes[whole(classes.length)]!);
      if (random() < 0.1) {
        const [victim] = waiting.keys();
        if (victim !== undefined && scheduler.cancel(victim)) waiting.delete(victim);
      }
      if (random() < 0.5) settle();
      if (random() < 0.7) pass(whole(200));
    }
    const last = add(41, "background");
    const aheadMs = (waiting.size + 2) * turnsMs * lastsMsMax;
    for (let id = 1_000; waiting.has(41); id++) {
      ok(id < 6_000, "no end in sight");
      add(id, flood);
      // While its turn hasn't come, what arrives may come before it.
      const ahead = [...waiting.values()].filter(({ key, priority }) => key <= last.key && priority !== "alarm").length;
      const latestMs = last.key + Math.max(aheadMs, (ahead + 2) * turnsMs * lastsMsMax);
      ok(nowMs <= latestMs, `${nowMs - last.key} ms after its turn had come it still waits`);
      settle();
      pass(whole(100));
    }
  }, { runs: 60, long: 3_000 });
}
