/**
 * Many tasks against one machine's pool, on a virtual clock, under a policy that decides which of them run. What comes
 * out is how full the pool was and how long each class waited. The same seed gives the same tasks to every policy.
 */
import { createScheduler, type Needs, resources, type Task } from "../../core/scheduler.ts";
import { priorities, type Priority } from "../../core/priority.ts";
import { type Seed, seededRandom } from "../seeded.ts";

/** Which task runs next: how `core/scheduler.ts` decides, or whatever fits by priority alone. */
export type Policy = "scheduler" | "greedy";

/** One kind of work: how often it comes among all, what it takes, and for how long on average. */
interface Kind {
  readonly name: string;
  readonly priority: Priority;
  readonly share: number;
  readonly needs: Needs;
  readonly meanMs: number;
}

/** A machine: 8 cores, one accelerator, 16 GB, 32,768 positions of cache. */
export const pool: Needs = { cpu: 8_000, gpu: 1_000, memory: 16_000, tokens: 32_768 };

/** Cores and accelerator in thousandths, memory in megabytes. The last two need most of the machine. */
const kinds: readonly Kind[] = [
  { name: "alarm", priority: "alarm", share: 0.01, needs: { cpu: 500, memory: 100, tokens: 1_024 }, meanMs: 800 },
  {
    name: "turn",
    priority: "conversation",
    share: 0.4,
    needs: { cpu: 500, memory: 100, tokens: 2_048 },
    meanMs: 2_500,
  },
  { name: "plugin", priority: "conversation", share: 0.4, needs: { cpu: 1_000, memory: 256 }, meanMs: 400 },
  { name: "summary", priority: "background", share: 0.13, needs: { cpu: 500, tokens: 8_192 }, meanMs: 3_000 },
  {
    name: "embedding",
    priority: "background",
    share: 0.04,
    needs: { cpu: 2_000, gpu: 500, memory: 800 },
    meanMs: 1_000,
  },
  { name: "long answer", priority: "conversation", share: 0.01, needs: { cpu: 4_000, tokens: 24_576 }, meanMs: 4_000 },
  { name: "quantize", priority: "background", share: 0.01, needs: { cpu: 8_000, memory: 8_000 }, meanMs: 2_000 },
];

/** What the classes and kinds of work waited, in milliseconds. */
export interface Waits {
  readonly name: string;
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** What one policy made of the tasks. */
export interface SimulationResult {
  readonly policy: Policy;
  /** Shares of the pool that were in use on average, from the first arrival to the last. */
  readonly utilisation: Readonly<Record<typeof resources[number], number>>;
  readonly classes: readonly Waits[];
  readonly kinds: readonly Waits[];
  /** Tasks that hadn't started when the last one arrived. */
  readonly leftBehind: number;
}

interface Arrival {
  readonly kind: Kind;
  readonly atMs: number;
  readonly tookMs: number;
  readonly lastsMs: number;
}

/**
 * @param load How much work arrives for what the fullest resource can do: 1 is all of it. In every ten minutes a busy
 *   one brings three times as much as the others.
 */
export function simulate(policy: Policy, { tasks, load, seed }: {
  readonly tasks: number;
  readonly load: number;
  readonly seed: Seed;
}): SimulationResult {
  const arrivals = arrivalsOf(tasks, load, seedOf(seed));
  let nowMs = 0;
  const runs = createPolicy(policy, () => nowMs);
  const ends = createEnds();
  const waits = new Map<Kind, number[]>(kinds.map((kind) => [kind, []]));
  const busy = { cpu: 0, gpu: 0, memory: 0, tokens: 0 };
  const untilMs = arrivals.at(-1)!.atMs;
  let leftBehind = 0;

  const passTo = (ms: number) => {
    const used = runs.used();
    const counted = Math.max(0, Math.min(ms, untilMs) - nowMs);
    for (const resource of resources) busy[resource] += used[resource] * counted;
    nowMs = ms;
  };
  const start = () => {
    for (const id of runs.start()) {
      const { kind, atMs, tookMs } = arrivals[id]!;
      waits.get(kind)!.push(nowMs - atMs);
      if (nowMs > untilMs) leftBehind++;
      ends.add({ id, atMs: nowMs + tookMs });
    }
  };
  const endUntil = (ms: number) => {
    for (let end = ends.first(); end !== undefined && end.atMs <= ms; end = ends.first()) {
      ends.take();
      passTo(end.atMs);
      runs.finish(end.id);
      start();
    }
  };
  for (const [id, arrival] of arrivals.entries()) {
    endUntil(arrival.atMs);
    passTo(arrival.atMs);
    runs.add(id, arrival);
    start();
  }
  endUntil(Infinity);

  const of = (name: string, some: (kind: Kind) => boolean) =>
    waitsOf(name, kinds.filter(some).map((k) => waits.get(k)!));
  const share = (resource: typeof resources[number]) => busy[resource] / untilMs / (pool[resource] ?? 1);
  return {
    policy,
    utilisation: { cpu: share("cpu"), gpu: share("gpu"), memory: share("memory"), tokens: share("tokens") },
    classes: priorities.map((priority) => of(priority, (kind) => kind.priority === priority)),
    kinds: kinds.map(({ name }) => of(name, (kind) => kind.name === name)),
    leftBehind,
  };
}

/** What decides, told only what is known when a task arrives. */
interface Runs {
  add(id: number, arrival: Arrival): void;
  start(): readonly number[];
  finish(id: number): void;
  used(): Required<Needs>;
}

function createPolicy(policy: Policy, nowMs: () => number): Runs {
  return policy === "scheduler" ? createScheduled(nowMs) : createGreedy();
}

function createScheduled(nowMs: () => number): Runs {
  const scheduler = createScheduler<null>({ pool, nowMs, agingMs: 60_000 });
  return {
    add: (id, { kind: { priority, needs }, lastsMs }) =>
      void scheduler.add({ id, priority, needs, lastsMs, value: null } satisfies Task<null>),
    start: () => scheduler.start().map(({ id }) => id as number),
    finish: scheduler.finish,
    used: scheduler.used,
  };
}

/** The highest priority that fits, by arrival: each kind is a queue of its own, as what is the same fits the same. */
function createGreedy(): Runs {
  const queues = kinds.map((kind) => ({ kind, ids: [] as number[], next: 0 }));
  const rankOf = ({ priority }: Kind) => priorities.indexOf(priority);
  const running = new Map<number, Needs>();
  const used = { cpu: 0, gpu: 0, memory: 0, tokens: 0 };
  const change = (needs: Needs, sign: number) => {
    for (const resource of resources) used[resource] += sign * (needs[resource] ?? 0);
  };
  const fits = (needs: Needs) =>
    resources.every((resource) => used[resource] + (needs[resource] ?? 0) <= (pool[resource] ?? 0));
  return {
    add: (id, { kind }) => void queues.find((queue) => queue.kind === kind)!.ids.push(id),
    start() {
      const started: number[] = [];
      for (;;) {
        let best: typeof queues[number] | undefined;
        for (const queue of queues) {
          const id = queue.ids[queue.next];
          if (id === undefined || !fits(queue.kind.needs)) continue;
          const rank = rankOf(queue.kind);
          const bestRank = best === undefined ? Infinity : rankOf(best.kind);
          if (rank < bestRank || (rank === bestRank && id < best!.ids[best!.next]!)) best = queue;
        }
        if (best === undefined) return started;
        const id = best.ids[best.next++]!;
        running.set(id, best.kind.needs);
        change(best.kind.needs, 1);
        started.push(id);
      }
    },
    finish(id) {
      change(running.get(id)!, -1);
      running.delete(id);
    },
    used: () => used,
  };
}

const busyMinuteMs = 60_000;
const busyEveryMs = 600_000;
const busyFactor = 3;

function arrivalsOf(tasks: number, load: number, random: () => number): readonly Arrival[] {
  const work = (resource: typeof resources[number]) =>
    kinds.reduce((sum, { share, needs, meanMs }) => sum + share * (needs[resource] ?? 0) * meanMs, 0) /
    (pool[resource] ?? 1);
  /** Milliseconds of the whole machine that a task takes on average. */
  const taskMs = Math.max(...resources.map(work));
  const meanFactor = 1 + (busyFactor - 1) * busyMinuteMs / busyEveryMs;
  const exponential = (mean: number) => -Math.log(1 - random()) * mean;
  let atMs = 0;
  return Array.from({ length: tasks }, () => {
    const factor = atMs % busyEveryMs < busyMinuteMs ? busyFactor : 1;
    atMs += exponential(taskMs / load * meanFactor / factor);
    let drawn = random();
    const kind = kinds.find(({ share }) => (drawn -= share) < 0) ?? kinds[0]!;
    const tookMs = exponential(kind.meanMs);
    // What is known beforehand is a bound, and often a poor one.
    return { kind, atMs, tookMs, lastsMs: tookMs * (1 + 2 * random()) };
  });
}

const seedOf = (seed: Seed) => seededRandom(seed);

/** A heap of what ends when. */
function createEnds() {
  const heap: { readonly id: number; readonly atMs: number }[] = [];
  const swap = (a: number, b: number) => [heap[a], heap[b]] = [heap[b]!, heap[a]!];
  return {
    first: () => heap[0],
    add(end: { readonly id: number; readonly atMs: number }) {
      heap.push(end);
      for (let at = heap.length - 1; at > 0;) {
        const parent = (at - 1) >> 1;
        if (heap[parent]!.atMs <= heap[at]!.atMs) return;
        swap(at, parent);
        at = parent;
      }
    },
    take() {
      swap(0, heap.length - 1);
      heap.pop();
      for (let at = 0;;) {
        const [left, right] = [2 * at + 1, 2 * at + 2];
        let least = at;
        if (left < heap.length && heap[left]!.atMs < heap[least]!.atMs) least = left;
        if (right < heap.length && heap[right]!.atMs < heap[least]!.atMs) least = right;
        if (least === at) return;
        swap(at, least);
        at = least;
      }
    },
  };
}

function waitsOf(name: string, lists: readonly number[][]): Waits {
  const all = Float64Array.from(lists.flat()).sort();
  const at = (share: number) => all[Math.min(all.length - 1, Math.floor(all.length * share))] ?? 0;
  return { name, count: all.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}
