import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { createMemoryStore } from "../adapters/storage/memory.ts";
import { VirtualClock } from "../tests/simulator/virtual_clock.ts";
import { type Store, StoreError } from "./ports/store.ts";
import { watchStore } from "./store_health.ts";

function scene() {
  const clock = new VirtualClock(1_000);
  const disk = { full: false, inPlace: true, commits: 0 };
  const memory = createMemoryStore({
    faults: {
      beforeCommit() {
        disk.commits++;
        if (disk.full) throw new StoreError("full", "The disk is full: nothing was stored");
      },
    },
  });
  const store: Store = { ...memory, isInPlace: () => disk.inPlace };
  const lines: string[] = [];
  const note = (message: string) => void lines.push(message);
  const watched = watchStore({ store, clock, log: { info: note, warn: note, error: note } });
  const stop = new AbortController();
  const ended = watched.watch(stop.signal);
  return { clock, disk, memory, lines, watched, end: () => (stop.abort(), ended) };
}

const receipt = (id: string) => ({ id, idempotencyHash: id, createdMs: 1 });

Deno.test("a store is failed from the commit that the disk refused until one succeeds, and says each once", async () => {
  const { clock, disk, lines, watched, end } = scene();
  deepStrictEqual(watched.health(), { kind: "ready" });
  disk.full = true;
  for (let times = 0; times < 3; times++) {
    await rejects(watched.store.write((tx) => tx.insert("receipts", receipt("a"))), StoreError);
  }
  deepStrictEqual(watched.health(), {
    kind: "failed",
    reason: "The disk is full: nothing was stored",
    sinceMs: 1_000,
  });
  await clock.run(60_000);
  strictEqual(watched.health().kind, "failed");
  disk.full = false;
  await watched.store.write((tx) => tx.insert("receipts", receipt("b")));
  deepStrictEqual(watched.health(), { kind: "ready" });
  deepStrictEqual(lines, ["database needs attention", "database is well again"]);
  await end();
});

Deno.test("a failed store is tried although nobody writes, and the try leaves nothing behind", async () => {
  const { clock, disk, memory, watched, end } = scene();
  disk.full = true;
  await rejects(watched.store.write((tx) => tx.insert("receipts", receipt("a"))), StoreError);
  disk.full = false;
  await clock.run(7_000);
  deepStrictEqual(watched.health(), { kind: "ready" });
  strictEqual(await memory.read((tx) => tx.count("receipts", {})), 0);
  await end();
});

Deno.test("a store that is well is looked at without writing, and one whose file is gone from its place says so", async () => {
  const { clock, disk, watched, end } = scene();
  await clock.run(60_000);
  strictEqual(disk.commits, 0);
  disk.inPlace = false;
  await clock.run(70_000);
  const health = watched.health();
  ok(health.kind === "degraded" && health.reason.includes("moved"), JSON.stringify(health));
  await watched.store.write((tx) => tx.insert("receipts", receipt("a")));
  disk.inPlace = true;
  await clock.run(80_000);
  deepStrictEqual(watched.health(), { kind: "ready" });
  await end();
});

Deno.test("what a caller did wrong says nothing about the store", async () => {
  const { watched, end } = scene();
  await rejects(watched.store.write(() => {
    throw new Error("a bug");
  }));
  deepStrictEqual(watched.health(), { kind: "ready" });
  await end();
});
