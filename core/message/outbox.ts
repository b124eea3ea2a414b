import { appendAudit } from "../audit.ts";
import type { Channels } from "../channels.ts";
import type { Ids } from "../ids.ts";
import type { Channel } from "../ports/channel.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Random } from "../ports/random.ts";
import type { ReadTx, Store, Tx } from "../ports/store.ts";
import type { Tables } from "../tables.ts";
import type { Vault } from "../vault.ts";
import { commitStubbornly } from "./commit.ts";
import { type DeliveryState, leftToWait, nextDelivery, type RetryPolicy } from "./delivery.ts";
import { type Metrics, noMetrics } from "../metrics/metrics.ts";
import { createLanes, type LaneResult, type Lanes } from "./lanes.ts";
import { deliveryField, splitRow } from "./new_delivery.ts";
import { outgoing, outgoingFile } from "./outgoing.ts";
import { createPace, type Pace } from "./pace.ts";
import type { Delivery, DeliveryResult, OutboundFile, Place } from "./types.ts";

/** The retry policy unless the configuration says otherwise: a week, as people come back from holidays. */
export const retryPolicy: RetryPolicy = { backoffMs: 1_000, backoffMsMax: 300_000, expiryMs: 7 * 86_400_000 };

/** Deliveries that one channel is given at once: a conversation that hangs delays no other. */
const concurrencyPerChannel = 128;
/** How long a channel may take over one delivery before it counts as unreachable. */
const deliverMsMax = 60_000;
/** How often it is looked whether a delivery is over whose channel isn't there, or is failed. It goes as soon as it is. */
const absentMs = 3_600_000;

type Row = Tables["deliveries"];

/** What the outbox needs. `closing`: begin none any more. `ending`: give up what still runs. */
export interface OutboxDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  readonly log: Log;
  readonly channels: Pick<Channels, "get">;
  /** The content of an attachment, if it is still there. Absent: there are none. */
  readonly openAttachment?: (id: string) => Promise<OutboundFile | undefined>;
  readonly policy: RetryPolicy;
  readonly metrics?: Metrics;
  readonly closing: AbortSignal;
  readonly ending: AbortSignal;
}

/** Sends what was committed: in order per conversation, again while the platform is unreachable. */
export interface Outbox {
  /** Takes up what an earlier life left; what was `sending` may have arrived. Call once, before {@link push}. */
  recover(): Promise<void>;
  /**
   * The state that a new delivery is stored in: already picked where nothing of its conversation waits and there is room,
   * which spares a commit of its own.
   */
  first(tx: ReadTx, at: ConversationOf): NewState;
  /**
   * Takes up a delivery that was committed, in the state that {@link first} gave it, or as pending.
   *
   * @param edits The platform's id of the draft whose place it takes, once that is known; the delivery waits for it. It
   *   must be pending.
   */
  push(delivery: Row, edits?: Promise<string | undefined>): void;
  /**
   * Sends what has no record, if the platform's rate leaves room and nothing of the conversation waits: `busy`
   * otherwise. What the platform says is told, and not tried again.
   */
  sendAside(at: ConversationOf, delivery: Delivery, signal: AbortSignal): Promise<DeliveryResult | { kind: "busy" }>;
  /** A channel was started: what waited for it goes on. */
  wake(channel: string): void;
  /** Deliveries that aren't ended. */
  count(): number;
  /** How often something was sent that may be a copy, and says so. */
  possibleCopies(): number;
  /** Resolves when none is being sent. */
  quiet(): Promise<void>;
}

/** The conversation of a delivery. */
export type ConversationOf = Pick<Row, "channel" | "conversationHash" | "place">;

/** Where a delivery stands when it is stored. */
export type NewState = Pick<Row, "state" | "attempt">;

/** Not picked yet. */
export const unsent: NewState = { state: "pending", attempt: 0 };

/** One delivery in its lane. */
interface Item {
  readonly id: string;
  readonly channel: string;
  readonly place: Place;
  readonly createdMs: number;
}

/** Makes the outbox of a site. */
export function createOutbox(deps: OutboxDeps): Outbox {
  const { store, vault, clock, random, log, channels, policy, metrics = noMetrics, closing, ending } = deps;
  const platforms = new Map<string, { readonly lanes: Lanes<Item>; readonly pace: Pace }>();
  /** Deliveries that were stored as picked and aren't sent yet. */
  const pickedBefore = new Map<string, Row>();
  /** Deliveries for which the pace has booked a moment that hasn't come yet. */
  const booked = new Set<string>();
  /** Drafts whose place a delivery takes, once it is known whether they are there. */
  const drafts = new Map<string, Promise<string | undefined>>();
  let possibleCopies = 0;

  async function run(item: Item, conversationHash: string): Promise<LaneResult> {
    const { id } = item;
    const channel = channelOf(item.channel);
    if (channel === undefined && clock.nowMs() - item.createdMs < policy.expiryMs) {
      return { kind: "again", afterMs: absentMs, orWoken: true };
    }
    const draft = drafts.has(id) ? { edits: await drafts.get(id) } : undefined;
    if (channel !== undefined) {
      const waitMs = waitFor(item, conversationHash, channel);
      if (waitMs > 0) return { kind: "again", afterMs: waitMs };
    }
    const bookedMs = clock.nowMs();
    const picked = pickedBefore.get(id) ?? (await commitStubbornly(deps, (tx) => pick(tx, id, draft), closing))?.value;
    if (picked !== undefined && "waitMs" in picked) return { kind: "again", afterMs: picked.waitMs };
    pickedBefore.delete(id);
    drafts.delete(id);
    if (picked === undefined) return { kind: "done" };
    const row = picked;
    const { delivery, result } = channel === undefined
      ? { delivery: undefined, result: { kind: "unreachable", reason: `${row.channel} isn't there` } as const }
      : await send(row, channel, bookedMs);
    if (result === undefined) return { kind: "done" };
    if (result.kind === "unreachable" && result.retryAfterMs !== undefined) {
      platformOf(row.channel).pace.hold(result.retryAfterMs, result.scope === "channel" ? undefined : conversationHash);
    }
    const settled = await commitStubbornly(deps, (tx) => settle(tx, row, result, delivery), ending);
    if (settled === undefined) return { kind: "done" };
    const state = settled.value;
    if (state.kind !== "pending") {
      metrics.count("clawdbot_deliveries_ended_total", { channel: row.channel, outcome: state.kind });
    }
    if (state.kind === "refused" || state.kind === "expired") {
      log.warn("delivery ended", { delivery: id, channel: row.channel, state: state.kind, reason: state.reason });
    }
    return state.kind === "pending" ? { kind: "again", afterMs: leftToWait(state, clock.nowMs()) } : { kind: "done" };
  }

  /** A channel that something can be given to. One that is failed gets nothing until a person has started it anew. */
  function channelOf(name: string): Channel | undefined {
    const channel = channels.get(name);
    return channel?.health().kind === "failed" ? undefined : channel;
  }

  /** How long a delivery must wait for its turn at the platform's pace; booked once, it goes when that is over. */
  function waitFor({ id, channel: name, place }: Item, conversation: string, { capabilities }: Channel): number {
    const { pace } = platformOf(name);
    if (booked.delete(id) && !pace.isHeld(conversation)) return 0;
    const { waitMs, isBooked } = pace.book({ conversation, place }, capabilities.rate);
    if (isBooked && waitMs > 0) booked.add(id);
    return waitMs;
  }

  /** Journals that it is sent; `undefined` when it isn't pending any more. */
  function pick(
    tx: Tx,
    id: string,
    draft: { readonly edits: string | undefined } | undefined,
  ): Row | { readonly waitMs: number } | undefined {
    const row = tx.get("deliveries", id);
    if (row === undefined || row.state !== "pending") return undefined;
    const waitMs = leftToWait(row, clock.nowMs());
    if (waitMs > 0) return { waitMs };
    write(tx, row, nextDelivery(stateOf(row), { kind: "picked" }, at(row)));
    if (draft === undefined) return row;
    const editsEnc = draft.edits === undefined ? null : vault.seal(deliveryField("edits", id), draft.edits);
    tx.update("deliveries", id, { editsEnc });
    return { ...row, editsEnc };
  }

  /** Sends a row that was picked; what is too long becomes several rows first. */
  async function send(
    row: Row,
    channel: Channel,
    bookedMs: number,
  ): Promise<{ readonly delivery?: Delivery; readonly result: DeliveryResult | undefined }> {
    const { capabilities } = channel;
    const made = await store.read((tx) => outgoing(tx, vault, row, capabilities));
    if (made.kind === "long") {
      const split = await commitStubbornly(deps, (tx) => splitRow(tx, deps, { row, parts: made.parts }), ending);
      if (split === undefined) return { result: undefined };
      const { first, others } = split.value;
      platformOf(row.channel).lanes.follow(row.conversationHash, others.map(itemOf));
      return await send(first, channel, bookedMs);
    }
    const delivery = made.kind === "ready" ? made.delivery : await openFile(row, made.attachmentId, channel);
    if (delivery === undefined) {
      return { result: { kind: "unreachable", reason: "the file can't be read at the moment" } };
    }
    if (!await untilItsMoment(row, channel, bookedMs)) return { result: undefined };
    if (delivery.mayBeDuplicate && delivery.kind !== "edit" && !capabilities.idempotent) possibleCopies++;
    const startMs = clock.nowMs();
    const result = await deliver(row.channel, channel, delivery, ending);
    metrics.count("clawdbot_delivery_attempts_total", { channel: row.channel, outcome: result.kind });
    metrics.observe("clawdbot_delivery_seconds", Math.max(0, clock.nowMs() - startMs) / 1_000, {
      channel: row.channel,
    });
    return { delivery, result };
  }

  /** `undefined` when the file can't be read now, but may be later. */
  async function openFile(
    row: Row,
    attachmentId: string,
    { capabilities }: Channel,
  ): Promise<Exclude<Delivery, { kind: "typing" }> | undefined> {
    try {
      return outgoingFile(vault, row, capabilities, await deps.openAttachment?.(attachmentId));
    } catch (error) {
      log.error("file of a delivery can't be opened", { delivery: row.id, error: String(error) });
      return undefined;
    }
  }

  /** Waits when the disk took so long that the moment is over; false when the host ends before the next. */
  async function untilItsMoment(
    { channel: name, conversationHash: conversation, place }: Row,
    { capabilities: { rate } }: Channel,
    bookedMs: number,
  ): Promise<boolean> {
    const { pace } = platformOf(name);
    for (let next = pace.go({ conversation, place }, rate, bookedMs); next.waitMs > 0;) {
      await clock.sleep(next.waitMs, ending);
      if (ending.aborted) return false;
      next = pace.go({ conversation, place }, rate, next.bookedMs);
    }
    return true;
  }

  async function deliver(
    name: string,
    channel: Channel,
    delivery: Delivery,
    given: AbortSignal,
  ): Promise<DeliveryResult> {
    const late = new AbortController();
    const signal = AbortSignal.any([late.signal, given]);
    const deadline = clock.sleep(deliverMsMax, signal).then((): DeliveryResult => {
      late.abort();
      return { kind: "unreachable", reason: `${name} took longer than ${deliverMsMax} ms`, mayHaveArrived: true };
    });
    try {
      return await Promise.race([channel.deliver(delivery, signal), deadline]);
    } catch (error) {
      log.error("channel broke", { channel: name, error: String(error) });
      return { kind: "unreachable", reason: `${name} broke`, mayHaveArrived: true };
    } finally {
      late.abort();
    }
  }

  /** An edit that is refused isn't the end: what it said is sent as a message of its own. */
  function settle(tx: Tx, { id }: Row, result: DeliveryResult, delivery: Delivery | undefined): DeliveryState {
    const row = tx.get("deliveries", id)!;
    const isLost = result.kind === "refused" && delivery?.kind === "edit";
    const event = isLost ? { kind: "unreachable", reason: result.reason } as const : result;
    const state = nextDelivery(stateOf(row), event, at(row));
    write(tx, row, state);
    if (isLost) tx.update("deliveries", id, { editsEnc: null });
    if (state.kind !== "pending") {
      const resource = `delivery:${id}`;
      appendAudit(tx, vault, {
        atMs: clock.nowMs(),
        principal: "outbox",
        action: "deliver",
        resource,
        outcome: state.kind,
      });
    }
    return state;
  }

  function write(tx: Tx, { id }: Row, state: DeliveryState): void {
    const changes = {
      state: state.kind,
      ...("attempt" in state ? { attempt: state.attempt } : {}),
      ...("mayBeDuplicate" in state ? { mayBeDuplicate: state.mayBeDuplicate ? 1 : 0 } : {}),
      ...("notBeforeMs" in state ? { notBeforeMs: Math.ceil(state.notBeforeMs) } : {}),
      ...("reason" in state ? { reason: state.reason } : {}),
      ...("platformId" in state
        ? { platformIdEnc: vault.seal(deliveryField("platformId", id), state.platformId) }
        : {}),
    };
    tx.update("deliveries", id, changes);
  }

  function stateOf(row: Row): DeliveryState {
    const mayBeDuplicate = row.mayBeDuplicate === 1;
    const reason = row.reason ?? "";
    switch (row.state) {
      case "pending":
        return { kind: "pending", attempt: row.attempt, notBeforeMs: row.notBeforeMs, mayBeDuplicate };
      case "sending":
        return { kind: "sending", attempt: row.attempt, mayBeDuplicate };
      case "delivered":
        return { kind: "delivered", platformId: "", mayBeDuplicate };
      case "refused":
      case "expired":
        return { kind: row.state, reason };
    }
  }

  const at = ({ createdMs }: Row) => ({ nowMs: clock.nowMs(), createdMs, jitter: random.unit(), policy });

  function platformOf(channel: string): { readonly lanes: Lanes<Item>; readonly pace: Pace } {
    const known = platforms.get(channel);
    if (known !== undefined) return known;
    const lanes = createLanes<Item>({
      clock,
      concurrency: concurrencyPerChannel,
      run,
      failed: ({ id }, error) => log.error("delivery broke", { delivery: id, error: String(error) }),
      signal: closing,
    });
    const made = { lanes, pace: createPace(clock) };
    platforms.set(channel, made);
    return made;
  }

  const push: Outbox["push"] = (delivery, edits) => {
    const { id, conversationHash, channel, state } = delivery;
    if (state === "sending") pickedBefore.set(id, delivery);
    if (edits !== undefined) drafts.set(id, edits);
    platformOf(channel).lanes.push(conversationHash, itemOf(delivery));
  };

  return {
    async recover() {
      const left = await store.write((tx) => {
        for (const row of tx.find("deliveries", { state: "sending" })) {
          const reason = "the host ended while it was sent";
          settle(tx, row, { kind: "unreachable", reason, mayHaveArrived: true }, undefined);
        }
        return tx.find("deliveries", { state: "pending" }, { order: ["sequence"] });
      });
      for (const row of left) push(row);
    },
    first(tx, { conversationHash: conversation, channel: name, place }) {
      const channel = channelOf(name);
      const { lanes, pace } = platformOf(name);
      if (channel === undefined || !lanes.hasRoom()) return unsent;
      if (!pace.isFree({ conversation, place }, channel.capabilities.rate)) return unsent;
      const waits = { conversationHash: conversation, state: { in: ["pending", "sending"] } } as const;
      return tx.find("deliveries", waits, { limit: 1 }).length === 0 ? { state: "sending", attempt: 1 } : unsent;
    },
    push,
    async sendAside({ channel: name, conversationHash: conversation, place }, delivery, signal) {
      const channel = channelOf(name);
      const { lanes, pace } = platformOf(name);
      if (channel === undefined || !lanes.isIdle(conversation)) return { kind: "busy" };
      const kind = delivery.kind === "typing" ? "typing" : "message";
      if (!pace.spare({ conversation, place }, channel.capabilities.rate, kind)) return { kind: "busy" };
      const result = await deliver(name, channel, delivery, AbortSignal.any([signal, ending]));
      if (result.kind === "unreachable" && result.retryAfterMs !== undefined) {
        pace.hold(result.retryAfterMs, result.scope === "channel" ? undefined : conversation);
      }
      return result;
    },
    wake: (channel) => platforms.get(channel)?.lanes.wake(),
    count: () => [...platforms.values()].reduce((sum, { lanes }) => sum + lanes.count(), 0),
    possibleCopies: () => possibleCopies,
    quiet: async () => void await Promise.all([...platforms.values()].map(({ lanes }) => lanes.quiet())),
  };
}

function itemOf({ id, channel, place, createdMs }: Row): Item {
  return { id, channel, place, createdMs };
}
