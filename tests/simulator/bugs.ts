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
