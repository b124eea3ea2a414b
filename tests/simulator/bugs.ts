import type { Channel, Sink } from "../../core/ports/channel.ts";
import type { ReadTx, Store, Tx } from "../../core/ports/store.ts";
import type { TableName } from "../../core/tables.ts";
import type { Vault } from "../../core/vault.ts";

/**
 * A bug planted at a port: what the core would do if somebody broke it there. The simulator must see each one,
 * else its silence means nothing.
 */
export interface PlantedBug {
  readonly name: string;
  readonly sink?: (sink: Sink, random: () => number) => Sink;
  readonly channel?: (channel: Channel, random: () => number) => Channel;
  readonly store?: (store: Store, vault: Vault) => Store;
  /** It shows only where strangers write, too, and people give commands. */
  readonly crowded?: true;
}

/** Each bug, with what it breaks. */
export const plantedBugs: readonly PlantedBug[] = [
  {
    name: "acknowledges before the commit",
    sink: (sink) => (message) => {
      sink(message).catch(() => {});
      return Promise.resolve({ kind: "accepted", sessionId: "", messageId: "", turnId: "" });
    },
  },
  {
    name: "takes messages in without their idempotency key",
    sink: (sink, random) => (message) => sink({ ...message, platformId: `${random()}` }),
  },
  {
    name: "doesn't remember which commands it did",
    crowded: true,
    store: (store) =>
      withTx(store, (tx) => ({
        ...methods(tx),
        insert: (table, row) => {
          if (table !== "receipts") tx.insert(table, row);
        },
      })),
  },
  {
    name: "takes a stranger for the owner",
    crowded: true,
    store: (store) =>
      withTx(store, (tx) => ({
        ...methods(tx),
        find: (table, where, options) => {
          const rows = tx.find(table, where, options);
          return table === "accounts" && rows.length === 0 ? tx.find(table, {}, { limit: 1 }) : rows;
        },
      })),
  },
  {
    name: "leaves a part of an answer out",
    channel: (channel) => ({
      ...channel,
      deliver: (delivery, signal) =>
        delivery.kind === "text" && delivery.text.includes("last line 3")
          ? Promise.resolve({ kind: "accepted", platformId: "none" })
          : channel.deliver(delivery, signal),
    }),
  },
  {
    name: "cuts an answer without keeping the rest",
    store: (store) =>
      withTx(store, (tx) => ({
        ...methods(tx),
        insert: (table, row) => {
          if (table !== "deliveries" || !("fromIndex" in row) || (row.fromIndex ?? 0) === 0) tx.insert(table, row);
        },
      })),
  },
  {
    name: "shows a draft that is equal to the answer, and sends that again unsaid",
    channel: (channel) => ({
      ...channel,
      deliver: (delivery, signal) =>
        channel.deliver(
          "text" in delivery ? { ...delivery, text: delivery.text.replace(/ …$/, "") } : delivery,
          signal,
        ),
    }),
  },
  {
    name: "leaves the draft in the place of the answer",
    channel: (channel) => ({
      ...channel,
      deliver: (delivery, signal) =>
        delivery.kind === "edit" && !delivery.text.endsWith(" …")
          ? Promise.resolve({ kind: "accepted", platformId: delivery.platformId })
          : channel.deliver(delivery, signal),
    }),
  },
  {
    name: "ignores the pace of a platform",
    channel: ({ capabilities: { rate: _, ...capabilities }, ...channel }) => ({ ...channel, capabilities }),
  },
  {
    name: "ignores the pauses that a platform asks for",
    channel: (channel) => ({
      ...channel,
      deliver: async (delivery, signal) => {
        const result = await channel.deliver(delivery, signal);
        return result.kind === "unreachable" ? { ...result, retryAfterMs: 0 } : result;
      },
    }),
  },
  {
    name: "takes every platform for one that knows keys",
    channel: (channel) => ({ ...channel, capabilities: { ...channel.capabilities, idempotent: true } }),
  },
  {
    name: "lets one platform's silence hold up the others",
    channel: (channel, random) => ({
      ...channel,
      deliver: async (delivery, signal) => {
        const given = new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        const before = queues.get(random);
        const result = Promise.race([before, given]).then(() => channel.deliver(delivery, signal));
        queues.set(random, Promise.race([result, given]));
        return await result;
      },
    }),
  },
  {
    name: "sends from the outbox without key and without saying so",
    channel: (channel, random) => ({
      ...channel,
      deliver: (delivery, signal) =>
        channel.deliver(
          delivery.kind === "typing" ? delivery : { ...delivery, id: `${random()}`, mayBeDuplicate: false },
          signal,
        ),
    }),
  },
  { name: "commits answer and delivery apart", store: (store) => laterInserts(store, "deliveries") },
  { name: "keeps a program's answer apart from its end", store: (store) => laterInserts(store, "keptAnswers") },
  { name: "commits the audit apart", store: (store) => laterInserts(store, "audit") },
  {
    name: "forgets what ran when the host died",
    store: (store) =>
      withTx(store, (tx) => ({
        ...methods(tx),
        find: (table, where, options) =>
          "state" in where && where.state === "running" ? [] : tx.find(table, where, options),
      })),
  },
  {
    name: "takes up waiting turns in any order",
    store: (store) =>
      withTx(store, (tx) => ({
        ...methods(tx),
        find: (table, where, options) => {
          const rows = tx.find(table, where, options);
          return table === "turns" && "state" in where && where.state === "queued" ? rows.reverse() : rows;
        },
      })),
  },
  {
    name: "leaves questions that waited behind the question instead of its answer",
    store: (store) => withoutWrites(store, "messages", "parentId"),
  },
  { name: "forgets what a session ends with", store: (store) => withoutWrites(store, "sessions", "headId") },
  {
    name: "answers a question twice at once",
    store: (store) =>
      withTx(store, (tx) => ({
        ...methods(tx),
        find: (table, where, options) => {
          const rows = tx.find(table, where, options);
          const isAsked = table === "turns" && "messageId" in where && !("state" in where);
          return isAsked ? rows.map((row) => "answerId" in row ? { ...row, state: "answered" } : row) : rows;
        },
      })),
  },
  {
    name: "erases what could still be restored",
    store: (store) => ({
      ...store,
      read: (work) =>
        store.read((tx) => {
          const find: ReadTx["find"] = (table, where, options) =>
            tx.find(
              table,
              "removedMs" in where && where.removedMs !== null ? { ...where, removedMs: { gt: 0 } } : where,
              options,
            );
          return work({ get: (table, id) => tx.get(table, id), count: (table, where) => tx.count(table, where), find });
        }),
    }),
  },
];

/** What is under way in each simulation, for one of the bugs. */
const queues = new WeakMap<() => number, Promise<unknown>>();

function withTx(store: Store, change: (tx: Tx) => Tx): Store {
  return { ...store, write: (work) => store.write((tx) => work(change(tx))), read: store.read, close: store.close };
}

/** Changes of one column are lost. */
function withoutWrites(store: Store, table: TableName, column: string): Store {
  return withTx(store, (tx) => ({
    ...methods(tx),
    update: (name, id, changes) => {
      const { [column]: lost, ...kept } = changes as Record<string, unknown>;
      tx.update(name, id, (name === table && lost !== undefined ? kept : changes) as typeof changes);
    },
  }));
}

/** Rows of one table reach the disk in a transaction of their own, after the rest. */
function laterInserts(store: Store, table: TableName): Store {
  return {
    read: store.read,
    close: store.close,
    write: async (work) => {
      const late: Parameters<Tx["insert"]>[] = [];
      const result = await store.write((tx) => {
        late.length = 0;
        return work({
          ...methods(tx),
          insert: (...row) => row[0] === table ? void late.push(row as typeof late[number]) : tx.insert(...row),
        } as Tx);
      });
      if (late.length > 0) await store.write((tx) => late.forEach((row) => tx.insert(...row)));
      return result;
    },
  };
}

/** A transaction's methods as own properties, so that one can be replaced. */
function methods(tx: Tx): Tx {
  return {
    get: (table, id) => tx.get(table, id),
    find: (table, where, options) => tx.find(table, where, options),
    count: (table, where) => tx.count(table, where),
    insert: (table, row) => tx.insert(table, row),
    update: (table, id, changes) => tx.update(table, id, changes),
    remove: (table, id) => tx.remove(table, id),
  };
}
