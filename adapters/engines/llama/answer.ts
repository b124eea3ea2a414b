import type { ChosenToken, Usage } from "../../../core/ports/engine.ts";
import { type AnswerReader, createAnswerReader, type HeldAs } from "./answer_reader.ts";
import type { Job, JobEvent } from "./job.ts";
import type { Sampler } from "./sampler.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** A job that came, before anything of it is computed. */
export interface Arrival {
  readonly job: Job;
  /** Which in the order of all that came, and when. */
  readonly order: number;
  readonly atMs: number;
}

/**
 * One answer from its beginning to its end: what of it is computed, and what is read in its tokens. All of it but its
 * place in the cache outlasts a pause.
 */
export interface Answer extends Arrival {
  /** When it began, or went on after a pause. */
  turnMs: number;
  /** Prompt, and what was answered so far. The first {@link computed} of them lie in its sequence. */
  readonly tokens: number[];
  computed: number;
  /** Its place in the cache; -1 when it has none. */
  sequence: number;
  readonly sampler: Sampler;
  readonly decoder: TextDecoder;
  readonly reader: AnswerReader;
  /** Tokens of its prompt that were computed before it came. */
  promptReused: number;
  /** Its row of logits in this step, and how many rows it has. */
  row: number;
  taken: number;
  answerTokens: number;
  /** Characters that its tokens came to. */
  written: number;
  /** Tokens whose text isn't given out yet, with where it begins. */
  readonly described: { readonly start: number; readonly token: ChosenToken }[];
}

/** What tokens are read with. */
export interface AnswerParts {
  readonly vocabulary: Pick<Vocabulary, "pieceOf" | "isEnd" | "tokenize">;
  /** A token of a row beside its alternatives. */
  readonly describe: (row: number, token: number, alternativesMax: number) => ChosenToken;
}

/** An answer of which nothing is computed. It owns `sampler`. */
export function createAnswer(
  arrival: Arrival,
  sampler: Sampler,
  { vocabulary }: Pick<AnswerParts, "vocabulary">,
): Answer {
  const { job } = arrival;
  return {
    ...arrival,
    turnMs: arrival.atMs,
    tokens: [...job.prompt.tokens],
    computed: 0,
    sequence: -1,
    sampler,
    decoder: new TextDecoder("utf-8", { ignoreBOM: true }),
    reader: readerOf(job, sampler, vocabulary),
    promptReused: 0,
    row: -1,
    taken: 0,
    answerTokens: 0,
    written: 0,
    described: [],
  };
}

function readerOf({ stop, calls }: Job, sampler: Sampler, vocabulary: Pick<Vocabulary, "tokenize">): AnswerReader {
  if (calls === undefined) return createAnswerReader(stop);
  const { syntax, from, names, gbnfOf, isPlainText } = calls;
  const hold = (begun: string, how: HeldAs) => {
    const gbnf = gbnfOf(how);
    return gbnf !== undefined && sampler.hold(gbnf, vocabulary.tokenize(begun, false));
  };
  return createAnswerReader(stop, { syntax, from, hold, names, isPlainText });
}

/** Reads the token that was chosen at its row: its text and calls go to `events`. Gives why it has ended, if it has. */
export function readToken(
  answer: Answer,
  token: number,
  events: JobEvent[],
  { vocabulary, describe }: AnswerParts,
): "stop" | "length" | undefined {
  const { job: { id, tokensMax, alternativesMax }, decoder, reader } = answer;
  const answerTokens = ++answer.answerTokens;
  const ended = vocabulary.isEnd(token);
  // The decoder holds the bytes of an unfinished character back until the token that completes it.
  const piece = ended ? "" : decoder.decode(vocabulary.pieceOf(token), { stream: true });
  if (alternativesMax !== undefined && !ended) {
    answer.described.push({ start: answer.written, token: describe(answer.row, token, alternativesMax) });
  }
  answer.written += piece.length;
  const { parts: read, stopped } = reader.push(piece);
  const reason = ended || stopped ? "stop" : answerTokens >= tokensMax ? "length" : undefined;
  // The bytes of a character that was cut off by the length stay in the decoder: half a character is no text.
  for (const part of reason === undefined || stopped ? read : [...read, ...reader.flush()]) {
    const described = alternativesMax === undefined ? {} : { tokens: takeDescribed(answer, part.end) };
    if (part.kind === "text") events.push({ kind: "text", id, text: part.text, answerTokens, ...described });
    else events.push({ kind: "tool_call", id, name: part.name, arguments: part.arguments, answerTokens });
  }
  if (reason === undefined) answer.tokens.push(token);
  return reason;
}

/** The tokens of text that begins before `end`, which are given out with it. */
function takeDescribed({ described }: Answer, end: number): ChosenToken[] {
  const count = described.findIndex(({ start }) => start >= end);
  return described.splice(0, count < 0 ? described.length : count).map(({ token }) => token);
}

/** Tokens that wait to be computed. More than one: its prompt, or what has to be computed again. */
export function remaining({ tokens, computed }: Answer): number {
  return tokens.length - computed;
}

/** Positions that it may come to need at most: a cache that is full in mid-answer has no good way out. */
export function needOf({ prompt, tokensMax }: Job): number {
  return prompt.tokens.length + tokensMax;
}

/** What it has cost so far. */
export function usageOf({ job, promptReused, answerTokens }: Answer): Usage {
  return { promptTokens: job.prompt.tokens.length, promptReused, answerTokens };
}
