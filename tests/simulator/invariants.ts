import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { verifyAudit } from "../../core/audit.ts";
import { openMessage } from "../../core/message/messages.ts";
import type { ReadTx, Store } from "../../core/ports/store.ts";
import type { Tables } from "../../core/tables.ts";
import type { Vault } from "../../core/vault.ts";
import { answerTo } from "./life.ts";
import type { Platform } from "./platform.ts";

/** What is on the disk, and what the platforms saw. */
export interface Scene {
  readonly store: Store;
  readonly vault: Vault;
  readonly platforms: readonly Platform[];
}

/** What must hold at every moment, also right after a crash. */
export async function checkAlways({ store, vault, platforms }: Scene): Promise<void> {
  strictEqual((await verifyAudit(store, vault)).kind, "whole", "the audit chain is whole");
  await store.read((tx) => {
    const messages = new Map(tx.find("messages", {}).map((row) => [row.id, openMessage(vault, row)]));
    const turns = tx.find("turns", {}, { order: ["sequence"] });
    const deliveries = tx.find("deliveries", {}, { order: ["sequence"] });
    const questions = [...messages.values()].filter(({ author }) => author === "person");
    strictEqual(questions.length, turns.length, "each question has one turn");
    strictEqual(new Set(questions.map(({ text }) => text)).size, questions.length, "no question was taken in twice");
    for (const turn of turns) checkTurn(turn, deliveries, messages);
    for (const session of tx.find("sessions", {})) {
      const own = turns.filter(({ sessionId }) => sessionId === session.id);
      ok(own.filter(({ state }) => state === "running").length <= 1, "one turn of a session runs at a time");
      checkOrder(own, messages);
    }
    checkAudited(tx, { questions, turns, deliveries });
    checkAcknowledged(platforms, questions);
    for (const platform of platforms) checkReceipts(platform, deliveries, messages);
  });
}

/** What must hold when the faults have ended and everything came to rest. */
export async function checkAtRest({ store, platforms }: Scene): Promise<void> {
  await store.read((tx) => {
    for (const turn of tx.find("turns", {})) {
      ok(turn.state !== "queued" && turn.state !== "running", `turn ${turn.id} is still ${turn.state}`);
    }
    for (const delivery of tx.find("deliveries", {})) {
      ok(delivery.state !== "pending" && delivery.state !== "sending", `delivery ${delivery.id} is ${delivery.state}`);
    }
  });
  for (const platform of platforms) {
    for (const { state, message } of platform.sent) {
      strictEqual(state, "acknowledged", `"${message.text}" was never acknowledged`);
    }
  }
}

type Messages = ReadonlyMap<string, ReturnType<typeof openMessage>>;

/** An ended turn has its one message and its one delivery, and the answer is to its own question. */
function checkTurn(turn: Tables["turns"], deliveries: readonly Tables["deliveries"][], messages: Messages): void {
  const own = deliveries.filter(({ turnId }) => turnId === turn.id);
  if (turn.state === "queued" || turn.state === "running") {
    strictEqual(turn.answerId, null);
    strictEqual(own.length, 0, "an unfinished turn has no delivery");
    return;
  }
  deepStrictEqual(own.map(({ messageId }) => messageId), [turn.answerId], "an ended turn has one delivery");
  const answer = messages.get(turn.answerId!)!;
  const whole = answerTo(messages.get(turn.messageId)!.text).join("");
  if (turn.state === "answered") strictEqual(answer.text, whole, "the answer is whole, and to its question");
  else if (answer.author === "assistant") {
    ok(whole.startsWith(answer.text), "what was said before a stop is its beginning");
  } else strictEqual(answer.author, "notice");
}

/** The answers of a session come in the order of its questions. */
function checkOrder(turns: readonly Tables["turns"][], messages: Messages): void {
  // One that was cancelled while it waited has its notice at once, before the answers of those ahead of it.
  const sequences = turns.filter(({ state, answerId }) => state !== "cancelled" && answerId !== null)
    .map(({ answerId }) => messages.get(answerId!)!.sequence);
  deepStrictEqual(sequences, sequences.toSorted((a, b) => a - b), "answers are in the order of their questions");
  const ended = turns.map(({ state }) => state === "answered" || state === "failed");
  const unfinished = turns.findIndex(({ state }) => state === "queued" || state === "running");
  if (unfinished >= 0) ok(!ended.slice(unfinished).includes(true), "no question was answered before an earlier one");
}

/** What happened is in the audit, exactly once. */
function checkAudited(
  tx: ReadTx,
  { questions, turns, deliveries }: {
    questions: readonly { id: string }[];
    turns: readonly Tables["turns"][];
    deliveries: readonly Tables["deliveries"][];
  },
): void {
  const count = (action: string) => tx.count("audit", { action });
  strictEqual(count("use"), questions.length, "each message taken in is audited");
  strictEqual(count("answer"), turns.filter(({ answerId }) => answerId !== null).length, "each ended turn is audited");
  const ended = deliveries.filter(({ state }) => state !== "pending" && state !== "sending");
  strictEqual(count("deliver"), ended.length, "each ended delivery is audited");
}

function checkAcknowledged(platforms: readonly Platform[], questions: readonly { text: string }[]): void {
  const known = new Set(questions.map(({ text }) => text));
  for (const { state, message } of platforms.flatMap(({ sent }) => sent)) {
    if (state === "acknowledged") ok(known.has(message.text), `"${message.text}" was acknowledged and lost`);
  }
}

/** Nothing reached a platform twice unsaid, nothing out of order, nothing that was never committed. */
function checkReceipts(platform: Platform, deliveries: readonly Tables["deliveries"][], messages: Messages): void {
  const committed = new Map(deliveries.map((delivery) => [delivery.id, delivery]));
  const seen = new Map<string, number>();
  for (const { id, text, mayBeDuplicate, conversation } of platform.receipts) {
    const delivery = committed.get(id);
    const sequence = delivery === undefined ? undefined : messages.get(delivery.messageId)!.sequence;
    ok(sequence !== undefined, `"${text}" was sent under a key that was never committed`);
    const key = `${conversation} ${id}`;
    if (seen.has(key)) ok(mayBeDuplicate, `"${text}" was sent twice, unsaid`);
    else {
      ok(sequence > (seen.get(conversation) ?? 0), `"${text}" was sent out of order`);
      seen.set(conversation, sequence);
    }
    seen.set(key, sequence);
  }
}
