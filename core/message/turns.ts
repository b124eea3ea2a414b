import type { Agent, AgentResult } from "../agent.ts";
import { appendAudit } from "../audit.ts";
import { unreachable } from "../errors.ts";
import type { Channels } from "../channels.ts";
import type { Ids } from "../ids.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Random } from "../ports/random.ts";
import type { Store, Tx } from "../ports/store.ts";
import type { Tables } from "../tables.ts";
import { text } from "../text/mod.ts";
import type { Vault } from "../vault.ts";
import { commitStubbornly } from "./commit.ts";
import { sealContext } from "./contexts.ts";
import { beginDraft, type Draft, draftIdOf } from "./drafts.ts";
import type { Feed } from "./feed.ts";
import { createLanes, type LaneResult } from "./lanes.ts";
import { addMessage } from "./messages.ts";
import { queueAnswer } from "./new_delivery.ts";
import { type Outbox, unsent } from "./outbox.ts";
import { waitingBelow } from "./notices.ts";
import { nextTurn, type TurnEvent, type TurnStatus } from "./turn.ts";
import type { MessageRecord } from "./types.ts";

/** How many turns are worked on at once; the engine batches them. */
const concurrency = 8;
/** Wait before a turn is begun again after its runner died, in milliseconds; doubles with each attempt. */
const againMs = 500;

/** What the turns need. `closing`: begin none any more. `ending`: give up what still runs. */
export interface TurnsDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  readonly log: Log;
  readonly agent: Agent;
  readonly feed: Feed;
  readonly channels: Pick<Channels, "get">;
  readonly outbox: Pick<Outbox, "push" | "first" | "sendAside">;
  readonly closing: AbortSignal;
  readonly ending: AbortSignal;
}

/** The work of answering: one running turn a session, others wait in arrival order. */
export interface Turns {
  /**
   * Settles what an earlier life left: what was running died with it. Resolves with the turns that wait, for
   * {@link push}, once the outbox has recovered too: it must send what is older before what they will say.
   */
  recover(): Promise<readonly Tables["turns"][]>;
  /** Takes up a turn that was committed as queued, or as begun by {@link canBegin}. */
  push(turn: Tables["turns"]): void;
  /** Whether a turn of an idle session would begin at once. */
  canBegin(): boolean;
  /** Cancels a queued or running turn; false when it had ended already. */
  stop(turnId: string): Promise<boolean>;
  /** Turns that run now, and that wait. */
  counts(): { readonly running: number; readonly queued: number };
  /** Resolves when none runs. */
  quiet(): Promise<void>;
}

/** Makes the turns of a site. */
export function createTurns(deps: TurnsDeps): Turns {
  const { store, clock, random, log, agent, feed, closing, ending } = deps;
  const running = new Map<string, AbortController>();
  const compactions = new Map<string, AbortController>();
  /** Turns that were stored as begun and whose work hasn't started yet: for a moment, or until there is room. */
  const begunBefore = new Map<string, Tables["turns"]>();
  const lanes = createLanes<string>({
    clock,
    concurrency,
    run,
    failed: (turnId, error) => log.error("turn broke", { turnId, error: String(error) }),
    signal: closing,
  });

  async function run(turnId: string, sessionId: string): Promise<LaneResult> {
    const begun = begunBefore.get(turnId) ?? (await commitStubbornly(
      deps,
      (tx) => begin(tx, deps, turnId),
      closing,
      (value) => {
        if (value !== undefined && "turn" in value) tell(value);
      },
    ))?.value;
    begunBefore.delete(turnId);
    if (begun === undefined || "turn" in begun) return { kind: "done" };
    const turn = begun;
    const stop = new AbortController();
    running.set(turnId, stop);
    const draft = beginDraft(deps, turn);
    let answerId: string;
    try {
      publish(turn, "running");
      const result = await answer(turn, draft, AbortSignal.any([stop.signal, ending]));
      const ended = await commitStubbornly(
        deps,
        (tx) => end(tx, deps, turn, eventOf(result, stop.signal), { result, draft }),
        ending,
        (applied) => tell(applied, draft),
      );
      if (ended === undefined) return { kind: "done" };
      const { status, message } = ended.value;
      if (message === undefined) {
        if (draft !== undefined) await draft.end(); // The next attempt goes on with it.
        return closing.aborted ? { kind: "done" } : { kind: "again", afterMs: backoff(status) };
      }
      answerId = message.id;
    } finally {
      running.delete(turnId);
      void draft?.end();
    }
    await compact(sessionId, answerId);
    return { kind: "done" };
  }

  async function answer(
    turn: Tables["turns"],
    draft: Draft | undefined,
    signal: AbortSignal,
  ): Promise<AgentResult | { kind: "broken" }> {
    let offset = 0;
    try {
      return await agent.answer(turn, (piece) => {
        feed.publish(turn.sessionId, { kind: "partial", turnId: turn.id, offset, text: piece });
        offset += piece.length;
        draft?.grow(piece);
      }, signal);
    } catch (error) {
      log.error("answering broke", { turnId: turn.id, error: String(error) });
      return { kind: "broken" };
    }
  }

  /** A following question aborts it: people don't wait for bookkeeping. */
  async function compact(sessionId: string, answerId: string): Promise<void> {
    const controller = new AbortController();
    compactions.set(sessionId, controller);
    try {
      await agent.compact({ sessionId, answerId }, AbortSignal.any([controller.signal, closing]));
    } catch (error) {
      log.warn("summary not kept", { sessionId, error: String(error) });
    } finally {
      compactions.delete(sessionId);
    }
  }

  function interrupt(turnId: string): boolean {
    const controller = running.get(turnId);
    controller?.abort();
    return controller !== undefined;
  }

  const backoff = ({ attempt }: TurnStatus) => againMs * 2 ** attempt * (0.5 + random.unit() / 2);
  const publish = ({ id: turnId, sessionId, messageId }: Tables["turns"], state: TurnStatus["kind"]) =>
    feed.publish(sessionId, { kind: "turn", turnId, messageId, state });

  /** Tells those who look what was committed, and has the turn's message delivered. */
  function tell({ turn, status, message, deliveries, branches }: Applied, draft?: Draft): void {
    if (message !== undefined) feed.publish(turn.sessionId, { kind: "message", message });
    if (branches) feed.publish(turn.sessionId, { kind: "branch" });
    publish(turn, status.kind);
    for (const [index, delivery] of deliveries.entries()) {
      deps.outbox.push(delivery, index === 0 ? draft?.end() : undefined);
    }
  }

  return {
    async recover() {
      const left = await store.write((tx) => {
        const outbox = { first: () => unsent }; // The outbox recovers next, and takes all of them up itself.
        for (const turn of tx.find("turns", { state: "running" })) end(tx, { ...deps, outbox }, turn, { kind: "died" });
        return tx.find("turns", { state: "queued" }, { order: ["createdMs", "sequence"] });
      });
      return left;
    },
    push(turn) {
      compactions.get(turn.sessionId)?.abort();
      if (turn.state === "running") begunBefore.set(turn.id, turn);
      lanes.push(turn.sessionId, turn.id);
    },
    canBegin: lanes.hasRoom,
    async stop(turnId) {
      if (interrupt(turnId)) return true;
      const stopped = await store.write((tx) => {
        const turn = tx.get("turns", turnId);
        const waits = turn?.state === "queued" || begunBefore.has(turnId);
        return turn !== undefined && waits ? end(tx, deps, turn, { kind: "stopped" }) : undefined;
      });
      if (stopped === undefined) return interrupt(turnId); // It was begun while the store was asked.
      begunBefore.delete(turnId);
      tell(stopped);
      return true;
    },
    counts: () => ({ running: running.size, queued: Math.max(0, lanes.count() - running.size) }),
    quiet: () => lanes.quiet(),
  };
}

/** What was made of a turn in one transaction. `branches`: the shown branch changed otherwise than by growing. */
interface Applied {
  readonly turn: Tables["turns"];
  readonly status: TurnStatus;
  readonly message?: MessageRecord;
  readonly deliveries: readonly Tables["deliveries"][];
  readonly branches: boolean;
}

/** What {@link end} needs. */
type EndDeps = Pick<TurnsDeps, "vault" | "ids" | "clock"> & { readonly outbox: Pick<Outbox, "first"> };

/**
 * Journals that the work begins; `undefined` when the turn isn't queued any more (it was cancelled meanwhile). In a
 * session that was removed nothing begins: the turn ends.
 */
function begin(tx: Tx, deps: EndDeps, turnId: string): Tables["turns"] | Applied | undefined {
  const turn = tx.get("turns", turnId);
  if (turn === undefined || turn.state !== "queued") return undefined;
  if (tx.get("sessions", turn.sessionId)!.removedMs !== null) return end(tx, deps, turn, { kind: "stopped" });
  const { kind: state, attempt } = nextTurn(statusOf(turn), { kind: "begun" });
  tx.update("turns", turnId, { state, attempt });
  return { ...turn, state, attempt };
}

/**
 * Applies what happened to a turn. If that ends it: its one message, its deliveries and the audit, in the same
 * transaction as the state. Questions that came meanwhile follow that message.
 */
function end(
  tx: Tx,
  { vault, ids, clock, outbox }: EndDeps,
  turn: Tables["turns"],
  event: TurnEvent,
  { result, draft }: { readonly result?: AgentResult | { kind: "broken" }; readonly draft?: Draft | undefined } = {},
): Applied {
  const { sessionId, messageId: questionId } = turn;
  const status = nextTurn(statusOf(turn), event);
  const { kind: state, attempt } = status;
  if (status.kind === "queued" || status.kind === "running") {
    tx.update("turns", turn.id, { state, attempt });
    return { turn, status, deliveries: [], branches: false };
  }
  const nowMs = clock.nowMs();
  const message = addMessage(tx, vault, {
    id: ids(),
    sessionId,
    parentId: questionId,
    identityId: null,
    ...wordsOf(status, turn, result),
    createdMs: nowMs,
    idempotencyHash: null,
  });
  const reason = status.kind === "failed" ? status.reason : null;
  const usage = message.author === "assistant" && result !== undefined && "usage" in result ? result.usage : {};
  const context = result !== undefined && "context" in result ? result.context : undefined;
  const contextEnc = context === undefined ? null : sealContext(vault, turn.id, context);
  tx.update("turns", turn.id, { state, attempt, reason, answerId: message.id, endedMs: nowMs, contextEnc, ...usage });
  const waiting = waitingBelow(tx, sessionId, questionId);
  for (const { id } of waiting) tx.update("messages", id, { parentId: message.id });
  const isHead = tx.get("sessions", sessionId)!.headId === questionId;
  tx.update("sessions", sessionId, { updatedMs: nowMs, ...(isHead ? { headId: message.id } : {}) });
  const attachmentIds = result !== undefined && "attachmentIds" in result ? result.attachmentIds : undefined;
  for (const id of attachmentIds ?? []) tx.update("attachments", id, { messageId: message.id });
  const edits = draft === undefined ? draftIdOf(turn, vault) : draft.platformId();
  const answer = {
    turn,
    message,
    ...(attachmentIds === undefined ? {} : { attachmentIds }),
    ...(edits === undefined ? {} : { edits }),
  };
  // What takes the place of a draft waits until it is known whether that is there.
  const first = (row: Tables["deliveries"]) => draft === undefined ? outbox.first(tx, row) : unsent;
  const deliveries = queueAnswer(tx, { vault, ids, clock }, answer, first);
  appendAudit(tx, vault, {
    atMs: nowMs,
    principal: "assistant",
    action: "answer",
    resource: `message:${questionId}`,
    outcome: reason ?? state,
  });
  return { turn, status, message, deliveries, branches: waiting.length > 0 };
}

/** What people read at the end of a turn: the answer, what was said before a stop, or a plain sentence. */
function wordsOf(
  status: Extract<TurnStatus, { kind: "answered" | "failed" | "cancelled" }>,
  { locale }: Tables["turns"],
  result: AgentResult | { kind: "broken" } | undefined,
): { author: "assistant" | "notice"; text: string } {
  const said = text(locale).turn;
  switch (status.kind) {
    case "answered":
    case "cancelled":
      if (result !== undefined && "text" in result && result.text.trim() !== "") {
        const looped = "looped" in result && result.looped === true;
        return { author: "assistant", text: looped ? `${result.text.trimEnd()}\n\n*${said.looped}*` : result.text };
      }
      return { author: "notice", text: status.kind === "answered" ? said.empty : said.stopped };
    case "failed": {
      const { reason = "", mend } = result?.kind === "failed" ? result.failure : {};
      const sentence = said[status.reason](reason);
      return { author: "notice", text: mend === undefined ? sentence : sentence + said.mend(mend) };
    }
    default:
      return unreachable(status);
  }
}

function eventOf(result: AgentResult | { kind: "broken" }, stop: AbortSignal): TurnEvent {
  switch (result.kind) {
    case "answered":
    case "broken":
      return { kind: result.kind };
    case "cancelled":
      return { kind: stop.aborted ? "stopped" : "released" };
    case "failed":
      return { kind: "engine", failure: result.failure };
    default:
      return unreachable(result);
  }
}

function statusOf({ state: kind, attempt, reason }: Tables["turns"]): TurnStatus {
  return kind === "failed" ? { kind, attempt, reason: reason as "internal" } : { kind, attempt };
}
