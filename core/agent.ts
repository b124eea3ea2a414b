import { openMessage } from "./message/messages.ts";
import { openSession, updateSession } from "./message/sessions.ts";
import type { Engine, EngineFailure, GenerateRequest } from "./ports/engine.ts";
import type { ReadTx, Store } from "./ports/store.ts";
import {
  buildPrompt,
  type CountedText,
  type Exchange,
  exchangeTokens,
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
const exchangesMax = 100;
/** Token counts that are remembered, by text. */
const countsMax = 4_096;
/** Shares of the history's budget at which compaction begins, and that it leaves. */
const compactAt = 0.75;
const compactTo = 0.35;

interface History {
  readonly summary: string;
  readonly exchanges: readonly { readonly sequence: number; readonly question: string; readonly answer?: string }[];
}

/** Makes the agent of a site. */
export function createAgent({ store, vault, engine }: { store: Store; vault: Vault; engine: Engine }): Agent {
  const counts = new Map<string, number>();

  async function count(texts: readonly string[], signal: AbortSignal): Promise<EngineFailure | undefined> {
    const unknown = [...new Set(texts)].filter((text) => !counts.has(text));
    if (unknown.length === 0) return undefined;
    const counted = await engine.countTokens(unknown, signal);
    if (counted.kind === "failed") return counted.failure;
    if (counts.size > countsMax) counts.clear();
    unknown.forEach((text, index) => counts.set(text, counted.counts[index]!));
    return undefined;
  }
  const counted = (text: string): CountedText => ({ text, tokens: counts.get(text) ?? 0 });
  const countedExchange = ({ question, answer }: History["exchanges"][number]): Exchange =>
    answer === undefined ? { question: counted(question) } : { question: counted(question), answer: counted(answer) };

  async function generate(
    request: GenerateRequest,
    onText: (piece: string) => void,
    signal: AbortSignal,
  ): Promise<AgentResult> {
    let text = "";
    for await (const event of engine.generate(request, signal)) {
      if (event.kind === "failed") return event;
      if (event.kind === "end") return { kind: event.reason === "cancelled" ? "cancelled" : "answered", text };
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
        ...readHistory(tx, vault, sessionId, sequence),
        question: openMessage(vault, tx.get("messages", messageId)!).text,
      }));
      const system = systemMessage(summary);
      const failure = await count([system.content, question, ...textsOf(exchanges)], signal);
      if (signal.aborted) return { kind: "cancelled", text: "" };
      if (failure !== undefined) return { kind: "failed", failure };
      const budget = promptBudget(loaded.info.contextTokens);
      const prompt = buildPrompt({
        system: { message: system, tokens: counted(system.content).tokens },
        history: exchanges.map(countedExchange),
        question: counted(question),
        budget,
      });
      if (prompt.kind === "overflow") {
        return { kind: "failed", failure: { kind: "overflow", reason: "the question doesn't fit the context" } };
      }
      return await generate({ messages: prompt.messages, tokensMax: budget.answerTokensMax }, onText, signal);
    },

    async compact(sessionId, signal) {
      const loaded = await engine.load(signal);
      if (loaded.kind === "failed" || signal.aborted) return;
      const { summary, exchanges } = await store.read((tx) => readHistory(tx, vault, sessionId, Infinity));
      if (await count(textsOf(exchanges), signal) !== undefined || signal.aborted) return;
      const taken = oldestToSummarise(exchanges.map(countedExchange), promptBudget(loaded.info.contextTokens));
      if (taken === 0) return;
      const request = summaryRequest(summary, exchanges.slice(0, taken));
      const result = await generate(request, () => {}, signal);
      if (result.kind !== "answered" || result.text.trim() === "") return;
      const summarySequence = exchanges[taken - 1]!.sequence;
      await store.write((tx) => updateSession(tx, vault, sessionId, { summary: result.text.trim(), summarySequence }));
    },
  };
}

/** How many of the oldest exchanges go into the summary now: none until they take most of the budget. */
function oldestToSummarise(exchanges: readonly Exchange[], budget: PromptBudget): number {
  const room = budget.contextTokens - budget.answerTokensMax;
  let used = exchanges.reduce((sum, exchange) => sum + exchangeTokens(exchange), 0);
  if (used <= room * compactAt) return 0;
  let taken = 0;
  while (taken < exchanges.length - 1 && used > room * compactTo) used -= exchangeTokens(exchanges[taken++]!);
  return taken;
}

/** What was asked and answered in a session before a sequence and after its summary, oldest first. */
function readHistory(tx: ReadTx, vault: Vault, sessionId: string, before: number): History {
  const { summary, summarySequence } = openSession(vault, tx.get("sessions", sessionId)!);
  const turns = tx.find("turns", { sessionId, sequence: { gt: summarySequence } }, {
    order: [["sequence", "desc"]],
    limit: exchangesMax,
  });
  const exchanges = turns.filter((turn) => turn.sequence < before).reverse().map((turn) => {
    const question = openMessage(vault, tx.get("messages", turn.messageId)!).text;
    const answer = turn.answerId === null ? undefined : openMessage(vault, tx.get("messages", turn.answerId)!);
    return {
      sequence: turn.sequence,
      question,
      ...(answer?.author === "assistant" ? { answer: answer.text } : {}),
    };
  });
  return { summary, exchanges };
}

function textsOf(exchanges: History["exchanges"]): string[] {
  return exchanges.flatMap(({ question, answer }) => answer === undefined ? [question] : [question, answer]);
}
