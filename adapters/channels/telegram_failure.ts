import { GrammyError, HttpError } from "grammy/web";
import type { DeliveryFailure } from "../../core/message/types.ts";

/** Why a call came to nothing. Nothing of it quotes what was sent, nor the token. */
export interface Failure {
  readonly kind: "refused" | "unreachable";
  readonly reason: string;
  readonly retryAfterMs?: number;
  readonly mayHaveArrived?: boolean;
  /** The token isn't taken: only a person can mend it. */
  readonly isToken?: boolean;
  /** The group has become another chat. */
  readonly movedTo?: number;
  /** What a refusal is about, where more can be done: the effect is there already; the text's form; the picture. */
  readonly about?: "unchanged" | "form" | "photo";
}

/** What is said of a token that the platform doesn't take. */
const tokenRefused = "Telegram refuses the token; put the one that @BotFather shows into protocol.telegram.token";

/** Words of refusals. The platform has no numbers for them. */
const abouts: readonly (readonly [about: NonNullable<Failure["about"]>, words: RegExp])[] = [
  ["unchanged", /message is not modified/i],
  ["form", /can't parse entities|message is too long|text is empty|text must be non-empty|ENTITY/i],
  ["photo", /PHOTO_|IMAGE_|file is too big/i],
];

/**
 * Sorts what went wrong; bugs pass through. `HttpError.error` quotes the address, and so the token: only whether the
 * connection came about is taken from it. Everything later may have arrived.
 */
export function failureOf(error: unknown): Failure {
  if (error instanceof HttpError) {
    return isConnected(error.error)
      ? { kind: "unreachable", reason: "the connection to Telegram broke", mayHaveArrived: true }
      : { kind: "unreachable", reason: "Telegram can't be reached" };
  }
  if (!(error instanceof GrammyError)) throw error;
  const { error_code: code, description, parameters: { retry_after: seconds, migrate_to_chat_id: movedTo } } = error;
  if (typeof code !== "number" || typeof description !== "string") {
    // What stands in between answers in JSON of its own.
    return { kind: "unreachable", reason: "what answers isn't Telegram's Bot API", mayHaveArrived: true };
  }
  const reason = `Telegram says: ${description.slice(0, 200)}`;
  // A token that has the wrong form is "Not Found".
  if (code === 401 || code === 404) return { kind: "unreachable", reason: tokenRefused, isToken: true };
  if (seconds !== undefined) return { kind: "unreachable", reason, retryAfterMs: seconds * 1_000 };
  if (code === 409 || code === 429) return { kind: "unreachable", reason };
  if (code >= 500) return { kind: "unreachable", reason, mayHaveArrived: true };
  const [about] = abouts.find(([, words]) => words.test(description)) ?? [];
  return {
    kind: "refused",
    reason,
    ...(about === undefined ? {} : { about }),
    ...(movedTo === undefined ? {} : { movedTo }),
  };
}

/** What the core is told of it. */
export function deliveryFailure({ kind, reason, retryAfterMs, mayHaveArrived }: Failure): DeliveryFailure {
  if (kind === "refused") return { kind, reason };
  return {
    kind,
    reason,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(mayHaveArrived === undefined ? {} : { mayHaveArrived }),
  };
}

/** Whether a connection came about. The runtime says only in words that it didn't. */
function isConnected(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return !(cause instanceof Error && cause.message.includes("client error (Connect)"));
}
