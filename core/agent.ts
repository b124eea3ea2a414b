import type { Attachments } from "./attachments.ts";
import { attachmentsOf } from "./attachments/rows.ts";
import { spokenText } from "./message/authors.ts";
import { openMessage } from "./message/messages.ts";
import { openSession, updateSession } from "./message/sessions.ts";
import type { CallPlace } from "./tools/call_context.ts";
import type { ToolAnswer } from "./tools/answering.ts";
import type { CallResult } from "./tools/calls.ts";
import { fenced } from "./tools/fence.ts";
import { type Known, principalOf } from "./message/identities.ts";
import { destinationOf } from "./message/new_delivery.ts";
import type { AnswerUsage, MessageRecord } from "./message/types.ts";
import type { Clock } from "./ports/clock.ts";
import type { Engine, EngineFailure, GenerateRequest, ModelInfo } from "./ports/engine.ts";
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
  templateTokensPerMessage,
  varied,
} from "./prompt.ts";
import { type PromptContext, withMeasured } from "./prompt_context.ts";
import {
  createPromptFiles,
  filesNotice,
  isReadable,
  type MessageFile,
  messageFile,
  type PromptFile,
  withFiles,
  wordlessTokens,
} from "./prompt_files.ts";
import { repetitionIn } from "./repetition.ts";
import type { Tables } from "./tables.ts";
import type { Vault } from "./vault.ts";

/** What came of answering one question. Of a cancelled one, `text` is what was said so far. */
export type AgentResult = AgentOutcome & {
  /** What the model was given; absent when it didn't come to that. */
  readonly context?: PromptContext;
};

type AgentOutcome =
  | {
    readonly kind: "answered" | "cancelled";
    readonly text: string;
    /** The model had run into a loop: the answer was ended, and what it repeated was left out. */
    readonly looped?: boolean;
    /** Files that belong to the answer, by their attachment's id, in their order. */
    readonly attachmentIds?: readonly string[];
    readonly usage?: AnswerUsage;
  }
  | { readonly kind: "failed"; readonly failure: EngineFailure };

/** The question to answer, by its turn: a message of a session, and where the answer goes. */
export type Question = Tables["turns"];

/** The tools of a site, as the agent uses them. */
export interface AgentTools {
  /** One line for each tool that a person may use; empty without one. */
  index(principal: Known): string;
  /** What tools make of a question. Expected failures are values. */
  answer(
    asked: { readonly text: string; readonly previous?: { readonly asked: string }; readonly place: CallPlace },
    signal: AbortSignal,
  ): Promise<ToolAnswer>;
  /** Ends what plugins keep of a session. */
  forget(sessionId: string): void;
}

/** Thinks: makes prompts, asks the engine, keeps the running summary. Stores nothing but that summary. */
export interface Agent {
  /**
   * Answers one question; `onText` gets each piece as it comes. Expected failures are values. What can't be read of its
   * files is said first, by the system itself; when there is nothing else to answer, the model isn't asked.
   */
  answer(question: Question, onText: (piece: string) => void, signal: AbortSignal): Promise<AgentResult>;
  /**
   * Puts the oldest exchanges of the branch that ends with an answer into the session's running summary, once they take
   * most of the context. Best effort: an abort or a failure leaves everything as it was, and prompts are then trimmed
   * without it.
   */
  compact(branch: { readonly sessionId: string; readonly answerId: string }, signal: AbortSignal): Promise<void>;
  /** Keeps nothing of a session in memory any more. */
  forget(sessionId: string): void;
}

/** Exchanges that are read back at most; older ones are in the summary, or trimmed. */
const exchangesMax = 40;
/** Messages of a branch that are looked through for the one that the summary ends with. */
const branchMax = 400;
/** Messages that are kept opened and counted, so that a long conversation isn't decrypted anew for each answer. */
const openedMax = 4_096;
/** An answer is looked through for a loop each time that it has grown by so many UTF-16 code units. */
const repetitionEvery = 64;
/** Shares of the history's tokens, and of {@link exchangesMax}, at which compaction begins, and that it leaves. */
const compactAt = 0.75;
const compactTo = 0.35;

/** What an earlier question's files may take of what is left when it is their turn: something older finds room too. */
const earlierFilesShare = 0.75;

/** The engine can't answer. */
type FailedResult = Extract<AgentOutcome, { kind: "failed" }>;

/** A text of a prompt; `tokens` once they were counted. */
interface Opened {
  readonly text: string;
  tokens?: number;
}

/**
 * A message of the history. What stands above a question whose turn runs, or has ended, never changes any more: not
 * even its parent, for nothing there waits for an answer. So it can be kept.
 */
interface OpenedMessage extends Opened, Pick<MessageRecord, "id" | "sessionId" | "sequence" | "parentId" | "author"> {
  readonly files: readonly MessageFile[];
}

/** Whose question it is, and what they may use of tools. */
interface AskedBy {
  readonly text: string;
  readonly place: CallPlace;
  readonly toolIndex: string;
}

interface History {
  readonly summary: string;
  /** The message that the summary ends with; absent without one. */
  readonly summarisedId?: string;
  /** The branch has more before these. */
  readonly isCut: boolean;
  readonly exchanges: readonly {
    /** Of the answer or notice, else of the question. */
    readonly lastSequence: number;
    readonly question: OpenedMessage;
    readonly answer?: OpenedMessage;
    /** The system's own sentence in the place of an answer. */
    readonly notice?: OpenedMessage;
  }[];
}

/** What the agent works with. */
export interface AgentDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly engine: Engine;
  readonly attachments: Pick<Attachments, "readText" | "bytesMax">;
  readonly clock: Pick<Clock, "nowMs">;
  /** What people call a model that is loaded. */
  readonly modelName: (info: ModelInfo) => string;
  /** Absent: there are none. */
  readonly tools?: AgentTools | undefined;
  readonly ownerId: () => string;
}

/** Makes the agent of a site. */
export function createAgent({ store, vault, engine, attachments, clock, modelName, tools, ownerId }: AgentDeps): Agent {
  const promptFiles = createPromptFiles({ attachments, engine });
  const opened = new Map<string, OpenedMessage>();
  const system = new Map<string, Opened>();
  const compactionDue = new Set<string>();
  /** Questions that were asked back about, by the session: what is said next may answer that. */
  const askedBack = new Map<string, { readonly questionId: string; readonly text: string }>();

  function open(tx: ReadTx, id: string): OpenedMessage {
    const known = opened.get(id);
    if (known !== undefined) return known;
    const record = openMessage(vault, tx.get("messages", id)!);
    const { sessionId, sequence, parentId, author } = record;
    const files = attachmentsOf(tx, id).map((row) => messageFile(vault, row));
    const text = spokenText(tx, vault, record);
    const message: OpenedMessage = { id, sessionId, sequence, parentId, author, text, files };
    if (opened.size >= openedMax) opened.delete(opened.keys().next().value!);
    opened.set(id, message);
    return message;
  }

  /**
   * What was asked and answered on a branch up to and with a message, after the summary, oldest first. The summary of
   * another branch says nothing about this one, and doesn't count.
   */
  function readHistory(tx: ReadTx, sessionId: string, lastId: string | null): History {
    const { summary, summarySequence } = openSession(vault, tx.get("sessions", sessionId)!);
    const exchanges: History["exchanges"][number][] = [];
    const entire = () => exchanges.slice(0, exchangesMax).reverse();
    const hasMore = () => exchanges.length > exchangesMax;
    let answer: OpenedMessage | undefined;
    let id = lastId;
    for (let looked = 0; id !== null && looked < branchMax; looked++) {
      const message = open(tx, id);
      if (message.sequence === summarySequence) {
        return { summary, summarisedId: id, isCut: hasMore(), exchanges: entire() };
      }
      id = message.parentId;
      if (message.author !== "person") {
        answer = message;
        continue;
      }
      const lastSequence = (answer ?? message).sequence;
      const reply = answer === undefined ? {} : answer.author === "assistant" ? { answer } : { notice: answer };
      exchanges.push({ lastSequence, question: message, ...reply });
      answer = undefined;
      if (exchanges.length >= exchangesMax && summary === "") break;
    }
    return { summary: "", isCut: id !== null || hasMore(), exchanges: entire() };
  }

  /**
   * What of files stands in the prompt, by message. The question's have the first claim on what the words leave; then those
   * of earlier questions, from the newest on, each in the room that is left for its exchange and all before it.
   */
  async function fitFiles(
    { question, asked, exchanges, budget, system }: {
      readonly question: OpenedMessage;
      readonly asked: CountedText;
      readonly exchanges: History["exchanges"];
      readonly budget: PromptBudget;
      readonly system: Opened;
    },
    signal: AbortSignal,
  ): Promise<{ kind: "fitted"; files: ReadonlyMap<string, readonly PromptFile[]> } | FailedResult> {
    const files = new Map<string, readonly PromptFile[]>();
    let left = budget.contextTokens - budget.answerTokensMax - counted(system).tokens - asked.tokens -
      2 * templateTokensPerMessage;
    const fit = async (message: OpenedMessage, tokensMax: number): Promise<FailedResult | undefined> => {
      if (message.files.length === 0 || tokensMax <= 0) return undefined;
      const fitted = await promptFiles.fit(message.files, tokensMax, signal);
      if (fitted.kind === "failed") return fitted;
      files.set(message.id, fitted.files);
      left -= tokensOf(fitted.files);
      return undefined;
    };
    const failed = await fit(question, left);
    if (failed !== undefined) return failed;
    for (const exchange of exchanges.toReversed()) {
      left -= exchangeTokens(countedExchange(exchange));
      if (left < 0 || signal.aborted) break;
      const failed = await fit(exchange.question, Math.floor(left * earlierFilesShare));
      if (failed !== undefined) return failed;
    }
    return { kind: "fitted", files };
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

  /** The system message, kept with its count: it is the same for all who have the same tools until there is a summary. */
  function systemOf(summary: string, toolIndex: string): Opened {
    const key = `${toolIndex}\0${summary}`;
    const known = system.get(key);
    if (known !== undefined) return known;
    if (system.size >= openedMax) system.clear();
    const message: Opened = { text: systemMessage(summary, toolIndex).content };
    system.set(key, message);
    return message;
  }

  /** Whose question it is, with what they may use of tools; undefined when there are none, or it isn't known whose it is. */
  function askedBy(tx: ReadTx, turn: Question): AskedBy | undefined {
    // As it was said: without who said it, which a group's prompt names.
    const { identityId, text } = openMessage(vault, tx.get("messages", turn.messageId)!);
    if (tools === undefined || identityId === null) return undefined;
    const principal = principalOf(tx, vault, identityId, ownerId());
    const { sessionId, id: turnId, messageId, locale } = turn;
    const place = { principal, sessionId, turnId, messageId, locale, destination: destinationOf(turn, vault) };
    return { text, place, toolIndex: tools.index(principal) };
  }

  /** What tools make of a question. */
  async function useTools(
    { question, asked, parentQuestionId }: {
      readonly question: OpenedMessage;
      readonly asked: AskedBy | undefined;
      /** The question before this one. */
      readonly parentQuestionId: string | undefined;
    },
    signal: AbortSignal,
  ): Promise<ToolAnswer> {
    if (tools === undefined || asked === undefined || asked.toolIndex === "") return { kind: "none" };
    const { sessionId } = question;
    const back = askedBack.get(sessionId);
    const previous = back !== undefined && back.questionId === parentQuestionId ? { asked: back.text } : undefined;
    askedBack.delete(sessionId);
    const { text, place } = asked;
    const answer = await tools.answer(
      { text, place, ...(previous === undefined ? {} : { previous }) },
      signal,
    );
    if (answer.kind === "said" && answer.asksBack === true) {
      if (askedBack.size >= openedMax) askedBack.clear();
      const all = previous === undefined ? text : `${previous.asked}\n${text}`;
      askedBack.set(sessionId, { questionId: question.id, text: all });
    }
    return answer;
  }

  async function generate(
    request: GenerateRequest,
    info: ModelInfo,
    onText: (piece: string) => void,
    signal: AbortSignal,
  ): Promise<AgentOutcome & { readonly promptTokens?: number }> {
    let text = "";
    let firstMs: number | undefined;
    let lookedAt = 0;
    let loopAt: number | undefined;
    const looping = new AbortController();
    for await (const event of engine.generate(request, AbortSignal.any([signal, looping.signal]))) {
      if (event.kind === "failed") return event;
      if (event.kind === "end") {
        const nowMs = clock.nowMs();
        const answerMs = Math.max(1, nowMs - (firstMs ?? nowMs));
        const usage = { modelName: modelName(info), answerTokens: event.usage.answerTokens, answerMs };
        const { promptTokens } = event.usage;
        if (loopAt !== undefined) {
          return { kind: "answered", text: text.slice(0, loopAt), looped: true, usage, promptTokens };
        }
        return { kind: event.reason === "cancelled" ? "cancelled" : "answered", text, usage, promptTokens };
      }
      if (event.kind === "tool_call" || loopAt !== undefined) continue; // It was given no tools.
      firstMs ??= clock.nowMs();
      text += event.text;
      onText(event.text);
      if (text.length - lookedAt < repetitionEvery) continue;
      lookedAt = text.length;
      loopAt = repetitionIn(text);
      if (loopAt !== undefined) looping.abort();
    }
    return { kind: "failed", failure: { kind: "crashed", reason: "the engine ended without an end" } };
  }

  return {
    async answer(turn, onText, signal) {
      const { sessionId, messageId, locale } = turn;
      const { question, isAnswered, asked: by, ...read } = await store.read((tx) => {
        const question = open(tx, messageId);
        const isAnswered = tx.count("messages", { parentId: messageId, author: "assistant" }) > 0;
        return { ...readHistory(tx, sessionId, question.parentId), question, isAnswered, asked: askedBy(tx, turn) };
      });
      const isWordless = question.text.trim() === "";
      const noticeOf = (damaged: readonly string[]) =>
        filesNotice(question.files, { damaged, locale, bytesMax: attachments.bytesMax });
      if (isWordless && !question.files.some(isReadable)) return noticeOnly(noticeOf([]), onText);
      const loaded = await engine.load(signal);
      if (signal.aborted) return { kind: "cancelled", text: "" };
      if (loaded.kind === "failed") return loaded;
      const { summary, exchanges } = read;
      const acted = await useTools(
        { question, asked: by, parentQuestionId: exchanges.at(-1)?.question.id },
        signal,
      );
      if (acted.kind === "cancelled" || signal.aborted) return { kind: "cancelled", text: "" };
      if (acted.kind === "failed") return acted;
      if (acted.kind === "said") return noticeOnly(acted.text, onText);
      const toolIndex = by?.toolIndex ?? "";
      const system = systemOf(summary, toolIndex);
      const plain = systemOf("", toolIndex);
      const failure = await count([system, plain, question, ...messagesOf(exchanges)], signal);
      if (signal.aborted) return { kind: "cancelled", text: "" };
      if (failure !== undefined) return { kind: "failed", failure };
      const budget = promptBudget(loaded.info.contextTokens);
      const worded = isWordless ? { ...counted(question), tokens: wordlessTokens } : counted(question);
      const found = await withFound(worded, acted.kind === "found" ? acted.results : [], { engine, budget }, signal);
      if (signal.aborted) return { kind: "cancelled", text: "" };
      if (found.kind === "failed") return found;
      const { asked } = found;
      const fitted = await fitFiles({ question, asked, exchanges, budget, system }, signal);
      if (signal.aborted) return { kind: "cancelled", text: "" };
      if (fitted.kind === "failed") return fitted;
      const { files } = fitted;
      const damaged = (files.get(question.id) ?? []).flatMap(({ name, isDamaged }) => isDamaged ? [name] : []);
      const notice = noticeOf(damaged);
      if (isWordless && damaged.length === question.files.filter(isReadable).length) return noticeOnly(notice, onText);
      const history = exchanges.map(countedExchange);
      const prompt = buildPrompt({
        system: { message: { role: "system", content: system.text }, tokens: counted(system).tokens },
        history: history.map((exchange, index) => ({
          ...exchange,
          question: withItsFiles(exchange.question, files.get(exchanges[index]!.question.id)),
        })),
        question: withItsFiles(asked, files.get(question.id)),
        budget,
      });
      const dropped = prompt.kind === "overflow" ? exchanges.length : prompt.dropped;
      const context = contextOf({
        ...read,
        modelName: modelName(loaded.info),
        budget,
        instructionTokens: counted(plain).tokens,
        systemTokens: counted(system).tokens,
        question: { ...question, tokens: asked.tokens },
        dropped,
        files,
      });
      if (prompt.kind === "overflow") {
        const failure = { kind: "overflow", reason: "the question doesn't fit the context" } as const;
        return { kind: "failed", failure, context };
      }
      if (fullness(history, budget) > compactAt) compactionDue.add(sessionId);
      const unchanged = acted.kind === "none" ? acted.notice ?? "" : "";
      const before = [unchanged, notice].filter((part) => part !== "").map((part) => `${part}\n\n`).join("");
      if (before !== "") onText(before);
      const { promptTokens = 0, ...result } = await generate(
        {
          messages: prompt.messages,
          conversation: sessionId,
          tokensMax: budget.answerTokensMax,
          sampling: isAnswered ? varied : greedy,
        },
        loaded.info,
        onText,
        signal,
      );
      const outcome = result.kind === "failed" ? result : { ...result, text: before + result.text };
      return { ...outcome, context: withMeasured(context, promptTokens) };
    },

    async compact({ sessionId, answerId }, signal) {
      if (!compactionDue.has(sessionId)) return;
      const loaded = await engine.load(signal);
      if (loaded.kind === "failed" || signal.aborted) return;
      const { summary, exchanges } = await store.read((tx) => readHistory(tx, sessionId, answerId));
      if (await count(messagesOf(exchanges), signal) !== undefined || signal.aborted) return;
      const taken = oldestToSummarise(exchanges.map(countedExchange), promptBudget(loaded.info.contextTokens));
      const spoken = exchanges.slice(0, taken).map(({ question, answer }) => ({
        question: [...question.files.map(({ shown }) => `[${shown.name}]`), question.text].join(" "),
        ...(answer === undefined ? {} : { answer: answer.text }),
      }));
      if (taken > 0) {
        const result = await generate(summaryRequest(summary, spoken), loaded.info, () => {}, signal);
        if (result.kind !== "answered" || result.text.trim() === "") return;
        const changes = { summary: result.text.trim(), summarySequence: exchanges[taken - 1]!.lastSequence };
        await store.write((tx) => updateSession(tx, vault, sessionId, changes));
      }
      compactionDue.delete(sessionId);
    },

    forget(sessionId) {
      for (const [id, message] of opened) {
        if (message.sessionId !== sessionId) continue;
        promptFiles.forget(message.files);
        opened.delete(id);
      }
      system.clear();
      tools?.forget(sessionId);
      askedBack.delete(sessionId);
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

/** What tools may take of a context: the rest is for the question, its history and the answer. */
const foundShare = 0.35;

/** A question with what tools found behind it. */
async function withFound(
  question: CountedText,
  results: readonly CallResult[],
  { engine, budget }: { readonly engine: Engine; readonly budget: PromptBudget },
  signal: AbortSignal,
): Promise<{ readonly kind: "worded"; readonly asked: CountedText } | FailedResult> {
  if (results.length === 0) return { kind: "worded", asked: question };
  const tokensMax = Math.floor((budget.contextTokens - budget.answerTokensMax) * foundShare);
  const found = await fenced(results, { engine, tokensMax }, signal);
  if (found.kind === "failed") return found;
  const { text, tokens } = found.block;
  return {
    kind: "worded",
    asked: { text: `${question.text}\n\n${text}`, tokens: question.tokens + tokens + jointTokens },
  };
}

/** What the line between a question and what was found adds. */
const jointTokens = 2;

/** The system's own words are the whole answer. */
function noticeOnly(notice: string, onText: (piece: string) => void): AgentResult {
  onText(notice);
  return { kind: "answered", text: notice };
}

function withItsFiles({ text, tokens }: CountedText, files: readonly PromptFile[] = []): CountedText {
  return { text: withFiles(text, files), tokens: tokens + tokensOf(files) };
}

function tokensOf(files: readonly CountedText[]): number {
  return files.reduce((sum, { tokens }) => sum + tokens, 0);
}

/** What the model is given, of which the oldest `dropped` exchanges are left out. */
function contextOf({ modelName, budget, summary, summarisedId, exchanges, question, dropped, isCut, files, ...tokens }:
  & History
  & {
    readonly modelName: string;
    readonly budget: PromptBudget;
    readonly instructionTokens: number;
    readonly systemTokens: number;
    readonly question: OpenedMessage;
    readonly dropped: number;
    readonly files: ReadonlyMap<string, readonly PromptFile[]>;
  }): PromptContext {
  const { instructionTokens, systemTokens } = tokens;
  const given = [...messagesOf(exchanges.slice(dropped)), question];
  const tokensWithFiles = (message: OpenedMessage) => counted(message).tokens + tokensOf(files.get(message.id) ?? []);
  const leftOut = exchanges.flatMap(({ question, answer, notice }, index) => [
    ...(index < dropped ? [question, ...(answer === undefined ? [] : [answer])] : []).map((message) =>
      ({ id: message.id, reason: "room", tokens: counted(message).tokens }) as const
    ),
    ...(notice === undefined ? [] : [{ id: notice.id, reason: "notice" } as const]),
  ]);
  const templateTokens = (given.length + 1) * templateTokensPerMessage;
  return {
    ...budget,
    modelName,
    instructionTokens,
    ...(summarisedId === undefined ? {} : {
      summary: {
        untilId: summarisedId,
        characters: summary.length,
        tokens: Math.max(0, systemTokens - instructionTokens),
      },
    }),
    messages: given.map((message) => ({
      id: message.id,
      author: message.author === "assistant" ? "assistant" : "person",
      tokens: tokensWithFiles(message),
      ...(message.files.length === 0 ? {} : {
        files: (files.get(message.id) ?? []).map(({ name, tokens, bytesLeftOut, isUnreadable }) => ({
          name,
          tokens,
          bytesLeftOut,
          ...(isUnreadable ? { isUnreadable } : {}),
        })),
      }),
    })),
    templateTokens,
    promptTokens: given.reduce((sum, message) => sum + tokensWithFiles(message), systemTokens + templateTokens),
    isMeasured: false,
    leftOut,
    isEarlierLeftOut: isCut,
  };
}

const counted = ({ text, tokens = 0 }: Opened): CountedText => ({ text, tokens });
const countedExchange = ({ question, answer }: History["exchanges"][number]): Exchange => ({
  question: counted(question),
  ...(answer === undefined ? {} : { answer: counted(answer) }),
});
const messagesOf = (exchanges: History["exchanges"]): OpenedMessage[] =>
  exchanges.flatMap(({ question, answer }) => answer === undefined ? [question] : [question, answer]);
