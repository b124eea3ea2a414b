import { decide, nameOf } from "../access.ts";
import { appendAudit } from "../audit.ts";
import { type CommandDeps, commandIn, runCommand } from "../commands.ts";
import type { Tx } from "../ports/store.ts";
import { text } from "../text/mod.ts";
import { commitWithEffects, type WithEffects } from "./effects.ts";
import { type AccountContent, cleanName, findAccount, noteAccount, principalOf } from "./identities.ts";
import { filesRefusal, firstWords, type InboundFilesDeps, isEmpty, withFiles } from "./inbound_files.ts";
import { addQuestion } from "./questions.ts";
import { answerWith, copyOf } from "./receipts.ts";
import { resolveSession } from "./sessions.ts";
import { linkStranger, meetStranger } from "./strangers.ts";
import type { InboundMessage, IntakeResult } from "./types.ts";

/** Longest message that is taken in, in UTF-16 code units; longer ones are refused with a reason. */
export const textLengthMax = 200_000;

/** Longest account, conversation or platform id, in UTF-16 code units: longer ones are an attack or a bug. */
const nameLengthMax = 512;

/** What intake needs. */
export interface IntakeDeps extends CommandDeps, InboundFilesDeps {}

/**
 * Takes one message in, in one transaction: idempotency key, identity, access, session, message, turn, audit. A command,
 * and what a stranger writes, is taken in likewise, and answered by a delivery of its own.
 * Resolves after the commit; a rejection means that nothing was stored and the platform must offer it again.
 */
export async function takeIn(deps: IntakeDeps, inbound: InboundMessage): Promise<IntakeResult> {
  const names = [inbound.channel, inbound.account, inbound.conversation, inbound.platformId];
  if (names.some((name) => name.length > nameLengthMax)) {
    return { kind: "refused", reason: text(inbound.locale).intake.tooLong(inbound.text.length, textLengthMax) };
  }
  // A lone surrogate has no UTF-8: it is replaced here, once, so that what is stored is what was read.
  const message = { ...inbound, text: inbound.text.toWellFormed() };
  const command = commandIn(message);
  if (command !== undefined) {
    const result = await runCommand(deps, message, command) ??
      (command.name === "link" && command.argument !== ""
        ? await linkStranger(deps, message, command.argument)
        : undefined);
    if (result !== undefined) return result;
  }
  return await withFiles(
    deps,
    message,
    (message) => commitWithEffects(deps, (tx) => store(tx, deps, message, command !== undefined)),
  );
}

function store(tx: Tx, deps: IntakeDeps, inbound: InboundMessage, isCommand: boolean): WithEffects<IntakeResult> {
  const { vault, clock, ids, policy, ownerId, people, copied } = deps;
  const { channel, conversation, place = "conversation", locale } = inbound;
  const said = text(locale).intake;
  const nowMs = clock.nowMs();
  const copy = copyOf(tx, vault, inbound);
  if (copy !== undefined) {
    copied();
    return { result: copy };
  }
  const account = findAccount(tx, vault, inbound);
  if (account === undefined) return meetStranger(tx, deps, inbound, isCommand);
  const principal = principalOf(tx, vault, account.identityId, ownerId());
  noteAccount(tx, vault, account, noticedIn(inbound));
  const refuse = (reason: string, outcome?: string): WithEffects<IntakeResult> => {
    if (outcome !== undefined) {
      appendAudit(tx, vault, { atMs: nowMs, principal: nameOf(principal), action: "use", resource: "chat", outcome });
    }
    const result = { kind: "refused", reason } as const;
    // Who writes on the page or in the terminal reads it there.
    if (place === "conversation") return { result };
    return { result, effects: { deliveries: [answerWith(tx, deps, inbound, { text: reason })] } };
  };
  if (inbound.text.length > textLengthMax) return refuse(said.tooLong(inbound.text.length, textLengthMax));
  if (isEmpty(inbound)) return refuse(said.empty);
  const decision = decide(principal, "use", "chat", policy(), nowMs);
  if (decision.effect !== "allow") return refuse(decision.reason, "refused");

  const replaced = inbound.replaces === undefined ? undefined : tx.get("messages", inbound.replaces);
  const filesProblem = filesRefusal(tx, inbound, { identityId: principal.id, replaced });
  if (filesProblem !== undefined) return refuse(filesProblem);
  const sessionId = inbound.sessionId ?? replaced?.sessionId;
  const { session, isNew } = sessionId === undefined && inbound.replaces === undefined
    ? resolveSession(tx, vault, {
      channel,
      conversation,
      place,
      identityId: principal.id,
      scope: people().scope,
      firstText: firstWords(tx, vault, inbound),
      newId: ids(),
      nowMs,
    })
    : { session: tx.get("sessions", sessionId ?? ""), isNew: false };
  // A group's session is everybody's who is known and speaks in the group; elsewhere a session is one person's.
  const isTheirs = place === "group" ? session?.isGroup === 1 : session?.identityId === principal.id;
  if (session === undefined || !isTheirs) return refuse(said.notYours, "refused");
  if (session.isGroup === 1 && place !== "group") return refuse(said.inGroupOnly);
  if (session.removedMs !== null) return refuse(said.removed);
  if (inbound.replaces !== undefined && (replaced?.sessionId !== session.id || replaced.author !== "person")) {
    return refuse(said.notReplaceable);
  }
  const accepted = addQuestion(tx, deps, principal, inbound, {
    session,
    isNew,
    ...(replaced === undefined ? {} : { replaced }),
  });
  const { message, turn } = accepted;
  return {
    result: { kind: "accepted", sessionId: session.id, messageId: message.id, turnId: turn.id },
    effects: { deliveries: [], accepted },
  };
}

/** What a message says of the account that it comes from. */
function noticedIn(
  { accountName, place, conversation, locale }: InboundMessage,
): Partial<Pick<AccountContent, "name" | "direct">> {
  return {
    ...(accountName === undefined ? {} : { name: cleanName(accountName) }),
    ...(place === "direct" ? { direct: { conversation, locale } } : {}),
  };
}
