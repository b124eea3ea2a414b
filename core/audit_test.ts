import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { createNodeCrypto } from "../adapters/crypto/node.ts";
import { createMemoryStore, type MemoryStore } from "../adapters/storage/memory.ts";
import { seeded } from "../tests/seeded.ts";
import { appendAudit, type AuditVerdict, openAuditDetail, verifyAudit } from "./audit.ts";
import type { Tables } from "./tables.ts";
import { encodeParts, openVault, type Vault } from "./vault.ts";

type Link = Tables["audit"];
const crypto = createNodeCrypto();
const clock = { nowMs: () => 1_750_000_000_000 };
const random = { bytes: (count: number) => globalThis.crypto.getRandomValues(new Uint8Array(count)) };
const keyEncryptionKey = new Uint8Array(32).fill(3);

async function openOver(store: MemoryStore): Promise<Vault> {
  const opened = await openVault({ store, crypto, random, clock, keyEncryptionKey });
  if (opened.kind !== "open") throw new Error(opened.kind);
  return opened.vault;
}

/** A chain of `count` links; every third has a detail. */
async function chain(count: number): Promise<{ store: MemoryStore; vault: Vault; links: Link[] }> {
  const store = createMemoryStore();
  const vault = await openOver(store);
  await store.write((tx) => {
    for (let n = 1; n <= count; n++) {
      appendAudit(tx, vault, {
        atMs: clock.nowMs() + n,
        principal: "identity:a",
        action: "use",
        resource: `message:${n}`,
        outcome: "accepted",
        ...n % 3 === 0 ? { detail: `detail ${n}` } : {},
      });
    }
  });
  return { store, vault, links: await store.read((tx) => tx.find("audit", {})) };
}

/** Writes a whole new chain over the old, as somebody with the file and no key would. */
async function replace(store: MemoryStore, links: readonly Link[]): Promise<void> {
  await store.write((tx) => {
    for (const { id } of tx.find("audit", {})) tx.remove("audit", id);
    for (const link of links) tx.insert("audit", link);
  });
}

const brokenAt = (verdict: AuditVerdict) => verdict.kind === "broken" ? Number(verdict.id) : undefined;

Deno.test("verifyAudit() finds an empty and a long chain whole and tells its head", async () => {
  for (const count of [0, 1, 499, 500, 501, 1_203]) {
    const { store, vault, links } = await chain(count);
    const last = links.at(-1);
    deepStrictEqual(await verifyAudit(store, vault), {
      kind: "whole",
      count,
      head: last && { id: last.id, hash: last.hash },
    });
  }
});

Deno.test("appendAudit() continues the chain after a restart", async () => {
  const { store } = await chain(3);
  const again = createMemoryStore({ backing: store.backing });
  const vault = await openOver(again);
  await again.write((tx) =>
    appendAudit(tx, vault, { atMs: 1, principal: "local", action: "read", resource: "x", outcome: "allowed" })
  );
  strictEqual((await verifyAudit(again, vault)).kind, "whole");
  strictEqual(await again.read((tx) => tx.count("audit", {})), 4);
});

Deno.test("appendAudit() is undone with what it records", async () => {
  const { store, vault } = await chain(2);
  await rejects(store.write((tx) => {
    appendAudit(tx, vault, { atMs: 1, principal: "local", action: "use", resource: "x", outcome: "accepted" });
    throw new Error("refused");
  }));
  const verdict = await verifyAudit(store, vault);
  strictEqual(verdict.kind === "whole" && verdict.count, 2);
});

Deno.test("verifyAudit() finds a change of any column of any link, and names the link", async () => {
  const { store, vault, links } = await chain(7);
  let changed = 0;
  for (const link of links) {
    for (const column of Object.keys(link) as (keyof Link)[]) {
      const value = link[column];
      if (column === "id" || value === null) continue;
      const other = typeof value === "number"
        ? value + 1
        : typeof value === "string"
        ? `${value.slice(0, -1)}${value.endsWith("0") ? "1" : "0"}`
        : value.map((byte, index) => index === 20 ? byte ^ 1 : byte);
      await store.write((tx) => tx.update("audit", link.id, { [column]: other }));
      strictEqual(brokenAt(await verifyAudit(store, vault)), Number(link.id), `${column} of ${link.id}`);
      await store.write((tx) => tx.update("audit", link.id, { [column]: value }));
      changed++;
    }
  }
  ok(changed >= 7 * 9);
  strictEqual((await verifyAudit(store, vault)).kind, "whole");
});

Deno.test("verifyAudit() finds a detail that was added, moved to another link, or taken from another record", async () => {
  const { store, vault, links } = await chain(7);
  const detailEnc = links[2]!.detailEnc;
  for (const at of [0, 5]) {
    await store.write((tx) => tx.update("audit", links[at]!.id, { detailEnc }));
    strictEqual(brokenAt(await verifyAudit(store, vault)), at + 1);
    await store.write((tx) => tx.update("audit", links[at]!.id, { detailEnc: links[at]!.detailEnc }));
  }
});

Deno.test("verifyAudit() finds a removed, an inserted and two exchanged links, however they are numbered", async () => {
  const { store, vault, links } = await chain(6);
  const numbered = (some: readonly Link[]) =>
    some.map((link, index) => ({ ...link, id: `${index + 1}`.padStart(16, "0") }));
  for (let at = 0; at < links.length - 1; at++) {
    const without = links.toSpliced(at, 1);
    await replace(store, without);
    strictEqual(brokenAt(await verifyAudit(store, vault)), at + 2);
    await replace(store, numbered(without));
    strictEqual(brokenAt(await verifyAudit(store, vault)), at + 1);
    await replace(store, numbered(links.toSpliced(at, 0, links[0]!)));
    strictEqual(brokenAt(await verifyAudit(store, vault)), at === 0 ? 2 : at + 1);
    await replace(store, numbered(links.toSpliced(at, 2, links[at + 1]!, links[at]!)));
    strictEqual(brokenAt(await verifyAudit(store, vault)), at + 1);
  }
});

Deno.test("verifyAudit() finds a chain that was computed anew without the key", async () => {
  const { store, vault, links } = await chain(5);
  const forged: Link[] = [];
  for (const link of links) {
    const next = { ...link, outcome: "refused", previousHash: forged.at(-1)?.hash ?? "0".repeat(64) };
    const { id, atMs, principal, action, resource, outcome, commitment, previousHash } = next;
    const hash = vault.digest("link", id, `${atMs}`, principal, action, resource, outcome, commitment, previousHash);
    forged.push({ ...next, hash });
  }
  await replace(store, forged);
  deepStrictEqual(await verifyAudit(store, vault), {
    kind: "broken",
    id: "0000000000000001",
    reason: "it was written without this site's key",
  });
});

Deno.test("verifyAudit() finds a tail that was cut off, and another history, against a head that was kept", async () => {
  const { store, vault, links } = await chain(5);
  const kept = { id: links[3]!.id, hash: links[3]!.hash };
  strictEqual((await verifyAudit(store, vault, kept)).kind, "whole");
  await replace(store, links.slice(0, 3));
  strictEqual((await verifyAudit(store, vault)).kind, "whole");
  strictEqual(brokenAt(await verifyAudit(store, vault, kept)), 4);
  await store.write((tx) => {
    for (let n = 0; n < 2; n++) {
      appendAudit(tx, vault, { atMs: 1, principal: "local", action: "use", resource: "x", outcome: "accepted" });
    }
  });
  strictEqual((await verifyAudit(store, vault)).kind, "whole");
  strictEqual(brokenAt(await verifyAudit(store, vault, kept)), 4);
});

Deno.test("erasing a detail and sealing one with a new key leave the chain whole", async () => {
  const { store, vault, links } = await chain(6);
  const nonce = random.bytes(12);
  const key = crypto.seal(keyEncryptionKey, nonce, random.bytes(32), encodeParts(["dataKeys", "wrapped", "2"]));
  await store.write((tx) =>
    tx.insert("dataKeys", { id: "2", wrapped: new Uint8Array([...nonce, ...key]), createdMs: 2 })
  );
  const rotated = await openOver(store);
  const third = links[2]!;
  const field = { table: "audit", column: "detail", id: third.id, version: 1 } as const;
  await store.write((tx) => {
    tx.update("audit", third.id, { detailEnc: rotated.seal(field, vault.openBytes(field, third.detailEnc!)) });
    tx.update("audit", links[5]!.id, { detailEnc: null });
    appendAudit(tx, rotated, { atMs: 1, principal: "local", action: "use", resource: "x", outcome: "y", detail: "z" });
  });
  strictEqual((await verifyAudit(store, rotated)).kind, "whole");
  const [opened, erased] = await store.read((tx) => [tx.get("audit", third.id)!, tx.get("audit", links[5]!.id)!]);
  strictEqual(openAuditDetail(rotated, opened), "detail 3");
  strictEqual(openAuditDetail(rotated, erased), undefined);
});

Deno.test("equal details have unequal commitments", async () => {
  const { store, vault } = await chain(0);
  await store.write((tx) => {
    for (let n = 0; n < 2; n++) {
      appendAudit(tx, vault, { atMs: 1, principal: "a", action: "b", resource: "c", outcome: "d", detail: "same" });
    }
  });
  const [a, b] = await store.read((tx) => tx.find("audit", {}));
  ok(a!.commitment !== b!.commitment);
});

seeded("verifyAudit() finds any random damage to a chain", async (random01) => {
  const { store, vault, links } = await (base ??= chain(9));
  const at = Math.floor(random01() * (links.length - 1));
  const other = Math.floor(random01() * links.length);
  const columns = (Object.keys(links[0]!) as (keyof Link)[]).filter((column) => column !== "id");
  const column = columns[Math.floor(random01() * columns.length)]!;
  const damaged = links.map((link) => ({ ...link }));
  if (random01() < 0.3) damaged.splice(at, 1);
  else damaged[at] = { ...damaged[at]!, [column]: damaged[other]![column] };
  const same = damaged.length === links.length && Object.is(damaged[at]![column], links[at]![column]);
  const erased = damaged.length === links.length && column === "detailEnc" && damaged[at]!.detailEnc === null;
  await replace(store, damaged);
  strictEqual((await verifyAudit(store, vault)).kind === "whole", same || erased);
}, { runs: 300 });
let base: ReturnType<typeof chain> | undefined;
