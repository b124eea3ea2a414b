import { ok } from "node:assert/strict";
import { systemClock } from "../adapters/clock/system.ts";
import { createNodeCrypto } from "../adapters/crypto/node.ts";
import { systemRandom } from "../adapters/random/system.ts";
import { open } from "../adapters/storage/sqlite/mod.ts";
import { createIds } from "../core/ids.ts";
import { linkAccount } from "../core/message/identities.ts";
import type { Store } from "../core/ports/store.ts";
import { openVault, type Vault } from "../core/vault.ts";

/** Opens the database of a site that doesn't run, with its own key. */
export async function openSite(folder: string): Promise<{ readonly store: Store; readonly vault: Vault }> {
  const store = await open({ path: `${folder}/data/clawdbot.db`, programVersion: "test", nowMs: Date.now() });
  const keyEncryptionKey = await Deno.readFile(`${folder}/home/.config/clawdbot/key`);
  const ports = { store, crypto: createNodeCrypto(), random: systemRandom, clock: systemClock };
  const opened = await openVault({ ...ports, keyEncryptionKey });
  ok(opened.kind === "open");
  return { store, vault: opened.vault };
}

/** Makes the site that doesn't run know people by their accounts, each a person of their own. */
export async function addPeople(folder: string, channel: string, accounts: readonly string[]): Promise<void> {
  const { store, vault } = await openSite(folder);
  const ids = createIds({ clock: systemClock, random: systemRandom });
  const createdMs = Date.now();
  await store.write((tx) => {
    for (const account of accounts) {
      const identityId = ids();
      tx.insert("identities", { id: identityId, nameEnc: null, currentSessionId: null, version: 1, createdMs });
      linkAccount(tx, vault, { id: ids(), identityId, channel, account, createdMs });
    }
  });
  await store.close();
}
