import { createHash, timingSafeEqual } from "node:crypto";
import type { Secret } from "../../schema/secret.ts";
import { parseUpdate, type Update } from "./telegram_update.ts";

/** Where the platform shows the secret that it was told. Source: https://core.telegram.org/bots/api#setwebhook */
const secretHeader = "x-telegram-bot-api-secret-token";
/** A longer one isn't from the platform: a message has at most 4,096 characters. */
const bodyBytesMax = 1_000_000;

/** Whether the request is the platform's. Takes as long for a nearly right secret as for any other. */
export function isSecret({ headers }: Request, wanted: Secret): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(headers.get(secretHeader) ?? ""), digest(wanted.reveal()));
}

/** The update that was pushed; `undefined` when it is none. */
export async function readUpdate({ body }: Request): Promise<Update | undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let bytes = 0;
  try {
    for await (const piece of body ?? []) {
      bytes += piece.length;
      if (bytes > bodyBytesMax) return undefined;
      text += decoder.decode(piece, { stream: true });
    }
    return parseUpdate(JSON.parse(text + decoder.decode()));
  } catch {
    return undefined;
  }
}
