import { appendAudit } from "../audit.ts";
import type { Ids } from "../ids.ts";
import type { Clock } from "../ports/clock.ts";
import type { ReadTx, Tx } from "../ports/store.ts";
import type { Tables } from "../tables.ts";
import type { Vault } from "../vault.ts";

/** What a call came to, as it is told. `unknown`: it began, and nobody knows whether it was done. */
export interface CallEnd {
  readonly state: "done" | "failed" | "unknown";
  /** What the tool said, or why not: in one place, so that a turn that is taken up again says the same. */
  readonly text: string;
}

/**
 * The end of a call that only proposed writes to machines: people were asked. How that stands is for the card to say, and
 * what the tool said isn't kept, as it may sound as if it were done.
 */
export interface Proposed {
  readonly state: "proposed";
  readonly approvalId: string;
}

/** A call that was written down. */
export interface JournalledCall {
  readonly id: string;
  readonly tool: string;
  readonly digest: string;
  readonly arguments: string;
  readonly idempotent: boolean;
  readonly end: CallEnd | Proposed | undefined;
}

/** What is known of a call before it happens. */
export interface BegunCall {
  readonly sessionId: string | null;
  readonly turnId: string | null;
  readonly approvalId: string | null;
  readonly identityId: string;
  readonly tool: string;
  readonly digest: string;
  /** As {@link argumentsText} writes them. */
  readonly arguments: string;
  readonly idempotent: boolean;
}

interface JournalDeps {
  readonly vault: Vault;
  readonly clock: Pick<Clock, "nowMs">;
}

/** Writes down that a call begins; it may happen only after this is committed. Returns its id. */
export function beginCall(tx: Tx, { vault, clock, ids }: JournalDeps & { readonly ids: Ids }, call: BegunCall): string {
  const id = ids();
  const { arguments: written, idempotent, ...columns } = call;
  tx.insert("toolCalls", {
    id,
    ...columns,
    state: "running",
    idempotent: idempotent ? 1 : 0,
    argumentsEnc: vault.seal(field("arguments", id), written),
    resultEnc: null,
    createdMs: clock.nowMs(),
    endedMs: null,
  });
  audit(tx, { vault, clock }, columns, { outcome: "begun", detail: written });
  return id;
}

/** Writes down what a call came to. */
export function endCall(tx: Tx, { vault, clock }: JournalDeps, id: string, end: CallEnd | Proposed): void {
  const call = tx.get("toolCalls", id)!;
  const { state } = end;
  const result = end.state === "proposed" ? end.approvalId : end.text;
  tx.update("toolCalls", id, { state, resultEnc: vault.seal(field("result", id), result), endedMs: clock.nowMs() });
  audit(tx, { vault, clock }, call, { outcome: state });
}

/** The calls that were made for the message of a turn, by any of its turns, oldest first. */
export function callsForTurn(tx: ReadTx, vault: Vault, turnId: string): readonly JournalledCall[] {
  const messageId = tx.get("turns", turnId)?.messageId;
  if (messageId === undefined) return [];
  const turns = tx.find("turns", { messageId }).map(({ id }) => id);
  return tx.find("toolCalls", { turnId: { in: turns } }).map((row) => open(vault, row));
}

/** The call that an approval led to; `undefined` when none was begun. */
export function callOfApproval(tx: ReadTx, vault: Vault, approvalId: string): JournalledCall | undefined {
  const row = tx.find("toolCalls", { approvalId }, { limit: 1 })[0];
  return row === undefined ? undefined : open(vault, row);
}

/** What an earlier life left running: nobody knows what came of it. Returns how many. */
export function settleCalls(tx: Tx, deps: JournalDeps): number {
  const left = tx.find("toolCalls", { state: "running" });
  for (const { id } of left) endCall(tx, deps, id, { state: "unknown", text: "" });
  return left.length;
}

/** Arguments as they are written down and compared: the same whatever the order of keys was. */
export function argumentsText(value: unknown): string {
  return JSON.stringify(
    value,
    (_, inner: unknown) =>
      typeof inner === "object" && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => a < b ? -1 : 1))
        : inner,
  );
}

function open(vault: Vault, row: Tables["toolCalls"]): JournalledCall {
  const { id, tool, digest, argumentsEnc } = row;
  return {
    id,
    tool,
    digest,
    arguments: vault.openText(field("arguments", id), argumentsEnc),
    idempotent: row.idempotent === 1,
    end: openEnd(vault, row),
  };
}

function openEnd(vault: Vault, { id, state, resultEnc }: Tables["toolCalls"]): JournalledCall["end"] {
  if (state === "running" || resultEnc === null) return undefined;
  const result = vault.openText(field("result", id), resultEnc);
  return state === "proposed" ? { state, approvalId: result } : { state, text: result };
}

function audit(
  tx: Tx,
  { vault, clock }: JournalDeps,
  { identityId, tool }: { readonly identityId: string; readonly tool: string },
  what: { readonly outcome: string; readonly detail?: string },
): void {
  const principal = `identity:${identityId}`;
  appendAudit(tx, vault, { atMs: clock.nowMs(), principal, action: "use", resource: `tool:${tool}`, ...what });
}

const field = (column: "arguments" | "result", id: string) => ({ table: "toolCalls", column, id, version: 1 }) as const;
