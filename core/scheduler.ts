import { InvariantError } from "./errors.ts";
import type { Priority } from "./priority.ts";
import { createWaitingLine, type Place, type WaitingLine } from "./waiting_line.ts";

/** What tasks need and a pool has. */
export const resources = ["cpu", "gpu", "memory", "tokens"] as const;

/** Whole numbers, in whatever unit the pool counts: thousandths of a core, bytes, tokens. Absent is none. */
export type Needs = Readonly<Partial<Record<typeof resources[number], number>>>;

/** One piece of work. */
export interface Task<T> {
  /** Of no other task that waits or runs. */
  readonly id: number | string;
  readonly priority: Priority;
  readonly needs: Needs;
  readonly value: T;
  /** It runs at most so long. Absent: nobody knows; it then never fills a gap that the first in line may need. */
  readonly lastsMs?: number;
  /** Later than this it isn't started any more. */
  readonly deadlineMs?: number;
  /** Since when it waits, of one that ran already and waits again. Default: now. */
  readonly sinceMs?: number;
}

/** What the scheduler is created with. */
export interface SchedulerOptions {
  readonly pool: Needs;
  /** Called for the time whenever something is asked. Milliseconds that never go back. */
  readonly nowMs: () => number;
  /** Background work comes before conversations that arrive so much later. */
  readonly agingMs: number;
}

/** Decides which tasks run. It starts nothing itself: whoever asks does, and says when a task is over. */
export interface Scheduler<T> {
  /** `never`: the pool is too small for it, and it isn't taken. */
  add(task: Task<T>): "waiting" | "never";
  /** Those that are to run now, in their order; they hold what they need until {@link finish}. */
  start(): readonly Task<T>[];
  /** A running task is over, or has stopped and gives back what it held. */
  finish(id: Task<T>["id"]): void;
  /** Takes a task out that waits. False when it doesn't: one that runs is stopped by whoever runs it. */
  cancel(id: Task<T>["id"]): boolean;
  /** Takes those out that wait and are past their deadline. */
  expire(): readonly Task<T>[];
  /** Changes the pool. What runs goes on; those that wait and can never run now are taken out. */
  resize(pool: Needs): readonly Task<T>[];
  /** What is held by running tasks. */
  used(): Required<Needs>;
  readonly waitingCount: number;
}

/** So many alarms in a row come before what else waits; then one of that has its turn. */
export const alarmsInRowMax = 8;

/** So many tasks behind the first one are looked at for gaps that they fill. */
export const lookaheadMax = 128;

interface Waiting<T> {
  readonly line: WaitingLine<Task<T>>;
  readonly place: Place<Task<T>>;
}

interface Running<T> {
  readonly task: Task<T>;
  /** Infinity where nobody knows. */
  readonly endsMs: number;
}

type Amounts = Required<Needs>;

/**
 * Tasks against a pool. The first in line is the one of the highest priority, where waiting lifts background work, and
 * alarms let others through now and then: so nothing starves. While the first doesn't fit, the earliest moment is
 * reserved for it at which it will, and those behind it run only where they don't move that moment: they are over by
 * then, or need nothing that it needs.
 *
 * @example
 * const scheduler = createScheduler<Job>({ pool: { tokens: 8_192 }, nowMs: clock.nowMs, agingMs: 5_000 });
 * scheduler.add({ id: 1, priority: "conversation", needs: { tokens: 512 }, value: job });
 * for (const { value } of scheduler.start()) run(value);
 */
export function createScheduler<T>({ pool, nowMs, agingMs }: SchedulerOptions): Scheduler<T> {
  const lines: Readonly<Record<Priority, WaitingLine<Task<T>>>> = {
    alarm: createWaitingLine<Task<T>>(),
    conversation: createWaitingLine<Task<T>>(),
    background: createWaitingLine<Task<T>>(),
  };
  const waiting = new Map<Task<T>["id"], Waiting<T>>();
  const running = new Map<Task<T>["id"], Running<T>>();
  let size = amounts(pool);
  let free = size;
  let alarmsInRow = 0;
  /** No task that waits has an earlier deadline. */
  let deadlineMsMin = Infinity;

  /**
   * All that wait and aren't late, in their order: alarms come before everything, however long that waits (or in an
   * overload, where all wait for long, they would be the same as the rest); the rest by their keys, which never change.
   */
  function* inOrder(now: number): Generator<Task<T>> {
    const isDue = ({ value: { deadlineMs = Infinity } }: Place<Task<T>>) => deadlineMs >= now;
    const due = (line: WaitingLine<Task<T>>) => line[Symbol.iterator]().filter(isDue);
    const rest = byKey(due(lines.conversation), due(lines.background));
    if (alarmsInRow >= alarmsInRowMax) {
      const { done, value } = rest.next();
      if (!done) yield value;
    }
    for (const { value } of due(lines.alarm)) yield value;
    yield* rest;
  }

  function take(task: Task<T>): Task<T> {
    const { line, place } = waiting.get(task.id)!;
    line.remove(place);
    waiting.delete(task.id);
    return task;
  }

  function begin(task: Task<T>, now: number): Task<T> {
    running.set(task.id, { task, endsMs: now + (task.lastsMs ?? Infinity) });
    free = minus(free, task.needs);
    return take(task);
  }

  /** When `needs` will fit at the latest, and what is left beside them then. */
  function reservation(needs: Needs): { readonly atMs: number; readonly spare: Amounts } {
    let then = free;
    for (const { task, endsMs } of [...running.values()].sort((a, b) => a.endsMs - b.endsMs)) {
      if (endsMs === Infinity) break;
      then = plus(then, task.needs);
      if (fits(needs, then)) return { atMs: endsMs, spare: minus(then, needs) };
    }
    // Any of them may end at any time: only what is left already now is left then.
    return { atMs: -Infinity, spare: positive(minus(free, needs)) };
  }

  return {
    add(task) {
      const { id, priority, needs, deadlineMs = Infinity, sinceMs = nowMs() } = task;
      if (waiting.has(id) || running.has(id)) throw new InvariantError(`Cannot add task ${id}: it is here already`);
      if (!fits(amounts(needs), size)) return "never";
      const line = lines[priority];
      waiting.set(id, { line, place: line.add(sinceMs + (priority === "background" ? agingMs : 0), task) });
      deadlineMsMin = Math.min(deadlineMsMin, deadlineMs);
      return "waiting";
    },
    start() {
      const now = nowMs();
      const started: Task<T>[] = [];
      let first: Task<T> | undefined;
      for (;;) {
        [first] = inOrder(now);
        if (first === undefined || !fits(first.needs, free)) break;
        started.push(begin(first, now));
        const passesBy = first.priority === "alarm" && !(lines.conversation.isEmpty && lines.background.isEmpty);
        alarmsInRow = passesBy ? alarmsInRow + 1 : 0;
      }
      if (first === undefined) return started;
      let { atMs, spare } = reservation(first.needs);
      for (const task of inOrder(now).drop(1).take(lookaheadMax)) {
        const { needs, lastsMs = Infinity } = task;
        if (!fits(needs, free)) continue;
        if (now + lastsMs > atMs) {
          if (!fits(needs, spare)) continue;
          spare = minus(spare, needs);
        }
        started.push(begin(task, now));
      }
      return started;
    },
    finish(id) {
      const run = running.get(id);
      if (run === undefined) throw new InvariantError(`Cannot finish task ${id}: it doesn't run`);
      running.delete(id);
      free = plus(free, run.task.needs);
    },
    cancel(id) {
      const task = waiting.get(id)?.place.value;
      if (task !== undefined) take(task);
      return task !== undefined;
    },
    expire() {
      const now = nowMs();
      if (now <= deadlineMsMin) return [];
      const late: Task<T>[] = [];
      deadlineMsMin = Infinity;
      for (const { place: { value: task } } of waiting.values()) {
        const { deadlineMs = Infinity } = task;
        if (deadlineMs < now) late.push(task);
        else deadlineMsMin = Math.min(deadlineMsMin, deadlineMs);
      }
      return late.map(take);
    },
    resize(pool) {
      const used = minus(size, free);
      size = amounts(pool);
      free = minus(size, used);
      return [...waiting.values()].map(({ place }) => place.value).filter(({ needs }) => !fits(needs, size)).map(take);
    },
    used: () => minus(size, free),
    get waitingCount() {
      return waiting.size;
    },
  };
}

/** Two lines as one. They may lose what was passed while they are walked. */
function* byKey<T>(one: Iterator<Place<T>>, other: Iterator<Place<T>>): Generator<T> {
  let [a, b] = [one.next(), other.next()];
  while (!a.done || !b.done) {
    if (b.done || (!a.done && a.value.key <= b.value.key)) {
      const { value } = a.value!;
      a = one.next();
      yield value;
    } else {
      const { value } = b.value;
      b = other.next();
      yield value;
    }
  }
}

/** @throws {InvariantError} For what isn't a whole number: sums of fractions drift, and then nothing fits any more. */
function amounts({ cpu = 0, gpu = 0, memory = 0, tokens = 0 }: Needs): Amounts {
  const whole: Amounts = { cpu, gpu, memory, tokens };
  for (const resource of resources) {
    if (Number.isSafeInteger(whole[resource]) && whole[resource] >= 0) continue;
    throw new InvariantError(`Cannot count ${whole[resource]} of ${resource}: expected a whole number`);
  }
  return whole;
}

function fits(needs: Needs, room: Amounts): boolean {
  const { cpu = 0, gpu = 0, memory = 0, tokens = 0 } = needs;
  // What needs nothing of a resource fits also where more than there is of it is held, after a pool became smaller.
  return (cpu === 0 || cpu <= room.cpu) && (gpu === 0 || gpu <= room.gpu) &&
    (memory === 0 || memory <= room.memory) && (tokens === 0 || tokens <= room.tokens);
}

function plus(room: Amounts, { cpu = 0, gpu = 0, memory = 0, tokens = 0 }: Needs): Amounts {
  return {
    cpu: room.cpu + cpu,
    gpu: room.gpu + gpu,
    memory: room.memory + memory,
    tokens: room.tokens + tokens,
  };
}

function minus(room: Amounts, { cpu = 0, gpu = 0, memory = 0, tokens = 0 }: Needs): Amounts {
  return {
    cpu: room.cpu - cpu,
    gpu: room.gpu - gpu,
    memory: room.memory - memory,
    tokens: room.tokens - tokens,
  };
}

function positive({ cpu, gpu, memory, tokens }: Amounts): Amounts {
  return { cpu: Math.max(0, cpu), gpu: Math.max(0, gpu), memory: Math.max(0, memory), tokens: Math.max(0, tokens) };
}
