import { InvariantError } from "../../../core/errors.ts";
import type { Sampling } from "../../../core/ports/engine.ts";
import {
  type Answer,
  type AnswerParts,
  type Arrival,
  createAnswer,
  needOf,
  readToken,
  remaining,
  usageOf,
} from "./answer.ts";
import type { Batch } from "./batch.ts";
import type { Context } from "./context.ts";
import { divideRows } from "./divide_rows.ts";
import type { Job, JobEvent } from "./job.ts";
import type { ParkedStates } from "./parked_states.ts";
import type { PrefillPace } from "./prefill.ts";
import type { History, PrefixMemory } from "./prefix_memory.ts";
import { commonLength } from "./prefix_tree.ts";
import { isAlarm, rankOf } from "./rank.ts";
import { cellsTaken, makeRoom } from "./room.ts";
import type { Sampler } from "./sampler.ts";
import { sequencesOf } from "./sequences.ts";
import { createShares } from "./shares.ts";

/**
 * Continuous batching: every step computes one token of each running answer, and some of the prompts that wait. The
 * most urgent come first; an alarm parks what is in its way, and nothing beside it is computed until its first token.
 */
export interface Batching {
  add(job: Job): void;
  /** Ends a job between two steps; undefined when it isn't there (any more). */
  cancel(id: number): JobEvent | undefined;
  readonly busy: boolean;
  /** Puts the history of a conversation back from its saved state; false when there is no room, or it isn't one. */
  restore(history: Omit<History, "sequence">, state: Uint8Array<ArrayBuffer>): boolean;
  /** Computes one step and gives what came of it. */
  step(): JobEvent[];
}

/** What batching is made of. */
export interface BatchingParts extends AnswerParts {
  readonly context: Pick<Context, "decode" | "cut" | "pointer">;
  /** Its sequences are those from {@link sequencesOf} on. */
  readonly prefixes: PrefixMemory;
  readonly batch: Batch;
  readonly pace: Pick<PrefillPace, "rows" | "measured" | "brokenOff">;
  readonly createSampler: (sampling: Sampling) => Sampler;
  /** Answers computed at once. */
  readonly answersMax: number;
  /** Positions of the whole cache. */
  readonly cells: number;
  /** What is kept of parked answers that are out of the cache. */
  readonly states: ParkedStates;
  readonly nowMs: () => number;
}

/** What waits: to begin, or to go on. */
type Waiting = Arrival | Answer;

/** Batching over a context that nobody else uses. */
export function createBatching(parts: BatchingParts): Batching {
  const { context, prefixes, batch, pace, states, answersMax, cells, nowMs } = parts;
  let waiting: Waiting[] = [];
  let running: Answer[] = [];
  let arrivals = 0;
  const sequencesFree = Array.from({ length: sequencesOf(answersMax) }, (_, sequence) => sequence);
  const shares = createShares();
  const servedMs = ({ job }: Waiting) => shares.servedMs(job);
  const parked = () => waiting.filter((one): one is Answer => isBegun(one) && one.sequence >= 0);

  /**
   * Takes its place in the cache away. At once: what nobody needs would slow every following step, and take room.
   * @param keeps Whether its conversation goes on from what it has.
   */
  function lose(answer: Answer, keeps = false): void {
    if (answer.sequence < 0) return;
    prefixes.leave(answer, keeps);
    context.cut(answer.sequence, 0);
    sequencesFree.push(answer.sequence);
    answer.sequence = -1;
    answer.computed = 0;
  }

  function release(answer: Answer, keeps: boolean): void {
    lose(answer, keeps);
    states.forget(answer);
    answer.sampler.free();
    running = running.filter((other) => other !== answer);
    shares.leave(answer.job);
  }

  /** Gives the place in the cache away of one that goes on later: from its saved state, or computed again. */
  function takeOut(answer: Answer): void {
    const { computed } = answer;
    const isSaved = states.save(answer);
    lose(answer);
    if (isSaved) answer.computed = computed;
  }

  function park(answer: Answer): void {
    running = running.filter((other) => other !== answer);
    waiting.push(answer);
  }

  /** The most urgent first; of these whose conversation had least, then who came first. */
  function sortWaiting(now: number): void {
    waiting.sort((a, b) => rankOf(a, now) - rankOf(b, now) || servedMs(a) - servedMs(b) || a.order - b.order);
  }

  function admit(events: JobEvent[]): void {
    for (let index = 0; waiting.length > 0;) {
      const now = nowMs();
      sortWaiting(now);
      const next = waiting[index];
      if (next === undefined) break;
      if (isComing(next)) index++;
      else if (enter(next, now, events)) index = 0;
      else break;
    }
    // Parked ones may be in the way of the first. Of them, the one that began last has room, as it had it then.
    for (const one of [...waiting]) {
      if (running.length > 0) return;
      enter(one, nowMs(), events);
    }
  }

  /** Another is just computing the same beginning: to wait for it is cheaper than to compute it twice. */
  function isComing(one: Waiting): boolean {
    if (isBegun(one) || isAlarm(one)) return false;
    const { tokens, stableCount } = one.job.prompt;
    const now = nowMs();
    return running.some((answer) => {
      const { job: { prompt }, computed } = answer;
      return rankOf(answer, now) <= rankOf(one, now) && prompt.stableCount === stableCount && computed < stableCount &&
        commonLength(prompt.tokens, tokens, stableCount) === stableCount;
    });
  }

  /** Lets one in if room can be made for it. */
  function enter(one: Waiting, now: number, events: JobEvent[]): boolean {
    const known = isBegun(one) ? one : undefined;
    const made = makeRoom({
      running,
      parked: parked(),
      answersMax,
      cells,
      sequencesFree: sequencesFree.length,
      cellsSavable: states.cellsLeft,
      rankOf: (answer) => rankOf(answer, now),
      servedMs,
      nowMs: now,
    }, { rank: rankOf(one, now), servedMs: servedMs(one), cells: needOf(one.job), parked: known });
    if (made === undefined) return false;
    made.park.forEach(park);
    made.lose.forEach(takeOut);
    waiting = waiting.filter((other) => other !== one);
    const answer = known ?? begin(one, events);
    if (answer === undefined) return true;
    const isOut = answer.sequence < 0;
    const isSaved = states.has(answer);
    if (isOut) giveSequence(answer);
    // What it shares is taken first: else just that might be given up to make room for it.
    if (isOut && !isSaved) shareBeginning(answer);
    makeRoomFor([...running, answer], 0);
    if (isSaved && !states.restore(answer)) shareBeginning(answer);
    if (known === undefined) {
      answer.promptReused = answer.computed;
      const promptTokens = answer.job.prompt.tokens.length;
      events.push({ kind: "started", id: answer.job.id, promptTokens, promptReused: answer.computed });
    }
    answer.turnMs = now;
    running.push(answer);
    return true;
  }

  /** Gives up what is kept until there is room for these answers, the parked ones and more; false when there isn't. */
  function makeRoomFor(answers: readonly Answer[], more: number): boolean {
    const paused = parked().filter((one) => !answers.includes(one));
    for (;;) {
      const shared = [...answers, ...paused].reduce((sum, { sequence }) => sum + prefixes.sharedBy(sequence), 0);
      if (cellsTaken(answers, paused) - shared + prefixes.cells + more <= cells) return true;
      if (!prefixes.dropOldest()) return false;
    }
  }

  function begin(arrival: Arrival, events: JobEvent[]): Answer | undefined {
    const { job } = arrival;
    const sampler = parts.createSampler(job.sampling);
    if (job.gbnf === undefined || sampler.hold(job.gbnf, [])) return createAnswer(arrival, sampler, parts);
    sampler.free();
    shares.leave(job);
    events.push({ kind: "failed", id: job.id, failure: { kind: "invalid", reason: "llama.cpp refuses its grammar" } });
    return undefined;
  }

  function giveSequence(answer: Answer): void {
    const sequence = sequencesFree.shift();
    if (sequence === undefined) throw new InvariantError("Room was made without a sequence");
    answer.sequence = sequence;
  }

  /** Lets it begin with as much as is computed somewhere. */
  function shareBeginning(answer: Answer): void {
    const { tokens, sequence, job: { prompt, conversation } } = answer;
    const asked = { prompt: { ...prompt, tokens }, ...(conversation === undefined ? {} : { conversation }) };
    answer.computed = prefixes.share(asked, sequence, [...running, ...parked()]);
  }

  /** Puts this step's rows together: running answers first, then prompts. An alarm that has no token yet is alone. */
  function fill(): void {
    batch.clear();
    for (const answer of running) {
      answer.row = -1;
      answer.taken = 0;
    }
    const first = running.filter((answer) => isAlarm(answer) && answer.answerTokens === 0);
    const computing = first.length > 0 ? first : running;
    let isPrompts = false;
    for (const answer of computing) {
      if (remaining(answer) > 1) isPrompts = true;
      else take(answer, 1);
    }
    if (!isPrompts) return;
    const prompts = computing.filter((answer) => remaining(answer) > 1);
    const now = nowMs();
    const wanted = prompts.map((answer) => ({ rank: rankOf(answer, now), remaining: remaining(answer) }));
    const others = first.length === 0 && (running.length > prompts.length || waiting.length > 0);
    const rows = divideRows(wanted, pace.rows(others));
    for (const [index, answer] of prompts.entries()) {
      take(answer, Math.min(rows[index] ?? 0, prefixes.stepMax(answer.job, answer.computed)));
    }
  }

  function take(answer: Answer, count: number): void {
    const { tokens, computed, sequence } = answer;
    for (let at = computed; at < computed + count; at++) {
      const wantsLogits = at === tokens.length - 1;
      const row = batch.put(tokens[at] ?? 0, at, sequence, wantsLogits);
      if (wantsLogits) answer.row = row;
    }
    answer.taken = count;
  }

  /** Takes every sequence back to what is known to be computed. */
  function takeBack(): void {
    for (const answer of running) {
      if (answer.taken === 0 || context.cut(answer.sequence, answer.computed)) continue;
      prefixes.leave(answer, false);
      context.cut(answer.sequence, 0); // all or nothing: from the last beginning that is kept
      answer.computed = 0;
      shareBeginning(answer);
    }
  }

  function sampleAll(tookMs: number, events: JobEvent[]): void {
    for (const answer of running) {
      if (answer.taken > 0) shares.serve(answer.job, tookMs);
      answer.computed += answer.taken;
      if (answer.taken > 0) prefixes.computed(answer);
      if (answer.row < 0) continue;
      const { id } = answer.job;
      const token = answer.sampler.sample(context.pointer, answer.row);
      if (token === undefined) {
        const reason = "the model has no words for what the answer is held to";
        events.push({ kind: "failed", id, failure: { kind: "refused", reason } });
        release(answer, true);
        continue;
      }
      const reason = readToken(answer, token, events, parts);
      if (reason === undefined) continue;
      events.push({ kind: "end", id, reason, usage: usageOf(answer) });
      release(answer, true);
    }
  }

  return {
    add(job) {
      shares.enter(job);
      waiting.push({ job, order: arrivals++, atMs: nowMs() });
    },
    cancel(id) {
      const one = [...running, ...waiting].find(({ job }) => job.id === id);
      if (one === undefined) return undefined;
      waiting = waiting.filter((other) => other !== one);
      if (isBegun(one)) {
        release(one, true);
        return { kind: "end", id, reason: "cancelled", usage: usageOf(one) };
      }
      shares.leave(one.job);
      const usage = { promptTokens: one.job.prompt.tokens.length, promptReused: 0, answerTokens: 0 };
      return { kind: "end", id, reason: "cancelled", usage };
    },
    get busy() {
      return running.length + waiting.length > 0;
    },
    restore: (history, state) => makeRoomFor(running, history.tokens.length) && prefixes.restore(history, state),
    step() {
      const events: JobEvent[] = [];
      if (waiting.length > 0) admit(events);
      fill();
      if (batch.rows === 0) return events;
      const result = context.decode(batch);
      switch (result.kind) {
        case "done":
          pace.measured(batch.rows, result.tookMs);
          sampleAll(result.tookMs, events);
          return events;
        case "broken_off":
          if (result.isLate && batch.rows > answersMax) pace.brokenOff();
          takeBack();
          return events;
        case "no_room":
        case "failed": {
          const reason = result.kind === "no_room"
            ? "the model's memory for conversations is full"
            : `llama.cpp failed to compute a step (${result.code})`;
          for (const answer of running) {
            events.push({ kind: "failed", id: answer.job.id, failure: { kind: "unavailable", reason } });
            release(answer, false);
          }
          return events;
        }
      }
    },
  };
}

function isBegun(one: Waiting): one is Answer {
  return "sampler" in one;
}
