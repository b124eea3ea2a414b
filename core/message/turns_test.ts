import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { systemRandom } from "../../adapters/random/system.ts";
import { createMemoryStore } from "../../adapters/storage/memory.ts";
import { quickCrypto } from "../../tests/simulator/quick_crypto.ts";
import { VirtualClock } from "../../tests/simulator/virtual_clock.ts";
import { createIds } from "../ids.ts";
import type { Tables } from "../tables.ts";
import { openVault } from "../vault.ts";
import { createFeed } from "./feed.ts";
import { addMessage } from "./messages.ts";
import { queueTurn } from "./new_turn.ts";
import { unsent } from "./outbox.ts";
import { createTurns } from "./turns.ts";

Deno.test("files of an answer belong to its message, and are delivered behind its text in their order", async () => {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  const store = createMemoryStore();
  const ports = { store, clock, random: systemRandom };
  const opened = await openVault({ ...ports, crypto: quickCrypto, keyEncryptionKey: new Uint8Array(32) });
  ok(opened.kind === "open");
  const { vault } = opened;
  const ids = createIds(ports);
  const createdMs = clock.nowMs();
  const [identityId, sessionId, messageId] = [ids(), ids(), ids()];
  const attachmentIds = [ids(), ids()];
  const turn = await store.write((tx) => {
    const sealed = new Uint8Array(1);
    tx.insert("identities", { id: identityId, nameEnc: null, currentSessionId: null, version: 1, createdMs });
    tx.insert("sessions", {
      id: sessionId,
      identityId,
      channel: "chat",
      conversationHash: "hash",
      isGroup: 0,
      titleEnc: null,
      summaryEnc: null,
      summarySequence: 0,
      headId: null,
      pinned: 0,
      removedMs: null,
      version: 1,
      createdMs,
      updatedMs: createdMs,
    });
    for (const id of attachmentIds) {
      tx.insert("objects", { id, name: id, keyEnc: sealed, bytes: 1, createdMs });
      const file = { id, identityId, messageId: null, objectId: id, nameEnc: sealed, mediaType: "text/plain" };
      tx.insert("attachments", { ...file, bytes: 1, problem: null, width: null, height: null, createdMs });
    }
    const question = { id: messageId, sessionId, parentId: null, author: "person", identityId, text: "?" } as const;
    addMessage(tx, vault, { ...question, createdMs, idempotencyHash: null });
    tx.update("sessions", sessionId, { headId: messageId });
    const to = { channel: "chat", conversation: "c1", place: "direct", locale: "en" } as const;
    const given = { id: ids(), sessionId, messageId, sequence: 1, ...to, createdMs };
    return queueTurn(tx, { vault, canBegin: () => true }, given);
  });
  const pushed: Tables["deliveries"][] = [];
  const never = new AbortController().signal;
  const turns = createTurns({
    ...ports,
    vault,
    ids,
    log: { info: () => {}, warn: () => {}, error: (message, fields) => console.error(message, fields) },
    agent: {
      answer: async () => ({ kind: "answered", text: "Here they are.", attachmentIds }),
      compact: async () => {},
      forget: () => {},
    },
    feed: createFeed(),
    channels: { get: () => undefined },
    outbox: {
      first: () => unsent,
      push: (row) => pushed.push(row),
      sendAside: async () => ({ kind: "busy" }),
    },
    closing: never,
    ending: never,
  });
  turns.push(turn);
  await clock.run(clock.nowMs() + 1_000);
  deepStrictEqual(pushed.map(({ attachmentId }) => attachmentId), [null, ...attachmentIds]);
  deepStrictEqual(pushed.map(({ sequence }) => sequence), [1, 2, 3]);
  const [answerId] = new Set(pushed.map(({ messageId }) => messageId));
  const stored = await store.read((tx) => ({
    deliveries: tx.find("deliveries", {}, { order: ["sequence"] }).map(({ id }) => id),
    files: tx.find("attachments", { messageId: answerId! }).map(({ id }) => id),
    turn: tx.get("turns", turn.id),
  }));
  deepStrictEqual(stored.deliveries, pushed.map(({ id }) => id));
  deepStrictEqual(stored.files, attachmentIds);
  strictEqual(stored.turn?.answerId, answerId);
});
