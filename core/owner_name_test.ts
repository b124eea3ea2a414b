import { strictEqual } from "node:assert/strict";
import { createNodeCrypto } from "../adapters/crypto/node.ts";
import { createMemoryStore } from "../adapters/storage/memory.ts";
import { verifyAudit } from "./audit.ts";
import { createIds } from "./ids.ts";
import { ensureOwner, nameOfIdentity, renameIdentity } from "./message/identities.ts";
import { nameOwner } from "./owner_name.ts";
import { openVault } from "./vault.ts";

Deno.test("nameOwner() names the administrator once, audited, and leaves a name that people gave", async () => {
  const clock = { nowMs: () => 1_000 };
  const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)), unit: Math.random };
  const store = createMemoryStore();
  const ports = { store, crypto: createNodeCrypto(), random, clock };
  const opened = await openVault({ ...ports, keyEncryptionKey: new Uint8Array(32) });
  if (opened.kind !== "open") throw new Error("The vault doesn't open");
  const { vault } = opened;
  const ids = createIds({ clock, random });
  const owner = () => store.write((tx) => ensureOwner(tx, vault, ids, 1));
  const nameNow = async () => {
    const id = await owner();
    return await store.read((tx) => nameOfIdentity(tx, vault, id));
  };

  await nameOwner(" \n", { store, vault, ids, clock });
  strictEqual(await nameNow(), "");
  await nameOwner("Ann", { store, vault, ids, clock });
  await nameOwner("Bob", { store, vault, ids, clock });
  strictEqual(await nameNow(), "Ann");
  const id = await owner();
  await store.write((tx) => renameIdentity(tx, vault, id, "Dr. Ann"));
  await nameOwner("Ann", { store, vault, ids, clock });
  strictEqual(await nameNow(), "Dr. Ann");
  const verdict = await verifyAudit(store, vault);
  strictEqual(verdict.kind === "whole" && verdict.count, 1);
});
