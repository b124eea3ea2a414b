import { removeAttachmentsOf } from "../attachments/rows.ts";
import { appendAudit } from "../audit.ts";
import { removeModelState } from "../model_states.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { ReadTx, Store, Tx } from "../ports/store.ts";
import type { Vault } from "../vault.ts";
import { sweepPairings } from "./pairings.ts";
import { sweepReceipts } from "./receipts.ts";
import { restorableMs } from "./sessions.ts";

/** Between two looks at what is due, in milliseconds. */
const everyMs = 3_600_000;
/** Rows that one transaction erases: messages that people write meanwhile wait for no more than that. */
const rowsMax = 200;
/** Sessions that one look erases. */
const sessionsMax = 1_000;

/** What the erasure needs. `forget`: keep nothing of a session in memory any more. */
export interface ErasureDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly log: Log;
  readonly forget: (sessionId: string) => void;
  /** Remove those of these objects that nobody needs any more. */
  readonly release: (objectIds: readonly string[]) => Promise<void>;
  /** Removes the objects of what a model computed of a session, whose row was erased. */
  readonly releaseStates: (names: readonly string[]) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Erases what people removed once it can't be restored any more (messages, files, turns, deliveries, calls of tools, cards,
 * what a model computed of it, the session), and what nobody needs any more: receipts, notices, requests to be let in.
 */
export interface Erasure {
  /** Looks at once, and every hour, until the signal aborts. */
  start(): void;
  /** Resolves when it doesn't work any more. */
  ended(): Promise<void>;
}

/** Makes the erasure of a site. */
export function createErasure(deps: ErasureDeps): Erasure {
  const { store, clock, log, forget, release, releaseStates, signal } = deps;
  let work = Promise.resolve();

  async function keepSweeping(): Promise<void> {
    while (!signal.aborted) {
      try {
        await sweep();
      } catch (error) {
        log.error("erasing removed conversations failed, trying again", { error: String(error) });
      }
      await clock.sleep(everyMs, signal);
    }
  }

  async function sweep(): Promise<void> {
    while (!signal.aborted && await store.write((tx) => sweepExpired(tx, clock.nowMs()))) { /* the rest of it */ }
    for (const sessionId of await store.read((tx) => dueSessions(tx, clock.nowMs()))) {
      for (let isMore = true; isMore && !signal.aborted;) {
        const erased = await store.write((tx) => eraseSome(tx, deps, sessionId));
        await release(erased.objectIds);
        await releaseStates(erased.stateNames);
        isMore = erased.isMore;
      }
      forget(sessionId);
    }
  }

  return {
    start: () => void (work = keepSweeping()),
    ended: () => work,
  };
}

/** What nobody needs any more: receipts, notices that were sent, requests to be let in. True when some may be left. */
function sweepExpired(tx: Tx, nowMs: number): boolean {
  return sweepReceipts(tx, nowMs) + sweepPairings(tx, nowMs) > 0;
}

function dueSessions(tx: ReadTx, nowMs: number): string[] {
  return tx.find("sessions", { removedMs: { lte: nowMs - restorableMs } }, { limit: sessionsMax }).map(({ id }) => id);
}

/**
 * Erases rows of a removed session, at most {@link rowsMax} of a table: first what names others. A session
 * of which something is just being answered or sent waits for the next look; what was never sent is erased with the rest.
 */
function eraseSome(tx: Tx, { vault, clock }: ErasureDeps, sessionId: string): Erased {
  const nothing = { isMore: false, objectIds: [], stateNames: [] };
  const removedMs = tx.get("sessions", sessionId)?.removedMs ?? null;
  if (removedMs === null) return nothing;
  const isAtWork = tx.count("turns", { sessionId, state: { in: ["queued", "running"] } }) > 0 ||
    tx.count("approvals", { sessionId, state: "doing" }) > 0 ||
    tx.count("deliveries", { sessionId, state: "sending" }) > 0;
  if (isAtWork) return nothing;
  // From now on it is only part of what it was: whatever the clock says later, it can't be restored.
  if (removedMs !== 0) tx.update("sessions", sessionId, { removedMs: 0 });
  const stateNames = removeModelState(tx, sessionId);
  for (const table of ["toolCalls", "approvals", "deliveries", "turns", "messages"] as const) {
    const rows = table === "turns" || table === "messages"
      ? tx.find(table, { sessionId }, { order: [["sequence", "desc"]], limit: rowsMax })
      : tx.find(table, { sessionId }, { limit: rowsMax });
    const objectIds: string[] = [];
    for (const { id } of rows) {
      if (table === "approvals") {
        for (const vote of tx.find("approvalVotes", { approvalId: id })) tx.remove("approvalVotes", vote.id);
      }
      if (table === "messages") {
        objectIds.push(...removeAttachmentsOf(tx, id));
        for (const child of tx.find("messages", { parentId: id })) tx.update("messages", child.id, { parentId: null });
      }
      tx.remove(table, id);
    }
    if (rows.length > 0) return { isMore: true, objectIds, stateNames };
  }
  tx.remove("sessions", sessionId);
  const resource = `session:${sessionId}`;
  appendAudit(tx, vault, { atMs: clock.nowMs(), principal: "system", action: "erase", resource, outcome: "erased" });
  return { ...nothing, stateNames };
}

/** What one transaction erased. What its files and its state named is released after the commit. */
interface Erased {
  readonly isMore: boolean;
  readonly objectIds: readonly string[];
  readonly stateNames: readonly string[];
}
