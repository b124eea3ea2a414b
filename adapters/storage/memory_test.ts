import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { StoreError } from "../../core/ports/store.ts";
import { ProcessCrash } from "./group.ts";
import { createMemoryStore, type MemoryFaults } from "./memory.ts";

const identity = (n: number) => ({
  id: `identity-${n}`,
  nameEnc: null,
  currentSessionId: null,
  version: 1,
  createdMs: n,
});

/** A store whose groups are flushed by hand. */
function stepped(faults: MemoryFaults = {}) {
  const flushes: (() => void)[] = [];
  const store = createMemoryStore({ schedule: (flush) => void flushes.push(flush), faults });
  return { store, flush: () => flushes.splice(0).forEach((flush) => flush()), waiting: () => flushes.length };
}

/** What became of a promise by now. */
async function stateOf(promise: Promise<unknown>): Promise<"pending" | "fulfilled" | "rejected"> {
  let state: "pending" | "fulfilled" | "rejected" = "pending";
  promise.then(() => state = "fulfilled", () => state = "rejected");
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  return state;
}

Deno.test("a group waits for its flush, is scheduled once, and isn't read before", async () => {
  const { store, flush, waiting } = stepped();
  const writes = [1, 2].map((n) => store.write((tx) => tx.insert("identities", identity(n))));
  strictEqual(waiting(), 1);
  strictEqual(await stateOf(writes[0]!), "pending");
  strictEqual(await store.read((tx) => tx.count("identities", {})), 0);
  flush();
  await Promise.all(writes);
  strictEqual(await store.read((tx) => tx.count("identities", {})), 2);
});

Deno.test("a full disk refuses the group whole, and then works again", async () => {
  let isFull = true;
  const { store, flush } = stepped({
    beforeCommit() {
      if (isFull) throw new StoreError("full", "The disk is full");
    },
  });
  const thrown = new Error("its own");
  const writes = Promise.allSettled([
    store.write((tx) => tx.insert("identities", identity(1))),
    store.write(() => {
      throw thrown;
    }),
    store.write((tx) => tx.insert("identities", identity(2))),
  ]);
  flush();
  for (const outcome of await writes) {
    strictEqual(outcome.status === "rejected" && outcome.reason instanceof StoreError && outcome.reason.kind, "full");
  }
  isFull = false;
  const write = store.write((tx) => tx.insert("identities", identity(1)));
  flush();
  await write;
  deepStrictEqual(await store.read((tx) => tx.find("identities", {})), [identity(1)]);
});

for (const [when, stored] of [["beforeCommit", 0], ["afterCommit", 2]] as const) {
  Deno.test(`a crash in ${when} leaves ${stored} rows, and nothing of the store settles any more`, async () => {
    const { store, flush } = stepped({
      [when]() {
        throw new ProcessCrash();
      },
    });
    const writes = [1, 2].map((n) => store.write((tx) => tx.insert("identities", identity(n))));
    flush();
    for (const promise of [...writes, store.write(() => 1), store.read(() => 1)]) {
      strictEqual(await stateOf(promise), "pending");
    }
    const next = createMemoryStore({ backing: store.backing });
    strictEqual(await next.read((tx) => tx.count("identities", {})), stored);
  });
}

Deno.test("a crash inside a closure undoes its group", async () => {
  const { store, flush } = stepped();
  const first = store.write((tx) => tx.insert("identities", identity(1)));
  const second = store.write((tx) => {
    tx.insert("identities", identity(2));
    throw new ProcessCrash();
  });
  flush();
  strictEqual(await stateOf(first), "pending");
  strictEqual(await stateOf(second), "pending");
  strictEqual(await createMemoryStore({ backing: store.backing }).read((tx) => tx.count("identities", {})), 0);
});
