import { readAttachments } from "../attachments/rows.ts";
import type { ReadTx } from "../ports/store.ts";
import type { Tables } from "../tables.ts";
import type { Vault } from "../vault.ts";
import { authorNameOf } from "./authors.ts";
import { openMessage } from "./messages.ts";
import type { ShownMessage } from "./types.ts";

type Message = Tables["messages"];

/** From a message up to the first of its branch. */
export function* branchUp(tx: ReadTx, headId: string | null): Generator<Message> {
  for (let id = headId; id !== null;) {
    const message = tx.get("messages", id)!;
    yield message;
    id = message.parentId;
  }
}

/** The end of the shown branch, oldest first: at most `limit` messages, of which those of a sequence above `after`. */
export function shownBranch(
  tx: ReadTx,
  vault: Vault,
  { session, after, limit }: {
    readonly session: Pick<Tables["sessions"], "id" | "headId" | "isGroup">;
    readonly after: number;
    readonly limit: number;
  },
): ShownMessage[] {
  const shown: Message[] = [];
  const newerCount = tx.count("messages", { sessionId: session.id, sequence: { gt: after } });
  let left = limit;
  for (const message of newerCount === 0 ? [] : branchUp(tx, session.headId)) {
    if (message.sequence > after) shown.push(message);
    if (--left === 0 || shown.length === newerCount) break;
  }
  return withSurroundings(tx, vault, session, shown.reverse());
}

/** Messages as people read them, each with its siblings, its turn and what its answer cost. */
function withSurroundings(
  tx: ReadTx,
  vault: Vault,
  session: Pick<Tables["sessions"], "id" | "isGroup">,
  messages: readonly Message[],
): ShownMessage[] {
  const sessionId = session.id;
  const parentIds = [...new Set(messages.map(({ parentId }) => parentId))];
  const siblings = Map.groupBy(
    [
      ...parentIds.includes(null) ? tx.find("messages", { sessionId, parentId: null }) : [],
      ...tx.find("messages", { parentId: { in: parentIds.filter((id) => id !== null) } }),
    ].toSorted((a, b) => a.sequence - b.sequence),
    familyOf,
  );
  const questionIds = messages.flatMap((message) =>
    message.author === "person" ? [message.id] : message.parentId ?? []
  );
  const turns = tx.find("turns", { messageId: { in: [...new Set(questionIds)] } }, { order: ["sequence"] });
  const newest = new Map(turns.map((turn) => [turn.messageId, turn]));
  const usage = usageIn(turns);
  const attachments = readAttachments(tx, vault, messages.map(({ id }) => id));
  return messages.map((row) => {
    const turn = newest.get(row.id);
    const authorName = authorNameOf(tx, vault, session, row);
    const isOutcome = row.author === "notice" && !turns.some(({ answerId }) => answerId === row.id);
    return {
      ...openMessage(vault, row),
      attachments: attachments(row.id),
      ...(authorName === undefined ? {} : { authorName }),
      siblingIds: siblings.get(familyOf(row))!.map(({ id }) => id),
      ...(isOutcome ? { isOutcome } : {}),
      ...(turn === undefined ? {} : { turn: { id: turn.id, state: turn.state } }),
      ...usage(row),
    };
  });
}

/** Siblings share it: the parent, and whether a person wrote them. */
function familyOf({ parentId, author }: Message): string {
  return `${author === "person"} ${parentId}`;
}

/** What each of some messages cost to write, where that is known. */
export function readUsage(tx: ReadTx, messages: readonly Message[]): UsageOf {
  const answerIds = messages.flatMap(({ author, id }) => author === "assistant" ? [id] : []);
  return usageIn(tx.find("turns", { answerId: { in: answerIds } }));
}

type UsageOf = (message: Message) => Pick<ShownMessage, "answer" | "contextTurnId">;

function usageIn(turns: readonly Tables["turns"][]): UsageOf {
  const ending = new Map(turns.map((turn) => [turn.answerId, turn]));
  return ({ id }) => {
    const turn = ending.get(id);
    const { modelName = null, answerTokens = null, answerMs = null } = turn ?? {};
    const isMeasured = modelName !== null && answerTokens !== null && answerMs !== null;
    return {
      ...(isMeasured ? { answer: { modelName, answerTokens, answerMs } } : {}),
      ...(turn === undefined || turn.contextEnc === null ? {} : { contextTurnId: turn.id }),
    };
  };
}

/** How many messages are looked through at once. */
const pageLength = 64;

/** The leaf below a message that was reached last: the end of its newest branch. */
export function newestLeaf(tx: ReadTx, { id, sessionId }: Pick<Message, "id" | "sessionId">): string {
  let leaf = newestBelow(tx, id, sessionId);
  // A question that came while another was answered stands below that answer, although it is older.
  for (;;) {
    const child = tx.find("messages", { parentId: leaf }, { order: [["sequence", "desc"]], limit: 1 })[0];
    if (child === undefined) return leaf;
    leaf = child.id;
  }
}

/** The newest message of the tree below a message, itself included. */
function newestBelow(tx: ReadTx, id: string, sessionId: string): string {
  const elsewhere = new Set<string>();
  for (let before = Number.MAX_SAFE_INTEGER;;) {
    const page = tx.find("messages", { sessionId, sequence: { lt: before } }, {
      order: [["sequence", "desc"]],
      limit: pageLength,
    });
    for (const candidate of page) {
      const passed: string[] = [];
      for (const above of branchUp(tx, candidate.id)) {
        if (above.id === id) return candidate.id;
        if (elsewhere.has(above.id)) break;
        passed.push(above.id);
      }
      passed.forEach((passedId) => elsewhere.add(passedId));
    }
    const last = page.at(-1);
    if (last === undefined) return id;
    before = last.sequence;
  }
}
