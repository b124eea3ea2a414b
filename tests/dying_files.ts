/** A host's files on a disk that outlives it: each life dies at a step, before or after something was written. */
import { ok } from "node:assert/strict";
import { createMemoryObjects } from "../adapters/objects/memory.ts";
import { createMemoryStore, type MemoryBacking } from "../adapters/storage/memory.ts";
import { type Attachments, createAttachments } from "../core/attachments.ts";
import { createIds, type Ids } from "../core/ids.ts";
import type { Objects } from "../core/ports/objects.ts";
import type { Store } from "../core/ports/store.ts";
import { openVault, type Vault } from "../core/vault.ts";
import { quickCrypto } from "./simulator/quick_crypto.ts";
import type { VirtualClock } from "./simulator/virtual_clock.ts";

/** The one person of such a host. */
const owner = "owner";

/** A process that died: nothing it waited for ever comes. */
const silence = new Promise<never>(() => {});

/** What is on the disk, and chance. */
export interface Disk {
  readonly backing: MemoryBacking;
  readonly objects: Map<string, Uint8Array>;
  readonly clock: VirtualClock;
  readonly random: () => number;
}

/** What one life of the host works with. `store` dies with it; `inner` is what lies on the disk. */
export interface Life {
  readonly attachments: Attachments;
  readonly store: Store;
  readonly inner: Store;
  readonly vault: Vault;
  readonly ids: Ids;
  end(): void;
}

/** One life of the host, which dies at a step: before or after something was written. */
export async function begin({ backing, objects, clock, random }: Disk, stepsMax: number): Promise<Life> {
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
  const { vault } = opened;
  const ids = createIds(ports);
  const attachments = createAttachments({
    ...ports,
    store,
    objects: dying,
    vault,
    ids,
    log: { info() {}, warn() {}, error() {} },
    bytesMax: 1_000_000,
    refusal: () => undefined,
    find: () => ({ kind: "refused", reason: "no session" }),
    identityOf: () => owner,
    noSuchFile: "no such file",
    signal: stop.signal,
  });
  attachments.start();
  return { attachments, store, inner, vault, ids, end: () => stop.abort() };
}

function anyBytes(random: () => number, count: number): Uint8Array {
  return new Uint8Array(count).map(() => Math.floor(random() * 256));
}
