import { deepStrictEqual, notStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { createNodeCrypto } from "../adapters/crypto/node.ts";
import { createMemoryStore, type MemoryStore } from "../adapters/storage/memory.ts";
import { seeded } from "../tests/seeded.ts";
import { MendableError } from "./errors.ts";
import { StoreError } from "./ports/store.ts";
import { encodeParts, type Field, openVault, type Vault, VaultError } from "./vault.ts";

const crypto = createNodeCrypto();
const clock = { nowMs: () => 1_750_000_000_000 };
const random = { bytes: (count: number) => globalThis.crypto.getRandomValues(new Uint8Array(count)) };
const keyEncryptionKey = new Uint8Array(32).fill(3);

async function open(store: MemoryStore, key: Uint8Array = keyEncryptionKey): Promise<Vault> {
  const opened = await openVault({ store, crypto, random, clock, keyEncryptionKey: key });
  if (opened.kind !== "open") throw new Error(opened.kind);
  return opened.vault;
}

const field: Field = { table: "messages", column: "body", id: "m1", version: 1 };

Deno.test("openVault() makes one data key for a new store and finds it again", async () => {
  const store = createMemoryStore();
  const first = await open(store);
  const sealed = first.seal(field, "hello");
  const hash = first.keyedHash("message", "a", "b");
  const again = await open(createMemoryStore({ backing: store.backing }));
  strictEqual(again.openText(field, sealed), "hello");
  strictEqual(again.keyedHash("message", "a", "b"), hash);
  strictEqual(await store.read((tx) => tx.count("dataKeys", {})), 1);
});

Deno.test("openVault() says wrong-key for another key, a short key and a changed data key", async () => {
  const store = createMemoryStore();
  await open(store);
  const kindFor = async (key: Uint8Array) =>
    (await openVault({ store, crypto, random, clock, keyEncryptionKey: key })).kind;
  strictEqual(await kindFor(new Uint8Array(32).fill(4)), "wrong-key");
  strictEqual(await kindFor(new Uint8Array(31).fill(3)), "wrong-key");
  strictEqual(await kindFor(new Uint8Array(0)), "wrong-key");
  const { wrapped } = (await store.read((tx) => tx.get("dataKeys", "1")))!;
  for (let at = 0; at < wrapped.length; at++) {
    const changed = wrapped.map((byte, index) => index === at ? byte ^ 1 : byte);
    await store.write((tx) => tx.update("dataKeys", "1", { wrapped: changed }));
    strictEqual(await kindFor(keyEncryptionKey), "wrong-key");
  }
  await store.write((tx) => tx.update("dataKeys", "1", { wrapped }));
  strictEqual(await kindFor(keyEncryptionKey), "open");
});

Deno.test("openVault() makes no new key for a store that lost its own", async () => {
  const store = createMemoryStore();
  await open(store);
  await store.write((tx) => {
    tx.insert("identities", { id: "i", nameEnc: null, currentSessionId: null, version: 1, createdMs: 1 });
    tx.remove("dataKeys", "1");
  });
  await rejects(open(store), /^Error: Cannot open the database: its data keys are gone/);
  strictEqual(await store.read((tx) => tx.count("dataKeys", {})), 0);
});

Deno.test("openVault() says in one line that the first key found no room", async () => {
  const faults = {
    beforeCommit() {
      throw new StoreError("full", "The disk is full: nothing was stored");
    },
  };
  await rejects(
    open(createMemoryStore({ faults })),
    (error) =>
      error instanceof MendableError &&
      error.message === "Cannot make the first key of the database: The disk is full: nothing was stored",
  );
});

Deno.test("a blob is u32 key version, 12 bytes nonce, ciphertext and tag", async () => {
  const vault = await open(createMemoryStore());
  const sealed = vault.seal(field, "abc");
  strictEqual(sealed.length, 4 + 12 + 3 + 16);
  deepStrictEqual(sealed.subarray(0, 4), Uint8Array.of(0, 0, 0, 1));
  notStrictEqual(sealed.join(), vault.seal(field, "abc").join());
});

Deno.test("a blob opens in its own field only", async () => {
  const vault = await open(createMemoryStore());
  const sealed = vault.seal(field, "hello");
  strictEqual(vault.openText({ ...field }, sealed), "hello");
  const others: Field[] = [
    { ...field, table: "sessions" },
    { ...field, column: "title" },
    { ...field, id: "m2" },
    { ...field, version: 2 },
    { ...field, column: "bodym", id: "1" },
  ];
  for (const other of others) throws(() => vault.openText(other, sealed), VaultError);
  throws(() => (vault.openText(field, vault.seal(field, Uint8Array.of(0xff)))), VaultError);
  deepStrictEqual(vault.openBytes(field, vault.seal(field, Uint8Array.of(0xff))), Uint8Array.of(0xff));
});

Deno.test("a blob of another site doesn't open", async () => {
  const vault = await open(createMemoryStore());
  const other = await open(createMemoryStore());
  throws(() => vault.openText(field, other.seal(field, "hello")), VaultError);
  notStrictEqual(vault.keyedHash("a", "b"), other.keyedHash("a", "b"));
});

Deno.test("older data keys open what they sealed; hashes stay; the newest seals", async () => {
  const store = createMemoryStore();
  const before = await open(store);
  const sealed = before.seal(field, "old");
  const nonce = random.bytes(12);
  for (const id of ["2", "10"]) {
    const key = crypto.seal(keyEncryptionKey, nonce, random.bytes(32), encodeParts(["dataKeys", "wrapped", id]));
    await store.write((tx) => tx.insert("dataKeys", { id, wrapped: new Uint8Array([...nonce, ...key]), createdMs: 2 }));
  }
  const after = await open(store);
  strictEqual(after.openText(field, sealed), "old");
  deepStrictEqual(after.seal(field, "new").subarray(0, 4), Uint8Array.of(0, 0, 0, 10));
  strictEqual(after.keyedHash("a", "b"), before.keyedHash("a", "b"));
  strictEqual(after.auditHash("a", "b"), before.auditHash("a", "b"));
  throws(() => before.openText(field, after.seal(field, "new")), /names a key that isn't there/);
});

Deno.test("keyedHash(), auditHash() and digest() keep purposes and parts apart", async () => {
  const vault = await open(createMemoryStore());
  const all = [
    ["a", "b", "c"],
    ["a", "bc"],
    ["ab", "c"],
    ["a", "b", "c", ""],
    ["a", "", "b", "c"],
    ["abc"],
    ["\ud800"],
    ["\ufffd"],
    ["\udfff"],
  ].flatMap(([purpose, ...parts]) => [
    vault.keyedHash(purpose!, ...parts),
    vault.auditHash(purpose!, ...parts),
    vault.digest(purpose!, ...parts),
  ]);
  strictEqual(new Set(all).size, all.length);
  ok(all.every((hash) => /^[0-9a-f]{64}$/.test(hash)));
});

Deno.test("seal() keeps any text but lone surrogates", async () => {
  const vault = await open(createMemoryStore());
  for (const text of ["", "\0", "\ufeffbom", "工厂 🏭", "a".repeat(1_000_000)]) {
    strictEqual(vault.openText(field, vault.seal(field, text)), text);
  }
  strictEqual(vault.openText(field, vault.seal(field, "a\ud800b")), "a\ufffdb");
});

seeded("a blob with a changed, added or missing byte never opens", async (random01) => {
  const vault = await (opened ??= open(createMemoryStore()));
  const sealed = vault.seal(field, "x".repeat(Math.floor(random01() * 40)));
  const at = Math.floor(random01() * sealed.length);
  const bit = 1 << Math.floor(random01() * 8);
  throws(() => vault.openBytes(field, sealed.map((byte, index) => index === at ? byte ^ bit : byte)), VaultError);
  throws(() => vault.openBytes(field, sealed.subarray(0, at)), VaultError);
  throws(() => vault.openBytes(field, new Uint8Array([...sealed, bit])), VaultError);
});
let opened: Promise<Vault> | undefined;

seeded("encodeParts() gives different lists different bytes", (random01) => {
  const any = () =>
    Array.from(
      { length: Math.floor(random01() * 4) },
      () =>
        Array.from({ length: Math.floor(random01() * 3) }, () => "a\0\x01\ud800é"[Math.floor(random01() * 5)]!).join(
          "",
        ),
    );
  const [a, b] = [any(), any()];
  strictEqual(encodeParts(a).join() === encodeParts(b).join(), JSON.stringify(a) === JSON.stringify(b));
});

Deno.test("startContentHash() gives the same content the same name, whatever its pieces, and another site another", async () => {
  const vault = await open(createMemoryStore());
  const nameOf = (from: Vault, ...pieces: string[]) => {
    const hash = from.startContentHash();
    for (const piece of pieces) hash.update(new TextEncoder().encode(piece));
    return hash.hex();
  };
  strictEqual(nameOf(vault, "ab", "", "c"), nameOf(vault, "abc"));
  notStrictEqual(nameOf(vault, "abc"), nameOf(vault, "abd"));
  notStrictEqual(nameOf(vault, "abc"), nameOf(await open(createMemoryStore()), "abc"));
  strictEqual(/^[0-9a-f]{64}$/.test(nameOf(vault)), true);
});
