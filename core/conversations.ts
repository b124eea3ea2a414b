import { decide, nameOf, type Policy, type Principal } from "./access.ts";
import type { Assistant, Exported, Refused } from "./assistant.ts";
import { readAttachments } from "./attachments/rows.ts";
import { appendAudit } from "./audit.ts";
import type { Ids } from "./ids.ts";
import { newestContext, openContext } from "./message/contexts.ts";
import type { Feed } from "./message/feed.ts";
import { lastSequence, openMessage } from "./message/messages.ts";
import { queueTurn } from "./message/new_turn.ts";
import { restorableMs, sessionsOf, summarise, titleOf, updateSession } from "./message/sessions.ts";
import { branchUp, newestLeaf, readUsage, shownBranch } from "./message/tree.ts";
import type { Turns } from "./message/turns.ts";
import type { Clock } from "./ports/clock.ts";
import type { ReadTx, Store, Tx } from "./ports/store.ts";
import type { Tables } from "./tables.ts";
import { text } from "./text/mod.ts";
import type { Vault } from "./vault.ts";

/** What conversations need. */
export interface ConversationsDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Pick<Clock, "nowMs">;
  readonly ids: Ids;
  readonly policy: () => Policy;
  /** The owner's identity: whoever reaches the Unix socket speaks as this person. */
  readonly ownerId: () => string;
  readonly turns: Pick<Turns, "push" | "canBegin" | "stop">;
  readonly feed: Pick<Feed, "publish" | "publishTo">;
}

/** What people do with conversations besides talking. */
export interface Conversations extends
  Pick<
    Assistant,
    | "turn"
    | "answerAgain"
    | "showBranch"
    | "sessions"
    | "renameSession"
    | "pinSession"
    | "removeSession"
    | "restoreSession"
    | "exportSession"
    | "history"
    | "context"
  > {
  /** Why this principal may not do this, if so. */
  refusal(principal: Principal, action: "use" | "read", resource: string): Refused | undefined;
  /** A session of the principal's own that isn't removed, or why it isn't to be had. */
  find(tx: ReadTx, principal: Principal, sessionId: string | undefined): Found;
}

/** A session that was asked for. */
export type Found = { readonly kind: "found"; readonly session: Tables["sessions"] } | Refused;

/** Most sessions that a list holds. */
export const sessionsMax = 200;
/** Most messages that a history holds. */
export const messagesMax = 1_000;
/** How much of a message is shown where only its length matters, in characters. */
const beginningLength = 120;
/** Messages of an export that are read at once. */
const pageLength = 100;

/** Makes the conversations of a site. */
export function createConversations(deps: ConversationsDeps): Conversations {
  const { store, vault, clock, ids, policy, turns, feed } = deps;
  const said = text("en").intake;
  const identityOf = (principal: Principal) => principal.kind === "identity" ? principal.id : deps.ownerId();

  function refusal(principal: Principal, action: "use" | "read", resource: string): Refused | undefined {
    const decision = decide(principal, action, resource, policy(), clock.nowMs());
    return decision.effect === "allow" ? undefined : { kind: "refused", reason: decision.reason };
  }

  /** A session of the principal's own, removed or not. */
  function findAny(tx: ReadTx, principal: Principal, sessionId: string | undefined): Found {
    const refused = refusal(principal, "use", "chat");
    if (refused !== undefined) return refused;
    const session = sessionId === undefined ? undefined : tx.get("sessions", sessionId);
    if (session?.identityId === identityOf(principal)) return { kind: "found", session };
    return { kind: "refused", reason: said.notYours };
  }

  function find(tx: ReadTx, principal: Principal, sessionId: string | undefined): Found {
    const found = findAny(tx, principal, sessionId);
    if (found.kind === "refused" || found.session.removedMs === null) return found;
    return { kind: "refused", reason: said.removed };
  }

  /** A message of a session of the principal's own. */
  function findMessage(tx: ReadTx, principal: Principal, messageId: string) {
    const message = tx.get("messages", messageId);
    const found = find(tx, principal, message?.sessionId);
    return found.kind === "refused" ? found : { ...found, message: message! };
  }

  function audit(tx: Tx, principal: Principal, action: string, resource: string, outcome: string): void {
    appendAudit(tx, vault, { atMs: clock.nowMs(), principal: nameOf(principal), action, resource, outcome });
  }

  /** Changes what a list shows of a session, and tells the person's other views. */
  async function change(principal: Principal, sessionId: string, work: (tx: Tx) => void) {
    const result = await store.write((tx) => {
      const found = find(tx, principal, sessionId);
      if (found.kind === "refused") return found;
      work(tx);
      return { kind: "changed", session: summarise(vault, tx.get("sessions", sessionId)!) } as const;
    });
    if (result.kind === "changed") feed.publishTo(identityOf(principal), { kind: "sessions" });
    return result;
  }

  /** A new turn of a question whose turns have all ended; its answer goes where the question came from. */
  function again(tx: Tx, { id: messageId, sessionId }: Tables["messages"]): Tables["turns"] | undefined {
    const earlier = tx.find("turns", { messageId }, { order: [["sequence", "desc"]] });
    if (earlier.some(({ state }) => state === "queued" || state === "running")) return undefined;
    const { id, channel, place, locale, conversationEnc, platformIdEnc } = earlier[0]!;
    const open = (column: "conversation" | "platformId", sealed: Uint8Array) =>
      vault.openText({ table: "turns", column, id, version: 1 }, sealed);
    const nowMs = clock.nowMs();
    const turn = queueTurn(tx, { vault, canBegin: turns.canBegin }, {
      id: ids(),
      sessionId,
      messageId,
      sequence: lastSequence(tx, sessionId),
      channel,
      conversation: open("conversation", conversationEnc),
      place,
      ...(platformIdEnc === null ? {} : { platformId: open("platformId", platformIdEnc) }),
      locale,
      createdMs: nowMs,
    });
    tx.update("sessions", sessionId, { headId: messageId, updatedMs: nowMs });
    return turn;
  }

  /** Reads an export page by page; `next` gives the rows after a row. It ends early when the session is erased. */
  async function* read(next: (tx: ReadTx, last: Tables["messages"] | undefined) => Tables["messages"][]) {
    for (let last: Tables["messages"] | undefined;;) {
      const page = await store.read((tx) => {
        const rows = next(tx, last);
        last = rows.at(-1);
        const usage = readUsage(tx, rows);
        const attachments = readAttachments(tx, vault, rows.map(({ id }) => id));
        return rows.map((row) => ({
          ...openMessage(vault, row),
          attachments: attachments(row.id),
          ...usage(row),
        }));
      });
      yield* page;
      if (page.length < pageLength) return;
    }
  }

  return {
    refusal,
    find,

    turn: (principal, turnId) =>
      store.read((tx) => {
        const turn = tx.get("turns", turnId);
        const found = find(tx, principal, turn?.sessionId);
        if (found.kind === "refused") return found;
        const { messageId, state, answerId } = turn!;
        const answer = answerId === null ? {} : { answer: openMessage(vault, tx.get("messages", answerId)!) };
        return { kind: "turn", messageId, state, ...answer } as const;
      }),

    async answerAgain(principal, messageId) {
      const result = await store.write((tx) => {
        const found = findMessage(tx, principal, messageId);
        if (found.kind === "refused") return found;
        const { message } = found;
        const question = branchUp(tx, message.id).find(({ author }) => author === "person");
        if (question === undefined) return { kind: "refused", reason: said.notYours } as const;
        const turn = again(tx, question);
        if (turn === undefined) return { kind: "busy" } as const;
        audit(tx, principal, "answer-again", `message:${turn.messageId}`, "accepted");
        return { kind: "accepted", turn } as const;
      });
      if (result.kind !== "accepted") return result;
      // Nothing is awaited between: turns of a session are taken up in the order of their commits.
      const { turn: { id: turnId, sessionId, messageId: questionId }, turn } = result;
      feed.publish(sessionId, { kind: "branch" });
      feed.publish(sessionId, { kind: "turn", turnId, messageId: questionId, state: "queued" });
      turns.push(turn);
      return { kind: "accepted", turnId };
    },

    async showBranch(principal, messageId) {
      const result = await store.write((tx) => {
        const found = findMessage(tx, principal, messageId);
        if (found.kind === "refused") return found;
        tx.update("sessions", found.session.id, { headId: newestLeaf(tx, found.message) });
        return { kind: "shown", sessionId: found.session.id } as const;
      });
      if (result.kind === "refused") return result;
      feed.publish(result.sessionId, { kind: "branch" });
      return { kind: "shown" };
    },

    async sessions(principal, { query = "" } = {}) {
      const refused = refusal(principal, "use", "chat");
      if (refused !== undefined) return refused;
      const asked = { identityId: identityOf(principal), query, limit: sessionsMax };
      return { kind: "sessions", sessions: await store.read((tx) => sessionsOf(tx, vault, asked)) };
    },

    async renameSession(principal, sessionId, typed) {
      const title = titleOf(typed);
      if (title === undefined) return { kind: "refused", reason: said.badTitle };
      return await change(principal, sessionId, (tx) => updateSession(tx, vault, sessionId, { title }));
    },

    pinSession: (principal, sessionId, pinned) =>
      change(principal, sessionId, (tx) => tx.update("sessions", sessionId, { pinned: pinned ? 1 : 0 })),

    async removeSession(principal, sessionId) {
      const result = await store.write((tx) => {
        const found = findAny(tx, principal, sessionId);
        if (found.kind === "refused") return found;
        const { removedMs } = found.session;
        const nowMs = clock.nowMs();
        if (removedMs === null) {
          tx.update("sessions", sessionId, { removedMs: nowMs });
          audit(tx, principal, "remove", `session:${sessionId}`, "removed");
        }
        const unfinished = tx.find("turns", { sessionId, state: { in: ["queued", "running"] } });
        return { kind: "removed", restorableUntilMs: (removedMs ?? nowMs) + restorableMs, unfinished } as const;
      });
      if (result.kind === "refused") return result;
      feed.publishTo(identityOf(principal), { kind: "sessions" });
      // A host that dies before the last of these ends them when it comes to them.
      for (const { id } of result.unfinished) await turns.stop(id);
      return { kind: "removed", restorableUntilMs: result.restorableUntilMs };
    },

    async restoreSession(principal, sessionId) {
      const result = await store.write((tx) => {
        const found = findAny(tx, principal, sessionId);
        if (found.kind === "refused") return found;
        const { removedMs } = found.session;
        if (removedMs === null) return { kind: "restored" } as const;
        if (clock.nowMs() >= removedMs + restorableMs) return { kind: "gone" } as const;
        tx.update("sessions", sessionId, { removedMs: null });
        audit(tx, principal, "restore", `session:${sessionId}`, "restored");
        return { kind: "restored" } as const;
      });
      if (result.kind === "restored") feed.publishTo(identityOf(principal), { kind: "sessions" });
      return result;
    },

    exportSession: (principal, sessionId, branches) =>
      store.write((tx): Exported | Refused => {
        const found = find(tx, principal, sessionId);
        if (found.kind === "refused") return found;
        audit(tx, principal, "export", `session:${sessionId}`, branches);
        const { session, session: { headId } } = found;
        const until = lastSequence(tx, sessionId);
        const branch = branches === "all" ? [] : Array.from(branchUp(tx, headId), ({ id }) => id).reverse();
        const messages = branches === "all"
          ? read((tx, last) =>
            tx.find("messages", { sessionId, sequence: { gt: last?.sequence ?? 0, lte: until } }, {
              order: ["sequence"],
              limit: pageLength,
            })
          )
          : read((tx, last) => {
            const from = last === undefined ? 0 : branch.indexOf(last.id) + 1;
            return branch.slice(from, from + pageLength).flatMap((id) => tx.get("messages", id) ?? []);
          });
        return { kind: "export", session: summarise(vault, session), headId, messages };
      }),

    history: (principal, sessionId, after = 0) =>
      store.read((tx) => {
        const found = find(tx, principal, sessionId);
        if (found.kind === "refused") return found;
        const messages = shownBranch(tx, vault, { session: found.session, after, limit: messagesMax });
        return { kind: "history", messages } as const;
      }),

    context: (principal, of) =>
      store.read((tx) => {
        const named = "turnId" in of ? tx.get("turns", of.turnId) : undefined;
        const found = find(tx, principal, "turnId" in of ? named?.sessionId : of.sessionId);
        if (found.kind === "refused") return found;
        const sessionId = found.session.id;
        const { turn, context } = named === undefined
          ? newestContext(tx, vault, sessionId) ?? {}
          : { turn: named, context: openContext(vault, named) };
        if (turn === undefined || context === undefined) return { kind: "none" } as const;
        const ids = [...context.messages, ...context.leftOut].map(({ id }) => id);
        const rows = tx.find("messages", { id: { in: ids }, sessionId });
        const beginnings = new Map(rows.map((row) => [row.id, beginningOf(openMessage(vault, row).text)]));
        return { kind: "context", sessionId, turnId: turn.id, context, beginnings } as const;
      }),
  };
}

function beginningOf(text: string): string {
  const characters = [...text.slice(0, 2 * beginningLength + 1).replace(/\s+/g, " ").trim()];
  const cut = characters.slice(0, beginningLength).join("");
  return characters.length > beginningLength || text.length > 2 * beginningLength ? `${cut}…` : cut;
}
