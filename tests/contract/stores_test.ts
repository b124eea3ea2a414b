import { deepStrictEqual } from "node:assert/strict";
import { createMemoryStore } from "../../adapters/storage/memory.ts";
import { open } from "../../adapters/storage/sqlite/mod.ts";
import type { ReadTx, Store, Tx } from "../../core/ports/store.ts";
import type { TableName, Tables } from "../../core/tables.ts";
import { seeded } from "../seeded.ts";
import { identity, login, message, session, storeContract, type StoreUnderTest } from "./store.ts";

function memory(): Promise<StoreUnderTest> {
  const first = createMemoryStore();
  let current = first;
  return Promise.resolve({
    store: first,
    async reopen() {
      await current.close();
      return current = createMemoryStore({ backing: first.backing });
    },
    [Symbol.asyncDispose]: () => current.close(),
  });
}

async function sqlite(): Promise<StoreUnderTest> {
  const folder = await Deno.makeTempDir();
  const again = () => open({ path: `${folder}/clawdbot.db`, programVersion: "0.0.0", nowMs: 1 });
  const store = await again();
  let current = store;
  return {
    store,
    async reopen() {
      await current.close();
      return current = await again();
    },
    async [Symbol.asyncDispose]() {
      await current.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

storeContract("memory", memory);
storeContract("sqlite", sqlite);

const tables = ["identities", "sessions", "messages", "logins"] as const;
type Table = typeof tables[number];

/** What a closure does: a list, so that both stores do the very same. */
type Step =
  | { readonly kind: "insert"; readonly table: Table; readonly row: Tables[Table] }
  | { readonly kind: "update"; readonly table: Table; readonly id: string; readonly changes: Partial<Tables[Table]> }
  | { readonly kind: "remove"; readonly table: Table; readonly id: string }
  | { readonly kind: "find"; readonly table: Table; readonly where: object; readonly options: object }
  | { readonly kind: "throw" };

interface Closure {
  readonly steps: readonly Step[];
  /** Goes on after a refused step. */
  readonly forgiving: boolean;
}

function anySteps(random: () => number): Closure {
  const below = (count: number) => Math.floor(random() * count);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)]!;
  const n = () => below(4) + 1;
  const rowOf = {
    identities: () => identity(n(), { version: below(3), nameEnc: random() < 0.5 ? null : Uint8Array.of(below(256)) }),
    sessions: () => session(n(), { identityId: `identity-${n()}`, channel: pick(["web", "x"]), updatedMs: below(3) }),
    messages: () =>
      message(n(), {
        sessionId: `session-${n()}`,
        sequence: n(),
        parentId: pick([null, null, `message-${n()}`]),
        idempotencyHash: pick([null, "a", "b", "\uffff", "🏭"]),
        author: pick(["person", "assistant", "notice"]),
      }),
    logins: () => login(pick(["a", "b", "\uffff", "🏭"]), { identityId: `identity-${n()}`, seenMs: below(3) - 1 }),
  };
  const idOf = (table: Table) => rowOf[table]().id;
  const condition = (value: unknown) => {
    if (random() < 0.4 || value === null) return value;
    const name = pick(["lt", "lte", "gt", "gte", "in"]);
    return { [name]: name === "in" ? [value, value] : value };
  };
  const some = (table: Table, chance: number) =>
    Object.entries(rowOf[table]()).filter(([column]) => !column.endsWith("Enc") && random() < chance);
  const step = (): Step => {
    const table = pick(tables);
    const chance = random();
    if (chance < 0.4) return { kind: "insert", table, row: rowOf[table]() };
    if (chance < 0.6) {
      const changes = Object.fromEntries(some(table, 0.4).filter(([column]) => column !== "id"));
      return { kind: "update", table, id: idOf(table), changes };
    }
    if (chance < 0.72) return { kind: "remove", table, id: idOf(table) };
    if (chance < 0.78) return { kind: "throw" };
    const where = Object.fromEntries(some(table, 0.25).map(([column, value]) => [column, condition(value)]));
    const order = some(table, 0.3).map(([column]) => random() < 0.5 ? column : [column, "desc"]);
    const limit = random() < 0.3 ? { limit: below(3) } : {};
    return { kind: "find", table, where, options: { order, ...limit } };
  };
  return { steps: Array.from({ length: below(6) + 1 }, step), forgiving: random() < 0.3 };
}

class Thrown extends Error {}

function play(tx: Tx, step: Step): unknown {
  switch (step.kind) {
    case "insert":
      return tx.insert(step.table, step.row as never);
    case "update":
      return tx.update(step.table, step.id, step.changes as never);
    case "remove":
      return tx.remove(step.table, step.id);
    case "find":
      return [
        tx.find(step.table, step.where as never, step.options as never),
        tx.count(step.table, step.where as never),
      ];
    case "throw":
      throw new Thrown();
  }
}

async function run(store: Store, { steps, forgiving }: Closure): Promise<unknown> {
  try {
    return await store.write((tx) =>
      steps.map((step) => {
        try {
          return play(tx, step);
        } catch (error) {
          if (!forgiving || error instanceof Thrown) throw error;
          return (error as Error).constructor.name;
        }
      })
    );
  } catch (error) {
    return (error as Error).constructor.name;
  }
}

function dump(tx: ReadTx): unknown {
  return tables.map((table: TableName) => tx.find(table, {}));
}

// Goal: the simulator's store is the one on disk. Method: the same random closures, in groups, on both; every result,
// every refusal and the whole content must be equal.
seeded("memory and sqlite stores give the same results", async (random) => {
  await using a = await memory();
  await using b = await sqlite();
  for (let group = 0; group < 25; group++) {
    const closures = Array.from({ length: Math.floor(random() * 4) + 1 }, () => anySteps(random));
    const [left, right] = await Promise.all(
      [a.store, b.store].map((store) => Promise.all(closures.map((closure) => run(store, closure)))),
    );
    deepStrictEqual(left, right);
    deepStrictEqual(await a.store.read(dump), await b.store.read(dump));
  }
  deepStrictEqual(await (await a.reopen()).read(dump), await (await b.reopen()).read(dump));
}, { runs: 40, long: 1_000 });
