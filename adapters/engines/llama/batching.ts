import type { ChosenToken, EngineFailure, Sampling, Usage } from "../../../core/ports/engine.ts";
import type { Priority } from "../../../core/priority.ts";
import type { CallSyntax } from "../grammar/call_syntax.ts";
import { type AnswerReader, createAnswerReader } from "./answer_reader.ts";
import type { Batch } from "./batch.ts";
import type { Prompt } from "./chat_template.ts";
import type { Context } from "./context.ts";
import type { PrefillPace } from "./prefill.ts";
import { commonLength, createPrefixMemory } from "./prefix_memory.ts";
import type { Sampler } from "./sampler.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** One answer wanted, its prompt already in tokens. */
export interface Job {
  readonly id: number;
  readonly priority: Priority;
  /** Whose history its prompt is, if it may be kept. */
  readonly conversation?: string;
  readonly prompt: Prompt;
  readonly tokensMax: number;
  readonly sampling: Sampling;
  readonly stop: readonly string[];
  /** What the whole answer is held to. */
  readonly gbnf?: string;
  /** The calls that it may have: the whole of it, held to `gbnf`, or what follows a trigger. */
  readonly calls?: {
    readonly syntax: CallSyntax;
    readonly from: "start" | "trigger";
    readonly names: readonly string[];
    /** What calls that begin in the middle are held to. */
    readonly gbnfs: { readonly own: string; readonly loose: string };
  };
  /** Probabilities of the tokens of its text, with so many alternatives. */
  readonly alternativesMax?: number;
}

/** What happened to a job. Its last is `end` or `failed`. */
export type JobEvent =
  | { readonly kind: "started"; readonly id: number; readonly promptTokens: number; readonly promptReused: number }
  | {
    readonly kind: "text";
    readonly id: number;
    readonly text: string;
    readonly answerTokens: number;
    readonly tokens?: ChosenToken[];
  }
  | {
    readonly kind: "tool_call";
    readonly id: number;
    readonly name: string;
    readonly arguments: string;
    readonly answerTokens: number;
  }
  | {
    readonly kind: "end";
    readonly id: number;
    readonly reason: "stop" | "length" | "cancelled";
    readonly usage: Usage;
  }
  | { readonly kind: "failed"; readonly id: number; readonly failure: EngineFailure };

/** Continuous batching: every step computes one token of each running answer, and some of the prompts that wait. */
export interface Batching {
  add(job: Job): void;
  /** Ends a job between two steps; undefined when it isn't there (any more). */
  cancel(id: number): JobEvent | undefined;
  readonly busy: boolean;
  /** Computes one step and gives what came of it. */
  step(): JobEvent[];
}

/** What batching is made of. */
export interface BatchingParts {
  readonly context: Pick<Context, "decode" | "cut" | "share" | "divisible" | "pointer">;
  readonly batch: Batch;
  readonly pace: PrefillPace;
  readonly vocabulary: Pick<Vocabulary, "pieceOf" | "isEnd" | "tokenize">;
  readonly createSampler: (sampling: Sampling) => Sampler;
  /** A token of a row beside its alternatives. */
  readonly describe: (row: number, token: number, alternativesMax: number) => ChosenToken;
  /** Answers computed at once; the sequences above them are the prefix memory's. */
  readonly answersMax: number;
  /** Positions of the whole cache. */
  readonly cells: number;
}

/** One running answer. */
interface Running {
  readonly job: Job;
  readonly sequence: number;
  readonly sampler: Sampler;
  readonly decoder: TextDecoder;
  readonly reader: AnswerReader;
  readonly promptReused: number;
  /** Tokens in the cache, in order, and those still to be computed. */
  readonly cached: number[];
  waiting: readonly number[];
  waitingFrom: number;
  /** Steps that its prompt has been passed over in. */
  passedOver: number;
  /** Its row of logits in this step. */
  row: number;
  taken: number;
  answerTokens: number;
  /** Characters that its tokens came to. */
  written: number;
  /** Tokens whose text isn't given out yet, with where it begins. */
  described: { readonly start: number; readonly token: ChosenToken }[];
  prefixKept: boolean;
}

/** Batching over a context that nobody else uses. */
export function createBatching(parts: BatchingParts): Batching {
  const { context, batch, pace, vocabulary, answersMax, cells } = parts;
  const queue: Job[] = [];
  let running: Running[] = [];
  const sequencesFree = Array.from({ length: answersMax }, (_, sequence) => sequence);
  const prefixes = createPrefixMemory(context, { sequenceFirst: answersMax, cells });

  const usageOf = ({ job, promptReused, answerTokens }: Running): Usage => ({
    promptTokens: job.prompt.tokens.length,
    promptReused,
    answerTokens,
  });

  /** At once: what ended would slow every following step, and take room. */
  function release(one: Running): void {
    context.cut(one.sequence, 0);
    one.sampler.free();
    sequencesFree.push(one.sequence);
    running = running.filter((other) => other !== one);
  }

  /** Most it may ever need: a cache that is full in mid-answer has no good way out. */
  const needOf = (job: Job) => job.prompt.tokens.length + job.tokensMax;
  const roomTaken = () => running.reduce((sum, { job }) => sum + needOf(job), 0) + prefixes.cells;

  function admit(events: JobEvent[]): void {
    for (;;) {
      const job = queue[0];
      if (job === undefined || sequencesFree.length === 0) return;
      // Another is just computing the same beginning: to wait for it is cheaper than to compute it twice.
      const { tokens, stableCount } = job.prompt;
      const coming = context.divisible &&
        running.some(({ job: { prompt }, cached }) =>
          prompt.stableCount === stableCount && cached.length < stableCount &&
          commonLength(prompt.tokens, tokens, stableCount) === stableCount
        );
      if (coming) return;
      while (roomTaken() + needOf(job) > cells && prefixes.dropOldest());
      if (roomTaken() + needOf(job) > cells && running.length > 0) return;
      queue.shift();
      const sampler = parts.createSampler(job.sampling);
      if (job.gbnf !== undefined && !sampler.hold(job.gbnf, [])) {
        sampler.free();
        events.push({
          kind: "failed",
          id: job.id,
          failure: { kind: "invalid", reason: "llama.cpp refuses its grammar" },
        });
        continue;
      }
      const sequence = sequencesFree.shift() ?? 0;
      const reused = prefixes.share(
        job.prompt,
        sequence,
        running.map(({ sequence, cached }) => ({ sequence, tokens: cached })),
      );
      running.push({
        job,
        sequence,
        sampler,
        decoder: new TextDecoder("utf-8", { ignoreBOM: true }),
        reader: readerOf(job, sampler),
        promptReused: reused,
        cached: tokens.slice(0, reused),
        waiting: tokens,
        waitingFrom: reused,
        passedOver: 0,
        row: -1,
        taken: 0,
        answerTokens: 0,
        written: 0,
        described: [],
        prefixKept: false,
      });
      events.push({ kind: "started", id: job.id, promptTokens: tokens.length, promptReused: reused });
    }
  }

  function readerOf({ stop, calls }: Job, sampler: Sampler): AnswerReader {
    if (calls === undefined) return createAnswerReader(stop);
    const { syntax, from, names, gbnfs } = calls;
    const hold = (begun: string, how: "own" | "loose") => sampler.hold(gbnfs[how], vocabulary.tokenize(begun, false));
    return createAnswerReader(stop, { syntax, from, hold, names });
  }

  /** Puts this step's rows together: running answers first, then prompts, of which short ones overtake. */
  function fill(): void {
    batch.clear();
    const prompts: Running[] = [];
    for (const one of running) {
      one.row = -1;
      one.taken = 0;
      if (remaining(one) > 1) prompts.push(one);
      else take(one, 1);
    }
    if (prompts.length === 0) return;
    let budget = pace.rows(running.length > prompts.length || queue.length > 0);
    const urgency = (one: Running) => remaining(one) - one.passedOver * 32;
    for (const one of prompts.sort((a, b) => urgency(a) - urgency(b))) {
      const count = Math.min(budget, remaining(one));
      budget -= count;
      if (count > 0) take(one, count);
      else one.passedOver++;
    }
  }

  function take(one: Running, count: number): void {
    const last = one.waiting.length - 1;
    for (let index = 0; index < count; index++) {
      const at = one.waitingFrom + index;
      const wantsLogits = at === last;
      const row = batch.put(one.waiting[at] ?? 0, one.cached.length + index, one.sequence, wantsLogits);
      if (wantsLogits) one.row = row;
    }
    one.taken = count;
  }

  /** Takes every sequence back to what is known to be computed. */
  function takeBack(): void {
    for (const one of running) {
      if (context.cut(one.sequence, one.cached.length)) continue;
      context.cut(one.sequence, 0); // all or nothing: compute it again
      one.waiting = [...one.cached, ...one.waiting.slice(one.waitingFrom)];
      one.waitingFrom = 0;
      one.cached.length = 0;
    }
  }

  function sampleAll(events: JobEvent[]): void {
    for (const one of running) {
      for (let index = 0; index < one.taken; index++) one.cached.push(one.waiting[one.waitingFrom + index] ?? 0);
      one.waitingFrom += one.taken;
      if (!one.prefixKept && one.cached.length >= one.job.prompt.stableCount) {
        one.prefixKept = true;
        prefixes.keep(one.job.prompt, one.sequence);
      }
      if (one.row < 0) continue;
      const { job: { id, tokensMax, alternativesMax }, decoder, reader } = one;
      const token = one.sampler.sample(context.pointer, one.row);
      if (token === undefined) {
        const reason = "the model has no words for what the answer is held to";
        events.push({ kind: "failed", id, failure: { kind: "refused", reason } });
        release(one);
        continue;
      }
      const answerTokens = ++one.answerTokens;
      const ended = vocabulary.isEnd(token);
      // The decoder holds the bytes of an unfinished character back until the token that completes it.
      const piece = ended ? "" : decoder.decode(vocabulary.pieceOf(token), { stream: true });
      if (alternativesMax !== undefined && !ended) {
        one.described.push({ start: one.written, token: parts.describe(one.row, token, alternativesMax) });
      }
      one.written += piece.length;
      const { parts: read, stopped } = reader.push(piece);
      const reason = ended || stopped ? "stop" : answerTokens >= tokensMax ? "length" : undefined;
      // The bytes of a character that was cut off by the length stay in the decoder: half a character is no text.
      for (const part of reason === undefined || stopped ? read : [...read, ...reader.flush()]) {
        const described = alternativesMax === undefined ? {} : { tokens: takeDescribed(one, part.end) };
        if (part.kind === "text") events.push({ kind: "text", id, text: part.text, answerTokens, ...described });
        else events.push({ kind: "tool_call", id, name: part.name, arguments: part.arguments, answerTokens });
      }
      if (reason === undefined) {
        one.waiting = [token];
        one.waitingFrom = 0;
      } else {
        events.push({ kind: "end", id, reason, usage: usageOf(one) });
        release(one);
      }
    }
  }

  return {
    add(job) {
      queue.push(job);
    },
    cancel(id) {
      const at = queue.findIndex((job) => job.id === id);
      const queued = at < 0 ? undefined : queue.splice(at, 1)[0];
      if (queued !== undefined) {
        const usage = { promptTokens: queued.prompt.tokens.length, promptReused: 0, answerTokens: 0 };
        return { kind: "end", id, reason: "cancelled", usage };
      }
      const one = running.find(({ job }) => job.id === id);
      if (one === undefined) return undefined;
      release(one);
      return { kind: "end", id, reason: "cancelled", usage: usageOf(one) };
    },
    get busy() {
      return running.length + queue.length > 0;
    },
    step() {
      const events: JobEvent[] = [];
      admit(events);
      fill();
      if (batch.rows === 0) return events;
      const result = context.decode(batch);
      switch (result.kind) {
        case "done":
          pace.measured(batch.rows, result.tookMs);
          sampleAll(events);
          return events;
        case "broken_off":
          if (batch.rows > answersMax) pace.brokenOff();
          takeBack();
          return events;
        case "no_room":
        case "failed": {
          const reason = result.kind === "no_room"
            ? "the model's memory for conversations is full"
            : `llama.cpp failed to compute a step (${result.code})`;
          for (const one of running) {
            events.push({ kind: "failed", id: one.job.id, failure: { kind: "unavailable", reason } });
            release(one);
          }
          return events;
        }
      }
    },
  };
}

/** The tokens of text that begins before `end`, which are given out with it. */
function takeDescribed(one: Running, end: number): ChosenToken[] {
  const count = one.described.findIndex(({ start }) => start >= end);
  return one.described.splice(0, count < 0 ? one.described.length : count).map(({ token }) => token);
}

function remaining({ waiting, waitingFrom }: Running): number {
  return waiting.length - waitingFrom;
}
