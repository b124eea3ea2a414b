/**
 * Picks what a sentence means among tools, so that a small model can neither name a wrong thing nor act when it
 * shouldn't: the model only chooses among lines that are made of the caller's tools and the sentence itself, and code
 * decides before it what can be meant, and behind it what of that is done, asked back, or left alone.
 */
import type { Clock } from "../ports/clock.ts";
import type { Engine, EngineFailure } from "../ports/engine.ts";
import type { Log } from "../ports/log.ts";
import { greedy } from "../prompt.ts";
import type { Locale } from "../text/mod.ts";
import { type Candidate, createCandidates, vagueMeanings } from "./candidates.ts";
import { choosingMessages } from "./choosing_prompt.ts";
import { type Form, formOf, objectionTo } from "./gate.ts";
import { judge, type Refusal } from "./judge.ts";
import { linesGrammar, readLines, tokensOfLines } from "./lines.ts";
import { readSentence, type Sentence, sentenceLengthMax } from "./sentence.ts";
import type { InstalledTool, ToolChoice } from "./types.ts";
import { wordsOf } from "./words.ts";

/** What is said, by whom it may be done, and where. */
export interface Asked {
  readonly text: string;
  readonly locale: Locale;
  /** Those that the person may use. */
  readonly tools: readonly InstalledTool[];
  /** What was said before, where that was asked back: this answers it, or is about something else. */
  readonly previous?: { readonly asked: string };
  /** Where the person is, as they would say it: decides between peers. */
  readonly place?: string;
}

/** What a choice comes to. */
export type Chosen = ToolChoice | { readonly kind: "failed"; readonly failure: EngineFailure };

/** Picks tools for sentences. */
export interface ToolChooser {
  /** Never calls anything. Abort of `signal` gives `none`. */
  choose(asked: Asked, signal: AbortSignal): Promise<Chosen>;
}

/** What choosing needs. */
export interface ToolChooserDeps {
  readonly engine: Pick<Engine, "generate">;
  readonly clock: Pick<Clock, "nowMs">;
  readonly log: Log;
  /** An IANA name; absent: the machine's. */
  readonly timeZone?: string;
  /** Told of each step with its texts, for whoever looks for a mistake. Never into a log. */
  readonly explain?: (step: string, what: unknown) => void;
}

/** Commands of one sentence, at most. */
const linesMax = 4;
/** Sentences that wait for a "yes", at most; of forgotten ones it is asked again. */
const unsureMax = 256;

/** Makes a chooser. It keeps what it knows of tools for as long as they are there. */
export function createToolChooser({ engine, clock, log, timeZone, explain }: ToolChooserDeps): ToolChooser {
  const candidatesOf = createCandidates((tool, reason) => {
    log.warn("tool can't be chosen", { tool: tool.name, reason });
  });

  /** What was made of a sentence and not surely: a "yes" agrees to this and to nothing else. */
  const unsure = new Map<string, string>();

  async function chooseSentence(
    text: string,
    { tools, locale, place }: Asked,
    signal: AbortSignal,
  ): Promise<Chosen> {
    const startMs = clock.nowMs();
    const sentence = readSentence(text, wordsOf(text, locale));
    const form = formOf(sentence);
    const now = { nowMs: startMs, ...(timeZone === undefined ? {} : { timeZone }) };
    const candidates = candidatesOf.of(sentence, tools, { form, now });
    explain?.("read", {
      form,
      meanings: [...sentence.meanings.keys()],
      numbers: sentence.numbers.map(({ text }) => text),
    });
    explain?.(
      "candidates",
      candidates.map(({ tool, score, slots }) => [tool.name, score, slots.map(({ kind }) => kind)]),
    );
    // What the model says to it must not be all that is said: it may claim that it was done.
    const none = (refusedBy?: Refusal): Chosen => {
      if (!tellsToChange(sentence, form, candidates)) return { kind: "none" };
      return { kind: "none", unchanged: refusedBy === "schedule" || refusedBy === "except" ? refusedBy : "unmeant" };
    };
    const told = { form, language: sentence.words?.language ?? "other", candidates: candidates.length };
    // Most of what is said isn't about any tool.
    if (candidates.length === 0) return { kind: "none" };
    // Without a text that could hold it, what is said against it counts whatever the model would write.
    if (candidates.every(({ tool, fields }) => !tool.readOnly && fields.every(({ of }) => of.kind !== "text"))) {
      const objection = objectionTo(sentence, { texts: [], takesTime: true });
      if (objection !== undefined) {
        log.info("tools chosen", { ...told, refusedBy: objection });
        return none(objection);
      }
    }
    const most = Math.min(linesMax, joinsOf(sentence) + 1);
    let written = "";
    let answerTokens = 0;
    let isWhole = false;
    for await (
      const event of engine.generate({
        messages: choosingMessages(tools, candidates, text),
        tokensMax: tokensOfLines(candidates, most),
        sampling: greedy,
        format: { kind: "grammar", grammar: linesGrammar(candidates, most) },
      }, signal)
    ) {
      if (event.kind === "text") written += event.text;
      if (event.kind === "failed") return event;
      if (event.kind === "end") {
        answerTokens = event.usage.answerTokens;
        isWhole = event.reason === "stop";
        explain?.("cost", event.usage);
      }
    }
    explain?.("written", written);
    const lines = isWhole ? readLines(written, candidates) : undefined;
    if (lines === undefined) {
      log.info("tools chosen", { ...told, answerTokens, refusedBy: signal.aborted ? "cancelled" : "unreadable" });
      return none();
    }
    const judged = judge(lines, { sentence, candidates, form, locale, ...(place === undefined ? {} : { place }) });
    explain?.("judged", judged.refusedBy ?? "done");
    log.info("tools chosen", {
      ...told,
      answerTokens,
      tookMs: Math.round(clock.nowMs() - startMs),
      result: judged.choice.kind,
      tools: [...new Set(lines.map(({ candidate }) => candidate.tool.name))].join(" "),
      refusedBy: judged.refusedBy,
    });
    const { choice, refusedBy } = judged;
    if (choice.kind === "none") return none(refusedBy);
    if (choice.kind === "calls" && choice.calls.some(({ isSure }) => !isSure)) {
      if (unsure.size >= unsureMax) unsure.clear();
      unsure.set(text, keyOf(choice));
    }
    return choice;
  }

  return {
    async choose(asked, signal) {
      const text = asked.text.trim();
      if (text === "" || text.length > sentenceLengthMax || asked.tools.length === 0) return { kind: "none" };
      const { previous } = asked;
      if (previous === undefined) return await chooseSentence(text, asked, signal);
      const words = wordsOf(text, asked.locale);
      const small = text.toLowerCase();
      if (words?.no.test(small) === true) return { kind: "none" };
      const before = previous.asked.replaceAll("\n", " ").slice(-sentenceLengthMax);
      if (words?.yes.test(small) === true) {
        const shown = unsure.get(before);
        const again = await chooseSentence(before, asked, signal);
        if (again.kind !== "calls" || shown !== keyOf(again)) return again;
        return { ...again, calls: again.calls.map((call) => ({ ...call, isSure: true })) };
      }
      // An answer is short and says what was missing; with a verb of its own it is another request.
      const alone = await answersAlone(text, asked, signal);
      return alone ?? await chooseSentence(`${before} ${text}`.slice(-sentenceLengthMax), asked, signal);
    },
  };

  /** What a sentence means that isn't an answer to what was asked back. */
  async function answersAlone(text: string, asked: Asked, signal: AbortSignal): Promise<Chosen | undefined> {
    const sentence = readSentence(text, wordsOf(text, asked.locale));
    if (formOf(sentence) === "command" && sentence.meanings.size === 0) return undefined;
    const alone = await chooseSentence(text, asked, signal);
    return alone.kind === "none" && sentence.tokens.length <= 6 ? undefined : alone;
  }
}

/** Whether a sentence tells a tool to change something, as far as its verbs say. */
function tellsToChange({ meanings }: Sentence, form: Form, candidates: readonly Candidate[]): boolean {
  const isVerbSaid = [...meanings.keys()].some((name) => !vagueMeanings.has(name));
  return form !== "question" && candidates.some(({ tool, isMeant }) => !tool.readOnly && (isMeant || isVerbSaid));
}

function keyOf({ calls }: Extract<ToolChoice, { readonly kind: "calls" }>): string {
  return JSON.stringify(calls.map(({ tool, arguments: given }) => [tool.name, tool.plugin.digest, given]));
}

function joinsOf({ small, words }: Sentence): number {
  if (words === undefined) return 0;
  // ", and then" joins once.
  let [count, endsAt] = [0, -1];
  for (const match of small.matchAll(words.join)) {
    if (endsAt < 0 || small.slice(endsAt, match.index).trim() !== "") count++;
    endsAt = match.index + match[0].length;
  }
  return count;
}
