import { decide, nameOf, type Policy } from "../access.ts";
import { appendAudit } from "../audit.ts";
import type { Ids } from "../ids.ts";
import type { Clock } from "../ports/clock.ts";
import type { Store, Tx } from "../ports/store.ts";
import { text } from "../text/mod.ts";
import type { Tables } from "../tables.ts";
import type { Vault } from "../vault.ts";
import { resolveIdentity } from "./identities.ts";
import { addFiles, filesRefusal, firstWords, type InboundFilesDeps, isEmpty, withFiles } from "./inbound_files.ts";
import { addMessage } from "./messages.ts";
import { queueTurn } from "./new_turn.ts";
import { resolveSession } from "./sessions.ts";
import type { InboundMessage, IntakeResult, MessageRecord } from "./types.ts";

/** Longest message that is taken in, in UTF-16 code units; longer ones are refused with a reason. */
export const textLengthMax = 200_000;

/** Longest account, conversation or platform id, in UTF-16 code units: longer ones are an attack or a bug. */
const nameLengthMax = 512;

/** What intake needs. `policy` is read at each message, so that a reload takes effect at once. */
export interface IntakeDeps extends InboundFilesDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly policy: () => Policy;
  /** The owner's identity. */
  readonly ownerId: () => string;
  /** Whether a turn could begin at this moment: then it is stored as begun, which spares a commit of its own. */
  readonly canBegin: () => boolean;
  /** Told of what was accepted, in the order of the commits. */
  readonly accepted: (intake: Accepted) => void;
}

/** What others are told of an accepted message. */
export interface Accepted {
  readonly message: MessageRecord;
  readonly turn: Tables["turns"];
  /** The person whose session it is, and whether their list or the shown branch isn't what it was any more. */
  readonly identityId: string;
  readonly isNew: boolean;
  readonly branches: boolean;
}

interface Stored {
  readonly result: IntakeResult;
  readonly accepted?: Accepted;
}

/**
 * Takes one message in, in one transaction: idempotency key, identity, access, session, message, turn, audit.
 * Resolves after the commit; a rejection means that nothing was stored and the platform must offer it again.
 */
export async function takeIn(deps: IntakeDeps, inbound: InboundMessage): Promise<IntakeResult> {
  const said = text(inbound.locale).intake;
  const names = [inbound.channel, inbound.account, inbound.conversation, inbound.platformId];
  const tooLong =
    Math.max(inbound.text.length - textLengthMax, ...names.map((name) => name.length - nameLengthMax)) > 0;
  if (tooLong) return { kind: "refused", reason: said.tooLong(inbound.text.length, textLengthMax) };
  // A lone surrogate has no UTF-8: it is replaced here, once, so that what is stored is what was read.
  const message = { ...inbound, text: inbound.text.toWellFormed() };
  if (isEmpty(message)) return { kind: "refused", reason: said.empty };
  return await withFiles(deps, message, async (message) => {
    const { result, accepted } = await deps.store.write((tx) => store(tx, deps, message));
    if (accepted !== undefined) deps.accepted(accepted); // Nothing is awaited between: two of a group keep their order.
    return result;
  });
}

function store(tx: Tx, { vault, clock, ids, policy, ownerId, canBegin }: IntakeDeps, inbound: InboundMessage): Stored {
  const { channel, account, conversation, platformId, locale } = inbound;
  const said = text(locale).intake;
  const nowMs = clock.nowMs();
  const idempotencyHash = vault.keyedHash("message", channel, conversation, platformId);
  const copy = findCopy(tx, idempotencyHash);
  if (copy !== undefined) return { result: copy };

  const principal = resolveIdentity(tx, vault, { channel, account }, ownerId());
  if (principal === undefined) return refused(said.unknown);
  const audit = (outcome: string, resource = "chat") =>
    appendAudit(tx, vault, { atMs: nowMs, principal: nameOf(principal), action: "use", resource, outcome });
  const decision = decide(principal, "use", "chat", policy(), nowMs);
  if (decision.effect !== "allow") {
    audit("refused");
    return refused(decision.reason);
  }
  const replaced = inbound.replaces === undefined ? undefined : tx.get("messages", inbound.replaces);
  const filesProblem = filesRefusal(tx, inbound, { identityId: principal.id, replaced });
  if (filesProblem !== undefined) return refused(filesProblem);
  const sessionId = inbound.sessionId ?? replaced?.sessionId;
  const found = sessionId === undefined && inbound.replaces === undefined
    ? resolveSession(tx, vault, {
      channel,
      conversation,
      identityId: principal.id,
      firstText: firstWords(tx, vault, inbound),
      newId: ids(),
      nowMs,
    })
    : { session: tx.get("sessions", sessionId ?? ""), isNew: false };
  const { session, isNew } = found;
  if (session === undefined || session.identityId !== principal.id) {
    audit("refused");
    return refused(said.notYours);
  }
  if (session.removedMs !== null) return refused(said.removed);
  if (inbound.replaces !== undefined && (replaced?.sessionId !== session.id || replaced.author !== "person")) {
    return refused(said.notReplaceable);
  }
  const message = addMessage(tx, vault, {
    id: ids(),
    sessionId: session.id,
    parentId: replaced === undefined ? session.headId : replaced.parentId,
    author: "person",
    identityId: principal.id,
    text: inbound.text,
    createdMs: nowMs,
    idempotencyHash,
  });
  const { id: messageId, sequence } = message;
  addFiles(tx, { vault, ids }, inbound, { messageId, replaced });
  const turn = queueTurn(tx, { vault, canBegin }, {
    id: ids(),
    sessionId: session.id,
    messageId,
    sequence,
    channel,
    conversation,
    place: inbound.place ?? "conversation",
    platformId,
    locale,
    createdMs: nowMs,
  });
  tx.update("sessions", session.id, { headId: messageId, updatedMs: nowMs });
  audit("accepted", `message:${messageId}`);
  return {
    result: { kind: "accepted", sessionId: session.id, messageId, turnId: turn.id },
    accepted: { message, turn, identityId: session.identityId, isNew, branches: replaced !== undefined },
  };
}

function findCopy(tx: Tx, idempotencyHash: string): Extract<IntakeResult, { kind: "duplicate" }> | undefined {
  const [message] = tx.find("messages", { idempotencyHash }, { limit: 1 });
  if (message === undefined) return undefined;
  const [turn] = tx.find("turns", { messageId: message.id }, { limit: 1 });
  return { kind: "duplicate", sessionId: message.sessionId, messageId: message.id, turnId: turn!.id };
}

function refused(reason: string): Stored {
  return { result: { kind: "refused", reason } };
}
