import type { Context } from "hono";
import type { Principal } from "../../core/access.ts";
import { ownerAccount } from "../../core/message/identities.ts";
import type { IntakeResult } from "../../core/message/types.ts";
import type { MessageRequest } from "../../schema/api.ts";
import type { Submit } from "./deps.ts";
import { closed, Problem } from "./problem.ts";
import type { WebEnv } from "./visitor.ts";

/**
 * Hands a message to the channel that its principal comes by.
 * @throws {Problem} 403 when intake refused it, 503 when the channel isn't open.
 */
export async function submitAs(
  { submit }: { readonly submit: { readonly web: Submit; readonly terminal: Submit } },
  principal: Principal,
  request: MessageRequest & { readonly locale: "en" | "zh-CN" },
): Promise<Exclude<IntakeResult, { kind: "refused" }>> {
  const isLocal = principal.kind === "local";
  const result = await (isLocal ? submit.terminal : submit.web)({
    account: isLocal ? ownerAccount.account : principal.id,
    conversation: request.conversation,
    platformId: request.platform_id,
    ...(request.session_id === undefined ? {} : { sessionId: request.session_id }),
    ...(request.replaces === undefined ? {} : { replaces: request.replaces }),
    ...(request.attachment_ids === undefined ? {} : { attachmentIds: request.attachment_ids }),
    text: request.text,
    locale: request.locale,
  });
  if (result.kind === "closed") throw closed();
  if (result.kind === "refused") throw refused(result.reason);
  return result;
}

/** Who asks. @throws {Problem} 401 when nobody is logged in. */
export function principalOf(c: Context<WebEnv>): Principal {
  const { principal } = c.get("visitor");
  if (principal === undefined) throw new Problem(401, (say) => say.login);
  return principal;
}

/** A refusal of the core, with its own reason. */
export function refused(reason: string): Problem {
  return new Problem(403, () => reason);
}

/** The sequence in a query; what isn't one counts as the beginning. */
export function sequenceOf(text: string | undefined): number {
  const sequence = Number(text ?? 0);
  return Number.isSafeInteger(sequence) && sequence > 0 ? sequence : 0;
}
