import { deepStrictEqual, notStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { InvariantError } from "../../core/errors.ts";
import { type FindOptions, type Store, StoreError, type Tx, type Where } from "../../core/ports/store.ts";
import type { Tables } from "../../core/tables.ts";

/** One store under test, and what outlives it. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly store: Store;
  /** Closes the store and opens another over the same state. */
  reopen(): Promise<Store>;
}

/** A person; `n` makes its id. */
export function identity(n: number, more: Partial<Tables["identities"]> = {}): Tables["identities"] {
  return { id: `identity-${n}`, nameEnc: null, currentSessionId: null, version: 1, createdMs: n, ...more };
}

/** A session of person 1. */
export function session(n: number, more: Partial<Tables["sessions"]> = {}): Tables["sessions"] {
  return {
    id: `session-${n}`,
    identityId: "identity-1",
    channel: "web",
    conversationHash: `hash-${n}`,
    isGroup: 0,
    titleEnc: null,
    summaryEnc: null,
    summarySequence: 0,
    headId: null,
    pinned: 0,
    removedMs: null,
    version: 1,
    createdMs: n,
    updatedMs: n,
    ...more,
  };
}

/** A message of session 1. */
export function message(n: number, more: Partial<Tables["messages"]> = {}): Tables["messages"] {
  return {
    id: `message-${n}`,
    sessionId: "session-1",
    sequence: n,
    parentId: null,
    author: "person",
    identityId: null,
    bodyEnc: Uint8Array.of(n),
    idempotencyHash: null,
    createdMs: n,
    ...more,
  };
}

/** A browser of person 1. */
export function login(id: string, more: Partial<Tables["logins"]> = {}): Tables["logins"] {
  return { id, identityId: "identity-1", createdMs: 1, seenMs: 1, expiresMs: 1, ...more };
}

function base(tx: Tx): void {
  tx.insert("identities", identity(1));
  tx.insert("sessions", session(1));
}

type Case = (under: StoreUnderTest) => Promise<void>;

const ids = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id);

const cases: Readonly<Record<string, Case>> = {
  "gives back what was stored, as plain records": async ({ store }) => {
    const row = message(1, { bodyEnc: Uint8Array.of(0, 255, 7), idempotencyHash: "工厂 🏭 \u{10ffff}" });
    await store.write((tx) => {
      base(tx);
      tx.insert("messages", row);
    });
    deepStrictEqual(await store.read((tx) => tx.get("messages", "message-1")), row);
    deepStrictEqual(await store.read((tx) => tx.find("messages", {})), [row]);
    strictEqual(await store.read((tx) => tx.get("messages", "message-2")), undefined);
  },

  "keeps null, the empty text, the empty blob, and the largest integers apart": async ({ store }) => {
    const rows = [
      identity(1, { nameEnc: new Uint8Array(0), createdMs: Number.MAX_SAFE_INTEGER }),
      identity(2, { nameEnc: null, createdMs: Number.MIN_SAFE_INTEGER }),
      identity(3, { id: "", createdMs: 0 }),
    ];
    await store.write((tx) => rows.forEach((row) => tx.insert("identities", row)));
    deepStrictEqual(await store.read((tx) => tx.find("identities", {})), [rows[2], rows[0], rows[1]]);
  },

  "owns its blobs: what a caller does to its own never reaches it": async ({ store }) => {
    const nameEnc = Uint8Array.of(1, 2);
    await store.write((tx) => tx.insert("identities", identity(1, { nameEnc })));
    nameEnc[0] = 9;
    const read = (await store.read((tx) => tx.get("identities", "identity-1")))!;
    read.nameEnc![1] = 9;
    deepStrictEqual((await store.read((tx) => tx.get("identities", "identity-1")))!.nameEnc, Uint8Array.of(1, 2));
  },

  "finds by equality, null, bounds and lists, all of which must hold": async ({ store }) => {
    await store.write((tx) => {
      base(tx);
      for (let n = 1; n <= 6; n++) {
        tx.insert(
          "messages",
          message(n, { author: n % 2 ? "person" : "assistant", idempotencyHash: n > 4 ? null : `${n}` }),
        );
      }
    });
    const find = (where: Where<Tables["messages"]>) =>
      store.read((tx) => [tx.find("messages", where).map(({ sequence }) => sequence), tx.count("messages", where)]);
    deepStrictEqual(await find({ sessionId: "session-1" }), [[1, 2, 3, 4, 5, 6], 6]);
    deepStrictEqual(await find({ sessionId: "session-2" }), [[], 0]);
    deepStrictEqual(await find({ id: "message-3" }), [[3], 1]);
    deepStrictEqual(await find({ id: "message-3", author: "assistant" }), [[], 0]);
    deepStrictEqual(await find({ idempotencyHash: null }), [[5, 6], 2]);
    deepStrictEqual(await find({ idempotencyHash: "2" }), [[2], 1]);
    deepStrictEqual(await find({ idempotencyHash: "2", sequence: 3 }), [[], 0]);
    deepStrictEqual(await find({ idempotencyHash: { gte: "2" } }), [[2, 3, 4], 3]);
    deepStrictEqual(await find({ sequence: { gt: 1, lte: 3 } }), [[2, 3], 2]);
    deepStrictEqual(await find({ sequence: { gte: 2, lt: 3 }, author: "assistant" }), [[2], 1]);
    deepStrictEqual(await find({ sequence: { in: [1, 6, 9] } }), [[1, 6], 2]);
    deepStrictEqual(await find({ author: { in: ["assistant", "notice"] } }), [[2, 4, 6], 3]);
    deepStrictEqual(await find({ author: { in: [] } }), [[], 0]);
    deepStrictEqual(await find({ sessionId: "session-1", sequence: 4 }), [[4], 1]);
  },

  "orders by several columns, then by id, and stops at the limit": async ({ store }) => {
    await store.write((tx) => {
      base(tx);
      for (
        const [id, seenMs, expiresMs] of [["d", 1, 1], ["a", 2, 1], ["c", 1, 2], ["b", 2, 2], ["e", 1, 1]] as const
      ) {
        tx.insert("logins", login(id, { seenMs, expiresMs }));
      }
    });
    const order = (...order: NonNullable<FindOptions<Tables["logins"]>["order"]>) =>
      store.read((tx) => ids(tx.find("logins", {}, { order })).join(""));
    strictEqual(await order(), "abcde");
    strictEqual(await order("id"), "abcde");
    strictEqual(await order(["id", "desc"]), "edcba");
    strictEqual(await order("seenMs"), "cdeab");
    strictEqual(await order(["seenMs", "desc"]), "abcde");
    strictEqual(await order("seenMs", ["expiresMs", "desc"]), "cdeba");
    strictEqual(await order("expiresMs", ["id", "desc"]), "edacb");
    const limit = (limit: number) =>
      store.read((tx) => ids(tx.find("logins", { seenMs: 1 }, { order: [["id", "desc"]], limit })).join(""));
    strictEqual(await limit(0), "");
    strictEqual(await limit(2), "ed");
    strictEqual(await limit(9), "edc");
    strictEqual(await store.read((tx) => ids(tx.find("logins", { id: "a" }, { limit: 0 })).join("")), "");
  },

  "orders texts by their code points": async ({ store }) => {
    const texts = ["", "A", "a", "aa", "é", "工", "\ue000", "\uffff", "🏭", "\u{10ffff}"];
    await store.write((tx) => {
      base(tx);
      for (const id of texts.toReversed()) tx.insert("logins", login(id));
    });
    deepStrictEqual(await store.read((tx) => ids(tx.find("logins", {}))), texts);
    deepStrictEqual(await store.read((tx) => ids(tx.find("logins", { id: { gt: "\uffff" } }))), ["🏭", "\u{10ffff}"]);
  },

  "refuses a taken id and a taken unique column, and frees both with the row": async ({ store }) => {
    await store.write((tx) => {
      base(tx);
      tx.insert("messages", message(1, { idempotencyHash: "h" }));
      tx.insert("accounts", {
        id: "a",
        identityId: "identity-1",
        channel: "web",
        accountHash: "h",
        accountEnc: null,
        createdMs: 1,
      });
    });
    const refused = (work: (tx: Tx) => void) => rejects(store.write(work), InvariantError);
    await refused((tx) => tx.insert("messages", message(1, { sequence: 2 })));
    await refused((tx) => tx.insert("messages", message(2, { idempotencyHash: "h" })));
    await refused((tx) => tx.insert("messages", message(2, { sequence: 1 })));
    await refused((tx) => tx.insert("sessions", session(2, { conversationHash: "hash-1" })));
    await refused((tx) =>
      tx.insert("accounts", {
        id: "b",
        identityId: "identity-1",
        channel: "web",
        accountHash: "h",
        accountEnc: null,
        createdMs: 1,
      })
    );
    await store.write((tx) => {
      tx.insert("messages", message(2));
      tx.insert("messages", message(3));
      tx.insert("sessions", session(2, { conversationHash: "hash-1", channel: "telegram" }));
      tx.insert("messages", message(4, { sessionId: "session-2", sequence: 1 }));
    });
    await refused((tx) => tx.update("messages", "message-2", { sequence: 3 }));
    await refused((tx) => tx.update("messages", "message-2", { idempotencyHash: "h" }));
    await store.write((tx) => {
      tx.update("messages", "message-1", { idempotencyHash: "h" });
      tx.update("messages", "message-1", { idempotencyHash: null });
      tx.update("messages", "message-2", { idempotencyHash: "h" });
      tx.remove("messages", "message-2");
      tx.insert("messages", message(2, { idempotencyHash: "h" }));
    });
    strictEqual(await store.read((tx) => tx.count("messages", {})), 4);
  },

  "refuses a row that names one that isn't there, and to remove one that is named": async ({ store }) => {
    const refused = (work: (tx: Tx) => void) => rejects(store.write(work), InvariantError);
    await refused((tx) => tx.insert("sessions", session(1)));
    await store.write((tx) => base(tx));
    await refused((tx) => tx.insert("messages", message(1, { sessionId: "session-9" })));
    await refused((tx) => tx.insert("messages", message(1, { parentId: "message-9" })));
    await refused((tx) => tx.update("sessions", "session-1", { identityId: "identity-9" }));
    await refused((tx) => tx.remove("identities", "identity-1"));
    await store.write((tx) => {
      tx.remove("sessions", "session-1");
      tx.remove("identities", "identity-1");
    });
    strictEqual(await store.read((tx) => tx.count("identities", {})), 0);
  },

  "changes the named columns only, and refuses to change what isn't there": async ({ store }) => {
    await store.write((tx) => {
      base(tx);
      tx.update("sessions", "session-1", { updatedMs: 5, titleEnc: Uint8Array.of(1) });
      tx.update("sessions", "session-1", {});
    });
    deepStrictEqual(
      await store.read((tx) => tx.get("sessions", "session-1")),
      session(1, { updatedMs: 5, titleEnc: Uint8Array.of(1) }),
    );
    await rejects(store.write((tx) => tx.update("sessions", "session-9", { updatedMs: 5 })), InvariantError);
    await rejects(store.write((tx) => tx.update("sessions", "session-9", {})), InvariantError);
    await store.write((tx) => tx.remove("sessions", "session-9"));
  },

  "refuses what a column can't hold, and a condition that means nothing": async ({ store }) => {
    const refused = (work: (tx: Tx) => unknown) => rejects(store.write(work), InvariantError);
    await refused((tx) => tx.insert("identities", identity(1, { createdMs: 1.5 })));
    await refused((tx) => tx.insert("identities", identity(1, { createdMs: NaN })));
    await refused((tx) => tx.insert("identities", identity(1, { createdMs: 2 ** 53 })));
    await refused((tx) => tx.insert("identities", identity(1, { id: "a\ud800" })));
    await refused((tx) => tx.insert("identities", identity(1, { id: "a\0" })));
    await refused((tx) => tx.insert("identities", identity(1, { nameEnc: undefined })));
    await refused((tx) => tx.insert("identities", identity(1, { version: true as unknown as number })));
    await refused((tx) => tx.find("identities", { id: undefined }));
    await refused((tx) => tx.find("identities", { version: { gt: undefined } }));
    await refused((tx) => tx.find("identities", { version: {} }));
    await refused((tx) => tx.count("identities", { id: undefined }));
    strictEqual(await store.read((tx) => tx.count("identities", {})), 0);
  },

  "undoes a closure that throws, and only that one": async ({ store }) => {
    const broken = new Error("broken");
    const outcomes = await Promise.allSettled([
      store.write((tx) => tx.insert("identities", identity(1))),
      store.write((tx) => {
        tx.insert("identities", identity(2));
        tx.update("identities", "identity-1", { version: 7 });
        tx.remove("identities", "identity-1");
        throw broken;
      }),
      store.write((tx) => tx.insert("identities", identity(3))),
    ]);
    deepStrictEqual(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
    strictEqual((outcomes[1] as PromiseRejectedResult).reason, broken);
    deepStrictEqual(await store.read((tx) => tx.find("identities", {})), [identity(1), identity(3)]);
  },

  "runs closures in the order they came, each seeing what those before it did": async ({ store }) => {
    const counts = await Promise.all(
      [1, 2, 3].map((n) =>
        store.write((tx) => {
          tx.insert("identities", identity(n));
          return tx.count("identities", {});
        })
      ),
    );
    deepStrictEqual(counts, [1, 2, 3]);
  },

  "lets a closure catch a refused statement and go on": async ({ store }) => {
    await store.write((tx) => {
      tx.insert("identities", identity(1));
      try {
        tx.insert("identities", identity(1, { version: 9 }));
      } catch (error) {
        strictEqual(error instanceof InvariantError, true);
      }
      tx.insert("identities", identity(2));
    });
    deepStrictEqual(await store.read((tx) => tx.find("identities", {})), [identity(1), identity(2)]);
  },

  "refuses a closure that waits, and undoes what it did": async ({ store }) => {
    await rejects(
      store.write(async (tx) => {
        tx.insert("identities", identity(1));
        await Promise.resolve();
      }),
      InvariantError,
    );
    await rejects(store.read(async (tx) => tx.count("identities", {})), InvariantError);
    strictEqual(await store.read((tx) => tx.count("identities", {})), 0);
  },

  "refuses a transaction that was kept for later": async ({ store }) => {
    const kept = await store.write((tx) => ({ tx }));
    notStrictEqual(kept.tx, undefined);
    await rejects(async () => kept.tx.insert("identities", identity(1)), InvariantError);
    strictEqual(await store.read((tx) => tx.count("identities", {})), 0);
  },

  "takes a thousand closures at once, and closures that queue more": async ({ store }) => {
    await Promise.all(
      Array.from({ length: 1_000 }, (_, n) => store.write((tx) => tx.insert("identities", identity(n)))),
    );
    let inner: Promise<void> | undefined;
    await store.write(() => {
      inner = store.write((tx) => tx.insert("identities", identity(1_000)));
    });
    await inner;
    strictEqual(await store.read((tx) => tx.count("identities", {})), 1_001);
  },

  "keeps what was committed for the next store": async (under) => {
    await under.store.write((tx) => {
      base(tx);
      tx.insert("messages", message(1));
    });
    const again = await under.reopen();
    deepStrictEqual(await again.read((tx) => tx.get("messages", "message-1")), message(1));
    await rejects(again.write((tx) => tx.insert("messages", message(2, { sequence: 1 }))), InvariantError);
  },

  "commits what is queued before it closes, then says closed": async (under) => {
    const { store } = under;
    const queued = store.write((tx) => tx.insert("identities", identity(1)));
    await store.close();
    await queued;
    await store.close();
    const closed = (error: unknown) => error instanceof StoreError && error.kind === "closed";
    await rejects(store.write(() => 1), closed);
    await rejects(store.read(() => 1), closed);
    strictEqual(await (await under.reopen()).read((tx) => tx.count("identities", {})), 1);
  },
};

/** Registers the suite of the store port. `make` gives an empty store. */
export function storeContract(name: string, make: () => Promise<StoreUnderTest>): void {
  for (const [sentence, body] of Object.entries(cases)) {
    Deno.test(`${name} store ${sentence}`, async () => {
      await using under = await make();
      await body(under);
    });
  }
}
