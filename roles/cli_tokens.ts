import { testTelegramToken } from "../adapters/channels/telegram_token.ts";
import type { PlannedSecret, TokenTest } from "../adapters/cli/context.ts";

/** How long a platform may take to say whose token it is. */
const answerMsMax = 15_000;

/** Asks a protocol's platform whose token this is. @throws `signal`'s reason. */
export async function testToken(
  token: string,
  { protocol, apiRoot = "https://api.telegram.org" }: NonNullable<PlannedSecret["test"]>,
  signal: AbortSignal,
): Promise<TokenTest> {
  if (protocol !== "telegram") return { kind: "unreachable", reason: `nothing is known of ${protocol}` };
  const late = AbortSignal.timeout(answerMsMax);
  try {
    return await testTelegramToken(token, apiRoot, AbortSignal.any([signal, late]));
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted) return { kind: "unreachable", reason: `no answer in ${answerMsMax / 1_000} s` };
    throw error;
  }
}
