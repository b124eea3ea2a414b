import { MendableError } from "./errors.ts";
import type { Clock } from "./ports/clock.ts";
import type { Crypto } from "./ports/crypto.ts";
import type { Random } from "./ports/random.ts";
import { type ReadTx, type Store, StoreError } from "./ports/store.ts";
import type { TableName } from "./tables.ts";

/** Where a sealed blob stands. It opens nowhere else: not in another row, column or row version. */
export interface Field {
  readonly table: TableName;
  /** The logical column: its name without `Enc`. */
  readonly column: string;
  readonly id: string;
  /** The row version; 1 for rows that never change. */
  readonly version: number;
}

/** A blob that can't be opened: changed, moved to another field, cut, or sealed with a key that isn't there. */
export class VaultError extends Error {}

/** Seals what people wrote before it reaches the store. Synchronous: it works inside store closures. */
export interface Vault {
  /**
   * A blob for one field: `u32 key version | nonce (12) | AES-256-GCM ciphertext and tag`. Lone surrogates of a text
   * become U+FFFD.
   */
  seal(field: Field, content: string | Uint8Array): Uint8Array;
  /**
   * The text that was sealed for this field.
   * @throws {VaultError} When the blob isn't what was sealed here.
   */
  openText(field: Field, sealed: Uint8Array): string;
  /**
   * The bytes that were sealed for this field.
   * @throws {VaultError} When the blob isn't what was sealed here.
   */
  openBytes(field: Field, sealed: Uint8Array): Uint8Array;
  /**
   * HMAC-SHA-256 of `parts`, in hex: content that queries must find, without the content. The same parts give the same
   * hash for the life of the database, whatever keys are added; another `purpose` gives another.
   */
  keyedHash(purpose: string, ...parts: string[]): string;
  /** As {@link keyedHash} of one content that comes in pieces, with a key of its own: the name of an object. */
  startContentHash(): { update(piece: Uint8Array): void; hex(): string };
  /** As {@link keyedHash}, with a key of its own, for the audit chain. */
  auditHash(purpose: string, ...parts: (string | Uint8Array)[]): string;
  /** SHA-256 of `parts`, in hex: what anybody can compute again, without a key. */
  digest(purpose: string, ...parts: string[]): string;
  /** 16 random bytes, so that equal contents have unequal commitments. */
  salt(): Uint8Array;
}

/** What {@link openVault} needs. */
export interface VaultOptions {
  readonly store: Pick<Store, "read" | "write">;
  readonly crypto: Crypto;
  readonly random: Pick<Random, "bytes">;
  readonly clock: Pick<Clock, "nowMs">;
  /** 32 bytes; they live outside the data folder. */
  readonly keyEncryptionKey: Uint8Array;
}

const keyBytes = 32;
const nonceBytes = 12;
const versionBytes = 4;
const saltBytes = 16;
const partHeaderBytes = 5;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Opens the vault of a store, and makes its first data key when the store is new.
 *
 * Keys: each data key is 32 random bytes, kept in `dataKeys` under its version, sealed with the key-encryption key.
 * From a data key one key a purpose is derived by HKDF-Expand of one block (RFC 5869, section 2.3): `encrypt` of the
 * newest version seals (of every version opens); `hash`, `content` and `audit` come from the first version for good, because
 * their values are looked up and compared again. Nonces are random: at most 2^32 blobs a version (NIST SP 800-38D,
 * section 8.3) before a new version is due.
 *
 * @throws {MendableError} When the data keys are gone although there is data, or the first can't be stored.
 */
export async function openVault(
  options: VaultOptions,
): Promise<{ readonly kind: "open"; readonly vault: Vault } | { readonly kind: "wrong-key" }> {
  const { store, crypto, random, clock, keyEncryptionKey } = options;
  if (keyEncryptionKey.length !== keyBytes) return { kind: "wrong-key" };
  let rows = await store.read((tx) => tx.find("dataKeys", {}));
  if (rows.length === 0) {
    const first = wrap(options, 1, random.bytes(keyBytes));
    await store.write((tx) => {
      if (holdsData(tx)) {
        throw new MendableError(
          "Cannot open the database",
          "its data keys are gone, so nothing can be read; restore a backup",
        );
      }
      if (tx.count("dataKeys", {}) === 0) tx.insert("dataKeys", { ...first, createdMs: clock.nowMs() });
    }).catch((error) => {
      if (!(error instanceof StoreError)) throw error;
      throw new MendableError("Cannot make the first key of the database", error.message, undefined, { cause: error });
    });
    rows = await store.read((tx) => tx.find("dataKeys", {}));
  }
  const keys = new Map<number, Uint8Array>();
  for (const { id, wrapped } of rows) {
    const key = crypto.open(
      keyEncryptionKey,
      wrapped.subarray(0, nonceBytes),
      wrapped.subarray(nonceBytes),
      encodeParts(["dataKeys", "wrapped", id]),
    );
    if (key === undefined) return { kind: "wrong-key" };
    keys.set(Number(id), key);
  }
  return { kind: "open", vault: createVault(crypto, random, keys) };
}

/** The row of a data key, sealed with the key-encryption key. */
function wrap(
  { crypto, random, keyEncryptionKey }: Pick<VaultOptions, "crypto" | "random" | "keyEncryptionKey">,
  version: number,
  key: Uint8Array,
): { readonly id: string; readonly wrapped: Uint8Array } {
  const id = `${version}`;
  const nonce = random.bytes(nonceBytes);
  return {
    id,
    wrapped: concat([nonce, crypto.seal(keyEncryptionKey, nonce, key, encodeParts(["dataKeys", "wrapped", id]))]),
  };
}

function holdsData(tx: ReadTx): boolean {
  return (["identities", "messages", "audit"] as const).some((table) => tx.find(table, {}, { limit: 1 }).length > 0);
}

/** @param keys Data keys by version, at least one. */
function createVault(crypto: Crypto, random: Pick<Random, "bytes">, keys: ReadonlyMap<number, Uint8Array>): Vault {
  const versions = [...keys.keys()].sort((a, b) => a - b);
  const derive = (version: number, purpose: string) =>
    crypto.hmac(keys.get(version)!, concat([encoder.encode(`clawdbot/1/${purpose}`), Uint8Array.of(1)]));
  const encryptKeys = new Map(versions.map((version) => [version, derive(version, "encrypt")]));
  const hashKey = derive(versions[0]!, "hash");
  const contentKey = derive(versions[0]!, "content");
  const auditKey = derive(versions[0]!, "audit");
  const newest = versions.at(-1)!;

  const openBytes = (field: Field, sealed: Uint8Array): Uint8Array => {
    const version = sealed.length < versionBytes ? -1 : new DataView(sealed.buffer, sealed.byteOffset).getUint32(0);
    const key = encryptKeys.get(version);
    if (key === undefined) throw new VaultError(`Cannot open ${nameOf(field)}: it names a key that isn't there`);
    const start = versionBytes + nonceBytes;
    const plain = sealed.length < start
      ? undefined
      : crypto.open(key, sealed.subarray(versionBytes, start), sealed.subarray(start), associated(field, version));
    if (plain === undefined) throw new VaultError(`Cannot open ${nameOf(field)}: it isn't what was stored there`);
    return plain;
  };

  return {
    seal(field, content) {
      const plain = typeof content === "string" ? encoder.encode(content) : content;
      const nonce = random.bytes(nonceBytes);
      const header = new Uint8Array(versionBytes);
      new DataView(header.buffer).setUint32(0, newest);
      return concat([header, nonce, crypto.seal(encryptKeys.get(newest)!, nonce, plain, associated(field, newest))]);
    },
    openBytes,
    openText(field, sealed) {
      try {
        return decoder.decode(openBytes(field, sealed));
      } catch (cause) {
        if (cause instanceof VaultError) throw cause;
        throw new VaultError(`Cannot open ${nameOf(field)}: it isn't text`, { cause });
      }
    },
    keyedHash: (purpose, ...parts) => toHex(crypto.hmac(hashKey, encodeParts([purpose, ...parts]))),
    startContentHash() {
      const hmac = crypto.startHmac(contentKey);
      return { update: hmac.update, hex: () => toHex(hmac.digest()) };
    },
    auditHash: (purpose, ...parts) => toHex(crypto.hmac(auditKey, encodeParts([purpose, ...parts]))),
    digest: (purpose, ...parts) => toHex(crypto.sha256(encodeParts([purpose, ...parts]))),
    salt: () => random.bytes(saltBytes),
  };
}

function associated({ table, column, id, version }: Field, keyVersion: number): Uint8Array {
  return encodeParts([table, column, id, `${version}`, `${keyVersion}`]);
}

function nameOf({ table, column, id }: Field): string {
  return `${column} of ${table} ${id}`;
}

/**
 * An injective encoding of a list: each part is a tag (0 text in UTF-8, 1 text with lone surrogates in UTF-16, 2 bytes),
 * its length as `u32`, and itself. So no two lists give the same bytes: `["ab", "c"]` isn't `["a", "bc"]`.
 */
export function encodeParts(parts: readonly (string | Uint8Array)[]): Uint8Array {
  // One allocation, whatever the parts: this runs for every sealed field. UTF-8 takes at most 3 bytes a code unit.
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + partHeaderBytes + part.length * 3, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const part of parts) {
    const start = at + partHeaderBytes;
    let length: number;
    if (typeof part !== "string") {
      bytes[at] = 2;
      bytes.set(part, start);
      length = part.length;
    } else if (part.isWellFormed()) {
      length = encoder.encodeInto(part, bytes.subarray(start)).written;
    } else {
      bytes[at] = 1;
      for (let unit = 0; unit < part.length; unit++) view.setUint16(start + unit * 2, part.charCodeAt(unit));
      length = part.length * 2;
    }
    view.setUint32(at + 1, length);
    at = start + length;
  }
  return bytes.subarray(0, at);
}

/** Bytes in lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  let hex = "";
  for (const byte of bytes) hex += hexPairs[byte];
  return hex;
}

const hexPairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
