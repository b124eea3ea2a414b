import type { Principal } from "./access.ts";
import type { ApprovalKind, ApprovalOutcome } from "./approval.ts";
import { askApproval, type Asked, type Asking } from "./approvals/asking.ts";
import {
  type ApprovalDeps,
  expiredAtOnceMax,
  performMsMax,
  wrongPeopleMax,
  wrongPerMinuteMax,
} from "./approvals/deps.ts";
import { endApproval, type Ending, joined } from "./approvals/ending.ts";
import { mayApprove, voterId } from "./approvals/people.ts";
import { type ApprovalRow, approvedBy, openCard, openDestination, openOutcome, personName } from "./approvals/rows.ts";
import { approvedOf, findCard, maySee, type Vote, voteOn, type VoteResult } from "./approvals/voting.ts";
import { commitStubbornly } from "./message/commit.ts";
import { commitWithEffects, type Effects, type WithEffects } from "./message/effects.ts";
import type { Feed } from "./message/feed.ts";
import { type Known, principalOf } from "./message/identities.ts";
import type { Destination } from "./message/new_delivery.ts";
import type { FeedEvent } from "./message/types.ts";
import type { Clock } from "./ports/clock.ts";
import type { Log } from "./ports/log.ts";
import type { ReadTx, Store, Tx } from "./ports/store.ts";
import { type RateState, takeOne } from "./rate_limit.ts";
import { type Locale, text } from "./text/mod.ts";
import type { Card } from "./tools/types.ts";

export type { ApprovalOutcome } from "./approval.ts";
export type { Asked, Asking } from "./approvals/asking.ts";
export type { Verdict, Vote, VoteResult, WhichCard } from "./approvals/voting.ts";

/** What people approved, with all that doing it takes. */
export interface ApprovedCall {
  readonly id: string;
  readonly card: Card;
  readonly requester: Known;
  /** Different people. */
  readonly approverIds: readonly [string, ...string[]];
  readonly sessionId: string | null;
  readonly turnId: string | null;
  readonly destination: Destination;
}

/**
 * Does what people approved, once. Never rejects for what a plugin or a device does. That everything was stopped meanwhile
 * is its own to see: in the transaction that begins it, and before each write. Abort of `signal` ends it: what may have
 * happened is `unknown`.
 */
export type Perform = (call: ApprovedCall, signal: AbortSignal) => Promise<ApprovalOutcome>;

/** What approvals need. `closing`: nothing is due any more. `ending`: give up what is being done. */
export interface ApprovalsDeps extends ApprovalDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly perform: Perform;
  /**
   * What is known of a call that was being done when an earlier life of the host ended; absent, or `undefined`: nothing,
   * so that its outcome is unknown.
   */
  readonly settled?: (tx: ReadTx, approvalId: string) => ApprovalOutcome | undefined;
  readonly committed: (effects: Effects) => void;
  readonly feed: Pick<Feed, "subscribe">;
  readonly closing: AbortSignal;
  readonly ending: AbortSignal;
}

/** A person as a card names them. */
export interface NamedPerson {
  readonly id: string;
  readonly name: string;
}

/** A card as somebody sees it. */
export interface ApprovalView {
  readonly id: string;
  readonly state: ApprovalKind;
  /** A machine word that says more than the state: `withdrawn`, `digest`, `right`. */
  readonly reason?: string;
  readonly card: Card;
  readonly requester: NamedPerson;
  readonly needs: number;
  readonly approvedBy: readonly NamedPerson[];
  readonly deniedBy?: NamedPerson;
  /** Who was asked and hasn't said anything. */
  readonly waitsFor: readonly NamedPerson[];
  readonly createdMs: number;
  readonly expiresMs: number;
  readonly endedMs?: number;
  /** What came of it, in words that may be a plugin's. */
  readonly outcome?: string;
  /** What who looks may do with it now; `why`: why they can't approve it, and whom to ask. */
  readonly may: { readonly approve: boolean; readonly deny: boolean; readonly why?: string };
}

/** Which cards a list holds. */
export interface ListOptions {
  /** `waiting`: what isn't decided or is being done; `ended`: what is over. */
  readonly of: "waiting" | "ended";
  readonly locale: Locale;
  /** Only what was asked for in this session. */
  readonly sessionId?: string;
  /** At most so many, up to 100. */
  readonly limit?: number;
  /** Only older ones than this id. */
  readonly before?: string;
}

/** Cards that one list holds at most. */
export const listedMax = 100;
/** Cards that are looked through for those that somebody may see. */
const soughtMax = 1_000;

/**
 * What waits for people. An approval is used once, expires, and is bound to tool, arguments, digest, requester, and to the
 * account of whoever approves it.
 */
export interface Approvals {
  /** Asks, in the transaction that found that it must be asked. */
  ask(tx: Tx, asking: Asking): Asked;
  /** The same in a transaction of its own. */
  request(asking: Asking): Promise<Asked>;
  /**
   * Looks at a vote before its transaction: `wait` when this person gave too many wrong codes, which leaves no trace; what
   * is returned votes in a transaction.
   */
  prepare(vote: Vote): Promise<{ kind: "wait"; text: string } | ((tx: Tx) => WithEffects<VoteResult>)>;
  /** Both, in a transaction of its own. */
  vote(vote: Vote): Promise<VoteResult>;
  /** Cards that somebody may see: waiting ones by what expires first, ended ones the newest first. */
  list(principal: Principal, options: ListOptions): Promise<readonly ApprovalView[]>;
  /** That cards of somebody changed, as `approvals` events; ends when `signal` aborts or the host stops. */
  watch(principal: Principal, signal: AbortSignal): AsyncIterable<FeedEvent>;
  /** Whether somebody may approve anything that is installed. */
  concerns(principal: Principal): boolean;
  /** How many wait. */
  waiting(): Promise<number>;
  /** Ends all that wait, because everything is stopped. */
  haltAll(tx: Tx): { readonly count: number; readonly effects: Effects };
  /** What is left to be done of cards after a commit. */
  changed(cards: NonNullable<Effects["cards"]>): void;
  /** Settles what an earlier life left, and watches over what expires. */
  start(): Promise<void>;
  /** Resolves when nothing is being done. */
  quiet(): Promise<void>;
}

/** Makes the approvals of a site. */
export function createApprovals(deps: ApprovalsDeps): Approvals {
  const { store, clock, log, closing, ending } = deps;
  const wrong = new Map<string, RateState>();
  const running = new Set<Promise<void>>();
  let wake = new AbortController();
  let watch = Promise.resolve();

  /** Whether a person may give one more wrong code. */
  function takeWrong(identityId: string): boolean {
    const nowMs = clock.nowMs();
    const { state, view } = takeOne(wrong.get(identityId), { perMinute: wrongPerMinuteMax, nowMs });
    wrong.delete(identityId);
    wrong.set(identityId, state);
    if (wrong.size > wrongPeopleMax) wrong.delete(wrong.keys().next().value!);
    return view.allowed;
  }

  const prepare: Approvals["prepare"] = async (vote) => {
    const identityId = voterId(vote.principal, deps.ownerId);
    const isRight = identityId === undefined || await store.read((tx) => findCard(tx, deps, vote) !== undefined);
    if (!isRight && !takeWrong(identityId)) return { kind: "wait", text: text(vote.locale).approvals.wait };
    return (tx) => voteOn(tx, deps, vote);
  };

  async function perform(id: string): Promise<void> {
    const over = new AbortController();
    const timer = new AbortController();
    void clock.sleep(performMsMax, timer.signal).then(() => over.abort());
    let outcome: ApprovalOutcome;
    try {
      const call = await store.read((tx) => callOf(tx, id));
      outcome = call === undefined
        ? { kind: "failed", reason: "" }
        : await deps.perform(call, AbortSignal.any([over.signal, ending]));
    } catch (error) {
      log.error("performing an approved call broke", { approvalId: id, error: String(error) });
      outcome = { kind: "unknown", reason: "" };
    }
    timer.abort();
    await commitStubbornly(
      deps,
      (tx) => {
        const row = tx.get("approvals", id);
        return row?.state === "doing" ? endApproval(tx, deps, row, endingOf(outcome)) : undefined;
      },
      ending,
      (effects) => effects !== undefined && deps.committed(effects),
    );
  }

  function callOf(tx: ReadTx, id: string): ApprovedCall | undefined {
    const row = tx.get("approvals", id);
    if (row?.state !== "doing") return undefined;
    const { sessionId, turnId } = row;
    const [first, ...others] = approvedBy(tx, id);
    if (first === undefined) return undefined;
    return {
      id,
      card: openCard(deps.vault, row),
      requester: principalOf(tx, deps.vault, row.identityId, deps.ownerId()),
      approverIds: [first, ...others],
      sessionId,
      turnId,
      destination: openDestination(deps.vault, row),
    };
  }

  async function keepExpiring(): Promise<void> {
    while (!closing.aborted) {
      // Made first: what is asked for while it looks wakes it too.
      wake = new AbortController();
      const next = await expireDue().catch((error) => {
        log.error("expiring approvals failed, trying again", { error: String(error) });
        return clock.nowMs() + retryMs;
      });
      const sleeping = AbortSignal.any([closing, wake.signal]);
      // Without any that waits, until the next one is asked for.
      await clock.sleep(next === undefined ? idleMs : Math.max(0, next - clock.nowMs()), sleeping);
    }
  }

  /** Ends what is due. When the next is due; `undefined` when nothing waits. */
  async function expireDue(): Promise<number | undefined> {
    const nowMs = clock.nowMs();
    await commitWithEffects(deps, (tx) => {
      const due = tx.find("approvals", { state: "pending", expiresMs: { lte: nowMs } }, { limit: expiredAtOnceMax });
      const effects = due.map((row) => endApproval(tx, deps, row, { event: { kind: "expired" } }));
      return effects.length === 0 ? { result: 0 } : { result: effects.length, effects: joined(effects) };
    });
    const [first] = await store.read((tx) =>
      tx.find("approvals", { state: "pending" }, { order: ["expiresMs"], limit: 1 })
    );
    return first?.expiresMs;
  }

  function viewOf(tx: ReadTx, principal: Principal, row: ApprovalRow, locale: Locale): ApprovalView {
    const { id, state, reason, needs, createdMs, expiresMs, endedMs } = row;
    const person = (identityId: string) => ({ id: identityId, name: personName(tx, deps, identityId, locale) });
    const votes = tx.find("approvalVotes", { approvalId: id }, { order: ["id"] });
    const by = (vote: string) => votes.filter((one) => one.vote === vote).map(({ identityId }) => person(identityId));
    const approved = approvedOf(deps, row);
    const decision = mayApprove(principal, deps, approved);
    const self = voterId(principal, deps.ownerId);
    const isOpen = state === "pending" && clock.nowMs() < expiresMs;
    const hasApproved = votes.some((one) => one.identityId === self && one.vote === "approved");
    const outcome = openOutcome(deps.vault, row);
    const [deniedBy] = by("denied");
    return {
      id,
      state,
      card: approved.card,
      requester: person(row.identityId),
      needs,
      approvedBy: approvedBy(tx, id).map(person),
      waitsFor: by("asked"),
      createdMs,
      expiresMs,
      may: {
        approve: isOpen && !hasApproved && decision.effect === "allow",
        deny: isOpen && (row.identityId === self || decision.effect === "allow" || decision.denial === "own"),
        ...(isOpen && decision.effect !== "allow" ? { why: decision.reason } : {}),
      },
      ...(reason === null ? {} : { reason }),
      ...(deniedBy === undefined ? {} : { deniedBy }),
      ...(endedMs === null ? {} : { endedMs }),
      ...(outcome === undefined ? {} : { outcome }),
    };
  }

  return {
    ask: (tx, asking) => askApproval(tx, deps, asking),
    request: (asking) =>
      commitWithEffects(deps, (tx): WithEffects<Asked> => {
        const asked = askApproval(tx, deps, asking);
        return asked.kind === "asked" ? { result: asked, effects: asked.effects } : { result: asked };
      }),
    prepare,
    async vote(vote) {
      const prepared = await prepare(vote);
      if (!("kind" in prepared)) return await commitWithEffects(deps, prepared);
      return { kind: "wrong", text: prepared.text };
    },
    list: (principal, { of, locale, sessionId, limit = listedMax, before }) =>
      store.read((tx) => {
        const rows = tx.find("approvals", {
          ...(of === "waiting" ? { state: { in: ["pending", "doing"] } } : { endedMs: { gt: 0 } }),
          ...(sessionId === undefined ? {} : { sessionId }),
          ...(before === undefined ? {} : { id: { lt: before } }),
        }, { order: of === "waiting" ? ["expiresMs", "id"] : [["id", "desc"]], limit: soughtMax });
        return rows.filter((row) => maySee(tx, deps, principal, row)).slice(0, Math.min(limit, listedMax))
          .map((row) => viewOf(tx, principal, row, locale));
      }),
    watch(principal, signal) {
      const identityId = voterId(principal, deps.ownerId) ?? "";
      return deps.feed.subscribe({ sessionId: "", identityId }, AbortSignal.any([signal, ending]));
    },
    concerns: (principal) =>
      deps.installed().some(({ name, plugin: { digest } }) => {
        const card = { tool: name, digest, arguments: {}, writes: [] };
        return mayApprove(principal, deps, { card, requesterId: "", needs: 1 }).effect === "allow";
      }),
    waiting: () => store.read((tx) => tx.count("approvals", { state: "pending" })),
    haltAll(tx) {
      const ended = tx.find("approvals", { state: "pending" }).map((row) =>
        endApproval(tx, deps, row, { event: { kind: "halted" } })
      );
      return { count: ended.length, effects: ended.length === 0 ? { deliveries: [] } : joined(ended) };
    },
    changed({ approvedId }) {
      wake.abort();
      if (approvedId === undefined) return;
      const work = perform(approvedId).catch((error) => {
        // The next life of the host finds it as it is: being done, and so unknown.
        log.error("an approved call's outcome isn't stored", { approvalId: approvedId, error: String(error) });
      }).finally(() => running.delete(work));
      running.add(work);
    },
    async start() {
      await commitWithEffects(deps, (tx): WithEffects<number> => {
        const left = tx.find("approvals", { state: "doing" });
        const effects = left.map((row) => {
          const settled = deps.settled?.(tx, row.id);
          return endApproval(tx, deps, row, settled === undefined ? interrupted : endingOf(settled));
        });
        return effects.length === 0 ? { result: 0 } : { result: effects.length, effects: joined(effects) };
      });
      watch = keepExpiring();
    },
    async quiet() {
      while (running.size > 0) await Promise.all(running);
      if (closing.aborted) await watch;
    },
  };
}

/** Between two looks when nothing waits, and after one that failed, in milliseconds. */
const idleMs = 24 * 3_600_000;
const retryMs = 30_000;

/** What a host that died while it was done leaves: nobody knows. */
const interrupted: Ending = { event: { kind: "died" }, words: (locale) => text(locale).approvals.interrupted };

function endingOf(outcome: ApprovalOutcome): Ending {
  const words = outcome.kind === "done" ? outcome.text : outcome.reason;
  return { event: { kind: "ended", outcome }, words: () => words };
}
