import { appendAudit } from "../audit.ts";
import type { Channel } from "../ports/channel.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Random } from "../ports/random.ts";
import type { ReadTx, Store, Tx } from "../ports/store.ts";
import type { Tables } from "../tables.ts";
import type { Vault } from "../vault.ts";
import { commitStubbornly } from "./commit.ts";
import { type DeliveryEvent, type DeliveryState, nextDelivery, type RetryPolicy } from "./delivery.ts";
import { createLanes, type LaneResult, type Lanes } from "./lanes.ts";
import { openMessage } from "./messages.ts";
import type { Delivery, DeliveryResult } from "./types.ts";

/** The retry policy unless the configuration says otherwise: a week, as people come back from holidays. */
export const retryPolicy: RetryPolicy = { backoffMs: 1_000, backoffMsMax: 300_000, expiryMs: 7 * 86_400_000 };

/** Deliveries that one channel is given at once: a platform that hangs delays nobody else's. */
const concurrencyPerChannel = 16;
/** How long a channel may take over one delivery before it counts as unreachable. */
const deliverMsMax = 60_000;

/** What the outbox needs. `closing`: begin none any more. `ending`: give up what still runs. */
export interface OutboxDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly channels: Readonly<Record<string, Channel>>;
  readonly policy: RetryPolicy;
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
  first(tx: ReadTx, at: { readonly conversationHash: string; readonly channel: string }): NewState;
  /** Takes up a delivery that was committed, in the state that {@link first} gave it. */
  push(delivery: Tables["deliveries"]): void;
  /** Deliveries that aren't ended. */
  count(): number;
  /** Resolves when none is being sent. */
  quiet(): Promise<void>;
}

/** Where a delivery stands when it is stored. */
export type NewState = Pick<Tables["deliveries"], "state" | "attempt">;

/** Not picked yet. */
export const unsent: NewState = { state: "pending", attempt: 0 };

/** Makes the outbox of a site. */
export function createOutbox(deps: OutboxDeps): Outbox {
  const { store, vault, clock, random, log, channels, policy, closing, ending } = deps;
  const lanes = new Map<string, Lanes<string>>();
  /** Deliveries that were stored as picked and aren't sent yet. */
  const pickedBefore = new Map<string, Tables["deliveries"]>();

  async function run(id: string): Promise<LaneResult> {
    const before = pickedBefore.get(id);
    pickedBefore.delete(id);
    const picked = before ?? (await commitStubbornly(deps, (tx) => pick(tx, id), closing))?.value;
    if (picked === undefined) return { kind: "done" };
    if ("waitMs" in picked) return { kind: "again", afterMs: picked.waitMs };
    const row = picked;
    const delivery = await store.read((tx) => deliveryOf(tx, row));
    const result = await deliver(row.channel, delivery);
    const settled = await commitStubbornly(deps, (tx) => settle(tx, row, result), ending);
    if (settled === undefined) return { kind: "done" };
    const state = settled.value;
    if (state.kind === "refused" || state.kind === "expired") {
      log.warn("delivery ended", { delivery: id, channel: row.channel, state: state.kind, reason: state.reason });
    }
    return state.kind === "pending" ? { kind: "again", afterMs: state.notBeforeMs - clock.nowMs() } : { kind: "done" };
  }

  /** Journals that it is sent; `undefined` when it isn't pending any more. */
  function pick(tx: Tx, id: string): Tables["deliveries"] | { readonly waitMs: number } | undefined {
    const row = tx.get("deliveries", id);
    if (row === undefined || row.state !== "pending") return undefined;
    const waitMs = row.notBeforeMs - clock.nowMs();
    if (waitMs > 0) return { waitMs };
    write(tx, row, nextDelivery(stateOf(row), { kind: "picked" }, at(row)));
    return row;
  }

  function deliveryOf(tx: ReadTx, { id, messageId, conversationEnc, mayBeDuplicate }: Tables["deliveries"]): Delivery {
    const { text } = openMessage(vault, tx.get("messages", messageId!)!);
    const conversation = vault.openText(conversationField(id), conversationEnc);
    return { kind: "text", id, conversation, text, mayBeDuplicate: mayBeDuplicate === 1 };
  }

  async function deliver(name: string, delivery: Delivery): Promise<DeliveryResult> {
    const channel = channels[name];
    if (channel === undefined) return { kind: "unreachable", reason: `${name} isn't configured` };
    const late = new AbortController();
    const signal = AbortSignal.any([late.signal, ending]);
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

  function settle(tx: Tx, { id }: Tables["deliveries"], event: DeliveryEvent): DeliveryState {
    const row = tx.get("deliveries", id)!;
    const state = nextDelivery(stateOf(row), event, at(row));
    write(tx, row, state);
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

  function write(tx: Tx, { id }: Tables["deliveries"], state: DeliveryState): void {
    const changes = {
      state: state.kind,
      ...("attempt" in state ? { attempt: state.attempt } : {}),
      ...("mayBeDuplicate" in state ? { mayBeDuplicate: state.mayBeDuplicate ? 1 : 0 } : {}),
      ...("notBeforeMs" in state ? { notBeforeMs: Math.ceil(state.notBeforeMs) } : {}),
      ...("reason" in state ? { reason: state.reason } : {}),
      ...("platformId" in state ? { platformIdEnc: vault.seal(platformIdField(id), state.platformId) } : {}),
    };
    tx.update("deliveries", id, changes);
  }

  function stateOf(row: Tables["deliveries"]): DeliveryState {
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

  const at = ({ createdMs }: Tables["deliveries"]) => ({
    nowMs: clock.nowMs(),
    createdMs,
    jitter: random.unit(),
    policy,
  });

  function lanesOf(channel: string): Lanes<string> {
    const known = lanes.get(channel);
    if (known !== undefined) return known;
    const made = createLanes<string>({
      clock,
      concurrency: concurrencyPerChannel,
      run,
      failed: (id, error) => log.error("delivery broke", { delivery: id, error: String(error) }),
      signal: closing,
    });
    lanes.set(channel, made);
    return made;
  }
  const push: Outbox["push"] = (delivery) => {
    const { id, conversationHash, channel, state } = delivery;
    if (state === "sending") pickedBefore.set(id, delivery);
    lanesOf(channel).push(conversationHash, id);
  };

  return {
    async recover() {
      const left = await store.write((tx) => {
        for (const row of tx.find("deliveries", { state: "sending" })) {
          settle(tx, row, { kind: "unreachable", reason: "the host ended while it was sent", mayHaveArrived: true });
        }
        return tx.find("deliveries", { state: "pending" }, { order: ["createdMs", "sequence"] });
      });
      left.forEach(push);
    },
    first(tx, { conversationHash, channel }) {
      const waits = { conversationHash, state: { in: ["pending", "sending"] } } as const;
      const begins = lanesOf(channel).hasRoom() && tx.find("deliveries", waits, { limit: 1 }).length === 0;
      return begins ? { state: "sending", attempt: 1 } : unsent;
    },
    push,
    count: () => [...lanes.values()].reduce((sum, lane) => sum + lane.count(), 0),
    quiet: async () => void await Promise.all([...lanes.values()].map((lane) => lane.quiet())),
  };
}

const conversationField = (id: string) => ({ table: "deliveries", column: "conversation", id, version: 1 }) as const;
const platformIdField = (id: string) => ({ table: "deliveries", column: "platformId", id, version: 1 }) as const;
