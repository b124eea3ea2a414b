import { deepStrictEqual, ok } from "node:assert/strict";
import { createMemoryObjects } from "../../adapters/objects/memory.ts";
import { createMemoryStore, MemoryBacking } from "../../adapters/storage/memory.ts";
import { concat } from "../../tests/package_index.ts";
import { seeded } from "../../tests/seeded.ts";
import { quickCrypto } from "../../tests/simulator/quick_crypto.ts";
import { VirtualClock } from "../../tests/simulator/virtual_clock.ts";
import { createAttachments } from "../attachments.ts";
import { createIds } from "../ids.ts";
import type { Objects } from "../ports/objects.ts";
import type { Store } from "../ports/store.ts";
import { openVault } from "../vault.ts";

const never: AbortSignal = new AbortController().signal;
const owner = "owner";
const local = { kind: "local" } as const;
const hourMs = 3_600_000;

/** A process that died: nothing it waited for ever comes. */
const silence = new Promise<never>(() => {});

/** What is on the disk, and chance. */
interface Disk {
  readonly backing: MemoryBacking;
  readonly objects: Map<string, Uint8Array>;
  readonly clock: VirtualClock;
  readonly random: () => number;
}

/** One life of the host, which dies at a step: before or after something was written. */
async function begin({ backing, objects, clock, random }: Disk, stepsMax: number) {
  let steps = 0;
  const stop = new AbortController();
  const step = async <R>(work: () => Promise<R>): Promise<R> => {
    if (++steps > stepsMax) return await silence;
    const result = await work();
    return ++steps > stepsMax ? await silence : result;
  };
  const inner = createMemoryStore({ backing });
  const store: Store = { ...inner, write: (work) => step(() => inner.write(work)) };
  const plain = createMemoryObjects({ backing: objects });
  const dying: Objects = {
    open: plain.open,
    list: plain.list,
    remove: (name) => step(() => plain.remove(name)),
    async create() {
      const writer = await step(() => plain.create());
      return {
        write: (piece) => step(() => writer.write(piece)),
        commit: (name) => step(() => writer.commit(name)),
        discard: () => writer.discard(),
      };
    },
  };
  const ports = {
    clock,
    random: { bytes: (count: number) => anyBytes(random, count), unit: random },
    crypto: quickCrypto,
  };
  const opened = await openVault({ ...ports, store: inner, keyEncryptionKey: new Uint8Array(32) });
  ok(opened.kind === "open");
  await inner.write((tx) => {
    if (tx.get("identities", owner) !== undefined) return;
    tx.insert("identities", { id: owner, nameEnc: null, currentSessionId: null, version: 1, createdMs: 1 });
  });
  const attachments = createAttachments({
    ...ports,
    store,
    objects: dying,
    vault: opened.vault,
    ids: createIds(ports),
    log: { info() {}, warn() {}, error() {} },
    bytesMax: 1_000_000,
    refusal: () => undefined,
    find: () => ({ kind: "refused", reason: "no session" }),
    identityOf: () => owner,
    noSuchFile: "no such file",
    signal: stop.signal,
  });
  attachments.start();
  return { attachments, store: inner, steps: () => steps, end: () => stop.abort() };
}

function anyBytes(random: () => number, count: number): Uint8Array {
  return new Uint8Array(count).map(() => Math.floor(random() * 256));
}

// Goal: whenever the host dies, each file that is known is whole, and what nobody knows is gone after the next start.
// Method: uploads, many of the same content, and removals, side by side, on a disk that outlives hosts which die at any step.
seeded("files stay whole and the disk clean through crashes at every step", async (random) => {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  const disk: Disk = { backing: new MemoryBacking(), objects: new Map(), clock, random };
  const contents = Array.from({ length: 4 }, (_, n) => new Uint8Array(Math.floor(random() * 150_000)).fill(n + 1));
  for (let life = 0; life < 6; life++) {
    const { attachments, store, end } = await begin(disk, Math.floor(random() * 80));
    const work = Array.from({ length: 6 }, async () => {
      const pick = Math.floor(random() * contents.length);
      const pieces = (async function* () {
        const content = contents[pick]!;
        for (let at = 0; at < content.length; at += 40_000) yield content.subarray(at, at + 40_000);
      })();
      const before = await store.read((tx) => tx.find("attachments", {}));
      if (random() < 0.4 && before.length > 0) {
        await attachments.discard(local, before[Math.floor(random() * before.length)]!.id);
      }
      await attachments.upload(local, { name: `${pick}` }, pieces, never);
    });
    void Promise.all(work).catch(() => {});
    await clock.run(clock.nowMs() + 1_000);
    end(); // Whatever still waits belongs to a process that is gone.
  }

  const last = await begin(disk, Infinity);
  await clock.run(clock.nowMs() + hourMs / 2);
  const rows = await last.store.read((tx) => tx.find("attachments", {}));
  for (const { id } of rows) {
    const opened = await last.attachments.open(local, id, never);
    ok(opened.kind === "open");
    const pick = Number(opened.attachment.name);
    deepStrictEqual(concat(await Array.fromAsync(opened.content)), contents[pick], `file ${id} is whole`);
  }
  const known = await last.store.read((tx) => tx.find("objects", {}));
  deepStrictEqual(
    new Set(known.map(({ id }) => id)),
    new Set(rows.map(({ objectId }) => objectId)),
    "no object is unused",
  );
  deepStrictEqual(
    [...disk.objects.keys()].sort(),
    known.map(({ name }) => name).sort(),
    "nothing else lies on the disk",
  );
  last.end();
}, { runs: 60, long: 3_000 });
