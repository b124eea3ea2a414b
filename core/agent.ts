import { openMessage } from "./message/messages.ts";
import { openSession, updateSession } from "./message/sessions.ts";
import type { Author } from "./message/types.ts";
import type { Engine, EngineFailure, GenerateRequest } from "./ports/engine.ts";
import type { ReadTx, Store } from "./ports/store.ts";
import {
  buildPrompt,
  type CountedText,
  type Exchange,
  exchangeTokens,
  greedy,
  type PromptBudget,
  promptBudget,
  summaryRequest,
  systemMessage,
} from "./prompt.ts";
import type { Vault } from "./vault.ts";

/** What came of answering one question. Of a cancelled one, `text` is what was said so far. */
export type AgentResult =
  | { readonly kind: "answered" | "cancelled"; readonly text: string }
  | { readonly kind: "failed"; readonly failure: EngineFailure };

/** The question to answer: a message of a session. */
export interface Question {
  readonly sessionId: string;
  readonly messageId: string;
  readonly sequence: number;
}

/** Thinks: makes prompts, asks the engine, keeps the running summary. Stores nothing but that summary. */
export interface Agent {
  /** Answers one question; `onText` gets each piece as it comes. Expected failures are values. */
  answer(question: Question, onText: (piece: string) => void, signal: AbortSignal): Promise<AgentResult>;
  /**
   * Puts the oldest exchanges of a session into its running summary once they take most of the context.
   * Best effort: an abort or a failure leaves everything as it was, and prompts are then trimmed without it.
   */
  compact(sessionId: string, signal: AbortSignal): Promise<void>;
}

/** Exchanges that are read back at most; older ones are in the summary, or trimmed. */
const exchangesMax = 40;
/** Messages that are kept opened and counted, so that a long conversation isn't decrypted anew for each answer. */
const openedMax = 4_096;
/** Shares of the history's tokens, and of {@link exchangesMax}, at which compaction begins, and that it leaves. */
const compactAt = 0.75;
const compactTo = 0.35;

/** A message of the history; `tokens` once they were counted. Messages never change, so it can be kept. */
interface Opened {
  readonly author: Author;
  readonly text: string;
  tokens?: number;
}

interface History {
  readonly summary: string;
  readonly exchanges: readonly { readonly sequence: number; readonly question: Opened; readonly answer?: Opened }[];
}

/** Makes the agent of a site. */
export function createAgent({ store, vault, engine }: { store: Store; vault: Vault; engine: Engine }): Agent {
  const opened = new Map<string, Opened>();
  const system = new Map<string, Opened>();
  const compactionDue = new Set<string>();

  function open(tx: ReadTx, id: string): Opened {
    const known = opened.get(id);
    if (known !== undefined) return known;
    const { author, text } = openMessage(vault, tx.get("messages", id)!);
    const message: Opened = { author, text };
    if (opened.size >= openedMax) opened.delete(opened.keys().next().value!);
    opened.set(id, message);
    return message;
  }

  /** What was asked and answered in a session before a sequence and after its summary, oldest first. */
  function readHistory(tx: ReadTx, sessionId: string, before: number): History {
    const { summary, summarySequence } = openSession(vault, tx.get("sessions", sessionId)!);
    const turns = tx.find("turns", { sessionId, sequence: { gt: summarySequence } }, {
      order: [["sequence", "desc"]],
      limit: exchangesMax,
    });
    const exchanges = turns.filter((turn) => turn.sequence < before).reverse().map((turn) => {
      const question = open(tx, turn.messageId);
      const answer = turn.answerId === null ? undefined : open(tx, turn.answerId);
      return { sequence: turn.sequence, question, ...(answer?.author === "assistant" ? { answer } : {}) };
    });
    return { summary, exchanges };
  }

  /** Fills in the tokens that aren't known yet. */
  async function count(messages: readonly Opened[], signal: AbortSignal): Promise<EngineFailure | undefined> {
    const unknown = messages.filter(({ tokens }) => tokens === undefined);
    if (unknown.length === 0) return undefined;
    const counted = await engine.countTokens(unknown.map(({ text }) => text), signal);
    if (counted.kind === "failed") return counted.failure;
    unknown.forEach((message, index) => message.tokens = counted.counts[index]!);
    return undefined;
  }

  /** The system message, kept with its count: it is the same for everybody until there is a summary. */
  function systemOf(summary: string): Opened {
    const known = system.get(summary);
    if (known !== undefined) return known;
    if (system.size >= openedMax) system.clear();
    const message: Opened = { author: "notice", text: systemMessage(summary).content };
    system.set(summary, message);
    return message;
  }

  async function generate(
    request: GenerateRequest,
    onText: (piece: string) => void,
    signal: AbortSignal,
  ): Promise<AgentResult> {
    let text = "";
    for await (const event of engine.generate(request, signal)) {
      if (event.kind === "failed") return event;
      if (event.kind === "end") return { kind: event.reason === "cancelled" ? "cancelled" : "answered", text };
      if (event.kind === "tool_call") continue; // It was given no tools.
      text += event.text;
      onText(event.text);
    }
    return { kind: "failed", failure: { kind: "crashed", reason: "the engine ended without an end" } };
  }

  return {
    async answer({ sessionId, messageId, sequence }, onText, signal) {
      const loaded = await engine.load(signal);
      if (signal.aborted) return { kind: "cancelled", text: "" };
      if (loaded.kind === "failed") return loaded;
      const { summary, exchanges, question } = await store.read((tx) => ({
        ...readHistory(tx, sessionId, sequence),
        question: open(tx, messageId),
      }));
      const system = systemOf(summary);
      const failure = await count([system, question, ...messagesOf(exchanges)], signal);
      if (signal.aborted) return { kind: "cancelled", text: "" };
      if (failure !== undefined) return { kind: "failed", failure };
      const budget = promptBudget(loaded.info.contextTokens);
      const history = exchanges.map(countedExchange);
      const prompt = buildPrompt({
        system: { message: systemMessage(summary), tokens: counted(system).tokens },
        history,
        question: counted(question),
        budget,
      });
      if (prompt.kind === "overflow") {
        return { kind: "failed", failure: { kind: "overflow", reason: "the question doesn't fit the context" } };
      }
      if (fullness(history, budget) > compactAt) compactionDue.add(sessionId);
      return await generate(
        { messages: prompt.messages, tokensMax: budget.answerTokensMax, sampling: greedy },
        onText,
        signal,
      );
    },

    async compact(sessionId, signal) {
      if (!compactionDue.has(sessionId)) return;
      const loaded = await engine.load(signal);
      if (loaded.kind === "failed" || signal.aborted) return;
      const { summary, exchanges } = await store.read((tx) => readHistory(tx, sessionId, Infinity));
      if (await count(messagesOf(exchanges), signal) !== undefined || signal.aborted) return;
      const taken = oldestToSummarise(exchanges.map(countedExchange), promptBudget(loaded.info.contextTokens));
      const spoken = exchanges.slice(0, taken).map(({ question, answer }) => ({
        question: question.text,
        ...(answer === undefined ? {} : { answer: answer.text }),
      }));
      if (taken > 0) {
        const result = await generate(summaryRequest(summary, spoken), () => {}, signal);
        if (result.kind !== "answered" || result.text.trim() === "") return;
        const changes = { summary: result.text.trim(), summarySequence: exchanges[taken - 1]!.sequence };
        await store.write((tx) => updateSession(tx, vault, sessionId, changes));
      }
      compactionDue.delete(sessionId);
    },
  };
}

/** How many of the oldest exchanges go into the summary, so that the rest leaves room for many more. */
function oldestToSummarise(exchanges: readonly Exchange[], budget: PromptBudget): number {
  let taken = 0;
  while (taken < exchanges.length - 1 && fullness(exchanges.slice(taken), budget) > compactTo) taken++;
  return taken;
}

/** How much of what a prompt holds is taken, by tokens or by exchanges: 1 is all of it. */
function fullness(exchanges: readonly Exchange[], { contextTokens, answerTokensMax }: PromptBudget): number {
  const tokens = exchanges.reduce((sum, exchange) => sum + exchangeTokens(exchange), 0);
  return Math.max(tokens / (contextTokens - answerTokensMax), exchanges.length / exchangesMax);
}

const counted = ({ text, tokens = 0 }: Opened): CountedText => ({ text, tokens });
const countedExchange = ({ question, answer }: History["exchanges"][number]): Exchange => ({
  question: counted(question),
  ...(answer === undefined ? {} : { answer: counted(answer) }),
});
const messagesOf = (exchanges: History["exchanges"]): Opened[] =>
  exchanges.flatMap(({ question, answer }) => answer === undefined ? [question] : [question, answer]);
