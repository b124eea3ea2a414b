import type { Known } from "./identities.ts";
import { nameOf } from "../access.ts";
import { appendAudit } from "../audit.ts";
import type { Ids } from "../ids.ts";
import type { Clock } from "../ports/clock.ts";
import type { Tx } from "../ports/store.ts";
import type { Tables } from "../tables.ts";
import type { Vault } from "../vault.ts";
import { addFiles } from "./inbound_files.ts";
import { addMessage } from "./messages.ts";
import { queueTurn } from "./new_turn.ts";
import { makeCurrent } from "./sessions.ts";
import type { InboundMessage, MessageRecord } from "./types.ts";

/** What a question is stored with. */
export interface QuestionDeps {
  readonly vault: Vault;
  readonly clock: Pick<Clock, "nowMs">;
  readonly ids: Ids;
  /** Whether a turn could begin at this moment: then it is stored as begun, which spares a commit of its own. */
  readonly canBegin: () => boolean;
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

/** Where a question stands: at the end of the shown branch, or instead of another. */
export interface QuestionPlace {
  readonly session: Tables["sessions"];
  readonly isNew: boolean;
  readonly replaced?: Tables["messages"];
}

/** Stores a question of a person who may ask it: message, files, turn, the session's state, audit. */
export function addQuestion(
  tx: Tx,
  { vault, clock, ids, canBegin }: QuestionDeps,
  principal: Known,
  inbound: InboundMessage,
  { session, isNew, replaced }: QuestionPlace,
): Accepted {
  const { channel, conversation, platformId, locale } = inbound;
  const createdMs = clock.nowMs();
  const message = addMessage(tx, vault, {
    id: ids(),
    sessionId: session.id,
    parentId: replaced === undefined ? session.headId : replaced.parentId,
    author: "person",
    identityId: principal.id,
    text: inbound.text,
    createdMs,
    idempotencyHash: idempotencyHashOf(vault, inbound),
  });
  addFiles(tx, { vault, ids }, inbound, { messageId: message.id, replaced });
  const turn = queueTurn(tx, { vault, canBegin }, {
    id: ids(),
    sessionId: session.id,
    messageId: message.id,
    sequence: message.sequence,
    channel,
    conversation,
    place: inbound.place ?? "conversation",
    platformId,
    locale,
    createdMs,
  });
  tx.update("sessions", session.id, { headId: message.id, updatedMs: createdMs });
  makeCurrent(tx, principal.id, session);
  const resource = `message:${message.id}`;
  appendAudit(tx, vault, {
    atMs: createdMs,
    principal: nameOf(principal),
    action: "use",
    resource,
    outcome: "accepted",
  });
  return { message, turn, identityId: session.identityId, isNew, branches: replaced !== undefined };
}

/** Under which a second copy of what came in is recognised. */
export function idempotencyHashOf(
  vault: Pick<Vault, "keyedHash">,
  { channel, conversation, platformId }: Pick<InboundMessage, "channel" | "conversation" | "platformId">,
): string {
  return vault.keyedHash("message", channel, conversation, platformId);
}
