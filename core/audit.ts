import type { ReadTx, Store, Tx } from "./ports/store.ts";
import type { Tables } from "./tables.ts";
import { type Vault, VaultError } from "./vault.ts";

/** One thing that happened, as the audit keeps it. No content but `detail`: the other columns are plain. */
export interface AuditEntry {
  /** Unix milliseconds. */
  readonly atMs: number;
  /** Who: `local`, `identity:ID`, `token:ID`, `assistant`, `system`. */
  readonly principal: string;
  /** What: a verb. */
  readonly action: string;
  /** Of what: `chat`, `message:ID`, `admin:model`. */
  readonly resource: string;
  /** What came of it: `accepted`, `refused`, a machine word. */
  readonly outcome: string;
  /** What only the key's holder may read. It is sealed, and can be erased without breaking the chain. */
  readonly detail?: string;
}

/** The last link: kept elsewhere, it shows later that nothing up to it was taken away or changed. */
export interface AuditHead {
  readonly id: string;
  readonly hash: string;
}

/** What {@link verifyAudit} found. `broken` names the first link that is wrong, and why. */
export type AuditVerdict =
  | { readonly kind: "whole"; readonly count: number; readonly head: AuditHead | undefined }
  | { readonly kind: "broken"; readonly id: string; readonly reason: string };

type Link = Tables["audit"];

/** What the first link names as its predecessor. */
const genesis = "0".repeat(64);

/** How many links are read at once, so that a long chain never blocks the store for long. */
const pageLength = 500;

const saltBytes = 16;

/**
 * Adds a link in the transaction of what it records: what can't be audited isn't done.
 *
 * `commitment` is a keyed hash of a salt and the detail; both are sealed in `detailEnc`. `hash` is SHA-256 of
 * the plain columns, the commitment and the previous link's hash (never of ciphertext, so that a detail can be sealed
 * anew or erased): whoever holds the links can follow it without a key. `mac` is a keyed hash of `hash`: whoever has
 * the file but not the key can't write a chain of their own.
 */
export function appendAudit(tx: Tx, vault: Vault, entry: AuditEntry): void {
  const { detail, ...plain } = entry;
  const [last] = tx.find("audit", {}, { order: [["id", "desc"]], limit: 1 });
  const id = idOf(last === undefined ? 1 : Number(last.id) + 1);
  const link = { ...plain, id, ...seal(vault, id, detail), previousHash: last?.hash ?? genesis };
  const hash = hashOf(vault, link);
  tx.insert("audit", { ...link, hash, mac: vault.auditHash("link", hash) });
}

/**
 * Walks the chain from its beginning. A tail that was cut off, or a whole file that was put back to an older state,
 * can only be seen against a head that was kept elsewhere: give it as `kept`.
 *
 * @param pause Awaited between two pages, so that a long chain holds up nobody.
 */
export async function verifyAudit(
  store: Pick<Store, "read">,
  vault: Vault,
  kept?: AuditHead,
  pause: () => Promise<void> = () => Promise.resolve(),
): Promise<AuditVerdict> {
  let head: AuditHead | undefined;
  let count = 0;
  for (;;) {
    const links = await store.read((tx) => page(tx, head));
    for (const link of links) {
      const reason = whyBroken(vault, link, { id: idOf(count + 1), hash: head?.hash ?? genesis });
      if (reason !== undefined) return { kind: "broken", id: link.id, reason };
      if (link.id === kept?.id && link.hash !== kept.hash) {
        return { kind: "broken", id: link.id, reason: "it isn't the link that was kept elsewhere" };
      }
      head = { id: link.id, hash: link.hash };
      count++;
    }
    if (links.length < pageLength) break;
    await pause();
  }
  if (kept !== undefined && kept.id > (head?.id ?? "")) {
    return { kind: "broken", id: kept.id, reason: "the chain ends before the link that was kept elsewhere" };
  }
  return { kind: "whole", count, head };
}

/**
 * The detail of a link; `undefined` when it had none or it was erased.
 * @throws {VaultError} When it was changed.
 */
export function openAuditDetail(vault: Vault, { id, detailEnc, commitment }: Link): string | undefined {
  if (detailEnc === null) return undefined;
  const salted = vault.openBytes(detailField(id), detailEnc);
  const salt = salted.subarray(0, saltBytes);
  const content = salted.subarray(saltBytes);
  if (commitmentOf(vault, id, salt, content) !== commitment) {
    throw new VaultError(`Cannot open the detail of audit ${id}: it isn't what was recorded`);
  }
  return new TextDecoder().decode(content);
}

function seal(vault: Vault, id: string, detail: string | undefined): Pick<Link, "commitment" | "detailEnc"> {
  if (detail === undefined) return { commitment: "", detailEnc: null };
  const content = new TextEncoder().encode(detail);
  const salt = vault.salt();
  const salted = new Uint8Array([...salt, ...content]);
  return {
    commitment: commitmentOf(vault, id, salt, content),
    detailEnc: vault.seal(detailField(id), salted),
  };
}

function commitmentOf(vault: Vault, id: string, salt: Uint8Array, content: Uint8Array): string {
  return vault.auditHash("detail", id, salt, content);
}

function hashOf(vault: Vault, link: Omit<Link, "hash" | "mac" | "detailEnc">): string {
  const { id, atMs, principal, action, resource, outcome, commitment, previousHash } = link;
  return vault.digest("link", id, `${atMs}`, principal, action, resource, outcome, commitment, previousHash);
}

/** Why a link is wrong, given the one that must stand there; `undefined` when it is right. */
function whyBroken(
  vault: Vault,
  link: Link,
  expected: { readonly id: string; readonly hash: string },
): string | undefined {
  if (link.id !== expected.id) return `link ${expected.id} should stand here: it is missing, or out of order`;
  if (link.previousHash !== expected.hash) return "it doesn't follow the link before it";
  if (link.hash !== hashOf(vault, link)) return "one of its columns was changed";
  if (link.mac !== vault.auditHash("link", link.hash)) return "it was written without this site's key";
  try {
    openAuditDetail(vault, link);
  } catch (error) {
    if (error instanceof VaultError) return "its detail was changed";
    throw error;
  }
  return undefined;
}

function page(tx: ReadTx, after: AuditHead | undefined): Link[] {
  return tx.find("audit", after === undefined ? {} : { id: { gt: after.id } }, { order: ["id"], limit: pageLength });
}

function idOf(sequence: number): string {
  return `${sequence}`.padStart(16, "0");
}

function detailField(id: string): { table: "audit"; column: string; id: string; version: number } {
  return { table: "audit", column: "detail", id, version: 1 };
}
