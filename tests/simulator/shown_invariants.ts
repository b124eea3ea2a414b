import { ok, strictEqual } from "node:assert/strict";
import { openMessage } from "../../core/message/messages.ts";
import { deliveryField } from "../../core/message/new_delivery.ts";
import type { ReadTx } from "../../core/ports/store.ts";
import type { Vault } from "../../core/vault.ts";
import type { Platform } from "./platform.ts";

/** What people see of each answer that was delivered is all of it, in the end: no part is missing, and no draft. */
export function checkShown(tx: ReadTx, vault: Vault, { name, shown }: Platform): void {
  const rows = tx.find("deliveries", { channel: name }, { order: ["sequence"] });
  for (const [messageId, parts] of Map.groupBy(rows, ({ messageId }) => messageId)) {
    if (messageId === null || parts.some(({ state }) => state !== "delivered")) continue;
    const seen = parts.map(({ id, platformIdEnc }) =>
      shown.get(vault.openText(deliveryField("platformId", id), platformIdEnc!))?.text ?? "(nothing)"
    );
    const { text } = openMessage(vault, tx.get("messages", messageId)!);
    strictEqual(seen.map(wordsOf).join(""), wordsOf(text), "what is shown of an answer is all of it");
    for (const part of seen.slice(0, isClosed(text) ? undefined : -1)) {
      ok(isClosed(part), `code isn't closed: "${part}"`);
    }
  }
}

/** Whether no block of code is left open. One that a stop leaves open in an answer is open in its last part. */
function isClosed(text: string): boolean {
  return text.split("```").length % 2 === 1;
}

/** What a person reads of a text: no mark of a copy, no fences, and whatever space between words. */
function wordsOf(text: string): string {
  return text.replace(/^\(may be a copy of the message before\)/, "").replace(/^```.*$/gm, "").replace(/\s+/g, "");
}

/** In no second of one life more than the platform bears, and no two too close in one conversation. */
export function checkRate(platform: Platform): void {
  const { attempts, capabilities: { rate } } = platform;
  if (rate === undefined) return;
  const lastMs = new Map<string, number>();
  for (const [index, { life, beganMs, delivery }] of attempts.entries()) {
    const earlier: typeof attempts[number] | undefined = attempts[index - rate.perSecond];
    ok(
      earlier === undefined || earlier.life !== life || beganMs - earlier.beganMs >= 999,
      `more than ${rate.perSecond} within a second`,
    );
    if (delivery.kind === "typing") continue;
    const key: string = `${life} ${delivery.conversation}`;
    const everyMs: number = platform.placeOf(delivery.conversation) === "group"
      ? rate.groupEveryMs
      : rate.directEveryMs;
    const gapMs: number = beganMs - (lastMs.get(key) ?? -Infinity);
    ok(gapMs >= everyMs - 1, `${gapMs} ms between two in ${delivery.conversation}`);
    lastMs.set(key, beganMs);
  }
}

/**
 * Where nothing is asked but that deliveries of one conversation come one after the other, each is tried as soon as it is
 * there, and the one before it is over: whatever the other platforms and conversations do.
 */
export function checkUndelayed(tx: ReadTx, { name, attempts, capabilities: { rate } }: Platform): void {
  if (rate !== undefined) return;
  const rows = tx.find("deliveries", { channel: name }, { order: ["sequence"] });
  for (const own of Map.groupBy(rows, ({ conversationHash }) => conversationHash).values()) {
    let overMs = 0;
    for (const { id, createdMs } of own) {
      const tries = attempts.filter(({ delivery }) => "id" in delivery && delivery.id === id);
      const waitedMs = tries[0]!.beganMs - Math.max(createdMs, overMs);
      ok(waitedMs <= 10, `a delivery on ${name} waited for ${waitedMs} ms`);
      overMs = tries.at(-1)!.endedMs ?? Infinity;
    }
  }
}
