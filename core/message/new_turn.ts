import type { Tx } from "../ports/store.ts";
import type { Tables } from "../tables.ts";
import type { Vault } from "../vault.ts";
import { nextTurn } from "./turn.ts";

/** What a turn begins with; where it stands is {@link queueTurn}'s own. */
export interface NewTurn extends
  Pick<
    Tables["turns"],
    "id" | "sessionId" | "messageId" | "sequence" | "channel" | "place" | "locale" | "createdMs"
  > {
  /** The platform's conversation that the answer goes to. */
  readonly conversation: string;
  /** The platform's id of the question. */
  readonly platformId?: string;
}

/** Stores a turn: as begun where nothing of its session waits and there is room, which spares a commit, else as queued. */
export function queueTurn(
  tx: Tx,
  { vault, canBegin }: { readonly vault: Vault; readonly canBegin: () => boolean },
  { conversation, platformId, ...given }: NewTurn,
): Tables["turns"] {
  const { id, sessionId } = given;
  const unfinished = { sessionId, state: { in: ["queued", "running"] } } as const;
  const queued = { kind: "queued", attempt: 0 } as const;
  const begins = canBegin() && tx.find("turns", unfinished, { limit: 1 }).length === 0;
  const { kind: state, attempt } = begins ? nextTurn(queued, { kind: "begun" }) : queued;
  const turn: Tables["turns"] = {
    ...given,
    conversationEnc: vault.seal({ table: "turns", column: "conversation", id, version: 1 }, conversation),
    platformIdEnc: platformId === undefined
      ? null
      : vault.seal({ table: "turns", column: "platformId", id, version: 1 }, platformId),
    draftIdEnc: null,
    contextEnc: null,
    state,
    attempt,
    reason: null,
    answerId: null,
    modelName: null,
    answerTokens: null,
    answerMs: null,
    endedMs: null,
  };
  tx.insert("turns", turn);
  return turn;
}
