import { ok, strictEqual } from "node:assert/strict";
import type { ReadTx } from "../../core/ports/store.ts";
import type { Tables } from "../../core/tables.ts";

type Message = Tables["messages"];

const isUnfinished = ({ state }: Tables["turns"]) => state === "queued" || state === "running";

/** The messages of a session are one tree, its head is in it, and each answer stands below its question. */
export function checkTree(tx: ReadTx, session: Tables["sessions"], turns: readonly Tables["turns"][]): void {
  const own = new Map(tx.find("messages", { sessionId: session.id }).map((message) => [message.id, message]));
  strictEqual(session.headId === null, own.size === 0, "a session with messages has a head");
  if (session.headId !== null) ok(own.has(session.headId), "the head is a message of its session");
  for (const message of own.values()) {
    const parent = message.parentId === null ? undefined : own.get(message.parentId);
    ok(message.parentId === null || parent !== undefined, `the parent of ${message.id} is in its session`);
    if (message.author === "person") checkQuestion(message, parent, { own, turns });
    else checkAnswer(message, parent, turns);
  }
}

/** A question follows an answer, or a question that is still being answered; the older stands above the younger. */
function checkQuestion(
  question: Message,
  parent: Message | undefined,
  { own, turns }: { readonly own: ReadonlyMap<string, Message>; readonly turns: readonly Tables["turns"][] },
): void {
  const unfinished = turns.filter((turn) => turn.messageId === question.id && isUnfinished(turn));
  ok(unfinished.length <= 1, "a question has at most one unfinished turn");
  if (parent?.author === "person") {
    const waits = turns.some((turn) => turn.messageId === parent.id && isUnfinished(turn));
    ok(waits, "a question follows another only as long as that one is answered");
  }
  const above = new Set<string>([question.id]);
  for (let at = parent; at !== undefined; at = at.parentId === null ? undefined : own.get(at.parentId)) {
    ok(!above.has(at.id), "no message stands above itself");
    above.add(at.id);
    if (at.author === "person") ok(at.sequence < question.sequence, "an older question stands above a younger one");
  }
}

function checkAnswer(answer: Message, parent: Message | undefined, turns: readonly Tables["turns"][]): void {
  const ended = turns.filter(({ answerId }) => answerId === answer.id);
  strictEqual(ended.length, 1, "a turn ended with this answer, and only one did");
  strictEqual(parent?.id, ended[0]!.messageId, "an answer's parent is its question");
}
