import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { verifyAudit } from "../../core/audit.ts";
import { openMessage } from "../../core/message/messages.ts";
import type { ReadTx, Store } from "../../core/ports/store.ts";
import type { Tables } from "../../core/tables.ts";
import type { Vault } from "../../core/vault.ts";
import { answerTo } from "./answers.ts";
import { checkTree } from "./tree_invariants.ts";
import { checkRate, checkShown, checkUndelayed } from "./shown_invariants.ts";
import type { Platform } from "./platform.ts";
import { checkCounted, checkCounts, type Counted, isForTool } from "./tools.ts";
import { checkPrograms, type Program } from "./programs.ts";
import { isBeside } from "./strangers.ts";

/** What is on the disk, and what the platforms saw. */
export interface Scene {
  readonly store: Store;
  readonly vault: Vault;
  readonly platforms: readonly Platform[];
  readonly programs: readonly Program[];
  readonly counted: Counted;
  readonly nowMs: number;
}

/** What must hold at every moment, also right after a crash. */
export async function checkAlways({ store, vault, platforms, programs, counted, nowMs }: Scene): Promise<void> {
  strictEqual((await verifyAudit(store, vault)).kind, "whole", "the audit chain is whole");
  await store.read((tx) => {
    // What is being erased is whole no more.
    const sessions = tx.find("sessions", {}).filter(({ removedMs }) => removedMs !== 0);
    const sessionId = { in: sessions.map(({ id }) => id) };
    const messages = new Map(tx.find("messages", { sessionId }).map((row) => [row.id, openMessage(vault, row)]));
    const turns = tx.find("turns", { sessionId }, { order: ["sequence"] });
    const deliveries = [...tx.find("deliveries", { sessionId }), ...tx.find("deliveries", { sessionId: null })];
    const questions = [...messages.values()].filter(({ author }) => author === "person");
    const answered = new Set(turns.map(({ messageId }) => messageId));
    strictEqual(answered.size, questions.length, "each question has a turn");
    strictEqual(new Set(questions.map(({ text }) => text)).size, questions.length, "no question was taken in twice");
    for (const turn of turns) checkTurn(turn, { deliveries, messages, counted });
    for (const session of sessions) {
      const own = turns.filter(({ sessionId }) => sessionId === session.id);
      ok(own.filter(({ state }) => state === "running").length <= 1, "one turn of a session runs at a time");
      checkOrder(own, messages);
      checkTree(tx, session, own);
    }
    const isErased = erasedIn(tx).size > 0 || areNoticesSwept(tx, nowMs);
    checkAudited(tx, { questions, turns, deliveries, isErased });
    checkCounts(counted, tx, isErased);
    checkPrograms(tx, programs, nowMs);
    checkErasure(tx);
    checkAcknowledged(tx, platforms, questions);
    for (const platform of platforms) checkReceipts(platform, { deliveries, isErased });
  });
}

/**
 * What must hold when the faults have ended and everything came to rest. `isSmooth`: the host never died, no commit was
 * refused, and no platform asked for a pause.
 */
export async function checkAtRest({ store, vault, platforms }: Scene, isSmooth: boolean): Promise<void> {
  await store.read((tx) => {
    for (const platform of platforms) {
      checkShown(tx, vault, platform);
      if (isSmooth) checkUndelayed(tx, platform);
    }
    for (const turn of tx.find("turns", {})) {
      ok(turn.state !== "queued" && turn.state !== "running", `turn ${turn.id} is still ${turn.state}`);
    }
    for (const delivery of tx.find("deliveries", {})) {
      ok(delivery.state !== "pending" && delivery.state !== "sending", `delivery ${delivery.id} is ${delivery.state}`);
    }
  });
  for (const platform of platforms) {
    for (const { state, message, result } of platform.sent) {
      // Who writes a question anew that is in a removed session is told so.
      if (message.replaces !== undefined && result?.kind === "refused" && result.reason.includes("removed")) continue;
      strictEqual(state, "acknowledged", `"${message.text}" was never acknowledged`);
    }
  }
}

/** Everything that is stored, by session. */
export async function contentOf(store: Store): Promise<ReadonlyMap<string, SessionContent>> {
  return await store.read((tx) =>
    new Map(
      tx.find("sessions", {}).map((session) => {
        const rows = (["messages", "turns", "deliveries", "toolCalls"] as const).flatMap((table): unknown[] =>
          tx.find(table, { sessionId: session.id })
        );
        return [session.id, { session, rows }] as const;
      }),
    )
  );
}

/** A session with all its rows. */
export interface SessionContent {
  readonly session: Tables["sessions"];
  readonly rows: readonly unknown[];
}

/** A day after everything came to rest, what was removed before is gone to the last row, and the rest is as it was. */
export async function checkErased({ store }: Scene, before: ReadonlyMap<string, SessionContent>): Promise<void> {
  const kept = [...before].filter(([, { session }]) => session.removedMs === null);
  deepStrictEqual(await contentOf(store), new Map(kept), "what wasn't removed is as it was");
  const tables = ["messages", "turns", "deliveries", "toolCalls"] as const;
  const rows = await store.read((tx) => tables.reduce((sum, table) => sum + tx.count(table, {}), 0));
  strictEqual(rows, kept.reduce((sum, [, content]) => sum + content.rows.length, 0), "what was removed left no row");
}

type Messages = ReadonlyMap<string, ReturnType<typeof openMessage>>;

/** An ended turn has its one message and its deliveries, and the answer is to its own question. */
function checkTurn(
  turn: Tables["turns"],
  { deliveries, messages, counted }: {
    readonly deliveries: readonly Tables["deliveries"][];
    readonly messages: Messages;
    readonly counted: Counted;
  },
): void {
  const own = deliveries.filter(({ turnId }) => turnId === turn.id);
  if (turn.state === "queued" || turn.state === "running") {
    strictEqual(turn.answerId, null);
    strictEqual(own.length, 0, "an unfinished turn has no delivery");
    return;
  }
  const answer = messages.get(turn.answerId!)!;
  checkParts(own, answer);
  const question = messages.get(turn.messageId)!.text;
  if (isForTool(question)) {
    if (turn.state === "answered") checkCounted(counted, question, answer.text);
    return;
  }
  const whole = answerTo(question).join("");
  if (turn.state === "answered") strictEqual(answer.text, whole, "the answer is whole, and to its question");
  else if (answer.author === "assistant") {
    ok(whole.startsWith(answer.text), "what was said before a stop is its beginning");
  } else strictEqual(answer.author, "notice");
}

/** The deliveries of a message are one, or parts that follow each other from its beginning to its end. */
function checkParts(deliveries: readonly Tables["deliveries"][], { id, text }: { id: string; text: string }): void {
  ok(deliveries.every(({ messageId }) => messageId === id), "a turn delivers its own message");
  const parts = deliveries.toSorted((a, b) => a.sequence - b.sequence);
  if (parts.length === 1 && parts[0]!.fromIndex === null) return;
  strictEqual(parts[0]?.fromIndex, 0, "an ended turn has a delivery, and the first part is the beginning");
  for (const [index, { toIndex }] of parts.entries()) {
    strictEqual(toIndex, parts[index + 1]?.fromIndex ?? text.length, "a part begins where the one before it ends");
  }
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
  { questions, turns, deliveries, isErased }: {
    questions: readonly { id: string }[];
    turns: readonly Tables["turns"][];
    deliveries: readonly Tables["deliveries"][];
    isErased: boolean;
  },
): void {
  const check = (action: string, rows: number, message: string) => {
    const links = tx.find("audit", action === "use" ? { action, outcome: "accepted" } : { action });
    const count = links.filter(({ resource }) => !resource.startsWith("completion:")).length;
    if (isErased) ok(count >= rows, message);
    else strictEqual(count, rows, message);
  };
  const again = turns.length - questions.length;
  check("use", questions.length, "each message taken in is audited");
  check("answer-again", again, "each question that is answered again is audited");
  check("answer", turns.filter(({ answerId }) => answerId !== null).length, "each ended turn is audited");
  const ended = deliveries.filter(({ state }) => state !== "pending" && state !== "sending");
  check("deliver", ended.length, "each ended delivery is audited");
}

/** Whether notices may have been swept: they are kept for a day. */
function areNoticesSwept(tx: ReadTx, nowMs: number): boolean {
  const [first] = tx.find("audit", {}, { limit: 1 });
  return first !== undefined && nowMs - first.atMs > 86_400_000;
}

/** Sessions that were erased, or are being erased. */
function erasedIn(tx: ReadTx): ReadonlySet<string> {
  const erased = tx.find("audit", { action: "erase" }).map(({ resource }) => resource.replace("session:", ""));
  return new Set([...erased, ...tx.find("sessions", { removedMs: 0 }).map(({ id }) => id)]);
}

/** What is removed is audited, and nothing is erased that somebody didn't remove a day before. */
function checkErasure(tx: ReadTx): void {
  const lastOf = (id: string) =>
    tx.find("audit", { resource: `session:${id}`, action: { in: ["remove", "restore"] } }, {
      order: [["id", "desc"]],
      limit: 1,
    })[0];
  for (const { id, removedMs } of tx.find("sessions", {})) {
    strictEqual(lastOf(id)?.action === "remove", removedMs !== null, "what was removed last is removed");
  }
  for (const { resource, atMs } of tx.find("audit", { action: "erase" })) {
    const last = lastOf(resource.replace("session:", ""));
    ok(last?.action === "remove" && atMs - last.atMs >= 86_400_000, "what is erased was removed a day before");
  }
}

function checkAcknowledged(tx: ReadTx, platforms: readonly Platform[], questions: readonly { text: string }[]): void {
  const known = new Set(questions.map(({ text }) => text));
  const erased = erasedIn(tx);
  for (const { state, message, result } of platforms.flatMap(({ sent }) => sent)) {
    if (result?.kind === "handled") {
      // Commands and strangers; and what was refused in a chat is told there, and known when it is offered again.
      ok(isBeside(message.text) || result.text.includes("removed"), `"${message.text}" was handled and is a question`);
      continue;
    }
    if (state !== "acknowledged") continue;
    if (result !== undefined && "sessionId" in result && erased.has(result.sessionId)) continue;
    ok(known.has(message.text), `"${message.text}" was acknowledged and lost`);
  }
}

/** Nothing reached a platform twice unsaid, nothing out of order, nothing that was never committed. */
function checkReceipts(
  platform: Platform,
  { deliveries, isErased }: {
    readonly deliveries: readonly Tables["deliveries"][];
    /** Whether some deliveries are no more, for their session was removed, or they were notices of a day before. */
    readonly isErased: boolean;
  },
): void {
  const { capabilities: { idempotent }, receipts } = platform;
  const committed = new Map(deliveries.map((delivery) => [delivery.id, delivery]));
  const last = new Map<string, number>();
  const seen = new Set<string>();
  for (const { kind, id, text, mayBeDuplicate, conversation } of receipts) {
    // A draft is no delivery, and is never taken for the answer.
    if (text.endsWith(" …")) continue;
    const delivery = committed.get(id);
    if (delivery === undefined && isErased) continue;
    ok(delivery !== undefined, `"${text}" was sent under a key that was never committed`);
    const isSaid = mayBeDuplicate && (idempotent || text.startsWith("(may be a copy"));
    // The same edit twice is shown once.
    if (seen.has(id)) ok(isSaid || kind === "edit", `"${text}" was sent twice, unsaid`);
    else {
      ok(delivery.sequence > (last.get(conversation) ?? 0), `"${text}" was sent out of order`);
      last.set(conversation, delivery.sequence);
    }
    seen.add(id);
  }
  deepStrictEqual(platform.intrusions, []);
  checkRate(platform);
}
