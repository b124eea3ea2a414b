import { createNodeCrypto } from "../../adapters/crypto/node.ts";
import { open } from "../../adapters/storage/sqlite/mod.ts";
import { appendAudit } from "../../core/audit.ts";
import type { Store, Tx } from "../../core/ports/store.ts";
import { openVault, type Vault } from "../../core/vault.ts";
import { quantile, type Row, row } from "./row.ts";

const warmUpCount = 50;
const lonelyCount = 1_000;
const rateSeconds = 5;
const rateWriters = 64;
const fsyncCount = 200;
/** Bytes of one message's text. */
const textBytes = 500;

/**
 * The store alone: five rows a write (message, turn, answer, delivery, audit), sealed, durable. Beside it what the
 * disk takes for one append with `fsync`, the least that a durable write can cost on this machine.
 */
export async function* storageRows(): AsyncGenerator<Row> {
  const folder = await Deno.makeTempDir();
  const store = await open({ path: `${folder}/clawdbot.db`, programVersion: "0.0.0", nowMs: Date.now() });
  try {
    const vault = await vaultOf(store);
    await store.write((tx) => {
      tx.insert("identities", { id: "identity", nameEnc: null, currentSessionId: null, version: 1, createdMs: 1 });
      tx.insert("sessions", {
        id: "session",
        identityId: "identity",
        channel: "web",
        conversationHash: "hash",
        isGroup: 0,
        titleEnc: null,
        summaryEnc: null,
        summarySequence: 0,
        headId: null,
        pinned: 0,
        removedMs: null,
        version: 1,
        createdMs: 1,
        updatedMs: 1,
      });
    });
    let sequence = 0;
    const write = () => store.write((tx) => fiveRows(tx, vault, sequence += 2));

    const fsyncMs = fsyncTimes(`${folder}/fsync`);
    const lonelyMs: number[] = [];
    for (let index = 0; index < warmUpCount + lonelyCount; index++) {
      const beganMs = performance.now();
      await write();
      if (index >= warmUpCount) lonelyMs.push(performance.now() - beganMs);
    }
    const detail = `${lonelyCount} writes of five sealed rows, one after the other; one fsync of 8 KiB took ` +
      `${quantile(fsyncMs, 0.5).toFixed(2)} ms (p50), ${quantile(fsyncMs, 0.99).toFixed(2)} ms (p99)`;
    yield row({ name: "storage.write.p50", value: quantile(lonelyMs, 0.5), unit: "ms", detail });
    yield row({ name: "storage.write.p99", value: quantile(lonelyMs, 0.99), unit: "ms", detail });

    let written = 0;
    const endMs = performance.now() + rateSeconds * 1_000;
    await Promise.all(Array.from({ length: rateWriters }, async () => {
      for (; performance.now() < endMs; written++) await write();
    }));
    yield row({
      name: "storage.rate",
      value: written / rateSeconds,
      unit: "/s",
      detail: `writes of five sealed rows by ${rateWriters} writers for ${rateSeconds} s`,
    });
  } finally {
    await store.close();
    await Deno.remove(folder, { recursive: true });
  }
}

async function vaultOf(store: Store): Promise<Vault> {
  const opened = await openVault({
    store,
    crypto: createNodeCrypto(),
    random: { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) },
    clock: { nowMs: () => Date.now() },
    keyEncryptionKey: new Uint8Array(32),
  });
  if (opened.kind !== "open") throw new Error(opened.kind);
  return opened.vault;
}

/** What one message costs in all, from intake to delivery, as one write. */
function fiveRows(tx: Tx, vault: Vault, sequence: number): void {
  const text = "x".repeat(textBytes);
  const nowMs = Date.now();
  const idOf = (at: number) => `message-${`${at}`.padStart(12, "0")}`;
  for (const [at, author] of [[sequence, "person"], [sequence + 1, "assistant"]] as const) {
    tx.insert("messages", {
      id: idOf(at),
      sessionId: "session",
      sequence: at,
      parentId: at === 2 ? null : idOf(at - 1),
      author,
      identityId: author === "person" ? "identity" : null,
      bodyEnc: vault.seal({ table: "messages", column: "body", id: idOf(at), version: 1 }, text),
      idempotencyHash: author === "person" ? vault.keyedHash("message", "web", "conversation", idOf(at)) : null,
      createdMs: nowMs,
    });
  }
  const id = `turn-${idOf(sequence)}`;
  const common = { id, sessionId: "session", messageId: idOf(sequence), channel: "web", attempt: 0 } as const;
  tx.insert("turns", {
    ...common,
    sequence,
    place: "conversation",
    platformIdEnc: vault.seal({ table: "turns", column: "platformId", id, version: 1 }, id),
    draftIdEnc: null,
    contextEnc: null,
    conversationEnc: vault.seal({ table: "turns", column: "conversation", id, version: 1 }, "conversation"),
    state: "answered",
    reason: null,
    answerId: idOf(sequence + 1),
    modelName: "scripted",
    answerTokens: 100,
    answerMs: 1_000,
    locale: "en",
    createdMs: nowMs,
    endedMs: nowMs,
  });
  tx.insert("deliveries", {
    ...common,
    turnId: id,
    sequence,
    fromIndex: null,
    toIndex: null,
    attachmentId: null,
    bodyEnc: null,
    conversationHash: vault.keyedHash("conversation", "web", "conversation"),
    place: "conversation",
    replyToEnc: null,
    editsEnc: null,
    locale: "en",
    conversationEnc: vault.seal({ table: "deliveries", column: "conversation", id, version: 1 }, "conversation"),
    state: "pending",
    notBeforeMs: nowMs,
    mayBeDuplicate: 0,
    platformIdEnc: null,
    reason: null,
    createdMs: nowMs,
  });
  appendAudit(tx, vault, {
    atMs: nowMs,
    principal: "identity:identity",
    action: "use",
    resource: `message:${id}`,
    outcome: "accepted",
    detail: "a detail",
  });
}

/** Milliseconds of one append of two pages with `fsync`. */
function fsyncTimes(path: string): number[] {
  using file = Deno.openSync(path, { create: true, write: true });
  const pages = new Uint8Array(8_192);
  return Array.from({ length: fsyncCount }, () => {
    const beganMs = performance.now();
    file.writeSync(pages);
    file.syncDataSync();
    return performance.now() - beganMs;
  });
}
