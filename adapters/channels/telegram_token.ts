import * as v from "valibot";

/** What Telegram says of a token. No reason has the token in it. */
export type TelegramTokenTest =
  | { readonly kind: "good"; readonly name: string }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "unreachable"; readonly reason: string };

/** As much of an answer is read; more comes from no Bot API. */
const answerBytesMax = 64 * 1024;

/** Source: https://core.telegram.org/bots/api#making-requests and #getme */
const answer = v.variant("ok", [
  v.object({ ok: v.literal(true), result: v.object({ username: v.string(), first_name: v.string() }) }),
  v.object({ ok: v.literal(false), error_code: v.number(), description: v.string() }),
]);

/**
 * Asks whose bot a token is. An error of the network quotes the address, and so the token: none is passed on.
 *
 * @param apiRoot Where the Bot API is.
 * @throws The signal's reason, when it aborts.
 */
export async function testTelegramToken(
  token: string,
  apiRoot: string,
  signal: AbortSignal,
): Promise<TelegramTokenTest> {
  const unreachable = (reason: string) => ({ kind: "unreachable", reason }) as const;
  let text = "";
  try {
    const response = await fetch(`${apiRoot.replace(/\/+$/, "")}/bot${token}/getMe`, { signal, redirect: "error" });
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > answerBytesMax) return unreachable("its answer isn't Telegram's");
    }
  } catch {
    signal.throwIfAborted();
    return unreachable("no connection");
  }
  const parsed = v.safeParse(answer, json(text));
  if (!parsed.success) return unreachable("its answer isn't Telegram's");
  const { output } = parsed;
  if (output.ok) return { kind: "good", name: `@${output.result.username}` };
  // Only these say that the token itself is wrong: others pass. Source: https://core.telegram.org/api/errors
  const isWrong = output.error_code === 401 || output.error_code === 404;
  return {
    kind: isWrong ? "refused" : "unreachable",
    reason: output.description.slice(0, 200).replaceAll(token, "***"),
  };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
