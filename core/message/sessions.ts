import type { ReadTx, Tx } from "../ports/store.ts";
import type { Tables } from "../tables.ts";
import type { Vault } from "../vault.ts";

/** Longest title, in characters: the beginning of the first question. */
const titleLengthMax = 60;

/** What a session holds besides its messages. The summary covers messages up to `summarySequence`. */
export interface SessionContent {
  readonly title: string;
  readonly summary: string;
  readonly summarySequence: number;
}

/** The session of a conversation on a channel, begun if there is none. */
export function resolveSession(
  tx: Tx,
  vault: Vault,
  at: {
    readonly channel: string;
    readonly conversation: string;
    readonly identityId: string;
    readonly firstText: string;
    readonly newId: string;
    readonly nowMs: number;
  },
): Tables["sessions"] {
  const { channel, identityId, newId: id, nowMs } = at;
  const conversationHash = vault.keyedHash("conversation", channel, at.conversation);
  const [known] = tx.find("sessions", { channel, conversationHash }, { limit: 1 });
  if (known !== undefined) return known;
  const title = [...at.firstText.replace(/\s+/g, " ").trim()].slice(0, titleLengthMax).join("");
  const session: Tables["sessions"] = {
    id,
    identityId,
    channel,
    conversationHash,
    ...seal(vault, id, 1, { title, summary: "", summarySequence: 0 }),
    createdMs: nowMs,
    updatedMs: nowMs,
  };
  tx.insert("sessions", session);
  return session;
}

/** What the session's sealed columns say. */
export function openSession(vault: Vault, row: Tables["sessions"]): SessionContent {
  const { id, version, titleEnc, summaryEnc, summarySequence } = row;
  const open = (column: "title" | "summary", sealed: Uint8Array | null) =>
    sealed === null ? "" : vault.openText({ table: "sessions", column, id, version }, sealed);
  return { title: open("title", titleEnc), summary: open("summary", summaryEnc), summarySequence };
}

/** Changes a session's content; each change is a row version of its own. */
export function updateSession(tx: Tx, vault: Vault, id: string, changes: Partial<SessionContent>): void {
  const row = tx.get("sessions", id);
  if (row === undefined) return;
  tx.update("sessions", id, seal(vault, id, row.version + 1, { ...openSession(vault, row), ...changes }));
}

/** The sessions of a person, the most recent first. */
export function sessionsOf(tx: ReadTx, identityId: string, limit: number): Tables["sessions"][] {
  return tx.find("sessions", { identityId }, { order: [["updatedMs", "desc"], ["id", "desc"]], limit });
}

function seal(
  vault: Vault,
  id: string,
  version: number,
  { title, summary, summarySequence }: SessionContent,
): Pick<Tables["sessions"], "titleEnc" | "summaryEnc" | "summarySequence" | "version"> {
  return {
    titleEnc: vault.seal({ table: "sessions", column: "title", id, version }, title),
    summaryEnc: summary === "" ? null : vault.seal({ table: "sessions", column: "summary", id, version }, summary),
    summarySequence,
    version,
  };
}
