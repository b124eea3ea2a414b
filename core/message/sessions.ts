import { oneLine } from "../harmless.ts";
import type { ReadTx, Tx } from "../ports/store.ts";
import type { Tables } from "../tables.ts";
import type { Vault } from "../vault.ts";
import type { Place, SessionSummary } from "./types.ts";

/** Longest title that is made of the beginning of the first question, in characters. */
const madeTitleLengthMax = 60;
/** Longest title that a person may give, in characters. */
export const titleLengthMax = 200;
/** The title of a question in which nothing can be seen. */
const untitled = "…";

/** How long a removed session can be had back. */
export const restorableMs = 24 * 3_600_000;
/** Sessions that are searched at most, the most recent ones: their titles are opened one by one. */
export const searchedMax = 2_000;

/** What a session holds besides its messages. The summary covers a branch up to and with one message. */
export interface SessionContent {
  readonly title: string;
  readonly summary: string;
  readonly summarySequence: number;
}

/** Where what a person says directly goes on: in one session on all channels, or in one for each conversation. */
export type SessionScope = "person" | "conversation";

/** Where something is said, and by whom. */
export interface SessionPlace {
  readonly channel: string;
  readonly conversation: string;
  readonly place: Place;
  readonly identityId: string;
  readonly scope: SessionScope;
}

/** The session that what is said here goes on in; `undefined` when it begins one, or the one that was is removed. */
export function findSession(tx: ReadTx, vault: Vault, at: SessionPlace): Tables["sessions"] | undefined {
  const session = isPersons(at)
    ? tx.get("sessions", tx.get("identities", at.identityId)!.currentSessionId ?? "")
    : sessionOf(tx, vault, at);
  return session === undefined || session.removedMs !== null ? undefined : session;
}

/** The session that what is said here goes on in, begun if there is none. */
export function resolveSession(
  tx: Tx,
  vault: Vault,
  at: SessionPlace & { readonly firstText: string; readonly newId: string; readonly nowMs: number },
): { readonly session: Tables["sessions"]; readonly isNew: boolean } {
  const known = findSession(tx, vault, at);
  if (known !== undefined) return { session: known, isNew: false };
  freeConversation(tx, vault, at);
  const { channel, conversation, identityId, newId: id, nowMs } = at;
  const title = [...oneLine(at.firstText)].slice(0, madeTitleLengthMax).join("") || untitled;
  const session: Tables["sessions"] = {
    id,
    identityId,
    channel,
    conversationHash: vault.keyedHash("conversation", channel, conversation),
    isGroup: at.place === "group" ? 1 : 0,
    ...seal(vault, id, 1, { title, summary: "", summarySequence: 0 }),
    headId: null,
    pinned: 0,
    removedMs: null,
    createdMs: nowMs,
    updatedMs: nowMs,
  };
  tx.insert("sessions", session);
  return { session, isNew: true };
}

/** What is said next in this place begins another session. */
export function leaveSession(tx: Tx, vault: Vault, at: SessionPlace): void {
  if (at.place !== "group") tx.update("identities", at.identityId, { currentSessionId: null });
  freeConversation(tx, vault, at);
}

/** What a person says directly goes on in this session from now on; groups have their own. */
export function makeCurrent(tx: Tx, identityId: string, { id, isGroup }: Tables["sessions"]): void {
  if (isGroup === 1 || tx.get("identities", identityId)!.currentSessionId === id) return;
  tx.update("identities", identityId, { currentSessionId: id });
}

function isPersons({ place, scope }: SessionPlace): boolean {
  return place === "direct" && scope === "person";
}

function sessionOf(
  tx: ReadTx,
  vault: Vault,
  { channel, conversation }: Pick<SessionPlace, "channel" | "conversation">,
): Tables["sessions"] | undefined {
  const conversationHash = vault.keyedHash("conversation", channel, conversation);
  return tx.find("sessions", { channel, conversationHash }, { limit: 1 })[0];
}

/** The conversation's session so far is gone on with by its id only: the hash is free for a successor. */
function freeConversation(tx: Tx, vault: Vault, at: SessionPlace): void {
  const known = sessionOf(tx, vault, at);
  if (known === undefined) return;
  tx.update("sessions", known.id, { conversationHash: `${known.conversationHash} ${known.id}` });
}

/** A title as a person typed it, on one line; `undefined` when nothing is left of it, or too much. */
export function titleOf(typed: string): string | undefined {
  const title = oneLine(typed.toWellFormed());
  return title === "" || [...title].length > titleLengthMax ? undefined : title;
}

/** What a list shows of a session. */
export function summarise(vault: Vault, row: Tables["sessions"]): SessionSummary {
  const { id, pinned, createdMs, updatedMs } = row;
  return { id, title: openSession(vault, row).title, pinned: pinned === 1, createdMs, updatedMs };
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

/** The sessions of a person that aren't removed: pinned ones first, then the most recent; with a query in the title. */
export function sessionsOf(
  tx: ReadTx,
  vault: Vault,
  { identityId, query, limit }: { readonly identityId: string; readonly query: string; readonly limit: number },
): SessionSummary[] {
  const sought = folded(oneLine(query));
  const rows = tx.find("sessions", { identityId, removedMs: null }, {
    order: [["pinned", "desc"], ["updatedMs", "desc"], ["id", "desc"]],
    limit: sought === "" ? limit : searchedMax,
  });
  const sessions = rows.map((row) => summarise(vault, row));
  return sought === "" ? sessions : sessions.filter(({ title }) => folded(title).includes(sought)).slice(0, limit);
}

/** Text as a search compares it: full and half width, and capitals, are the same. */
function folded(text: string): string {
  return text.normalize("NFKC").toLowerCase();
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
