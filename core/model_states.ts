import { createKeyedLock } from "./keyed_lock.ts";
import type { Ids } from "./ids.ts";
import type { Clock } from "./ports/clock.ts";
import type { Crypto } from "./ports/crypto.ts";
import type { Log } from "./ports/log.ts";
import type { ModelStates, StateAbout } from "./ports/model_states.ts";
import type { Objects } from "./ports/objects.ts";
import type { Random } from "./ports/random.ts";
import type { ReadTx, Store, Tx } from "./ports/store.ts";
import { createSealer, openSealed } from "./sealed_stream.ts";
import type { Tables } from "./tables.ts";
import type { Vault } from "./vault.ts";

type Row = Tables["modelStates"];

/** What all states together may take of the disk, in bytes. */
export const modelStatesBytesMax: number = 1024 * 1024 * 1024;

const keyBytes = 32;
const nameBytes = 32;
const rowsMax = 10_000;

/** What is needed. */
export interface ModelStatesDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly crypto: Crypto;
  readonly random: Pick<Random, "bytes">;
  readonly clock: Pick<Clock, "nowMs">;
  readonly ids: Ids;
  readonly log: Log;
  /** Nobody else's: what no row names is swept. */
  readonly objects: Objects;
  /**
   * The model as the site names it. A state of another is never given out: what a model's process wrote is read by none
   * but that of the same model.
   */
  readonly model: string;
  readonly bytesMax?: number;
}

/** The states of a site's conversations: sealed as files are, each under a key of its own; least recently used out. */
export interface SiteModelStates extends ModelStates {
  /** Removes what a crash left: objects that no row names. Rejects with what the object store fails by. */
  sweep(signal: AbortSignal): Promise<void>;
  /** Removes the objects of rows that were removed. Never rejects: what stays is swept. */
  release(names: readonly string[]): Promise<void>;
}

/** Removes the row of a session's state within its erasure, and gives the object's name, to be released afterwards. */
export function removeModelState(tx: Tx, sessionId: string): string[] {
  return tx.find("modelStates", { sessionId }).map(({ id, name }) => {
    tx.remove("modelStates", id);
    return name;
  });
}

/** Makes the store of states. A conversation is a session, by its id. */
export function createModelStates(deps: ModelStatesDeps): SiteModelStates {
  const { store, vault, crypto, random, clock, ids, log, objects, bytesMax = modelStatesBytesMax } = deps;
  /** One that is being read isn't replaced meanwhile. */
  const lock = createKeyedLock();
  const modelHash = vault.keyedHash("model of a state", deps.model);

  const rowOf = (tx: ReadTx, sessionId: string): Row | undefined =>
    tx.find("modelStates", { sessionId, modelHash }, { limit: 1 })[0];

  async function release(names: readonly string[]): Promise<void> {
    for (const name of names) await objects.remove(name).catch(() => {});
  }

  /** Removes the rows that are in the way, and gives the names of their objects. */
  function makeRoom(tx: Tx, sessionId: string, bytes: number): string[] {
    const names = removeModelState(tx, sessionId);
    const others = tx.find("modelStates", {}, { order: ["usedMs", "id"], limit: rowsMax });
    let taken = others.reduce((sum, other) => sum + other.bytes, bytes);
    for (const other of others) {
      if (taken <= bytesMax) break;
      taken -= other.bytes;
      tx.remove("modelStates", other.id);
      names.push(other.name);
    }
    return names;
  }

  /** Seals a content into an object; undefined, and nothing is left, when it isn't as long as was said. */
  async function write(bytes: number, content: AsyncIterable<Uint8Array>) {
    const writer = await objects.create();
    let isCommitted = false;
    try {
      const key = random.bytes(keyBytes);
      const sealer = createSealer(crypto, key);
      let have = 0;
      for await (const piece of content) {
        have += piece.length;
        if (have > bytes) return undefined;
        for (const sealed of sealer.push(piece)) await writer.write(sealed);
      }
      if (have !== bytes) return undefined;
      await writer.write(sealer.end());
      const name = random.bytes(nameBytes).toHex();
      isCommitted = true; // Or it is gone.
      await writer.commit(name);
      return { name, key };
    } finally {
      if (!isCommitted) await writer.discard();
    }
  }

  /** Forgets the state of a session. */
  async function drop(sessionId: string): Promise<void> {
    await release(await store.write((tx) => removeModelState(tx, sessionId)));
  }

  return {
    release,

    async find(sessionId) {
      const row = await store.read((tx) => rowOf(tx, sessionId));
      if (row === undefined) return undefined;
      const about: StateAbout = JSON.parse(vault.openText(field(row.id, "about"), row.aboutEnc));
      return { about, bytes: row.bytes };
    },

    async *open(sessionId, signal) {
      const row = await store.write((tx) => {
        const found = rowOf(tx, sessionId);
        if (found !== undefined) tx.update("modelStates", found.id, { usedMs: clock.nowMs() });
        return found;
      });
      if (row === undefined) throw new Error("The state isn't kept any more");
      yield* openSealed(crypto, vault.openBytes(field(row.id, "key"), row.keyEnc), objects.open(row.name, signal));
    },

    save: (sessionId, { about, bytes }, content) =>
      lock(sessionId, async () => {
        try {
          if (bytes > bytesMax) return await drop(sessionId);
          const written = await write(bytes, content);
          if (written === undefined) return await drop(sessionId);
          const { name, key } = written;
          const removed = await store.write((tx) => {
            const session = tx.get("sessions", sessionId);
            // Erased meanwhile, or about to be: nothing of it is kept.
            if (session === undefined || session.removedMs !== null) return [name, ...removeModelState(tx, sessionId)];
            const names = makeRoom(tx, sessionId, bytes);
            const id = ids();
            const nowMs = clock.nowMs();
            tx.insert("modelStates", {
              id,
              sessionId,
              modelHash,
              name,
              keyEnc: vault.seal(field(id, "key"), key),
              aboutEnc: vault.seal(field(id, "about"), JSON.stringify(about)),
              bytes,
              createdMs: nowMs,
              usedMs: nowMs,
            });
            return names;
          });
          await release(removed);
        } catch (error) {
          log.warn("the state of a conversation wasn't kept", { error: String(error).slice(0, 200) });
          await drop(sessionId).catch(() => {}); // The next one takes its place, or the sweep its object.
        }
      }),

    async sweep(signal) {
      for await (const name of objects.list()) {
        if (signal.aborted) return;
        const isNamed = await store.read((tx) => tx.count("modelStates", { name }) > 0);
        if (!isNamed) await objects.remove(name);
      }
    },
  };
}

function field(id: string, column: "key" | "about") {
  return { table: "modelStates", column, id, version: 1 } as const;
}
