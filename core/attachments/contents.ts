import type { Ids } from "../ids.ts";
import { createKeyedLock } from "../keyed_lock.ts";
import type { Clock } from "../ports/clock.ts";
import type { Crypto } from "../ports/crypto.ts";
import { ObjectError, type Objects } from "../ports/objects.ts";
import type { Random } from "../ports/random.ts";
import type { ReadTx, Store, Tx } from "../ports/store.ts";
import { createSealer, openSealed } from "../sealed_stream.ts";
import type { Tables } from "../tables.ts";
import type { Vault } from "../vault.ts";
import { headBytesMax, sniff, type Sniffed } from "./media_type.ts";

/** Rows that one read looks at. */
const rowsMax = 200;
const keyBytes = 32;

/** What was stored. */
export interface Stored extends Sniffed {
  readonly objectId: string;
  readonly bytes: number;
}

/** Large content: sealed in the object store, named by its keyed hash, so that the same content lies there once. */
export interface Contents {
  /**
   * Streams a content in. `keep` runs in the transaction that makes it an object: what it writes names the object, else
   * it is swept. Rejects with what the content, the object store or the commit fail by; then nothing is left.
   */
  put<R>(
    content: AsyncIterable<Uint8Array>,
    bytesMax: number,
    keep: (tx: Tx, stored: Stored) => R,
  ): Promise<{ readonly kind: "stored"; readonly value: R } | { readonly kind: "too-large" }>;
  /** Streams it out. Rejects with `ObjectError`: `damaged`, once it is found not to be what was put in. */
  open(object: Tables["objects"], signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Removes those of these objects that no attachment and no plugin's file names any more. */
  release(objectIds: readonly string[]): Promise<void>;
  /** The same for all, and removes what lies in the object store without a row: a crash left it. */
  sweep(signal: AbortSignal): Promise<void>;
}

/** What contents need. */
export interface ContentsDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly crypto: Crypto;
  readonly random: Pick<Random, "bytes">;
  readonly clock: Pick<Clock, "nowMs">;
  readonly ids: Ids;
  readonly objects: Objects;
}

/** Makes the contents of a site. Only one may work on an object store at a time. */
export function createContents({ store, vault, crypto, random, clock, ids, objects }: ContentsDeps): Contents {
  /** Who makes or removes an object of a name holds it: row and object come and go together. */
  const lock = createKeyedLock();

  async function isThere(name: string): Promise<boolean> {
    try {
      for await (const _ of objects.open(name, never)) return true;
    } catch (error) {
      if (error instanceof ObjectError && error.kind === "missing") return false;
      throw error;
    }
    return true;
  }

  const put: Contents["put"] = async (content, bytesMax, keep) => {
    const writer = await objects.create();
    let isCommitted = false;
    try {
      const key = random.bytes(keyBytes);
      const sealer = createSealer(crypto, key);
      const hash = vault.startContentHash();
      const head = createHead();
      let bytes = 0;
      for await (const piece of content) {
        bytes += piece.length;
        if (bytes > bytesMax) return { kind: "too-large" };
        hash.update(piece);
        head.push(piece);
        for (const sealed of sealer.push(piece)) await writer.write(sealed);
      }
      await writer.write(sealer.end());
      const name = hash.hex();
      const sniffed = sniff(head.bytes());
      return await lock(name, async () => {
        const known = await store.read((tx) => tx.find("objects", { name }, { limit: 1 })[0]);
        const id = known?.id ?? ids();
        const stored = { objectId: id, bytes, ...sniffed };
        if (known !== undefined && await isThere(name)) {
          return { kind: "stored", value: await store.write((tx) => keep(tx, stored)) };
        }
        isCommitted = true; // Or it is gone: either way there is nothing left to discard.
        await writer.commit(name);
        try {
          const value = await store.write((tx) => {
            const keyEnc = vault.seal(keyField(id), key);
            if (known === undefined) tx.insert("objects", { id, name, keyEnc, bytes, createdMs: clock.nowMs() });
            else tx.update("objects", id, { keyEnc }); // Its object was lost, and is here again.
            return keep(tx, stored);
          });
          return { kind: "stored", value };
        } catch (error) {
          await objects.remove(name).catch(() => {}); // What stays is swept at the next start.
          throw error;
        }
      });
    } finally {
      if (!isCommitted) await writer.discard();
    }
  };

  async function* open({ id, name, keyEnc }: Tables["objects"], signal: AbortSignal): AsyncGenerator<Uint8Array> {
    yield* openSealed(crypto, vault.openBytes(keyField(id), keyEnc), objects.open(name, signal));
  }

  async function release(objectIds: readonly string[]): Promise<void> {
    for (const id of new Set(objectIds)) {
      const object = await store.read((tx) => tx.get("objects", id));
      if (object === undefined) continue;
      await lock(object.name, async () => {
        const isUnused = await store.write((tx) => {
          if (isUsed(tx, id)) return false;
          tx.remove("objects", id);
          return true;
        });
        if (isUnused) await objects.remove(object.name);
      });
    }
  }

  async function sweep(signal: AbortSignal): Promise<void> {
    for (let after = ""; !signal.aborted;) {
      const { unused, last } = await store.read((tx) => {
        const page = tx.find("objects", { id: { gt: after } }, { limit: rowsMax });
        return { unused: page.filter(({ id }) => !isUsed(tx, id)).map(({ id }) => id), last: page.at(-1)?.id };
      });
      await release(unused);
      if (last === undefined) break;
      after = last;
    }
    for await (const name of objects.list()) {
      if (signal.aborted) return;
      await lock(name, async () => {
        const isKnown = await store.read((tx) => tx.find("objects", { name }, { limit: 1 }).length > 0);
        if (!isKnown) await objects.remove(name);
      });
    }
  }

  return { put, open, release, sweep };
}

/** Whether an attachment or a plugin's file names an object. */
function isUsed(tx: ReadTx, objectId: string): boolean {
  return tx.find("attachments", { objectId }, { limit: 1 }).length > 0 ||
    tx.find("pluginFiles", { objectId }, { limit: 1 }).length > 0;
}

/** The beginning of what goes by. */
function createHead(): { push(piece: Uint8Array): void; bytes(): Uint8Array } {
  const pieces: Uint8Array[] = [];
  let length = 0;
  return {
    push(piece) {
      if (length >= headBytesMax) return;
      const taken = piece.slice(0, headBytesMax - length);
      pieces.push(taken);
      length += taken.length;
    },
    bytes() {
      const head = new Uint8Array(length);
      let at = 0;
      for (const piece of pieces) {
        head.set(piece, at);
        at += piece.length;
      }
      return head;
    },
  };
}

const never: AbortSignal = new AbortController().signal;
const keyField = (id: string) => ({ table: "objects", column: "key", id, version: 1 }) as const;
