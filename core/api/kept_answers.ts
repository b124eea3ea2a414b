import { nameOf, type Principal } from "../access.ts";
import type { Ids } from "../ids.ts";
import type { ChosenToken, ToolCall } from "../ports/engine.ts";
import type { ReadTx, Tx } from "../ports/store.ts";
import type { Vault } from "../vault.ts";
import type { CompletionEvent, CompletionRequest, CompletionUsage, FinishReason } from "./types.ts";

/** How long an answer is kept for its idempotency key, in milliseconds. */
export const keptMs = 24 * 3_600_000;
/** Answers that are kept at most; one more drops the oldest. */
export const keptMax = 10_000;
const expiredAtOnceMax = 100;

/** One whole answer. */
export interface KeptAnswer {
  readonly id: string;
  readonly createdMs: number;
  readonly choices: readonly KeptChoice[];
  readonly usage: CompletionUsage;
}

/** One choice of it. */
export interface KeptChoice {
  readonly text: string;
  readonly tokens?: readonly ChosenToken[];
  readonly calls: readonly ToolCall[];
  readonly reason: FinishReason;
}

/** An idempotency key and the body that came with it, as hashes. */
export interface HashedKey {
  readonly keyHash: string;
  readonly bodyHash: string;
}

/** A key belongs to its caller and endpoint: others may use the same. */
export function hashKey(
  vault: Vault,
  principal: Principal,
  { endpoint, key, body }: NonNullable<CompletionRequest["idempotency"]>,
): HashedKey {
  return {
    keyHash: vault.keyedHash("idempotency-key", nameOf(principal), endpoint, key),
    bodyHash: vault.keyedHash("idempotency-body", body),
  };
}

/** What is kept for a key: the answer, that it was another body, or nothing. */
export function findKept(
  tx: ReadTx,
  vault: Vault,
  { keyHash, bodyHash }: HashedKey,
  nowMs: number,
): KeptAnswer | "other-body" | undefined {
  const [row] = tx.find("keptAnswers", { keyHash }, { limit: 1 });
  if (row === undefined || row.expiresMs <= nowMs) return undefined;
  return row.bodyHash === bodyHash ? JSON.parse(vault.openText(fieldOf(row.id), row.answerEnc)) : "other-body";
}

/** Keeps an answer, and drops what is too old or too much. */
export function keepAnswer(
  tx: Tx,
  { vault, ids, nowMs }: { readonly vault: Vault; readonly ids: Ids; readonly nowMs: number },
  { keyHash, bodyHash }: HashedKey,
  answer: KeptAnswer,
): void {
  const expired = tx.find("keptAnswers", { expiresMs: { lte: nowMs } }, { limit: expiredAtOnceMax });
  const same = tx.find("keptAnswers", { keyHash });
  for (const { id } of [...expired, ...same]) tx.remove("keptAnswers", id);
  const excess = tx.count("keptAnswers", {}) + 1 - keptMax;
  if (excess > 0) {
    for (const { id } of tx.find("keptAnswers", {}, { order: ["expiresMs"], limit: excess })) {
      tx.remove("keptAnswers", id);
    }
  }
  const id = ids();
  const answerEnc = vault.seal(fieldOf(id), JSON.stringify(answer));
  tx.insert("keptAnswers", { id, keyHash, bodyHash, answerEnc, expiresMs: nowMs + keptMs });
}

/** A kept answer as it came, each text in one piece. */
export function* replay({ id, createdMs, choices, usage }: KeptAnswer): Generator<CompletionEvent> {
  yield { kind: "begun", id, createdMs, replayed: true };
  for (const [choice, { text, tokens, calls, reason }] of choices.entries()) {
    if (text !== "" || tokens !== undefined) {
      yield { kind: "text", choice, text, ...(tokens === undefined ? {} : { tokens }) };
    }
    for (const call of calls) yield { kind: "tool_call", choice, call };
    yield { kind: "choice_end", choice, reason };
  }
  yield { kind: "end", usage };
}

/** Puts the events of a completion together. */
export class AnswerSoFar {
  readonly #choices: { text: string; tokens: ChosenToken[] | undefined; calls: ToolCall[]; reason: FinishReason }[];

  constructor(choices: number) {
    this.#choices = Array.from({ length: choices }, () => ({ text: "", tokens: undefined, calls: [], reason: "stop" }));
  }

  add(event: Extract<CompletionEvent, { readonly choice: number }>): void {
    const choice = this.#choices[event.choice]!;
    switch (event.kind) {
      case "text":
        choice.text += event.text;
        if (event.tokens !== undefined) (choice.tokens ??= []).push(...event.tokens);
        break;
      case "tool_call":
        choice.calls.push(event.call);
        break;
      case "choice_end":
        choice.reason = event.reason;
        break;
    }
  }

  get choices(): readonly KeptChoice[] {
    return this.#choices.map(({ tokens, ...choice }) => tokens === undefined ? choice : { ...choice, tokens });
  }
}

function fieldOf(id: string): { table: "keptAnswers"; column: string; id: string; version: number } {
  return { table: "keptAnswers", column: "answer", id, version: 1 };
}
